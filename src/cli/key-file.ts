/** Makes the key file that `vitrine token --key-file` binds tokens to. */
import { resolve } from 'node:path';
import type { DpopKey } from '../client/index.js';
import { readKeyFile } from '../peer/index.js';
import { VitrineError } from '../ledger/core/error.js';
import { createFile } from '../ledger/index.js';

/** The key of a file, which is made (P-256, for its owner alone) when it isn't there. */
export async function keyFromFile(path: string): Promise<DpopKey> {
  const place = resolve(path);
  const held = await readKeyFile(place);
  if (held !== undefined) return held;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey);
  // Of two commands at once one makes it, and both read it.
  await createFile(place, `${JSON.stringify({ kty, crv, x, y, d })}\n`);
  const made = await readKeyFile(place);
  if (made === undefined) throw new VitrineError('NOT_CONFIGURED', `the key file ${place} can't be made`);
  return made;
}
