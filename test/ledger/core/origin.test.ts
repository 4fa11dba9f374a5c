import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { originAt, predecessorOf, restoredOrigin } from '../../../src/ledger/core/index.js';

const LOG = 'vitrine.example/log';

describe("a log's name", () => {
  it('that was never restored is that of all its entries', () => {
    expect(predecessorOf(LOG)).toBeNull();
    expect([0n, 10n ** 15n].map((index) => originAt(LOG, index))).toEqual([LOG, LOG]);
  });

  it('says which entries were made before the loss, the one that accepts it among them', () => {
    const now = restoredOrigin(LOG, 40n);
    expect(now).toBe(`${LOG}/restored-40`);
    expect(predecessorOf(now)).toEqual({ origin: LOG, size: 40n });
    expect([39n, 40n, 41n].map((index) => originAt(now, index))).toEqual([LOG, LOG, now]);
  });

  it('is another one when the same backup is restored a second time', () => {
    const first = restoredOrigin(LOG, 40n);
    const second = restoredOrigin(first, 40n);
    expect(second).not.toBe(first);
    expect([40n, 41n].map((index) => originAt(second, index))).toEqual([LOG, second]);
  });

  it('leaves out a name under which nothing is left', () => {
    const now = restoredOrigin(restoredOrigin(LOG, 40n), 30n);
    expect([30n, 31n, 50n].map((index) => originAt(now, index))).toEqual([LOG, now, now]);
  });

  it.each([
    '/restored-40',
    `${LOG}/restored-`,
    `${LOG}/restored-0`,
    `${LOG}/restored-040`,
    `${LOG}-restored-4`,
  ])('that only looks so is no restored one: %s', (name) => {
    expect(predecessorOf(name)).toBeNull();
  });

  it('is that of some log in its lineage for every entry, and never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(1n, 100n), { maxLength: 4 }), fc.bigInt(0n, 120n), (sizes, index) => {
        const now = sizes.reduce(restoredOrigin, LOG);
        const [here, next] = [originAt(now, index), originAt(now, index + 1n)];
        expect(now.startsWith(here) && next.startsWith(here)).toBe(true);
      }),
    );
  });
});
