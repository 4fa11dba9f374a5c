/**
 * The development issuer over HTTP. Only this machine may ask: the connection must come over loopback, and by a
 * loopback name, so that a web page elsewhere can't reach it by rebinding its own name.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { VitrineError } from '../ledger/core/error.js';
import { ALGORITHMS } from './authentication.js';
import type { DevelopmentIssuer } from './dev-issuer.js';
import type { AddressesOf, Proofs } from './dpop/index.js';
import { DEVELOPMENT_TOKEN_SECONDS } from './dev-issuer.js';
import { PERSONAS } from './personas.js';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

const Asked = z.strictObject({
  persona: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'expected a name such as registrar.city'),
});

function requireLoopback(request: FastifyRequest): void {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  // A proxy on this machine comes over loopback too, for anyone.
  const proxied = FORWARDING.some((header) => request.headers[header] !== undefined);
  if (proxied || !LOOPBACK.has(request.socket.remoteAddress ?? '') || !LOOPBACK_NAMES.has(name)) {
    throw new VitrineError('FORBIDDEN', 'development tokens are given over loopback only');
  }
}

const TOKEN_PATH = '/dev/token';

export interface DevelopmentRoutes {
  readonly issuer: DevelopmentIssuer;
  readonly proofs: Pick<Proofs, 'verify' | 'nonce'>;
  readonly addressesOf: AddressesOf;
  /** Give no token that is bound to no key: nothing here would take it. */
  readonly required: boolean;
}

/** Thumbprint of the key that a token shall be bound to (RFC 9449 section 5); null: to none. */
async function boundTo(
  request: FastifyRequest,
  { proofs, addressesOf, required }: DevelopmentRoutes,
): Promise<string | null> {
  const given = request.raw.headersDistinct['dpop'] ?? [];
  if (given.length === 0 && !required) return null;
  const addresses = addressesOf(request.raw, TOKEN_PATH);
  return proofs.verify(given, { method: 'POST', addresses, token: null, key: null, nonce: false });
}

/** Serves `POST /dev/token`, `GET /dev/personas` and the OpenID documents of the development issuer. */
export function addDevelopmentRoutes(app: FastifyInstance, routes: DevelopmentRoutes): void {
  const { issuer } = routes;
  app.post(TOKEN_PATH, async (request, reply) => {
    requireLoopback(request);
    const asked = Asked.safeParse(request.body);
    if (!asked.success) {
      throw new VitrineError('BAD_USER_INPUT', 'expected {"persona": "<name>"}', { path: ['persona'] });
    }
    void reply.header('cache-control', 'no-store');
    const key = await boundTo(request, routes);
    // It is the resource server too: the first request needn't be sent twice.
    if (key !== null) void reply.header('dpop-nonce', routes.proofs.nonce());
    return {
      access_token: await issuer.issue(asked.data.persona, key),
      token_type: key === null ? 'Bearer' : 'DPoP',
      expires_in: DEVELOPMENT_TOKEN_SECONDS,
    };
  });
  app.get('/dev/personas', (request) => {
    requireLoopback(request);
    return { personas: PERSONAS.map(({ name, roles, about }) => ({ name, roles, about })) };
  });
  app.get('/.well-known/jwks.json', () => issuer.jwks);
  app.get('/.well-known/openid-configuration', (request) => ({
    issuer: issuer.issuer,
    jwks_uri: `${request.protocol}://${request.host}/.well-known/jwks.json`,
    token_endpoint: `${request.protocol}://${request.host}/dev/token`,
    dpop_signing_alg_values_supported: ALGORITHMS,
    id_token_signing_alg_values_supported: ['EdDSA'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
  }));
}
