import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../src/ledger/core/index.js';
import { LogTimes } from '../../src/ledger/index.js';

const START = Date.parse('2026-03-01T10:00:00.000Z');
const at = (minutes: number): string => new Date(START + minutes * 60_000).toISOString();

/** A chain of blocks: how many minutes after the one before each comes, and how many entries it has. */
const chain = fc.array(fc.record({ step: fc.nat({ max: 3 }), entries: fc.integer({ min: 1, max: 5 }) }), {
  maxLength: 80,
});

function logOf(blocks: readonly { step: number; entries: number }[], broken: number | null = null) {
  let [minutes, size] = [0, 0n];
  const headers = blocks.map(({ step, entries }) => {
    const first = size;
    size += BigInt(entries);
    minutes += step;
    return { time: at(minutes), first, size };
  });
  const read: bigint[] = [];
  const reported: VitrineError[] = [];
  const block = (height: bigint) => {
    read.push(height);
    const header = headers[Number(height)];
    return header === undefined || Number(height) === broken
      ? Promise.reject(new VitrineError('INTEGRITY_VIOLATION', 'expected the verified header, got another'))
      : Promise.resolve({ header });
  };
  const log = { state: { height: BigInt(headers.length - 1) }, block };
  return { times: new LogTimes(log, (error) => reported.push(error)), headers, size, read, reported };
}

describe('a moment', () => {
  it('is found on the log as by looking at every block, from a few headers', async () => {
    await fc.assert(
      fc.asyncProperty(chain, fc.integer({ min: -2, max: 250 }), async (blocks, minutes) => {
        const { times, headers, size, read } = logOf(blocks);
        const expected = headers.find(({ time }) => time >= at(minutes))?.first ?? size;
        expect(await times.positionOf(at(minutes))).toBe(expected);
        expect(read.length).toBeLessThanOrEqual(Math.ceil(Math.log2(blocks.length + 1)));
      }),
    );
  });

  it('is never placed too late by a header that does not verify, which is reported', async () => {
    const places = fc.nat({ max: 79 });
    await fc.assert(
      fc.asyncProperty(chain, fc.integer({ min: 0, max: 250 }), places, async (blocks, minutes, broken) => {
        const { times, headers, size, read, reported } = logOf(blocks, broken);
        const expected = headers.find(({ time }) => time >= at(minutes))?.first ?? size;
        expect(await times.positionOf(at(minutes))).toBeLessThanOrEqual(expected);
        expect(reported).toHaveLength(read.includes(BigInt(broken)) ? 1 : 0);
      }),
    );
  });

  it('is told of a block before the newest, of the first where there are fewer, and of none on an empty log', async () => {
    const { times } = logOf([1, 1, 1].map((step) => ({ step, entries: 1 })));
    expect(await times.before(1n)).toBe(at(2));
    expect(await times.before(9n)).toBe(at(1));
    expect(await logOf([]).times.before(1n)).toBeNull();
  });
});
