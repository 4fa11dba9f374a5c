/** What the benchmark of views looks at: a whole server with the sample, and a patient of 133 encounters at Northern Hospital. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadSample } from '../../src/cli/sample/load.js';
import { developmentToken } from '../../src/cli/token.js';
import { parseConfig } from '../../src/config.js';
import { createLog, serve } from '../../src/server/index.js';
import { encounterOf } from './scene.js';

const CHILD = fileURLToPath(new URL('views-child.mjs', import.meta.url));
export const ENCOUNTERS = 133;
const LONGEST_MS = 120_000;
/** Tokens stand in it: a command line would show them to everybody on the machine. */
const orderedBy = (order: string): NodeJS.ProcessEnv => ({ ...process.env, BENCH_ORDER: order });

export interface ViewScene {
  /** A patient with few encounters, whom Northern Hospital treats, and one with many. */
  readonly slight: string;
  readonly heavy: string;
  /** One mutation over HTTP; throws its refusal. */
  readonly mutate: (persona: string, name: string, input: object, selection: string) => Promise<void>;
  /** Median of an ordinary query's milliseconds, asked one after the other from another process. */
  readonly ask: (milliseconds: number) => Promise<number>;
  /** Readers in a process of their own, until `stop`, which gives how many pages they got. */
  readonly readers: (count: number, pauseMs: number) => Promise<{ readonly stop: () => Promise<number> }>;
  readonly close: () => Promise<void>;
}

export async function openViewScene(): Promise<ViewScene> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  // PostgreSQL doesn't run as root: its own user has to get in.
  await chmod(folder, 0o711);
  const settings = { NODE_ENV: 'test', PORT: '0', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'silent' };
  const config = parseConfig({ ...settings, SAMPLE: 'false', UPLOAD_RATE: '0' });
  const { address, ledger, stop } = await serve({ config, log: createLog('silent') });
  await loadSample({ server: address, origin: ledger.origin, onProgress: () => undefined });
  const tokens = new Map<string, string>();
  for (const persona of ['registrar.city', 'clinician.north', 'registrar.north'])
    tokens.set(persona, (await developmentToken(address, persona)).token);
  const send = sender(address, tokens);
  const mutate: ViewScene['mutate'] = async (persona, name, input, selection) => {
    const query = `mutation ($input: ${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${selection} } }`;
    await send(persona, query, { input: { requestId: randomUUID(), ...input } });
  };
  const { encounters } = await send<{ encounters: Edges }>('clinician.north', OPEN_CARE);
  const slight = encounters.edges[0]?.node.patientId ?? '';
  const { patients } = await send<{ patients: Edges }>('registrar.north', PATIENTS);
  const heavy = patients.edges[0]?.node.id ?? '';
  const open = { ...encounterOf(heavy), status: 'IN_PROGRESS', end: null, cost: null };
  const many = Array.from({ length: ENCOUNTERS - 3 }, () => ({ ...encounterOf(heavy), cost: null }));
  await mutate(
    'registrar.north',
    'recordEncounters',
    { mode: 'ALL', encounters: [...many.slice(1), open] },
    'requestId',
  );
  const order = (part: object): string =>
    JSON.stringify({ address, tokens: Object.fromEntries(tokens), patient: heavy, ...part });
  return {
    slight,
    heavy,
    mutate,
    ask: async (milliseconds) => {
      const env = orderedBy(order({ role: 'ask', milliseconds }));
      const { stdout } = await promisify(execFile)(process.execPath, [CHILD], { env, timeout: LONGEST_MS });
      return Number(stdout);
    },
    readers: (count, pauseMs) => startReaders(order({ role: 'read', count, pauseMs })),
    close: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Edges {
  readonly edges: readonly { readonly node: { readonly id: string; readonly patientId: string } }[];
}

const OPEN_CARE =
  '{ encounters(first: 1, filter: { status: IN_PROGRESS }) { edges { node { id patientId } } } }';
const PATIENTS = '{ patients(first: 1) { edges { node { id } } } }';

type Send = <T>(persona: string, query: string, variables?: object) => Promise<T>;

function sender(address: string, tokens: ReadonlyMap<string, string>): Send {
  return async (persona, query, variables = {}) => {
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.get(persona) ?? ''}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
    if (errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  };
}

/** They read when the first line comes, and say how many pages they got when their input ends. */
async function startReaders(order: string): Promise<{ readonly stop: () => Promise<number> }> {
  const child: ChildProcess = spawn(process.execPath, [CHILD], {
    env: orderedBy(order),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('expected pipes to the readers');
  const lines = createInterface({ input: stdout });
  const started = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => null)]);
  if (started === null) throw new Error('the readers ended before they began');
  return {
    stop: async () => {
      const last = once(lines, 'line');
      stdin.end();
      return Number((await last)[0]);
    },
  };
}
