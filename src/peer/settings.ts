/** A peer's settings: from the command line and from `peer.json` in its home. Bad ones are NOT_CONFIGURED, all named. */
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { ED25519, type NoteKey, parseVkey, VitrineError } from '../ledger/core/index.js';
import { readTextIfThere } from './durable.js';

/** A log that the peer witnesses, and copies when it has an address. */
export interface LogSettings {
  readonly origin: string;
  readonly keys: readonly NoteKey[];
  /** Base address of the server: `/log/…` and `/graphql` are below it. Null: it is witnessed only. */
  readonly url: string | null;
  readonly institution: string | null;
  readonly tokenFile: string | null;
  readonly openings: 'own' | 'all' | 'none';
  readonly ownKeys: ReadonlySet<string> | null;
  /** Null: it decides on nothing. */
  readonly validator: ValidatorSettings | null;
}

/** Where a validator's rules and the key that signs its decisions are. */
export interface ValidatorSettings {
  readonly keyFile: string;
  readonly rulesFile: string;
}

export interface PeerSettings {
  readonly home: string;
  readonly keyFile: string;
  readonly host: string;
  readonly port: number;
  readonly pollMs: number;
  readonly stallMs: number;
  /** Milliseconds that a log may show less than it showed before. */
  readonly behindMs: number;
  /** Milliseconds that one answer may take. */
  readonly timeoutMs: number;
  readonly logs: readonly LogSettings[];
}

/** What the command line gives; absent: `peer.json`'s, or the default. */
export interface GivenSettings {
  readonly key?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly pollMs?: number | undefined;
  readonly stallMinutes?: number | undefined;
  /** Each `--log` and what follows it. */
  readonly logs: readonly GivenLog[];
}

/** A log as it is written down. */
export interface GivenLog {
  readonly url?: string | undefined;
  /** C2SP verifier keys. */
  readonly keys: readonly string[];
  /** The origin line, where it isn't the keys' name. */
  readonly origin?: string | undefined;
  readonly institution?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly openings?: 'own' | 'all' | 'none' | undefined;
  readonly ownKeys?: readonly string[] | undefined;
  /** Decides on upload requests too; files are those of the home unless they are named. */
  readonly validator?:
    { readonly signingKey?: string | undefined; readonly rules?: string | undefined } | undefined;
}

const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'expected a lower-case UUID');
const thumbprint = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'expected an RFC 7638 thumbprint');
const givenLog = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'expected an http(s) address' }).optional(),
  keys: z.array(z.string()).min(1, 'expected the log key: --log-key <vkey>'),
  origin: z.string().min(1).optional(),
  institution: uuid.optional(),
  tokenFile: z.string().min(1).optional(),
  openings: z.enum(['own', 'all', 'none']).optional(),
  ownKeys: z.array(thumbprint).min(1).optional(),
  validator: z
    .strictObject({ signingKey: z.string().min(1).optional(), rules: z.string().min(1).optional() })
    .optional(),
});
const given = z.strictObject({
  key: z.string().min(1).optional(),
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  pollMs: z.int().min(10).max(3_600_000).optional(),
  stallMinutes: z.number().positive().max(10_080).optional(),
  behindSeconds: z.number().positive().max(86_400).optional(),
  timeoutMs: z.int().min(100).max(600_000).optional(),
  logs: z.array(givenLog).optional(),
});

const MINUTE_MS = 60_000;

/** The settings of a peer in this home. Throws NOT_CONFIGURED with what is wrong. */
export async function readSettings(home: string, options: GivenSettings): Promise<PeerSettings> {
  const file = join(home, 'peer.json');
  const kept = parse(given, await readJson(file), file);
  const asked = parse(given, defined(options), 'the command line');
  const one = { ...kept, ...asked };
  const logs = [
    ...(kept.logs ?? []).map((log) => logOf(log, { home, base: dirname(file), where: file })),
    ...(asked.logs ?? []).map((log) => logOf(log, { home, base: process.cwd(), where: 'the command line' })),
  ];
  if (logs.length === 0)
    throw wrong(`no log to watch: give --log <url> and --log-key <vkey>, or write ${file}`);
  const twice = logs.find(({ origin }, i) => logs.findIndex((other) => other.origin === origin) !== i);
  if (twice !== undefined)
    throw wrong(`the log ${twice.origin} is given twice: give all its keys to one --log`);
  const keyFile = asked.key === undefined ? resolve(home, kept.key ?? 'witness.key') : resolve(asked.key);
  return {
    home,
    keyFile,
    host: one.host ?? '127.0.0.1',
    port: one.port ?? 7380,
    pollMs: one.pollMs ?? 5_000,
    stallMs: (one.stallMinutes ?? 5) * MINUTE_MS,
    behindMs: (one.behindSeconds ?? 60) * 1000,
    timeoutMs: one.timeoutMs ?? 15_000,
    logs,
  };
}

/** Where a log is written down: files are named from `base`. */
interface Place {
  readonly home: string;
  readonly base: string;
  readonly where: string;
}

function logOf(log: z.output<typeof givenLog>, place: Place): LogSettings {
  const { base, where } = place;
  const keys = log.keys.map((vkey) => logKey(vkey, where));
  const names = new Set(keys.map(({ name }) => name));
  const origin = log.origin ?? keys[0]?.name ?? '';
  if (log.origin === undefined && names.size > 1) {
    throw wrong(`${where}: one log has keys of one name, got ${[...names].join(', ')}`);
  }
  const { institution = null, url } = log;
  const openings = log.openings ?? (institution === null ? 'none' : 'own');
  const tokenFile = log.tokenFile === undefined ? null : resolve(base, log.tokenFile);
  if (openings === 'own' && institution === null) {
    throw wrong(`${where}: openings of one's own institution need --institution <id>`);
  }
  return {
    origin,
    keys,
    url: url === undefined ? null : url.replace(/\/+$/, ''),
    institution,
    tokenFile,
    openings: tokenFile === null ? 'none' : openings,
    ownKeys: log.ownKeys === undefined ? null : new Set(log.ownKeys),
    validator: validatorOf(log, place),
  };
}

function validatorOf(
  { validator, url, institution, tokenFile }: z.output<typeof givenLog>,
  { home, base, where }: Place,
): ValidatorSettings | null {
  if (validator === undefined) return null;
  const needed = { '--log <url>': url, '--institution <id>': institution, '--token-file <file>': tokenFile };
  const lacking = Object.entries(needed).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (lacking.length > 0) throw wrong(`${where}: a validator needs ${lacking.join(', ')}`);
  const { signingKey, rules } = validator;
  return {
    keyFile: signingKey === undefined ? join(home, 'validator.key') : resolve(base, signingKey),
    rulesFile: rules === undefined ? join(home, 'validator.json') : resolve(base, rules),
  };
}

function logKey(vkey: string, where: string): NoteKey {
  let key: NoteKey;
  try {
    key = parseVkey(vkey);
  } catch (cause) {
    throw wrong(`${where}: ${JSON.stringify(vkey)} is no C2SP verifier key`, cause);
  }
  if (key.type === ED25519) return key;
  throw wrong(`${where}: the key of ${key.name} is of type ${key.type}; a log's key is of type 1, Ed25519`);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readTextIfThere(file);
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw wrong(`${file} is no JSON`, cause);
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const problems = read.error.issues.map(({ path, message }) => `${where}: ${path.join('.')}: ${message}`);
  throw wrong(problems.join('\n'));
}

/** Without members that are undefined: those would replace what the file says. */
function defined(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

function wrong(message: string, cause?: unknown): VitrineError {
  return new VitrineError('NOT_CONFIGURED', message, cause === undefined ? {} : { cause });
}
