import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leafHash, RightEdge, sha256, utf8 } from '../../src/ledger/core/index.js';
import { Bits } from '../../src/ledger/bits.js';
import { HeadMap } from '../../src/ledger/head-map.js';
import { LeafHashes } from '../../src/ledger/leaf-hashes.js';
import { nativeHash, nativeVerify, signingKeyOf } from '../../src/ledger/native.js';
import { createKeyStore, openKeyStore } from '../../src/ledger/key-store.js';
import { PinFile } from '../../src/ledger/pin.js';
import { systemRandom, type Query } from '../../src/ledger/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-parts-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the platform', () => {
  it('hashes as noble does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(nativeHash(bytes)).toEqual(sha256(bytes));
      }),
    );
  });

  it('signs and verifies as noble does, and refuses a changed message', () => {
    const seed = new Uint8Array(randomBytes(32));
    const key = signingKeyOf(seed);
    const signature = key.sign(utf8('a statement'));
    expect(key.publicKey).toEqual(ed25519.getPublicKey(seed));
    expect(signature).toEqual(ed25519.sign(utf8('a statement'), seed));
    expect(nativeVerify(key.publicKey, utf8('a statement'), signature)).toBe(true);
    expect(nativeVerify(key.publicKey, utf8('another one'), signature)).toBe(false);
    expect(nativeVerify(key.publicKey, utf8('a statement'), signature.subarray(1))).toBe(false);
  });
});

describe('HeadMap', () => {
  it('holds what a Map holds, under each tag apart, while it grows', () => {
    const heads = new HeadMap(7, 8);
    const model = new Map<string, number>();
    const ids = Array.from({ length: 500 }, () => randomUUID());
    ids.forEach((id, i) => {
      heads.set(i % 3, id, { index: BigInt(i), count: 1 });
      heads.set(i % 3, id, { index: BigInt(i) * 2n ** 20n, count: i + 1 });
      model.set(id, i);
    });
    expect(heads.entries).toBe(500);
    for (const [id, i] of model) {
      expect(heads.get(i % 3, id)).toEqual({ index: BigInt(i) * 2n ** 20n, count: i + 1 });
      expect(heads.get((i + 1) % 3, id)).toBeUndefined();
    }
    expect(heads.get(0, randomUUID())).toBeUndefined();
  });
});

describe('Bits', () => {
  it('remembers what was set, and nothing else', () => {
    const bits = new Bits();
    for (const index of [0n, 7n, 8n, 100_000n]) bits.set(index);
    expect([0n, 1n, 7n, 8n, 9n, 99_999n, 100_000n, 10n ** 9n].map((index) => bits.has(index))).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});

describe('LeafHashes', () => {
  it('forgets tiles beyond its capacity and takes back only the same', () => {
    const hashes = Array.from({ length: 600 }, (_, i) => leafHash(utf8(`${i}`)));
    const leaves = new LeafHashes(1);
    const edge = new RightEdge(nativeHash);
    for (const hash of hashes) leaves.append(hash, edge.append(hash));
    expect(leaves.get(0n)).toBeUndefined();
    expect(leaves.get(300n)).toEqual(hashes[300]);
    expect(leaves.get(599n)).toEqual(hashes[599]);
    const forged = [...hashes.slice(0, 255), hashes[0]!];
    expect(leaves.admit(0, forged)).toBe(false);
    expect(leaves.admit(0, hashes.slice(1, 257))).toBe(false);
    expect(leaves.admit(0, hashes.slice(0, 256))).toBe(true);
    expect(leaves.get(255n)).toEqual(hashes[255]);
  });
});

describe('PinFile', () => {
  const sizeOf = (note: string) => BigInt(note);

  it('never goes back, whichever of several writers is last', async () => {
    const path = join(folder, 'pin');
    const writers = Array.from({ length: 4 }, () => new PinFile(path, sizeOf));
    const sizes = Array.from({ length: 60 }, (_, i) => BigInt((i * 37) % 60));
    await Promise.all(sizes.map((size, i) => writers[i % 4]!.write(size, `${size}`)));
    expect(await readFile(path, 'utf8')).toBe('59');
    await new PinFile(path, sizeOf).write(3n, '3');
    expect(await readFile(path, 'utf8')).toBe('59');
  });

  it('goes on behind the lock of a process that died', async () => {
    const path = join(folder, 'dead');
    await writeFile(`${path}.lock`, `${process.pid} of-an-earlier-life`);
    await new PinFile(path, sizeOf).write(1n, '1');
    expect(await readFile(path, 'utf8')).toBe('1');
  });
});

describe('KeyStore', () => {
  const query: Query = {
    $queryRawUnsafe: () => Promise.reject(new Error('no database here')),
    $executeRawUnsafe: () => Promise.reject(new Error('no database here')),
  };
  const options = { query, random: systemRandom };

  it('keeps its keys, for its owner alone', async () => {
    const keys = join(folder, 'keys');
    const made = await createKeyStore(keys, 'a.example/log', options);
    const again = await openKeyStore(keys, options);
    expect(again.logKey).toEqual(made.logKey);
    expect(again.blindKey.mac('mrn', '1')).toBe(made.blindKey.mac('mrn', '1'));
    expect(made.blindKey.mac('mrn', '1')).not.toBe(made.blindKey.mac('mrn1', ''));
    if (process.platform === 'win32') return;
    expect((await stat(keys)).mode & 0o777).toBe(0o700);
    for (const file of ['master', 'log', 'service', 'index']) {
      expect((await stat(join(keys, `${file}.json`))).mode & 0o777).toBe(0o600);
    }
  });

  it('opens what it wrapped, in the same context and unchanged only', async () => {
    const keys = await createKeyStore(join(folder, 'wrapping'), 'a.example/log', options);
    const { keyId, wrapped } = await keys.wrap(utf8('secret'), 'a');
    expect(await keys.unwrap({ keyId, wrapped }, 'a')).toEqual(utf8('secret'));
    const flipped = wrapped.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
    for (const [bytes, context] of [
      [wrapped, 'b'],
      [flipped, 'a'],
      [wrapped.subarray(1), 'a'],
      [new Uint8Array(), 'a'],
    ] as const) {
      await expect(keys.unwrap({ keyId, wrapped: bytes }, context)).rejects.toMatchObject({
        code: 'INTEGRITY_VIOLATION',
      });
    }
  });
});
