/** The HTTP server: routes, security headers, and the way from a request to GraphQL and back. */
import helmet from '@fastify/helmet';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VitrineError } from '../ledger/core/error.js';
import { requireShallow } from '../standing/index.js';
import { acceptJsonOnly } from './body.js';
import type { Claims } from './authentication.js';
import type { CallerContext, ServerDependencies } from './dependencies.js';
import { addDevelopmentRoutes } from './dev-routes.js';
import { addressesBy, challengeOf, SignInRefusal } from './dpop/index.js';
import { createApollo } from './graphql.js';
import { readiness } from './health.js';
import { addLogRoutes } from './log-routes.js';
import { addPages } from './pages.js';
import { errorBody, refusalOf } from './problem.js';
import { readTls } from './tls.js';
import { addViewRoutes } from './view-routes.js';
import { GRAPHQL_PATH, serveSockets } from './websocket.js';

/** A server that isn't listening yet. */
export interface VitrineServer {
  readonly app: FastifyInstance;
  /** Starts to listen. @returns the address, with the port that was taken. */
  listen(): Promise<string>;
  /** Stops accepting, answers what is open, closes the WebSockets. */
  close(): Promise<void>;
}

/** Pages and answers may load nothing from elsewhere; the playground widens this for itself. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
};

function createApp<C extends CallerContext>(deps: ServerDependencies<C>): FastifyInstance {
  const { config } = deps;
  const options = {
    bodyLimit: config.limits.bodyBytes,
    requestTimeout: config.limits.requestMs,
    handlerTimeout: config.limits.requestMs,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle' as const,
    trustProxy: config.trustProxy ? [...config.trustProxy] : false,
    logger: false,
    routerOptions: { maxParamLength: 200 },
  };
  if (!config.tls) return fastify(options);
  const https = { ...readTls(config.tls), minVersion: 'TLSv1.2' as const };
  return fastify({ ...options, https });
}

/** Errors of any route in GraphQL's shape; what isn't a refusal is logged and told to nobody. */
function addErrors<C extends CallerContext>(app: FastifyInstance, deps: ServerDependencies<C>): void {
  app.setErrorHandler((error, _request, reply) => {
    const refusal = refusalOf(error);
    if (!refusal.known) deps.log.error({ err: error }, 'a request failed');
    for (const { extensions } of refusal.body.errors) deps.metrics.errors.inc({ code: extensions.code });
    if (error instanceof VitrineError && refusal.status === 401) challenge(reply, error, deps);
    return reply.code(refusal.status).send(refusal.body);
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(errorBody('NOT_FOUND', 'there is nothing here')),
  );
}

/** Says how to sign in, and gives the nonce that a proof lacked (RFC 9449 section 8). */
function challenge<C extends CallerContext>(
  reply: FastifyReply,
  refusal: VitrineError,
  { config, authenticator }: ServerDependencies<C>,
): void {
  void reply.header('www-authenticate', challengeOf(refusal, config.dpop === 'required'));
  if (refusal instanceof SignInRefusal && refusal.error === 'use_dpop_nonce')
    void reply.header('dpop-nonce', authenticator.nonce());
}

/** `/healthz`, `/readyz`, `/metrics`. */
function addOperations<C extends CallerContext>(
  app: FastifyInstance,
  deps: ServerDependencies<C>,
  stopping: () => boolean,
): void {
  app.get('/healthz', () => ({ alive: true }));
  app.get('/readyz', async (_request, reply) => {
    const state = await readiness(deps.health, (check, err) => deps.log.warn({ check, err }, 'not ready'));
    const ready = state.ready && !stopping();
    return reply.code(ready ? 200 : 503).send({ ...state, ready, stopping: stopping() });
  });
  app.get('/metrics', async (_request, reply) => {
    const { registry } = deps.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}

/** Counts requests by their route's pattern: an address as it was asked could hold anything. */
function addMeasures<C extends CallerContext>(app: FastifyInstance, deps: ServerDependencies<C>): void {
  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    const route = request.routeOptions.url ?? 'none';
    deps.metrics.requests.inc({ route, status: String(reply.statusCode) });
    const quiet = route === '/healthz' || route === '/readyz' || route === '/metrics';
    deps.log[quiet ? 'debug' : 'info'](
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
    done();
  });
}

/** The text of a request's document (GraphQL over HTTP, sections 6.2 and 6.3); null where there is none to run. */
function sentDocument(request: FastifyRequest): string | null {
  const { body } = request;
  const search = (): string | null => new URL(request.url, 'http://localhost').searchParams.get('query');
  if (request.method === 'GET') return search();
  const isObject = typeof body === 'object' && body !== null && 'query' in body;
  return isObject && typeof body.query === 'string' ? body.query : null;
}

/** Makes the server of `deps`. */
export async function createServer<C extends CallerContext>(
  deps: ServerDependencies<C>,
): Promise<VitrineServer> {
  const { config } = deps;
  const addressesOf = addressesBy(config);
  let stopping = false;
  const app = createApp(deps);
  const encrypted = config.tls !== null || config.trustProxy !== null;
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    hsts: encrypted ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  });
  acceptJsonOnly(app);
  addErrors(app, deps);
  addMeasures(app, deps);
  addOperations(app, deps, () => stopping);

  // A connection that is kept alive after its last answer would keep the server from closing.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) void reply.header('connection', 'close');
    done(null, payload);
  });

  const apollo = createApollo(deps);
  await apollo.start();
  // The token is read before the body's content is looked at, and a bad one refuses the whole request with 401.
  const contexts = new WeakMap<FastifyRequest, C>();
  const answer = fastifyApolloHandler(apollo, {
    context: (request: FastifyRequest) => {
      const context = contexts.get(request);
      return context ? Promise.resolve(context) : Promise.reject(new Error('the request has no context'));
    },
  }) as unknown as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
  app.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    preHandler: async (request, reply) => {
      void reply.header('cache-control', 'no-store');
      let claims: Claims | null = null;
      try {
        claims = await deps.authenticator.authenticate({
          authorization: request.headers.authorization,
          // As they came: `headers` would make one text of several.
          proofs: request.raw.headersDistinct['dpop'] ?? [],
          method: request.method,
          addresses: addressesOf(request.raw, GRAPHQL_PATH),
        });
        if (claims !== null && claims.key !== null)
          void reply.header('dpop-nonce', deps.authenticator.nonce());
        const context = await deps.contextOf(claims, deps.log);
        const document = sentDocument(request);
        if (document !== null) {
          requireShallow(document);
          await deps.checkDocument?.(context, document);
        }
        contexts.set(request, context);
      } catch (error) {
        await deps.onRefused?.(claims, request.body, error);
        throw error;
      }
    },
    handler: (request, reply) => answer(request, reply),
  });

  if (deps.tiles) addLogRoutes(app, deps.tiles);
  if (deps.views) addViewRoutes(app, deps, deps.views, addressesOf);
  if (config.playground) addPages(app, deps);
  if (deps.developmentIssuer)
    addDevelopmentRoutes(app, {
      issuer: deps.developmentIssuer,
      proofs: deps.proofs,
      addressesOf,
      required: config.dpop === 'required',
    });
  await app.ready();
  const sockets = serveSockets(deps, app.server, addressesOf);

  return {
    app,
    listen: () => app.listen({ host: config.host, port: config.port }),
    close: async () => {
      stopping = true;
      // Sockets first: an open subscription would keep the HTTP server from closing.
      await sockets.close();
      const late = setTimeout(() => app.server.closeAllConnections(), config.limits.stopMs);
      try {
        await app.close();
      } finally {
        clearTimeout(late);
      }
      await apollo.stop();
    },
  };
}
