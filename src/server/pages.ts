/** Serves the pages of `web`. */
import type { FastifyInstance } from 'fastify';
import { playgroundAsset, playgroundPage } from '../web/index.js';
import type { CallerContext, ServerDependencies } from './dependencies.js';
import { VitrineError } from '../ledger/core/error.js';
import { GRAPHQL_PATH } from './websocket.js';

/** GraphiQL's editor makes `style` elements and worker scripts; nothing may come from another origin. */
const PLAYGROUND_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    workerSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
  },
};

/** `/` and `/playground`, with its scripts and styles. */
export function addPages<C extends CallerContext>(app: FastifyInstance, deps: ServerDependencies<C>): void {
  const { config } = deps;
  const personaSwitch = config.personaSwitch && deps.developmentIssuer !== null;
  app.get('/', (_request, reply) => reply.redirect('/playground'));
  app.get(
    '/playground',
    { helmet: { contentSecurityPolicy: PLAYGROUND_POLICY } },
    async (_request, reply) => {
      void reply.header('cache-control', 'no-store').type('text/html; charset=utf-8');
      return playgroundPage({ endpoint: GRAPHQL_PATH, personaSwitch });
    },
  );
  app.get<{ Params: { name: string } }>('/playground/:name', async (request, reply) => {
    const asset = await playgroundAsset(request.params.name);
    if (!asset) throw new VitrineError('NOT_FOUND', 'there is nothing here');
    void reply
      .header('etag', asset.etag)
      .header('cache-control', 'no-cache')
      .header('vary', 'accept-encoding');
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
    void reply.type(asset.type);
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(asset.body);
    return reply.header('content-encoding', 'gzip').send(await asset.zipped());
  });
}
