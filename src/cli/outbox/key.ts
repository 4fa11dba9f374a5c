/** The member's own key as a file: PEM (PKCS#8) or JWK, which its owner alone may read. */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { StatementSigner } from '../../client/index.js';
import { createFile } from '../../ledger/atomic-file.js';
import { thumbprint, VitrineError } from '../../ledger/core/index.js';

/** What of a key may be told. */
export interface PublicKey {
  /** Base64: `publicKey` of `enrolMember` and `rotateKey`. */
  readonly publicKey: string;
  readonly thumbprint: string;
}

/**
 * Makes a key.
 * @throws VitrineError CONFLICT when something stands at the path already: a key is never replaced
 */
export async function makeKey(path: string): Promise<PublicKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  if (!(await createFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())))
    throw new VitrineError('CONFLICT', `${path} is there already, and is left as it is`);
  return publicOf(rawOf(privateKey));
}

/** The public half of a key that is there. */
export function readPublicKey(path: string): PublicKey {
  return publicOf(readSigner(path).publicKey);
}

/**
 * Reads a key to sign with.
 * @throws VitrineError NOT_CONFIGURED when there is none, it is no Ed25519 key, or others may read it; nothing of it is told
 */
export function readSigner(path: string): StatementSigner {
  const key = readKey(path);
  return { publicKey: rawOf(key), sign: (message) => Uint8Array.from(sign(null, message, key)) };
}

function readKey(path: string): KeyObject {
  let text: string;
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new VitrineError('NOT_CONFIGURED', `others may read ${path}: chmod 600 ${path}`);
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof VitrineError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new VitrineError('NOT_CONFIGURED', `expected a key in ${path}, got ${code}`, { cause });
  }
  const key = parseKey(text);
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `expected an Ed25519 private key in ${path}: PEM without a password, or JWK`,
  );
}

/** Null for anything else. The causes are kept back: they could hold some of it. */
function parseKey(text: string): KeyObject | null {
  try {
    if (!text.trimStart().startsWith('{')) return createPrivateKey(text);
    return createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' });
  } catch {
    return null;
  }
}

function rawOf(key: KeyObject): Uint8Array {
  const { x = '' } = key.export({ format: 'jwk' });
  return Uint8Array.from(Buffer.from(x, 'base64url'));
}

function publicOf(raw: Uint8Array): PublicKey {
  return { publicKey: Buffer.from(raw).toString('base64'), thumbprint: thumbprint(raw) };
}
