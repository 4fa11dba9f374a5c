/**
 * The key by which a validator signs its decisions: its institution member's own, which the log registered for that
 * member (`enrolMember`, `rotateKey`). PKCS #8 in PEM, as openssl writes it too, in a file for its owner alone.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { dirname } from 'node:path';
import { createFile } from '../../ledger/atomic-file.js';
import { fromBase64url, thumbprint, VitrineError } from '../../ledger/core/index.js';
import { bytesOf, nativeHash } from '../../ledger/native.js';
import { makeFolder } from '../durable.js';
import { readPrivate } from '../private-file.js';

/** A member's own key, ready to sign with. */
export interface DecisionKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** RFC 7638 thumbprint: the `kid` of what it signs. */
  readonly kid: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Makes a key file, unless one stands there. Returns the key that stands there in the end. */
export async function createDecisionKey(path: string): Promise<DecisionKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await makeFolder(dirname(path), 0o700);
  await createFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return readDecisionKey(path);
}

/** @throws VitrineError NOT_CONFIGURED naming the file that is missing, readable by others, or no Ed25519 key */
export async function readDecisionKey(path: string): Promise<DecisionKey> {
  const text = await readPrivate(path, 'the signing key', 'vitrine peer --init --validator');
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch (cause) {
    throw new VitrineError('NOT_CONFIGURED', `${path} holds no private key in PEM`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new VitrineError(
      'NOT_CONFIGURED',
      `${path}: expected an Ed25519 key, got ${key.asymmetricKeyType}`,
    );
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  const publicKey = fromBase64url(x);
  return {
    publicKey,
    kid: thumbprint(publicKey, nativeHash),
    sign: (message) => bytesOf(sign(null, message, key)),
  };
}
