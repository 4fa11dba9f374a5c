/** What the core's tests share: expected refusals, Ed25519 by node:crypto, and the shared vectors. */
import { createPrivateKey, createPublicKey, sign, verify as verifyNode } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'vitest';
import {
  concat,
  type ErrorCode,
  fromHex,
  type Verify,
  VitrineError,
} from '../../../src/ledger/core/index.js';

/** The code of the VitrineError that `run` throws; undefined when it throws none. */
export function refusal(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof VitrineError) return error.code;
    throw error;
  }
}

// RFC 8410 section 7 and 4: the DER that goes before an Ed25519 seed or public key.
const PKCS8 = fromHex('302e020100300506032b657004220420');
const SPKI = fromHex('302a300506032b6570032100');

export const verify: Verify = (publicKey, message, signature) => {
  const key = createPublicKey({ key: Buffer.from(concat(SPKI, publicKey)), format: 'der', type: 'spki' });
  return verifyNode(null, message, key, signature);
};

export function signWith(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey(seed)));
}

export function publicOf(seed: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(SPKI.length));
}

function privateKey(seed: Uint8Array): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: Buffer.from(concat(PKCS8, seed)), format: 'der', type: 'pkcs8' });
}

/** RFC 8032 section 7.1, TEST 1. */
export const TEST_SEED = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
export const TEST_PUBLIC = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');

const VECTORS = resolve(import.meta.dirname, '../../../../shared/data/vectors');

/** Where the shared vectors of one kind are; skips the test, saying so, when they aren't there. */
export function vectors(context: TestContext, kind: string): string {
  const folder = join(VECTORS, kind);
  if (!existsSync(folder)) context.skip(`no shared vectors at ${folder}`);
  return folder;
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** All JSON files below a folder. */
export function jsonFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
}
