import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOrdered, ListSums, RECENT } from '../../src/ledger/list-sums.js';
import type { SectionReader } from '../../src/ledger/section.js';

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const SEED = 7;

/** 16 bytes of a number, not in the order of the numbers. */
const ID = (n: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, Math.imul(n, 0x9e3779b1) >>> 0);
  new DataView(bytes.buffer).setUint32(12, n);
  return bytes;
};
/** The same as a UUID. */
const UUID = (n: number): string =>
  Buffer.from(ID(n))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const side = (ids: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(ids));

/** A record that begins on a thread. */
interface Join {
  readonly tag: number;
  readonly thread: number;
  readonly id: number;
}

function sums(joins: readonly Join[], key = KEY): ListSums {
  const lists = new ListSums(key, SEED);
  joins.forEach(({ tag, thread, id }, index) => lists.join(BigInt(index), tag, UUID(thread), UUID(id)));
  return lists;
}

/** The ids of a list, told from the joins themselves. */
function members(joins: readonly Join[], tag: number, thread: number): Uint8Array[] {
  return joins.filter((join) => join.tag === tag && join.thread === thread).map(({ id }) => ID(id));
}

const JOINS = fc.uniqueArray(
  fc.record({ tag: fc.integer({ min: 1, max: 3 }), thread: fc.nat(5), id: fc.nat(10_000) }),
  { selector: ({ tag, id }) => `${tag}/${id}`, maxLength: 300 },
);

/** Reads a section from memory. */
function reader(bytes: Uint8Array): SectionReader {
  let at = 0;
  return {
    get left() {
      return bytes.length - at;
    },
    take: (length) => Promise.resolve(bytes.slice(at, (at += length))),
  };
}

function frozen(lists: ListSums): Uint8Array {
  const section = lists.freeze();
  const bytes = side([...section.slices()].map((slice) => slice.slice()));
  expect(bytes.length).toBe(section.length);
  section.release?.();
  return bytes;
}

describe('the sum of a list', () => {
  it('is that of its ids in any order, and counts them, for every thread and kind', () =>
    fc.assert(
      fc.property(JOINS, (joins) => {
        const lists = sums(joins);
        for (let tag = 1; tag <= 4; tag++)
          for (let thread = 0; thread <= 6; thread++) {
            const ids = members(joins, tag, thread);
            expect(lists.at(tag, ID(thread), BigInt(joins.length))).toEqual({
              count: ids.length,
              sum: lists.sumOf(ID(thread), side(ids.reverse())),
            });
          }
      }),
    ));

  it('differs when a record is missing, another stands in its place, or the thread is another', () =>
    fc.assert(
      fc.property(JOINS, fc.nat(), fc.integer({ min: 20_000, max: 30_000 }), (joins, pick, stranger) => {
        fc.pre(joins.length > 0);
        const { tag, thread, id } = joins[pick % joins.length]!;
        const lists = sums(joins);
        const { sum } = lists.at(tag, ID(thread), BigInt(joins.length))!;
        const rest = members(joins, tag, thread).filter((one) => !Buffer.from(one).equals(ID(id)));
        expect(lists.sumOf(ID(thread), side(rest))).not.toBe(sum);
        expect(lists.sumOf(ID(thread), side([...rest, ID(stranger)]))).not.toBe(sum);
        expect(lists.sumOf(ID(thread + 1), side([...rest, ID(id)]))).not.toBe(sum);
      }),
    ));

  it('is told as of each earlier size', () =>
    fc.assert(
      fc.property(JOINS, fc.nat(300), (joins, cut) => {
        const size = Math.min(cut, joins.length);
        const lists = sums(joins);
        for (let thread = 0; thread <= 5; thread++)
          expect(lists.at(1, ID(thread), BigInt(size))).toEqual(
            sums(joins.slice(0, size)).at(1, ID(thread), BigInt(size)),
          );
      }),
    ));

  it('says nothing of a size after which more came than it keeps', () => {
    const joins = Array.from({ length: RECENT + 1500 }, (_, id) => ({ tag: 1, thread: id % 2, id }));
    const lists = sums(joins);
    expect(lists.at(1, ID(0), 1500n)).toBeUndefined();
    expect(lists.at(1, ID(0), 1501n)).toEqual(sums(joins.slice(0, 1501)).at(1, ID(0), 1501n));
    expect(lists.at(1, ID(0), BigInt(joins.length))?.count).toBe(joins.length / 2);
  });

  it('is whole numbers for a list of millions, too', () => {
    const lists = sums([]);
    // An odd number near 2^32: what is rounded first when they are added up.
    const low = (id: Uint8Array): bigint => lists.sumOf(ID(1), id) & 0xffffffffn;
    const one = Array.from({ length: 256 }, (_, n) => ID(n)).find(
      (id) => low(id) > 0xf0000000n && low(id) % 2n === 1n,
    )!;
    const many = 2_500_000;
    const ids = new Uint8Array(Buffer.alloc(many * 16, one));
    expect(lists.sumOf(ID(1), ids)).toBe(BigInt.asUintN(64, BigInt(many) * lists.sumOf(ID(1), one)));
  });

  it('depends on the key', () => {
    const joins = [{ tag: 1, thread: 1, id: 1 }];
    expect(sums(joins, randomBytes(32)).at(1, ID(1), 1n)).not.toEqual(sums(joins).at(1, ID(1), 1n));
  });

  it('goes on after a snapshot as without one', () =>
    fc.assert(
      fc.asyncProperty(JOINS, fc.nat(300), async (joins, cut) => {
        const size = Math.min(cut, joins.length);
        const before = sums(joins.slice(0, size));
        const again = new ListSums(KEY, SEED);
        await again.load(reader(frozen(before)));
        for (const lists of [before, again])
          joins.slice(size).forEach(({ tag, thread, id }, i) => {
            lists.join(BigInt(size + i), tag, UUID(thread), UUID(id));
          });
        for (let thread = 0; thread <= 5; thread++)
          for (const at of [size, joins.length])
            expect(again.at(2, ID(thread), BigInt(at))).toEqual(before.at(2, ID(thread), BigInt(at)));
      }),
    ));

  it('is not read from a snapshot under another key', async () => {
    const bytes = frozen(sums([{ tag: 1, thread: 1, id: 1 }]));
    const other = new ListSums(randomBytes(32), SEED);
    await expect(other.load(reader(bytes))).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
  });
});

describe('a record that moves from list to list', () => {
  /** Where records are put, one after the other: few records and threads, so that lists are emptied and filled again. */
  const PUTS = fc.array(fc.record({ id: fc.nat(4), thread: fc.nat(3) }), { maxLength: 60 });
  type Put = { readonly id: number; readonly thread: number };

  /** Entry `index` puts a record on a thread: there it begins, or it moves there from where it was. */
  function put(lists: ListSums, where: Map<number, number>, { id, thread }: Put, index: number): void {
    const from = where.get(id);
    if (from === thread) return;
    if (from !== undefined) lists.leave(BigInt(index), 1, UUID(from), UUID(id));
    lists.join(BigInt(index), 1, UUID(thread), UUID(id));
    where.set(id, thread);
  }

  /** The list of a thread after the first puts, told from the puts themselves. */
  function listed(puts: readonly Put[], thread: number): Uint8Array[] {
    const where = new Map(puts.map(({ id, thread: to }) => [id, to]));
    return [...where].filter(([, at]) => at === thread).map(([id]) => ID(id));
  }

  it('is on the list that it moved to and on no other, now and as of each earlier size, after a snapshot too', () =>
    fc.assert(
      fc.asyncProperty(PUTS, fc.nat(60), async (puts, cut) => {
        const size = Math.min(cut, puts.length);
        let lists = new ListSums(KEY, SEED);
        const where = new Map<number, number>();
        puts.slice(0, size).forEach((one, index) => put(lists, where, one, index));
        const again = new ListSums(KEY, SEED);
        await again.load(reader(frozen(lists)));
        lists = again;
        puts.slice(size).forEach((one, i) => put(lists, where, one, size + i));
        for (let thread = 0; thread <= 4; thread++)
          for (let at = size; at <= puts.length; at++) {
            const ids = listed(puts.slice(0, at), thread);
            const sum = ids.length === 0 ? 0n : lists.sumOf(ID(thread), side(ids));
            expect(lists.at(1, ID(thread), BigInt(at))).toEqual({ count: ids.length, sum });
          }
      }),
    ));

  it('can not be taken off a list on which it never was without that list failing for good', () => {
    const lists = sums([{ tag: 1, thread: 1, id: 1 }]);
    lists.leave(1n, 1, UUID(1), UUID(2));
    expect(lists.at(1, ID(1), 2n)?.sum).not.toBe(0n);
    lists.join(2n, 1, UUID(1), UUID(3));
    expect(lists.at(1, ID(1), 3n)?.sum).not.toBe(lists.sumOf(ID(1), side([ID(1)])));
  });
});

describe('the ids of a list', () => {
  it('stand in order, none of them twice', () => {
    const sorted = [3, 1, 2].map(ID).sort(Buffer.compare);
    expect(isOrdered(side([]))).toBe(true);
    expect(isOrdered(side(sorted))).toBe(true);
    expect(isOrdered(side([...sorted].reverse()))).toBe(false);
    expect(isOrdered(side([sorted[0]!, sorted[0]!, sorted[1]!]))).toBe(false);
  });
});
