/**
 * Nonces for proofs (RFC 9449 section 8): a proof that holds one was made after the server gave it, so none can be made
 * ahead and kept. Nothing is stored: a nonce is a keyed hash of the minute in which it was given, and processes that hold
 * the same keys take each other's.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const PERIOD_MS = 60_000;

/** Periods after the one it was given in, in which a nonce is taken. */
const KEPT = 5;

/** Periods that another process's clock may be ahead. */
const AHEAD = 1;

const NUMBER_BYTES = 4;
const MAC_BYTES = 12;

export interface Nonces {
  /** The one to use from now on. */
  newest(): string;
  /** Whether it was given by this deployment, a few minutes ago at most. */
  accepts(nonce: string): boolean;
}

/** @param key secret, the same at every process of the deployment */
export function createNonces(key: Uint8Array, clock: () => Date): Nonces {
  const now = (): number => Math.floor(clock().getTime() / PERIOD_MS);
  const nonceOf = (period: number): Buffer => {
    const number = Buffer.alloc(NUMBER_BYTES);
    number.writeUInt32BE(period);
    return Buffer.concat([number, createHmac('sha256', key).update(number).digest().subarray(0, MAC_BYTES)]);
  };
  return {
    newest: () => nonceOf(now()).toString('base64url'),
    accepts: (nonce) => {
      const given = Buffer.from(nonce, 'base64url');
      if (given.length !== NUMBER_BYTES + MAC_BYTES || given.toString('base64url') !== nonce) return false;
      const period = given.readUInt32BE(0);
      const age = now() - period;
      return age <= KEPT && age >= -AHEAD && timingSafeEqual(given, nonceOf(period));
    },
  };
}
