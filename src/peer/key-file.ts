/**
 * A private key in a file (JWK, RFC 7517), beside the token that is bound to it: for the peer, and for the
 * command line. A page has no files, and keeps its key where nobody can read it.
 */
import { readFile } from 'node:fs/promises';
import { DpopKey, type PrivateJwk } from '../client/index.js';
import { VitrineError } from '../ledger/core/error.js';

/** The key file that belongs to a file of tokens. */
export const keyFileOf = (tokenFile: string): string => `${tokenFile}.jwk`;

/**
 * Reads a key file; undefined when there is none.
 *
 * @throws VitrineError NOT_CONFIGURED when it can't be read or holds no private key of P-256 or Ed25519
 */
export async function readKeyFile(path: string): Promise<DpopKey | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new VitrineError('NOT_CONFIGURED', `the key file ${path} can't be read`, { cause });
  }
  try {
    // `fromJwk` holds it to be one. The cause may quote the file, so it isn't kept.
    return await DpopKey.fromJwk(JSON.parse(text) as PrivateJwk);
  } catch {
    throw new VitrineError('NOT_CONFIGURED', `${path}: expected a private JWK of P-256 or Ed25519`);
  }
}

/** The key beside a file of tokens; undefined when there is none, and the tokens are bearer tokens. */
export const keyBeside = (tokenFile: string): Promise<DpopKey | undefined> =>
  readKeyFile(keyFileOf(tokenFile));
