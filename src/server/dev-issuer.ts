/**
 * The development issuer: an OpenID provider of this process alone that gives a token to anyone on this machine for
 * the asking. `config.ts` refuses it in production.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  SignJWT,
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
} from 'jose';
import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose';
import { createFile } from '../ledger/index.js';

/** Its name in tokens; no address, so that the data survive a change of port. */
export const DEVELOPMENT_ISSUER = 'urn:vitrine:development-issuer';

/** Seconds that a development token is good for. */
export const DEVELOPMENT_TOKEN_SECONDS = 12 * 3600;

export interface DevelopmentIssuer {
  readonly issuer: string;
  /** Public keys, as `/.well-known/jwks.json` shows them. */
  readonly jwks: JSONWebKeySet;
  readonly keys: JWTVerifyGetKey;
  /**
   * @param bound thumbprint of the key that it shall be bound to; null or left out: a bearer token
   * @returns a signed access token for `subject`.
   */
  issue(subject: string, bound?: string | null): Promise<string>;
}

/** Reads the private key of `dev-issuer.json`, or makes it. */
async function privateKey(keysDir: string): Promise<JWK> {
  const path = join(keysDir, 'dev-issuer.json');
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as JWK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { privateKey: key } = await generateKeyPair('EdDSA', { extractable: true });
  const jwk = { ...(await exportJWK(key)), alg: 'EdDSA', use: 'sig' };
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  // Whole or absent: of two processes that start together one makes the key and both read it, and a crash leaves no half.
  await createFile(path, JSON.stringify(jwk));
  return JSON.parse(readFileSync(path, 'utf8')) as JWK;
}

/** Opens the development issuer with its key under `keysDir`. */
export async function openDevelopmentIssuer(options: {
  readonly keysDir: string;
  readonly audience: string;
  readonly clock: () => Date;
}): Promise<DevelopmentIssuer> {
  const jwk = await privateKey(options.keysDir);
  const kid = await calculateJwkThumbprint(jwk);
  const key = await importJWK(jwk, 'EdDSA');
  const { d: _private, ...published } = jwk;
  const jwks: JSONWebKeySet = { keys: [{ ...published, kid }] };
  return {
    issuer: DEVELOPMENT_ISSUER,
    jwks,
    keys: createLocalJWKSet(jwks),
    issue: (subject, bound = null) => {
      const now = Math.floor(options.clock().getTime() / 1000);
      return new SignJWT(bound === null ? {} : { cnf: { jkt: bound } })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
        .setIssuer(DEVELOPMENT_ISSUER)
        .setAudience(options.audience)
        .setSubject(subject)
        .setIssuedAt(now)
        .setExpirationTime(now + DEVELOPMENT_TOKEN_SECONDS)
        .sign(key);
    },
  };
}
