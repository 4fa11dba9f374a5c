/** Why nobody is signed in, and how the HTTP answer says it (RFC 6750 section 3, RFC 9449 section 7.1). */
import { VitrineError } from '../../ledger/core/error.js';
import { ALGORITHMS } from '../authentication.js';

export type Scheme = 'Bearer' | 'DPoP';

export type SignInError = 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';

export class SignInRefusal extends VitrineError {
  /** @param scheme by which the caller tried to sign in */
  constructor(
    readonly scheme: Scheme,
    readonly error: SignInError,
    message: string,
    cause?: unknown,
  ) {
    super('UNAUTHENTICATED', message, { cause });
    this.name = 'SignInRefusal';
  }
}

/** A quoted string of RFC 9110 section 5.6.4, without what would have to be escaped. */
const quoted = (text: string): string => `"${text.replace(/[^\x20-\x7e]|["\\]/g, '_')}"`;

/** The value of `WWW-Authenticate`. `required`: bearer tokens aren't taken at all. */
export function challengeOf(refusal: VitrineError, required: boolean): string {
  const { scheme, error } =
    refusal instanceof SignInRefusal
      ? refusal
      : { scheme: 'Bearer' as const, error: 'invalid_token' as const };
  const why = `error=${quoted(error)}, error_description=${quoted(refusal.message)}`;
  const algorithms = `algs=${quoted(ALGORITHMS.join(' '))}`;
  if (required || scheme === 'DPoP') return `DPoP ${why}, ${algorithms}`;
  return `Bearer ${why}, DPoP ${algorithms}`;
}
