/**
 * What a peer serves: `add-checkpoint`, its copies of logs in the layout of tlog-tiles, and its health. All of it is
 * public; nothing here gives openings.
 */
import { join } from 'node:path';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { formatVkey, parseTilePath, VitrineError } from '../ledger/core/index.js';
import { readTextIfThere } from './durable.js';
import { PUBLISHED } from './log-keys.js';
import type { AlarmLog, Alarms } from './monitor/alarms.js';
import { createPeerMetrics } from './metrics.js';
import type { FollowedLog } from './peer.js';
import type { PeerSettings } from './settings.js';
import type { Witness } from './witness/witness.js';

export interface PeerServerOptions extends Pick<PeerSettings, 'host' | 'port'> {
  readonly witness: Witness;
  readonly alarms: Alarms;
  readonly logs: readonly FollowedLog[];
  readonly log: AlarmLog;
}

export interface PeerServer {
  readonly address: string;
  /** Stops accepting, and answers what is open. */
  close(): Promise<void>;
}

/** 63 hashes of 45 bytes and a note with many signatures. */
const MOST_BODY = 65_536;
const REQUEST_MS = 10_000;
const CLOSE_MS = 3_000;
const FOREVER = 'public, max-age=31536000, immutable';

/** Begins to listen. Throws NOT_CONFIGURED when the port is taken. */
export async function createPeerServer(options: PeerServerOptions): Promise<PeerServer> {
  const app = fastify({
    bodyLimit: MOST_BODY,
    requestTimeout: REQUEST_MS,
    connectionTimeout: 2 * REQUEST_MS,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    logger: false,
    routerOptions: { maxParamLength: 300 },
  });
  // The body is the protocol's own text, whatever type a client gives it.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => answerError(options.log, error, reply));
  app.setNotFoundHandler((_request, reply) => plain(reply, 404, 'there is nothing here\n'));
  addWitness(app, options.witness);
  addCopies(app, options.logs);
  addHealth(app, options);
  const { host, port } = options;
  try {
    const address = await app.listen({ host, port });
    return { address, close: () => close(app) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw cause;
    throw new VitrineError('NOT_CONFIGURED', `can't listen on ${host}:${port} (${code})`, { cause });
  }
}

function addWitness(app: FastifyInstance, witness: Witness): void {
  app.post('/add-checkpoint', async (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const { status, type, body: text } = await witness.addCheckpoint(body);
    return reply.code(status).header('cache-control', 'no-store').type(type).send(text);
  });
}

/** Each copy below `/logs/<name>/log`, as the log itself is below `<address>/log`; the first also below `/log`. */
function addCopies(app: FastifyInstance, logs: readonly FollowedLog[]): void {
  const copies = logs.flatMap(({ slug, copy }) => (copy === null ? [] : [{ slug, store: copy.store }]));
  for (const [place, { slug, store }] of copies.entries()) {
    for (const prefix of [`/logs/${slug}/log`, ...(place === 0 ? ['/log'] : [])]) {
      app.get(`${prefix}/checkpoint`, async (_request, reply) => {
        const note = await store.checkpoint();
        if (note === undefined) return plain(reply, 404, 'nothing is held yet\n');
        return reply
          .header('cache-control', 'public, max-age=1')
          .type('text/plain; charset=utf-8')
          .send(note);
      });
      app.get(`${prefix}/keys`, async (_request, reply) => {
        const told = await readTextIfThere(join(store.folder, PUBLISHED));
        return reply
          .header('cache-control', 'public, max-age=1')
          .type('application/json')
          .send(told ?? '[]');
      });
      app.get<{ Params: { '*': string } }>(`${prefix}/tile/*`, async (request, reply) => {
        const name = parseTilePath(`tile/${request.params['*']}`);
        const bytes = name && (await store.read(name));
        if (bytes === undefined) return plain(reply, 404, 'no tile or bundle that is held\n');
        return reply
          .header('cache-control', FOREVER)
          .type('application/octet-stream')
          .send(Buffer.from(bytes));
      });
    }
  }
}

function addHealth(app: FastifyInstance, { witness, alarms, logs }: PeerServerOptions): void {
  const metrics = createPeerMetrics({ witness, alarms, logs });
  app.get('/healthz', async (_request, reply) => {
    const body = {
      healthy: !alarms.critical,
      witness: { name: witness.key.name, vkey: formatVkey(witness.key) },
      logs: logs.map((one) => stateOf(one, witness)),
      alarms: alarms.standing,
    };
    return reply
      .code(alarms.critical ? 503 : 200)
      .header('cache-control', 'no-store')
      .send(body);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}

/** How one log stands. */
function stateOf({ settings, slug, monitor, copy }: FollowedLog, witness: Witness): object {
  const cosigned = witness.latest(settings.origin);
  return {
    origin: settings.origin,
    cosigned: cosigned === undefined ? null : cosigned.size.toString(),
    copy:
      copy === null
        ? null
        : {
            path: `/logs/${slug}/log`,
            size: copy.store.size.toString(),
            lastProgress: monitor.lastProgress.toISOString(),
            missingOpenings: copy.openings?.missing ?? null,
            uncheckedOpenings: copy.openings?.unchecked ?? null,
            ...copy.follower.state,
          },
    ...(copy === null || copy.validator === null ? {} : { validator: copy.validator.state }),
  };
}

function answerError(log: AlarmLog, error: unknown, reply: FastifyReply): FastifyReply {
  const { statusCode } = error as { statusCode?: unknown };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return plain(reply, statusCode, 'the request is malformed or too large\n');
  }
  log.error({ err: error }, 'a request failed');
  return plain(reply, 500, 'the request failed; nothing was signed\n');
}

function plain(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(text);
}

async function close(app: FastifyInstance): Promise<void> {
  const late = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(late);
  }
}
