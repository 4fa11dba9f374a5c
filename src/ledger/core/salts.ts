/**
 * Salts of a record version's fields from one seed: who made the seed can say every salt again, and whoever is shown
 * some of the salts learns nothing of the others.
 */
import { concat, utf8 } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import * as strict from './strict.js';

const LABEL = utf8('vitrine/salt/v1\0');
const SEED_BYTES = 32;
const SALT_BYTES = 16;
/** SHA-256's block (RFC 2104: B). */
const BLOCK_BYTES = 64;

/**
 * The salt of each field by its name: the first 16 bytes of HMAC-SHA-256(seed, "vitrine/salt/v1\0" ‖ name), RFC 2104.
 *
 * @param seed 32 random bytes, for one record version alone: the same seed again would salt the same value alike.
 */
export function saltsFrom(seed: Uint8Array, hash: HashFn = sha256): (name: string) => Uint8Array {
  if (seed.length !== SEED_BYTES)
    throw strict.violation(`expected a seed of ${SEED_BYTES} bytes, got ${seed.length}`);
  const key = new Uint8Array(BLOCK_BYTES);
  key.set(seed);
  const inner = concat(
    key.map((byte) => byte ^ 0x36),
    LABEL,
  );
  const outer = key.map((byte) => byte ^ 0x5c);
  return (name) => hash(concat(outer, hash(concat(inner, utf8(name))))).slice(0, SALT_BYTES);
}
