/**
 * The log's public half over HTTP (c2sp.org/tlog-tiles), prefix `/log`: for witnesses, monitors and whoever wants a copy.
 * A leaf says nothing about anyone, so no token is asked for. Tiles and bundles never change: any HTTP cache may keep them.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { parseTilePath, VitrineError } from '../ledger/core/index.js';
import type { PublishedEntry, TileReader } from '../ledger/index.js';

/** What is served. */
export interface LogSource extends Pick<TileReader, 'checkpoint' | 'read'> {
  /** The entries that changed the log's key, opened; left out: none are served. */
  keys?(): Promise<readonly PublishedEntry[]>;
}

const compress = promisify(gzip);

/** A year, the longest that caches are asked to keep anything (RFC 9111 section 1.2.2 bounds it by 2^31 seconds). */
const FOREVER = 'public, max-age=31536000, immutable';
/** Spares the server when many ask at once; "beyond a few seconds" it may not be cached. */
const MOMENT = 'public, max-age=1';

/** Adds `GET /log/checkpoint`, `GET /log/keys` and `GET /log/tile/…`, which is 404 beyond the newest signed checkpoint. */
export function addLogRoutes(app: FastifyInstance, log: LogSource): void {
  // The same full bundle is the same object while the ledger keeps it, and is compressed once.
  const compressed = new WeakMap<Uint8Array, Promise<Uint8Array>>();
  const compressedOf = (bytes: Uint8Array): Promise<Uint8Array> => {
    let done = compressed.get(bytes);
    if (done === undefined) compressed.set(bytes, (done = compress(bytes)));
    return done;
  };

  app.get('/log/checkpoint', async (_request, reply) => {
    forAnyone(reply);
    const note = await log.checkpoint();
    return reply.header('cache-control', MOMENT).type('text/plain; charset=utf-8').send(note);
  });

  app.get('/log/keys', async (_request, reply) => {
    forAnyone(reply);
    const entries = await log.keys?.();
    if (entries === undefined) throw new VitrineError('NOT_FOUND', 'this log tells nothing of its keys');
    return reply.header('cache-control', MOMENT).send(entries);
  });

  app.get<{ Params: { '*': string } }>('/log/tile/*', async (request, reply) => {
    forAnyone(reply);
    const name = parseTilePath(`tile/${request.params['*']}`);
    if (name === undefined)
      throw new VitrineError('NOT_FOUND', 'expected the path of a tile or entry bundle');
    const bytes = await log.read(name);
    void reply.header('cache-control', FOREVER).type('application/octet-stream');
    if (name.level !== 'entries') return reply.send(bufferOf(bytes)); // hashes don't compress
    void reply.header('vary', 'accept-encoding');
    if (!takesGzip(request.headers['accept-encoding'])) return reply.send(bufferOf(bytes));
    return reply.header('content-encoding', 'gzip').send(bufferOf(await compressedOf(bytes)));
  });
}

/** Pages of other origins may read it; refusals, which a growing log makes untrue, are kept by no cache. */
function forAnyone(reply: FastifyReply): void {
  void reply
    .header('cache-control', 'no-store')
    .header('access-control-allow-origin', '*')
    .header('cross-origin-resource-policy', 'cross-origin');
}

/** Whether the client asked for gzip, by name and not with weight 0 (RFC 9110 section 12.5.3). */
export function takesGzip(accepted: string | string[] | undefined): boolean {
  const codings = String(accepted ?? '')
    .toLowerCase()
    .split(',');
  return codings.some((coding) => /^\s*(?:x-)?gzip\s*(?:$|;\s*q=(?!0(?:\.0{0,3})?\s*$))/.test(coding));
}

/** Fastify takes a Buffer for bytes; this one shares them. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
