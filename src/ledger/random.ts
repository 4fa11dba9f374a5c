/** Random bytes of the platform, drawn many at a time: a record needs a score of salts, and each call costs its share. */
import { randomFillSync } from 'node:crypto';

const DRAWN = 4096;

let pool = new Uint8Array(0);

/** Fresh random bytes. What was given is wiped from the pool: it may become a key. */
export function systemRandom(length: number): Uint8Array {
  if (length > DRAWN / 8) return randomFillSync(new Uint8Array(length));
  if (pool.length < length) pool = randomFillSync(new Uint8Array(DRAWN));
  const given = pool.slice(0, length);
  pool.fill(0, 0, length);
  pool = pool.subarray(length);
  return given;
}
