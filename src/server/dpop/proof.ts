/**
 * DPoP proofs (RFC 9449 section 4.3): a JWT for one request, signed by the key that the token is bound to. Everything in
 * one comes from whoever sends it. The cheap checks come first, and the proof is used up last, so that only a proof that
 * holds costs a row.
 */
import { hash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyResult } from 'jose';
import type { Spent } from '../../database/index.js';
import { ALGORITHMS } from '../authentication.js';
import { normalisedAddress } from './address.js';
import type { Nonces } from './nonces.js';
import { SignInRefusal } from './refusal.js';

/** Seconds that a proof may be old, and that the clock of its maker may be ahead. */
const OLDEST = 300;
const EARLIEST = 60;

/** A longer one is no proof of any client; it is refused before its signature costs anything. */
const LONGEST = 4096;

const LONGEST_JTI = 256;

/** What a proof is used up as. */
const SCOPE = 'dpop';

/** The request that a proof has to be for. */
export interface Proven {
  readonly method: string;
  /** Addresses by which the endpoint is known. */
  readonly addresses: readonly string[];
  /** The access token that is shown with it; null where there is none yet. */
  readonly token: string | null;
  /** Thumbprint of the key that it must be made with; null: any. */
  readonly key: string | null;
  /** Whether it must hold a nonce of this server. */
  readonly nonce: boolean;
}

export interface ProofDependencies {
  readonly nonces: Nonces;
  readonly spent: Pick<Spent, 'spend'>;
  readonly clock: () => Date;
}

const refuse = (message: string, cause?: unknown): SignInRefusal =>
  new SignInRefusal('DPoP', 'invalid_dpop_proof', message, cause);

function refusalOf(cause: unknown): unknown {
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return refuse("the proof's signature does not verify");
  if (cause instanceof errors.JOSEAlgNotAllowed || cause instanceof errors.JOSENotSupported)
    return refuse('the proof is signed by an algorithm that is not accepted');
  if (cause instanceof errors.JWTClaimValidationFailed)
    return refuse(`the proof's ${cause.claim} is missing or not valid`);
  if (cause instanceof errors.JWTExpired) return refuse('the proof has expired');
  // A key that can't be imported throws what the platform says of it.
  return refuse('the proof is malformed', cause);
}

export class Proofs {
  readonly #deps: ProofDependencies;

  constructor(deps: ProofDependencies) {
    this.#deps = deps;
  }

  /** A nonce for the next proof. */
  nonce(): string {
    return this.#deps.nonces.newest();
  }

  /**
   * Takes a proof, once.
   *
   * @param given values of the `DPoP` header
   * @returns the RFC 7638 thumbprint of the key that it was made with
   * @throws SignInRefusal saying what is wrong with it; whatever the database throws
   */
  async verify(given: readonly string[], request: Proven): Promise<string> {
    const [proof, ...others] = given;
    if (proof === undefined) throw refuse('expected a DPoP proof beside the token, got none');
    if (others.length > 0) throw refuse('expected one DPoP proof, got several');
    if (proof.length > LONGEST) throw refuse('the proof is too long');
    const { payload, protectedHeader } = await this.#read(proof);
    requireFor(payload, request);
    const made = this.#requireTime(payload);
    if (request.nonce) this.#requireNonce(payload);
    const { jti } = payload;
    if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI)
      throw refuse("the proof's jti is missing or not valid");
    // `EmbeddedJWK` has made a public key of it.
    const key = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
    if (request.key !== null && key !== request.key)
      throw refuse('the proof is by another key than the one the token is bound to');
    const over = new Date((made + OLDEST) * 1000);
    if (!(await this.#deps.spent.spend(SCOPE, `${key} ${jti}`, over)))
      throw refuse('the proof was used before');
    return key;
  }

  async #read(proof: string): Promise<JWTVerifyResult> {
    try {
      return await jwtVerify(proof, EmbeddedJWK, {
        typ: 'dpop+jwt',
        algorithms: ALGORITHMS,
        currentDate: this.#deps.clock(),
      });
    } catch (error) {
      throw refusalOf(error);
    }
  }

  #requireTime({ iat }: JWTPayload): number {
    if (typeof iat !== 'number' || !Number.isFinite(iat))
      throw refuse("the proof's iat is missing or not valid");
    const age = this.#deps.clock().getTime() / 1000 - iat;
    if (age > OLDEST) throw refuse(`the proof is older than ${OLDEST} seconds`);
    if (age < -EARLIEST) throw refuse(`the proof is of more than ${EARLIEST} seconds ahead`);
    return iat;
  }

  #requireNonce({ nonce }: JWTPayload): void {
    if (typeof nonce === 'string' && this.#deps.nonces.accepts(nonce)) return;
    const why = nonce === undefined ? 'got none' : 'got another or one that is over';
    throw new SignInRefusal('DPoP', 'use_dpop_nonce', `expected a nonce of this server in the proof, ${why}`);
  }
}

function requireFor({ htm, htu, ath }: JWTPayload, { method, addresses, token }: Proven): void {
  if (htm !== method) throw refuse("the proof is for another method: expected htm to be the request's");
  const address = typeof htu === 'string' ? normalisedAddress(htu) : null;
  if (address === null || !addresses.includes(address))
    throw refuse("the proof is for another address: expected htu to be the endpoint's");
  if (token !== null && ath !== hash('sha256', token, 'base64url'))
    throw refuse('the proof is for another token: expected ath to be its hash');
}
