import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  encodeBundle,
  equal,
  fromUtf8,
  inclusionFromTiles,
  leafHash,
  merkleRoot,
  parseBundle,
  parseCheckpoint,
  parseNote,
  parseTile,
  parseTilePath,
  parseVkey,
  rootFromTiles,
  tilePath,
  tileWidth,
  utf8,
  verifyNote,
} from '../../../src/ledger/core/index.js';
import { refusal, vectors, verify } from './support.js';

describe('the path of a tile', () => {
  it.each([
    ['tile/0/000', { level: 0, index: 0n, width: 256 }],
    ['tile/0/000.p/1', { level: 0, index: 0n, width: 1 }],
    ['tile/1/255.p/255', { level: 1, index: 255n, width: 255 }],
    ['tile/0/x001/000', { level: 0, index: 1000n, width: 256 }],
    ['tile/63/x001/x234/067', { level: 63, index: 1_234_067n, width: 256 }],
    ['tile/entries/x001/x234/067.p/8', { level: 'entries', index: 1_234_067n, width: 8 }],
  ] as const)('is %s', (path, name) => {
    expect(tilePath(name)).toBe(path);
    expect(parseTilePath(path)).toEqual(name);
  });

  it.each([
    'tile/0',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/8/0/000',
    'tile/data/000',
    'tile/Entries/000',
    'tile/0/x000/001',
    'tile/0/001/234',
    'tile/0/x001/x234',
    'tile/0/X001/234',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/1/',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/000\n',
    'tile/0/x001/../000',
    `tile/0/${'x999/'.repeat(7)}999`,
  ])('is not %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe('the width of a tile', () => {
  it('is what the specification says of a tree of 70,000', () => {
    const widths = (level: number | 'entries', ...indexes: bigint[]) =>
      indexes.map((index) => tileWidth(level, index, 70_000n));
    expect(widths(0, 0n, 272n, 273n, 274n)).toEqual([256, 256, 112, 0]);
    expect(widths('entries', 272n, 273n, 274n)).toEqual([256, 112, 0]);
    expect(widths(1, 0n, 1n, 2n)).toEqual([256, 17, 0]);
    expect(widths(2, 0n, 1n)).toEqual([1, 0]);
    expect(widths(3, 0n)).toEqual([0]);
    expect(widths(63, 0n)).toEqual([0]);
  });

  it('is one of level 1 for 256 leaves', () => {
    expect([tileWidth(0, 0n, 256n), tileWidth(1, 0n, 256n), tileWidth(0, 1n, 256n)]).toEqual([256, 1, 0]);
  });
});

describe('an entry bundle', () => {
  const leaves = [utf8(''), utf8('one'), new Uint8Array(65_535).fill(7)];

  it('holds leaves of 0 to 65,535 bytes', () => {
    expect(parseBundle(encodeBundle(leaves), 3)).toEqual(leaves);
    expect(refusal(() => encodeBundle([new Uint8Array(65_536)]))).toBe('INTEGRITY_VIOLATION');
  });

  it.each([
    ['fewer leaves', encodeBundle(leaves), 4],
    ['more leaves', encodeBundle(leaves), 2],
    ['half a length', Uint8Array.of(0, 0, 0), 2],
    ['a part of a leaf', encodeBundle([utf8('two')]).slice(0, -1), 1],
    ['a byte behind', Uint8Array.of(...encodeBundle([utf8('two')]), 0), 1],
  ])('is refused with %s', (_what, bytes, width) => {
    expect(refusal(() => parseBundle(bytes, width))).toBe('INTEGRITY_VIOLATION');
  });

  it('is refused as a tile of hashes unless it has that many', () => {
    expect(refusal(() => parseTile(new Uint8Array(33), 1))).toBe('INTEGRITY_VIOLATION');
    expect(parseTile(new Uint8Array(64), 2)).toHaveLength(2);
  });
});

describe('the shared log of 15 entries', () => {
  it('verifies: every checkpoint, tile and bundle', async (context) => {
    const folder = vectors(context, 'tlog-tiles');
    const key = parseVkey(readFileSync(join(folder, 'vkey.txt'), 'utf8').trim());
    const log = join(folder, 'log');
    const read = (path: string) => new Uint8Array(readFileSync(join(log, path)));
    const checkpoints = readdirSync(log).filter((name) => name.startsWith('checkpoint'));
    expect(checkpoints.length).toBeGreaterThanOrEqual(16);
    for (const name of checkpoints) {
      const note = parseNote(read(name));
      verifyNote(note, key, verify);
      const { origin, size, root } = parseCheckpoint(note.text);
      expect(origin).toBe('example.com/log/testdata');
      const source = ({ level, index, width }: { level: number; index: bigint; width: number }) =>
        Promise.resolve(parseTile(read(tilePath({ level, index, width })), width));
      expect(await rootFromTiles(size, source)).toEqual(root);
      if (size === 0n) continue;
      const width = Number(size);
      const leaves = parseBundle(read(tilePath({ level: 'entries', index: 0n, width })), width);
      expect(encodeBundle(leaves)).toEqual(read(tilePath({ level: 'entries', index: 0n, width })));
      const hashes = leaves.map((leaf) => leafHash(leaf));
      expect(merkleRoot(hashes)).toEqual(root);
      expect(await source({ level: 0, index: 0n, width })).toEqual(hashes);
      expect(await inclusionFromTiles(size - 1n, size, source)).toBeDefined();
    }
    const [first] = parseBundle(read('tile/entries/000.p/1'), 1);
    expect(first !== undefined && fromUtf8(first)).toBe('one');
  });

  it('is refused with one bit changed', async (context) => {
    const folder = vectors(context, 'tlog-tiles');
    const { root } = parseCheckpoint(parseNote(readFileSync(join(folder, 'log/checkpoint.15'), 'utf8')).text);
    const bytes = new Uint8Array(readFileSync(join(folder, 'log/tile/0/000.p/15')));
    for (let at = 0; at < bytes.length; at += 31) {
      const forged = bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
      const found = await rootFromTiles(15n, () => Promise.resolve(parseTile(forged, 15)));
      expect(equal(found, root)).toBe(false);
    }
  });
});
