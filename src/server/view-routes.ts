/**
 * Pages of views over HTTP: `GET /views/<id>/pages/<number>?ticket=…`, a PNG and nothing else. Kept by no cache, read by no
 * other origin, and drawn beside the main thread.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { VitrineError } from '../ledger/core/error.js';
import type { AddressesOf } from './dpop/address.js';
import type { CallerContext, ServerDependencies } from './dependencies.js';

/** What a link asks for, as it came. */
export interface PageRequest {
  readonly view: string;
  readonly number: number;
  readonly ticket: string;
  readonly scale: 1 | 2;
}

/** Where pages come from. */
export interface PageSource<C> {
  /** The PNG of a page. @throws VitrineError NOT_FOUND for a link that doesn't work, in the same words for all */
  page(context: C, asked: PageRequest): Promise<Uint8Array>;
}

interface Route {
  readonly Params: { readonly id: string; readonly number: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
}

/** Adds the route. */
export function addViewRoutes<C extends CallerContext>(
  app: FastifyInstance,
  deps: ServerDependencies<C>,
  source: PageSource<C>,
  addressesOf: AddressesOf,
): void {
  app.get<Route>('/views/:id/pages/:number', async (request, reply) => {
    void reply.header('cache-control', 'no-store').header('cross-origin-resource-policy', 'same-origin');
    const claims = await deps.authenticator.authenticate({
      authorization: request.headers.authorization,
      proofs: request.raw.headersDistinct['dpop'] ?? [],
      method: request.method,
      addresses: addressesOf(request.raw, request.url.split('?', 1)[0] ?? ''),
    });
    if (claims === null)
      throw new VitrineError(
        'UNAUTHENTICATED',
        'a page needs the access token that its view was opened with',
      );
    if (claims.key !== null) void reply.header('dpop-nonce', deps.authenticator.nonce());
    const context = await deps.contextOf(claims, deps.log);
    const png = await source.page(context, askedOf(request));
    return reply.type('image/png').send(Buffer.from(png.buffer, png.byteOffset, png.byteLength));
  });
}

/** What can't be a link's becomes a link that doesn't work. */
function askedOf({ params, query }: FastifyRequest<Route>): PageRequest {
  const { ticket, scale } = query;
  return {
    view: params.id.toLowerCase(),
    number: /^[1-9]\d{0,3}$/.test(params.number) ? Number(params.number) : 0,
    ticket: typeof ticket === 'string' ? ticket : '',
    scale: scale === '2' ? 2 : 1,
  };
}
