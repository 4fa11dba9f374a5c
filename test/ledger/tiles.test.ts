import { describe, expect, it } from 'vitest';
import {
  concat,
  formatCheckpoint,
  formatNote,
  leafHash,
  merkleRoot,
  noteKey,
  noteSignature,
  parseBundle,
  parseTile,
  parseTlogProof,
  inclusionProof,
  u64be,
  verifyConsistency,
  verifyInclusion,
  VitrineError,
  type TileName,
} from '../../src/ledger/core/index.js';
import { LogProofs, nativeHash, type Query, TileReader } from '../../src/ledger/index.js';
import { TrustedState } from '../../src/ledger/trusted-state.js';

const ORIGIN = 'test.example/log';
const leafAt = (index: number): Uint8Array => u64be(BigInt(index));

/** A log in memory, whose database counts its reads and may lie. */
class Memory {
  readonly state: TrustedState;
  readonly leaves: Uint8Array[] = [];
  readonly hashes: Uint8Array[] = [];
  reads = 0;
  signed = 0;
  alarm: VitrineError | undefined = undefined;
  readonly violations: VitrineError[] = [];
  readonly reader: TileReader;
  readonly proofs: LogProofs;

  constructor(size: number, options: { tiles?: number; cacheBytes?: number } = {}) {
    this.state = new TrustedState(7, new Uint8Array(32), options.tiles);
    this.grow(size);
    this.reader = new TileReader({
      trusted: this,
      query: this.query(),
      newest: () => Promise.resolve(this.note()),
      onViolation: (error) => void this.violations.push(error),
      ...(options.cacheBytes !== undefined && { cacheBytes: options.cacheBytes }),
    });
    this.proofs = new LogProofs(this.reader);
  }

  get size(): bigint {
    return this.state.size;
  }

  grow(to: number): void {
    for (let index = this.leaves.length; index < to; index++) {
      this.leaves.push(leafAt(index));
      this.hashes.push(leafHash(leafAt(index), nativeHash));
      this.state.applyLeaf(leafHash(leafAt(index), nativeHash));
    }
    this.signed = to;
  }

  rootAt(size: number): Uint8Array {
    return merkleRoot(this.hashes.slice(0, size), nativeHash);
  }

  private note(): string {
    const text = formatCheckpoint({
      origin: ORIGIN,
      size: BigInt(this.signed),
      root: this.rootAt(this.signed),
    });
    const key = noteKey(ORIGIN, 1, new Uint8Array(32));
    return formatNote({ text, signatures: [noteSignature(key, new Uint8Array(64))] });
  }

  private query(): Query {
    return {
      $queryRawUnsafe: (_sql: string, from: bigint, to: bigint) => {
        this.reads += 1;
        const rows = this.leaves.slice(Number(from), Number(to));
        return Promise.resolve(rows.map((leaf, i) => ({ index: from + BigInt(i), leaf })));
      },
    } as unknown as Query;
  }
}

const tile = (level: TileName['level'], index: number, width = 256): TileName => ({
  level,
  index: BigInt(index),
  width,
});

describe('a tile reader', () => {
  it('gives every tile and bundle of a log of 70,000', async () => {
    const log = new Memory(70_000);
    const level0 = await log.reader.read(tile(0, 273, 112));
    expect(parseTile(level0, 112)).toEqual(log.hashes.slice(273 * 256));
    const level1 = parseTile(await log.reader.read(tile(1, 1, 17)), 17);
    expect(level1[16]).toEqual(merkleRoot(log.hashes.slice(272 * 256, 273 * 256), nativeHash));
    const [level2] = parseTile(await log.reader.read(tile(2, 0, 1)), 1);
    expect(level2).toEqual(log.rootAt(65_536));
    const bundle = await log.reader.read(tile('entries', 273, 112));
    expect(parseBundle(bundle, 112)).toEqual(log.leaves.slice(273 * 256));
  });

  it.each([
    tile(0, 1, 45),
    tile(0, 2),
    tile(0, 1),
    tile('entries', 1, 45),
    tile('entries', 2, 1),
    tile(1, 0, 2),
    tile(1, 0),
    tile(2, 0, 1),
    tile(8, 0, 1),
    tile(63, 0, 1),
    tile('entries', 2 ** 52, 1),
  ])('has no $level/$index of width $width in a log of 300', async (name) => {
    const log = new Memory(300);
    await expect(log.reader.read(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(log.reads).toBe(0);
  });

  it('gives nothing beyond the newest signed checkpoint, though it is verified', async () => {
    const log = new Memory(300);
    log.signed = 280;
    expect(parseTile(await log.reader.read(tile(0, 1, 24)), 24)).toHaveLength(24);
    await expect(log.reader.read(tile(0, 1, 25))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(log.proofs.inclusion(280n)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    log.signed = 300;
    expect(parseTile(await log.reader.read(tile(0, 1, 25)), 25)).toHaveLength(25);
  });

  it('gives each partial tile and bundle as it was, also when it has filled up', async () => {
    const log = new Memory(3);
    const before = await log.reader.read(tile('entries', 0, 3));
    log.grow(200);
    expect(parseBundle(await log.reader.read(tile('entries', 0, 200)), 200)).toEqual(log.leaves);
    log.grow(600);
    expect(await log.reader.read(tile('entries', 0, 3))).toEqual(before);
    expect(await log.reader.read(tile(0, 0, 3))).toEqual(concat(...log.hashes.slice(0, 3)));
    expect(parseBundle(await log.reader.read(tile('entries', 0)), 256)).toEqual(log.leaves.slice(0, 256));
  });

  it('reads the database once for a full tile and its bundle, however many ask', async () => {
    const log = new Memory(600, { tiles: 1 });
    await Promise.all([
      ...Array.from({ length: 20 }, () => log.reader.read(tile('entries', 0))),
      ...Array.from({ length: 20 }, () => log.reader.read(tile(0, 0))),
    ]);
    for (let time = 0; time < 20; time++) {
      await log.reader.read(tile('entries', 0, time + 1));
      await log.reader.read(tile(0, 0));
      await log.reader.read(tile(1, 0, 2));
    }
    expect(log.reads).toBe(1);
  });

  it('keeps no more than its cache may hold', async () => {
    const log = new Memory(256 * 8, { tiles: 1, cacheBytes: 2 * 256 * 10 });
    for (let index = 0; index < 8; index++) await log.reader.read(tile('entries', index));
    expect(log.reads).toBe(8);
    await log.reader.read(tile('entries', 7));
    await log.reader.read(tile('entries', 6));
    expect(log.reads).toBe(8);
    await log.reader.read(tile('entries', 0));
    expect(log.reads).toBe(9);
  });

  it.each([
    ['changed', (log: Memory) => (log.leaves[5] = leafAt(6))],
    ['removed', (log: Memory) => log.leaves.splice(5, 1)],
  ])('refuses leaves that were %s in the database, and says so', async (_what, tamper) => {
    for (const size of [600, 200]) {
      const log = new Memory(size);
      tamper(log);
      const name = tile('entries', 0, Math.min(size, 256));
      await expect(log.reader.read(name)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
      expect(log.violations).toHaveLength(1);
    }
  });

  it('gives nothing when the log was stopped, also not from memory', async () => {
    const log = new Memory(300);
    await log.reader.read(tile(0, 0));
    log.alarm = new VitrineError('ROLLBACK_DETECTED', 'rolled back');
    await expect(log.reader.read(tile(0, 0))).rejects.toBe(log.alarm);
  });
});

describe('proofs of the log', () => {
  it('hold for the newest size and for older ones', async () => {
    const log = new Memory(66_000, { tiles: 4 });
    for (const [index, size] of [
      [0, 1],
      [255, 256],
      [255, 257],
      [256, 65_537],
      [65_536, 66_000],
    ] as const) {
      const proof = await log.proofs.inclusion(BigInt(index), BigInt(size));
      expect(proof).toMatchObject({ root: log.rootAt(size), leafHash: log.hashes[index] });
      expect(proof.hashes).toEqual(inclusionProof(log.hashes.slice(0, size), BigInt(index), nativeHash));
      verifyInclusion({ ...proof, proof: proof.hashes }, nativeHash);
      const grown = await log.proofs.consistency(BigInt(size));
      expect(grown).toMatchObject({ to: 66_000n, fromRoot: log.rootAt(size) });
      verifyConsistency({ ...grown, proof: grown.hashes }, nativeHash);
    }
    expect(log.reads).toBeLessThan(40);
  });

  it('are texts under the newest checkpoint', async () => {
    const log = new Memory(300);
    const { index, hashes, checkpoint } = parseTlogProof(await log.proofs.text(299n));
    expect(index).toBe(299n);
    verifyInclusion({ index, size: 300n, leafHash: log.hashes[299]!, proof: hashes, root: log.rootAt(300) });
    expect(checkpoint).toBe(await log.reader.checkpoint());
  });

  it.each([
    ['index', (proofs: LogProofs) => proofs.inclusion(300n)],
    ['index', (proofs: LogProofs) => proofs.inclusion(-1n)],
    ['index', (proofs: LogProofs) => proofs.inclusion(5n, 5n)],
    ['size', (proofs: LogProofs) => proofs.inclusion(5n, 301n)],
    ['size', (proofs: LogProofs) => proofs.inclusion(0n, 0n)],
    ['from', (proofs: LogProofs) => proofs.consistency(0n)],
    ['from', (proofs: LogProofs) => proofs.consistency(6n, 5n)],
    ['to', (proofs: LogProofs) => proofs.consistency(5n, 301n)],
  ])('refuse an impossible %s', async (path, prove) => {
    const { proofs } = new Memory(300);
    await expect(prove(proofs)).rejects.toMatchObject({ code: 'BAD_USER_INPUT', inputPath: [path] });
  });
});
