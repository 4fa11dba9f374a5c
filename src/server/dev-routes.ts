/**
 * The development issuer over HTTP. Only this machine may ask: the connection must come over loopback, and by a
 * loopback name, so that a web page elsewhere can't reach it by rebinding its own name.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { VitrineError } from '../ledger/core/error.js';
import type { DevelopmentIssuer } from './dev-issuer.js';
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

/** Serves `POST /dev/token`, `GET /dev/personas` and the OpenID documents of the development issuer. */
export function addDevelopmentRoutes(app: FastifyInstance, issuer: DevelopmentIssuer): void {
  app.post('/dev/token', async (request, reply) => {
    requireLoopback(request);
    const asked = Asked.safeParse(request.body);
    if (!asked.success) {
      throw new VitrineError('BAD_USER_INPUT', 'expected {"persona": "<name>"}', { path: ['persona'] });
    }
    void reply.header('cache-control', 'no-store');
    return {
      access_token: await issuer.issue(asked.data.persona),
      token_type: 'Bearer',
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
    id_token_signing_alg_values_supported: ['EdDSA'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
  }));
}
