/** The composition root: from the settings to a listening server. */
import { collapseErrors, collapsePlugin } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import { errorFormatter, limitsPlugin, requireWithinLimits } from '../api/index.js';
import { servedSchema } from '../federation/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { type Ledger, nonceKeyOf } from '../ledger/index.js';
import { requireTrusted } from '../standing/index.js';
import { Sweep } from '../uploads/index.js';
import { pageOf, requireAccessRules } from '../viewing/index.js';
import { createTokenReader, remoteKeys, type TokenReader } from './authentication.js';
import type { DevelopmentIssuer } from './dev-issuer.js';
import { openDevelopmentIssuer } from './dev-issuer.js';
import { createAuthenticator, createNonces, Proofs } from './dpop/index.js';
import type { HealthCheck } from './health.js';
import { createServer } from './http.js';
import type { Logger } from './log.js';
import type { Metrics } from './metrics.js';
import { createMetrics } from './metrics.js';
import type { OpenOptions, OpenSystem } from './open.js';
import { DEVELOPMENT_GENESIS, openSystem } from './open.js';
import type { Config } from './settings.js';
import { readTls } from './tls.js';
import { refusedMutation } from './refused-bearer.js';
import { measureWitnesses } from './witness-metrics.js';

export interface ServeOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: () => Date;
  /** Believe a database that is there without a pin, once. */
  readonly trustFirst?: boolean;
  /** For tests of crashes: no command passes any. */
  readonly ledgerOptions?: NonNullable<OpenOptions['ledgerOptions']>;
}

/** A running server. */
export interface Serving {
  /** `http://127.0.0.1:4000` */
  readonly address: string;
  /** The log was begun just now: the base was empty. */
  readonly begun: boolean;
  readonly ledger: Ledger;
  /** Stops accepting, answers what is open, closes everything in the opposite order of its opening. */
  readonly stop: () => Promise<void>;
}

interface SignIn {
  readonly tokens: TokenReader;
  readonly developmentIssuer: DevelopmentIssuer | null;
}

/** Whose tokens are taken. Throws NOT_CONFIGURED when nobody's are. */
export async function signInOf(config: Config, log: Logger, clock: () => Date): Promise<SignIn> {
  const { identity } = config;
  if (identity.kind === 'none')
    throw new VitrineError('NOT_CONFIGURED', 'OIDC_ISSUER: nobody could sign in without it');
  if (identity.kind === 'openid') {
    const { issuer, audience, jwksUrl } = identity;
    const onFailure = (err: unknown): void => log.warn({ err, issuer }, "the issuer's keys can't be had");
    const { keys, warm } = remoteKeys({ issuer, jwksUrl, onFailure });
    // Not awaited, and `onFailure` has told: the provider may come up after this server.
    warm().catch(() => undefined);
    return { tokens: createTokenReader({ issuer, audience, keys, clock }), developmentIssuer: null };
  }
  const { audience } = identity;
  const issuer = await openDevelopmentIssuer({ keysDir: config.keysDir, audience, clock });
  const tokens = createTokenReader({ issuer: issuer.issuer, audience, keys: issuer.keys, clock });
  return { tokens, developmentIssuer: issuer };
}

/** Hangs the metrics on the log: its size, its alarms, the time of an append. */
function measureLedger(ledger: Ledger, metrics: Metrics): void {
  metrics.logSize.set(Number(ledger.trusted.size));
  ledger.onAdvance((size) => metrics.logSize.set(Number(size)));
  ledger.onAlarm(({ code }) => metrics.alarms.inc({ code }));
  ledger.onAppended((seconds) => metrics.appendSeconds.observe(seconds));
  measureWitnesses(ledger.witnesses, metrics.registry);
}

function healthOf({ database, ledger }: OpenSystem): HealthCheck[] {
  return [
    { name: 'database', check: () => database.ping() },
    {
      name: 'log',
      // Trusted up to the database's head, and not stopped by something that didn't verify.
      check: async () => {
        await ledger.sync();
        if (ledger.trusted.alarm) throw ledger.trusted.alarm;
      },
    },
  ];
}

/**
 * Opens everything and listens.
 *
 * @throws VitrineError NOT_CONFIGURED, UNAVAILABLE, ROLLBACK_DETECTED, INTEGRITY_VIOLATION; nothing stays open then
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, log } = options;
  const clock = options.clock ?? (() => new Date());
  if (config.tls) readTls(config.tls);
  const { tokens, developmentIssuer } = await signInOf(config, log, clock);
  const schema = servedSchema();
  const development = config.identity.kind === 'development';
  const metrics = createMetrics();
  const opened = await openSystem({
    ...options,
    clock,
    onDenial: ({ rule, code }, written) => metrics.denials.inc({ rule, code, written }),
    onAlert: (rule) => metrics.accessAlerts.inc({ rule }),
    ...(development ? { genesis: DEVELOPMENT_GENESIS } : {}),
  });
  const { ledger, system, closing } = opened;
  try {
    const { store } = system;
    await requireAccessRules(
      { trusted: ledger.trusted, fact: (kind, id) => store.facts.newest(kind, id) },
      log,
    );
    measureLedger(ledger, metrics);
    const nonces = createNonces(nonceKeyOf(ledger.keys), clock);
    const proofs = new Proofs({ nonces, spent: system.spent, clock });
    const server = await createServer<RequestContext>({
      config,
      schema,
      authenticator: createAuthenticator({ tokens, proofs, required: config.dpop === 'required' }),
      proofs,
      developmentIssuer,
      contextOf: (claims, requestLog, document) => system.contextOf(claims, requestLog, document),
      checkDocument: requireTrusted,
      onRefused: async (claims, body, error) => {
        const refused = refusedMutation(body, config.limits.tokens);
        if (refused !== null) await system.denied(claims, refused, error);
      },
      onChange: (heard) => ledger.onAdvance(heard),
      checkOperation: (request) => requireWithinLimits(request, config.limits),
      plugins: [limitsPlugin(config.limits), collapsePlugin()],
      collapse: collapseErrors,
      formatError: errorFormatter({
        log,
        hideSuggestions: config.introspection !== 'all',
        onViolation: (error) => ledger.raise(error),
      }),
      tiles: {
        checkpoint: () => ledger.tiles.checkpoint(),
        read: (name) => ledger.tiles.read(name),
        keys: () => ledger.publishedKeys(),
      },
      views: { page: pageOf },
      health: healthOf(opened),
      metrics,
      log,
      clock,
    });
    closing.add('server', () => server.close());
    const sweep = new Sweep(
      () => system.sweep(),
      config.uploads.sweepMs,
      (err) => log.warn({ err }, 'upload requests were not looked through'),
    );
    closing.add('uploads', () => sweep.stop());
    sweep.start();
    const sealing = new Sweep(
      () => system.sealReads(),
      config.reads.sealMs,
      (err) => log.warn({ err }, 'reads were not sealed; they stay written down'),
    );
    closing.add('reads', () => sealing.stop());
    sealing.start();
    const watching = new Sweep(
      () => system.watch(),
      config.alerts.watchMs,
      (err) => log.warn({ err }, 'unusual access was not looked for'),
    );
    closing.add('alerts', () => watching.stop());
    watching.start({ atOnce: true });
    const address = await server.listen();
    return { address, begun: opened.begun, ledger, stop: () => closing.close() };
  } catch (error) {
    await closing.close().catch((failed: unknown) => log.error({ err: failed }, 'closing failed'));
    throw listening(error, config);
  }
}

/** Says in words why the address can't be taken. */
function listening(error: unknown, config: Config): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  const why =
    code === 'EADDRINUSE' ? 'is in use' : code === 'EACCES' ? 'needs more rights' : 'is none of this machine';
  return new VitrineError('NOT_CONFIGURED', `PORT: ${config.host}:${config.port} ${why}`);
}
