/**
 * Two servers over HTTP on one open deployment: the schema with its guard and the whole pipeline, and the same without the
 * guard and without what asking for permission added. The client is a process of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GraphQLSchema } from 'graphql';
import { shieldSchema } from '../../src/access/index.js';
import {
  errorFormatter,
  limitsPlugin,
  type RequestContext,
  requireWithinLimits,
} from '../../src/api/index.js';
import { parseConfig } from '../../src/config.js';
import { bareSchema, KINDS, REFERENCES, servedSchema, toSubgraph } from '../../src/federation/index.js';
import { nonceKeyOf } from '../../src/ledger/index.js';
import { createAuthenticator, createNonces, Proofs } from '../../src/server/dpop/index.js';
import { createServer } from '../../src/server/http.js';
import { createLog, type OpenSystem, signInOf } from '../../src/server/index.js';
import { createMetrics } from '../../src/server/metrics.js';
import { bare } from './bare-uploads.js';
import { encounterOf, REGISTRAR, type Scene } from './scene.js';

const CHILD = fileURLToPath(new URL('uploads-child.mjs', import.meta.url));
const QUERY =
  'mutation ($input: RecordEncounterInput!) { recordEncounter(input: $input) { receipt { index } } }';
const log = createLog('silent');

export interface HttpScene {
  /** Records so many encounters, so many at a time; milliseconds by the client's clock. */
  readonly now: (count: number, width: number) => Promise<number>;
  readonly before: (count: number, width: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

export async function openHttp({ open, dataDir, author }: Scene): Promise<HttpScene> {
  const asWas = (ctx: RequestContext) => bare(open, ctx);
  const unguarded = () =>
    shieldSchema(toSubgraph<RequestContext>(bareSchema(), REFERENCES), {
      existenceOf: (kind) => KINDS.require(kind).existence,
    });
  const servers = [
    await listen(open, dataDir, servedSchema(), (ctx) => ctx),
    await listen(open, dataDir, unguarded(), asWas),
  ] as const;
  const [{ address: now, token }, { address: before }] = servers;
  // Money is text in the API.
  const { patient: _patient, cost, ...care } = encounterOf('');
  const input = { ...care, cost: cost && { ...cost, amount: String(cost.amount) } };
  const client = startClient({ token, query: QUERY, input, patients: author.patients });
  return {
    now: (count, width) => client.ask({ address: now, count, width }),
    before: (count, width) => client.ask({ address: before, count, width }),
    close: async () => {
      await client.end();
      for (const { close } of servers) await close();
    },
  };
}

async function listen(
  { system, ledger }: OpenSystem,
  dataDir: string,
  schema: GraphQLSchema,
  contextFor: (ctx: RequestContext) => RequestContext,
) {
  const clock = () => new Date();
  const config = parseConfig({ NODE_ENV: 'test', PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
  const { tokens, developmentIssuer } = await signInOf(config, log, clock);
  const nonces = createNonces(nonceKeyOf(ledger.keys), clock);
  const proofs = new Proofs({ nonces, spent: system.spent, clock });
  const server = await createServer<RequestContext>({
    ...{ config, schema, proofs, developmentIssuer, log, clock, health: [] },
    authenticator: createAuthenticator({ tokens, proofs, required: false }),
    contextOf: async (claims, requestLog, document) =>
      contextFor(await system.contextOf(claims, requestLog, document)),
    checkOperation: (request) => requireWithinLimits(request, config.limits),
    plugins: [limitsPlugin(config.limits)],
    formatError: errorFormatter({ log, hideSuggestions: false, onViolation: () => undefined }),
    metrics: createMetrics(false),
  });
  const token = (await developmentIssuer?.issue(REGISTRAR)) ?? '';
  return { address: await server.listen(), token, close: () => server.close() };
}

interface Asked {
  readonly address: string;
  readonly count: number;
  readonly width: number;
}

function startClient(order: object): { ask: (asked: Asked) => Promise<number>; end: () => Promise<void> } {
  const env = { ...process.env, BENCH_ORDER: JSON.stringify(order) };
  const child: ChildProcess = spawn(process.execPath, [CHILD], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('expected pipes to the client');
  const lines = createInterface({ input: stdout });
  const ended = once(child, 'exit').then(() => null);
  return {
    ask: async (asked) => {
      const answer = once(lines, 'line');
      stdin.write(`${JSON.stringify(asked)}\n`);
      const line = await Promise.race([answer, ended]);
      if (line === null) throw new Error('the client ended: an encounter was refused');
      return Number(line[0]);
    },
    end: async () => {
      stdin.end();
      await ended;
    },
  };
}
