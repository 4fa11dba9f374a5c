/** Proofs as a forger makes them: each part can be another than it should be. Made by jose, not by the client. */
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface Holder {
  readonly key: CryptoKey;
  /** Public half. */
  readonly jwk: JWK;
  /** Private half. */
  readonly secret: JWK;
  readonly thumbprint: string;
  readonly alg: string;
}

/** Somebody with a key. */
export async function makeHolder(alg = 'ES256'): Promise<Holder> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  const secret = await exportJWK(privateKey);
  return { key: privateKey, jwk, secret, thumbprint: await calculateJwkThumbprint(jwk), alg };
}

/** The claims and header of a proof, with what is wrong in one. Undefined takes a part out. */
export interface ProofChange {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
}

export const athOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** A proof of this holder. */
export function proofOf(
  { key, jwk, alg }: Holder,
  claims: Readonly<Record<string, unknown>>,
  change: ProofChange = {},
): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  return new SignJWT({ jti: randomUUID(), iat, ...claims, ...change.claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...change.header })
    .sign(change.key ?? key);
}
