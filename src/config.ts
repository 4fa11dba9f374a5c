/**
 * The settings: the only reader of the environment (design: architecture, "The rooms"). Everything else gets its
 * settings passed down as data. A bad setting, or a development setting in production, refuses to start and names
 * itself; all of them are reported together.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { VitrineError } from './ledger/core/error.js';
import type { Problem } from './ledger/core/error.js';

export type { Config, Identity } from './server/settings.js';
import {
  ALERTS_BY_DEFAULT,
  READS_BY_DEFAULT,
  UPLOADS_BY_DEFAULT,
  VIEWS_BY_DEFAULT,
  type Config,
  type Identity,
} from './server/settings.js';

const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((v) => ['true', '1', 'yes'].includes(v));
const count = (least: number, most: number): z.ZodPipe<z.ZodString, z.ZodType<number, string>> =>
  z
    .string()
    .regex(/^\d{1,12}$/, `expected a whole number`)
    .pipe(z.coerce.number<string>().min(least).max(most));
const url = z.url({ protocol: /^https?$/, error: 'expected an http(s) address' });
/** As clients write it: what a proof must name is compared with it. */
const publicUrls = z.string().transform((text, context) =>
  text.split(',').map((part) => {
    const given = URL.canParse(part.trim()) ? new URL(part.trim()) : null;
    const { protocol, origin, pathname, search, hash, username } = given ?? {};
    if ((protocol === 'https:' || protocol === 'http:') && search === '' && hash === '' && username === '')
      return `${origin}${pathname}`.replace(/\/+$/, '');
    context.addIssue({ code: 'custom', message: 'expected http(s) addresses, comma-separated' });
    return z.NEVER;
  }),
);
const database = z.url({
  protocol: /^postgres(ql)?$/,
  error: 'expected postgresql://user:password@host/base',
});
const file = z.string().min(1);

/** Name of every development log. A real one says whose it is, since other institutions tell logs apart by it. */
const DEVELOPMENT_ORIGIN = 'vitrine.localhost/log';

/** One setting: how it is read, what holds without it, and what it does. */
interface Setting<T> {
  readonly read: z.ZodType<T, string>;
  /** For the reader; the value itself is given by `parseConfig`. */
  readonly standard: string;
  readonly about: string;
}

const setting = <T>(read: z.ZodType<T, string>, standard: string, about: string): Setting<T> => ({
  read,
  standard,
  about,
});

/** Every setting of the environment; `vitrine serve --help` prints this table. */
export const SETTINGS = {
  NODE_ENV: setting(
    z.enum(['development', 'test', 'production']),
    'development',
    'production refuses every development setting',
  ),
  PORT: setting(count(0, 65535), '4000', 'TCP port to listen on; 0 takes a free one'),
  HOST: setting(z.string().min(1), '127.0.0.1, in production 0.0.0.0', 'address to listen on'),
  DATA_DIR: setting(file, './data', 'folder of the embedded database, the keys and the pin'),
  KEYS_DIR: setting(file, 'DATA_DIR/keys', 'folder of the keys; put it on another medium than the data'),
  DATABASE_URL: setting(database, 'none: embedded PostgreSQL', 'PostgreSQL 15 or newer to use instead'),
  DATABASE_OWNER_URL: setting(database, 'DATABASE_URL', 'login that owns the tables and applies migrations'),
  ALLOW_EMBEDDED_DATABASE: setting(flag, 'false', 'permits the embedded PostgreSQL in production'),
  OIDC_ISSUER: setting(url, 'none: development issuer', 'OpenID provider whose tokens are accepted'),
  OIDC_AUDIENCE: setting(z.string().min(1), 'vitrine', 'audience a token must name'),
  OIDC_JWKS_URL: setting(url, 'by discovery', "address of the provider's keys"),
  DEV_ISSUER: setting(
    flag,
    'true without OIDC_ISSUER',
    'development issuer: tokens for anyone; never in production',
  ),
  PERSONA_SWITCH: setting(flag, 'as DEV_ISSUER', 'persona switch of the playground; never in production'),
  SAMPLE: setting(
    flag,
    'as DEV_ISSUER',
    'loads the sample population into an empty base; never in production',
  ),
  PLAYGROUND: setting(flag, 'true, in production false', 'serves /playground'),
  INTROSPECTION: setting(
    z.enum(['all', 'vendors', 'none']),
    'all, in production vendors',
    'who may ask for the schema; vendors: signed-in members with the role VENDOR',
  ),
  TLS_CERT: setting(file, 'none', 'PEM file of the certificate chain'),
  TLS_KEY: setting(file, 'none', "PEM file of the certificate's key"),
  TRUST_PROXY: setting(
    z.string().min(1),
    'none',
    'addresses (CIDR, comma-separated) of a proxy in front that ends TLS; or "loopback"',
  ),
  PUBLIC_URL: setting(
    publicUrls,
    'none: as requests name it',
    'addresses (comma-separated) by which clients reach this server; a DPoP proof must name one of them',
  ),
  DPOP: setting(
    z.enum(['required', 'optional']),
    'optional, in production required',
    'whether access tokens must be bound to a key of their holder (RFC 9449); production takes no others',
  ),
  LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'warn, in production info',
    'least level of the structured log on standard error; info has a line for each request',
  ),
  LOG_ORIGIN: setting(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9./-]{0,127}$/, 'expected a lower-case name such as vitrine.example/log')
      // Such a name says of a log which entries it was restored with.
      .refine((name) => !/\/restored-\d+$/.test(name), 'expected a name without /restored-… at its end'),
    DEVELOPMENT_ORIGIN,
    "the audit log's name in its checkpoints; given once, at genesis",
  ),
  WITNESS_POLICY: setting(
    file,
    'none: nobody cosigns',
    'file that names the witnesses and how many must cosign (c2sp.org/tlog-policy)',
  ),
  UPLOAD_LIFETIME_HOURS: setting(
    count(1, 744),
    '168',
    'how long a change that waits for an endorsement can be endorsed and loaded',
  ),
  VIEW_MINUTES: setting(count(1, 1440), '15', 'how long a view stays open'),
  EMERGENCY_VIEW_MINUTES: setting(count(1, 1440), '5', 'how long a view for an emergency stays open'),
  READ_LOG_SECONDS: setting(
    count(1, 3600),
    '60',
    'how often raw reads of patients, each written down before its answer, are sealed into batches on the log',
  ),
  ALERT_SECONDS: setting(count(1, 3600), '5', 'how often new entries are looked through for unusual access'),
  UPLOAD_RATE: setting(
    count(0, 100_000_000),
    '120000',
    'most new requests a minute and member at each process; 0: no bound',
  ),
  UPLOAD_OPEN: setting(
    count(1, 900),
    '512',
    'most requests of a member that may wait at a time; the next one is refused until some are decided',
  ),
  UPLOAD_DENIALS: setting(
    count(0, 1_000_000),
    '10',
    'most refusals a minute and member that are written to the log; the rest are only counted',
  ),
  UPLOAD_SWEEP_SECONDS: setting(
    count(1, 3600),
    '30',
    'how often upload requests are looked for whose waiting time is over, or whose end has come',
  ),
  MAX_BODY_BYTES: setting(count(1024, 64 << 20), '1048576', 'largest request body, and WebSocket message'),
  MAX_DEPTH: setting(count(1, 100), '12', 'deepest nesting of a query'),
  MAX_ALIASES: setting(count(1, 1000), '30', 'most aliases in a query'),
  MAX_TOKENS: setting(count(100, 100_000), '4000', 'most lexical tokens in a query'),
  MAX_COST: setting(count(100, 10_000_000), '20000', 'highest computed cost of a query'),
  MAX_SUBSCRIPTIONS: setting(count(1, 1000), '16', 'most open operations on one WebSocket'),
  FEED_BUFFER_BYTES: setting(
    count(16_384, 64 << 20),
    '262144',
    'most that a WebSocket may have unsent before its subscriptions to the log get no more',
  ),
  FEED_STALL_MS: setting(
    count(100, 600_000),
    '10000',
    'longest that it may be so full before they end with RESUME_REQUIRED',
  ),
  FEED_CACHE_BYTES: setting(
    count(65_536, 1 << 30),
    '33554432',
    'answers that are kept for subscribers to the log who are a little behind',
  ),
  REQUEST_TIMEOUT_MS: setting(
    count(100, 600_000),
    '30000',
    'longest a request may take to arrive or be answered',
  ),
  STOP_TIMEOUT_MS: setting(
    count(100, 600_000),
    '10000',
    'longest that open requests are waited for when stopping',
  ),
} as const satisfies Record<string, Setting<unknown>>;

type Environment = Readonly<Record<string, string | undefined>>;
type Name = keyof typeof SETTINGS;
type Given = { [N in Name]?: z.output<(typeof SETTINGS)[N]['read']> };

/** Reads every setting that is given. An empty value counts as none. */
function read(environment: Environment): {
  given: Given;
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const given: Record<string, unknown> = {};
  for (const [name, { read: schema }] of Object.entries(SETTINGS)) {
    const text = environment[name];
    if (text === undefined || text === '') continue;
    const result = (schema as z.ZodType<unknown>).safeParse(text);
    if (result.success) given[name] = result.data;
    // The value isn't repeated: it may be a password in a database address.
    else
      problems.push({ path: [name], message: `${name}: ${result.error.issues[0]?.message ?? 'not valid'}` });
  }
  return { given: given, problems };
}

/** Node's own switch that takes any certificate for anyone's. */
const UNCHECKED_TLS = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** What may not stand in production, each with what to do instead. */
function productionProblems(given: Given, environment: Environment): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: Name, message: string): void => void problems.push({ path: [path], message });
  if (given.DEV_ISSUER) refuse('DEV_ISSUER', 'DEV_ISSUER: the development issuer gives tokens to anyone');
  if (given.PERSONA_SWITCH) refuse('PERSONA_SWITCH', 'PERSONA_SWITCH: it needs the development issuer');
  if (given.SAMPLE) refuse('SAMPLE', 'SAMPLE: the sample population is not for production');
  if (environment[UNCHECKED_TLS] === '0')
    problems.push({
      path: [UNCHECKED_TLS],
      message: `${UNCHECKED_TLS}: whoever stands between could be the OpenID provider; name its authority in NODE_EXTRA_CA_CERTS`,
    });
  if (!given.OIDC_ISSUER) refuse('OIDC_ISSUER', 'OIDC_ISSUER: production needs an OpenID provider');
  else if (!given.OIDC_ISSUER.startsWith('https:'))
    refuse('OIDC_ISSUER', 'OIDC_ISSUER: must be https in production');
  if (given.OIDC_JWKS_URL?.startsWith('http:'))
    refuse('OIDC_JWKS_URL', 'OIDC_JWKS_URL: must be https in production');
  if (!given.OIDC_AUDIENCE)
    refuse('OIDC_AUDIENCE', 'OIDC_AUDIENCE: production needs the audience of its tokens');
  if (!given.DATABASE_URL && !given.ALLOW_EMBEDDED_DATABASE) {
    refuse(
      'DATABASE_URL',
      'DATABASE_URL: production needs its own PostgreSQL, or ALLOW_EMBEDDED_DATABASE=true',
    );
  }
  if (!given.TLS_CERT && !given.TRUST_PROXY) {
    refuse(
      'TLS_CERT',
      'TLS_CERT and TLS_KEY, or TRUST_PROXY: production needs TLS, its own or a proxy in front',
    );
  }
  if (given.DPOP === 'optional') refuse('DPOP', 'DPOP: production takes no bearer tokens; leave it out');
  if (!given.PUBLIC_URL)
    refuse('PUBLIC_URL', 'PUBLIC_URL: production needs the addresses that clients use, for proofs to name');
  else if (given.PUBLIC_URL.some((one) => !one.startsWith('https:')))
    refuse('PUBLIC_URL', 'PUBLIC_URL: must be https in production');
  if (!given.LOG_ORIGIN || given.LOG_ORIGIN === DEVELOPMENT_ORIGIN)
    refuse('LOG_ORIGIN', "LOG_ORIGIN: production needs the audit log's own name");
  if (given.INTROSPECTION === 'all')
    refuse('INTROSPECTION', 'INTROSPECTION: in production vendors or none, the schema is not for everyone');
  return problems;
}

/** What doesn't go together anywhere. */
function pairProblems(given: Given): Problem[] {
  const problems: Problem[] = [];
  if ((given.TLS_CERT === undefined) !== (given.TLS_KEY === undefined)) {
    problems.push({ path: ['TLS_CERT'], message: 'TLS_CERT and TLS_KEY: give both or none' });
  }
  if (given.DEV_ISSUER && given.OIDC_ISSUER) {
    problems.push({ path: ['DEV_ISSUER'], message: 'DEV_ISSUER: cannot stand beside OIDC_ISSUER' });
  }
  if (given.DATABASE_OWNER_URL && !given.DATABASE_URL) {
    problems.push({ path: ['DATABASE_OWNER_URL'], message: 'DATABASE_OWNER_URL: needs DATABASE_URL' });
  }
  return problems;
}

function identityOf(given: Given, production: boolean): Identity {
  const audience = given.OIDC_AUDIENCE ?? 'vitrine';
  if (given.OIDC_ISSUER) {
    return { kind: 'openid', issuer: given.OIDC_ISSUER, audience, jwksUrl: given.OIDC_JWKS_URL ?? null };
  }
  return (given.DEV_ISSUER ?? !production) ? { kind: 'development', audience } : { kind: 'none' };
}

function minutes(given: number | undefined): number | undefined {
  return given === undefined ? undefined : given * 60_000;
}

/**
 * Reads the settings from an environment.
 *
 * @throws VitrineError NOT_CONFIGURED with every problem, each naming its setting.
 */
export function parseConfig(environment: Environment): Config {
  const { given, problems } = read(environment);
  const mode = given.NODE_ENV ?? 'development';
  const production = mode === 'production';
  const all = [
    ...problems,
    ...pairProblems(given),
    ...(production ? productionProblems(given, environment) : []),
  ];
  if (all.length > 0) {
    throw new VitrineError('NOT_CONFIGURED', all.map((problem) => problem.message).join('\n'), {
      problems: all,
    });
  }
  const identity = identityOf(given, production);
  const development = identity.kind === 'development';
  const dataDir = resolve(given.DATA_DIR ?? './data');
  return {
    mode,
    host: given.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: given.PORT ?? 4000,
    tls:
      given.TLS_CERT && given.TLS_KEY ? { cert: resolve(given.TLS_CERT), key: resolve(given.TLS_KEY) } : null,
    trustProxy: given.TRUST_PROXY?.split(',').map((part) => part.trim()) ?? null,
    publicUrls: given.PUBLIC_URL ?? null,
    dataDir,
    keysDir: given.KEYS_DIR ? resolve(given.KEYS_DIR) : resolve(dataDir, 'keys'),
    databaseUrl: given.DATABASE_URL ?? null,
    databaseOwnerUrl: given.DATABASE_OWNER_URL ?? null,
    identity,
    dpop: given.DPOP ?? (production ? 'required' : 'optional'),
    personaSwitch: given.PERSONA_SWITCH ?? development,
    sample: given.SAMPLE ?? (development && mode !== 'test'),
    playground: given.PLAYGROUND ?? !production,
    introspection: given.INTROSPECTION ?? (production ? 'vendors' : 'all'),
    logLevel: given.LOG_LEVEL ?? (production ? 'info' : 'warn'),
    logOrigin: given.LOG_ORIGIN ?? DEVELOPMENT_ORIGIN,
    witnessPolicy: given.WITNESS_POLICY ? resolve(given.WITNESS_POLICY) : null,
    uploads: {
      lifetimeMs:
        given.UPLOAD_LIFETIME_HOURS === undefined
          ? UPLOADS_BY_DEFAULT.lifetimeMs
          : given.UPLOAD_LIFETIME_HOURS * 3600_000,
      rate: given.UPLOAD_RATE ?? UPLOADS_BY_DEFAULT.rate,
      open: given.UPLOAD_OPEN ?? UPLOADS_BY_DEFAULT.open,
      denials: given.UPLOAD_DENIALS ?? UPLOADS_BY_DEFAULT.denials,
      sweepMs:
        given.UPLOAD_SWEEP_SECONDS === undefined
          ? UPLOADS_BY_DEFAULT.sweepMs
          : given.UPLOAD_SWEEP_SECONDS * 1000,
    },
    views: {
      lifetimeMs: minutes(given.VIEW_MINUTES) ?? VIEWS_BY_DEFAULT.lifetimeMs,
      emergencyMs: minutes(given.EMERGENCY_VIEW_MINUTES) ?? VIEWS_BY_DEFAULT.emergencyMs,
    },
    reads: {
      sealMs: given.READ_LOG_SECONDS === undefined ? READS_BY_DEFAULT.sealMs : given.READ_LOG_SECONDS * 1000,
    },
    alerts: {
      watchMs: given.ALERT_SECONDS === undefined ? ALERTS_BY_DEFAULT.watchMs : given.ALERT_SECONDS * 1000,
    },
    limits: {
      bodyBytes: given.MAX_BODY_BYTES ?? 1_048_576,
      depth: given.MAX_DEPTH ?? 12,
      aliases: given.MAX_ALIASES ?? 30,
      tokens: given.MAX_TOKENS ?? 4000,
      cost: given.MAX_COST ?? 20_000,
      subscriptions: given.MAX_SUBSCRIPTIONS ?? 16,
      requestMs: given.REQUEST_TIMEOUT_MS ?? 30_000,
      stopMs: given.STOP_TIMEOUT_MS ?? 10_000,
    },
    feed: {
      bufferBytes: given.FEED_BUFFER_BYTES ?? 262_144,
      stallMs: given.FEED_STALL_MS ?? 10_000,
      cacheBytes: given.FEED_CACHE_BYTES ?? 33_554_432,
    },
  };
}

/** Reads the settings of this process. */
export const loadConfig = (): Config => parseConfig(process.env);
