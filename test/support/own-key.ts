/** Members with a key of their own, and what they sign, for tests over real HTTP. */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import {
  signVersion,
  type SignedChange,
  type SignedFor,
  type VersionToSign,
} from '../../src/client/index.js';
import type { StatementSigner } from '../../src/client/index.js';

/** A new Ed25519 key as a member keeps it. */
export function newSigner(): StatementSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    publicKey: Uint8Array.from(Buffer.from(x, 'base64url')),
    sign: (message) => Uint8Array.from(sign(null, message, privateKey)),
  };
}

/** A UUIDv7 of a moment. */
export function idAt(moment: Date): string {
  const time = moment.getTime().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** A version signed by a key for a request. */
export function signed(
  signer: StatementSigner,
  version: VersionToSign,
  request: SignedFor,
): Promise<SignedChange> {
  return signVersion(version, request, signer);
}
