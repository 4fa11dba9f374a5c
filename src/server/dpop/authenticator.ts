/**
 * Who sends a request: by a token and, where it is bound to a key, the proof that the sender holds that key. A stolen
 * token alone is worth nothing then. Bearer tokens are taken only where the settings say so, and never a bound one
 * (RFC 9449 section 7.2).
 */
import { VitrineError } from '../../ledger/core/error.js';
import type { Claims, TokenReader } from '../authentication.js';
import type { Proofs } from './proof.js';
import { SignInRefusal, type Scheme } from './refusal.js';

/** What a request shows of its sender. */
export interface Presented {
  /** `Bearer <token>` or `DPoP <token>`; undefined or empty: nobody in particular. */
  readonly authorization: string | undefined;
  /** DPoP proofs; more than one is refused. */
  readonly proofs: readonly string[];
  readonly method: string;
  /** Addresses by which the endpoint is known. */
  readonly addresses: readonly string[];
}

export interface Authenticator {
  /**
   * @returns null for anonymous.
   * @throws SignInRefusal (UNAUTHENTICATED) saying what is wrong; UNAVAILABLE when the issuer's keys cannot be had.
   */
  authenticate(presented: Presented): Promise<Claims | null>;
  /** A nonce for the sender's next proof. */
  nonce(): string;
}

export interface AuthenticatorOptions {
  readonly tokens: TokenReader;
  readonly proofs: Pick<Proofs, 'verify' | 'nonce'>;
  /** Refuse tokens that are bound to no key. */
  readonly required: boolean;
}

/** RFC 6750 section 2.1, RFC 9449 section 7.1. */
const AUTHORIZATION = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*)$/i;

function parse(authorization: string, required: boolean): { scheme: Scheme; token: string } {
  const [, word = '', token = ''] = AUTHORIZATION.exec(authorization) ?? [];
  const scheme = word.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer';
  const expected = required ? 'DPoP <token>' : 'Bearer <token> or DPoP <token>';
  if (token === '') throw new SignInRefusal(scheme, 'invalid_token', `expected authorization: ${expected}`);
  return { scheme, token };
}

/** Makes the authenticator of one deployment. */
export function createAuthenticator({ tokens, proofs, required }: AuthenticatorOptions): Authenticator {
  const read = async (scheme: Scheme, token: string): Promise<Claims> => {
    try {
      return await tokens.read(token);
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code !== 'UNAUTHENTICATED') throw error;
      throw new SignInRefusal(scheme, 'invalid_token', error.message, error);
    }
  };
  const authenticate = async (presented: Presented): Promise<Claims | null> => {
    const { authorization, method, addresses } = presented;
    if (authorization === undefined || authorization === '') return null;
    const { scheme, token } = parse(authorization, required);
    const refuse = (message: string) => new SignInRefusal(scheme, 'invalid_token', message);
    const claims = await read(scheme, token);
    if (scheme === 'Bearer') {
      if (claims.key !== null)
        throw refuse('the token is bound to a key: expected authorization: DPoP <token>');
      if (required) throw refuse('expected a token that is bound to a key (DPoP), got a bearer token');
      return claims;
    }
    if (claims.key === null) throw refuse('the token is bound to no key: expected one with cnf.jkt');
    await proofs.verify(presented.proofs, { method, addresses, token, key: claims.key, nonce: true });
    return claims;
  };
  return { authenticate, nonce: () => proofs.nonce() };
}
