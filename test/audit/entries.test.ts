import { describe, expect, it } from 'vitest';
import type { RequestContext } from '../../src/api/index.js';
import { listEntries, MOST_SCANNED } from '../../src/audit/entry.service.js';
import type { VerifiedEntry } from '../../src/ledger/index.js';

const RARE = '00000000-0000-7000-8000-000000000001';

/** A log whose every 5,000th entry is of RARE; counts what is read. */
function logOf(size: bigint) {
  let read = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- the log's reads are asynchronous
  async function* outcomes(from: bigint, to: bigint): AsyncGenerator<VerifiedEntry> {
    for (let index = from; index < to; index++) {
      read += 1;
      const institution = index % 5000n === 4999n ? RARE : null;
      yield { index, leaf: { institution }, opening: {} } as VerifiedEntry;
    }
  }
  const log = { trusted: { size, outcomes }, sync: () => Promise.resolve(size) };
  return { ctx: { caller: null, log } as unknown as RequestContext, read: () => read };
}

describe('listEntries', () => {
  it('looks at a bounded number of entries a page and says where to go on', async () => {
    const { ctx, read } = logOf(12_000n);
    const found: string[] = [];
    let pages = 0;
    for (let after: string | undefined, more = true; more; pages++) {
      const before = read();
      const page = await listEntries(
        ctx,
        { institution: RARE },
        { first: 10, ...(after === undefined ? {} : { after }) },
      );
      expect(read() - before).toBeLessThanOrEqual(Number(MOST_SCANNED));
      found.push(...page.edges.map(({ cursor }) => cursor));
      more = page.pageInfo.hasNextPage;
      after = page.pageInfo.endCursor ?? undefined;
    }
    expect(found).toEqual(['4999', '9999']);
    expect(pages).toBe(3);
  });

  it('looks at a bounded number of entries a request, however many pages it asks for', async () => {
    const { ctx, read } = logOf(100_000n);
    for (let page = 0; page < 4; page++) {
      await listEntries(ctx, {}, { first: 2 });
      if (page < 3) await listEntries(ctx, { institution: RARE }, { first: 10 });
    }
    const before = read();
    expect(before).toBeLessThan(4 * Number(MOST_SCANNED));
    await expect(listEntries(ctx, { institution: RARE }, { first: 10 })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(read()).toBe(before);
  });

  it('keeps within the asked indexes', async () => {
    const { ctx } = logOf(100n);
    const page = await listEntries(ctx, { from: 10n, to: 13n }, { first: 2 });
    expect(page.edges.map(({ cursor }) => cursor)).toEqual(['10', '11']);
    const rest = await listEntries(ctx, { from: 10n, to: 13n }, { first: 2, after: '11' });
    expect(rest.edges.map(({ cursor }) => cursor)).toEqual(['12']);
    expect(rest.pageInfo.hasNextPage).toBe(false);
  });

  it.each(['-1', '1.5', 'x', '00', '9'.repeat(20)])('refuses the cursor %j', async (after) => {
    await expect(listEntries(logOf(1n).ctx, null, { first: 1, after })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});
