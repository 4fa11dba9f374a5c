/** Which whole lists are kept, and for how long. The store's own reading is in `complete.test.ts`. */
import { beforeEach, describe, expect, it } from 'vitest';
import { consentKind } from '../../src/viewing/index.js';
import { WholeLists, type WholeListsDependencies } from '../../src/records/whole-lists.js';

const THREAD = '11111111-1111-4111-8111-111111111111';
const ids = ['22222222-2222-4222-8222-222222222221', '22222222-2222-4222-8222-222222222222'];

let log: { count: number; erasures: number; newest: Map<string, bigint> };
let reads: number;
let duringRead: () => void;
let lists: WholeLists;

beforeEach(() => {
  log = { count: 2, erasures: 0, newest: new Map(ids.map((id, at) => [id, BigInt(at)])) };
  reads = 0;
  duringRead = () => undefined;
  const trusted = {
    hasSubject: () => true,
    listLength: () => log.count,
    subject: (_kind: string, id: string) => ({ index: log.newest.get(id) }),
    checkList: () => ({ holds: true }),
    get erasures() {
      return log.erasures;
    },
  };
  const deps = {
    trusted,
    read: () => {
      reads += 1;
      duringRead();
      const rows = ids.slice(0, log.count).map((id) => ({ c_id: id, c_patient: THREAD }));
      return Promise.resolve({ rows, head: 9n });
    },
    open: (_kind: unknown, row: { c_id: string }) =>
      Promise.resolve({ head: { id: row.c_id }, anchor: { index: log.newest.get(row.c_id) } }),
    reported: (error: Error) => error,
  };
  lists = new WholeLists(deps as unknown as WholeListsDependencies);
});

async function read(): Promise<readonly string[]> {
  const found = await lists.of(consentKind, 'patient', [THREAD]);
  return (found.get(THREAD) ?? []).map(({ head }) => head.id);
}

describe('a whole list', () => {
  it('is read once for as long as the log knows nothing newer', async () => {
    expect([await read(), await read(), reads]).toEqual([ids, ids, 1]);
  });

  it('costs no read when the log knows nothing on it', async () => {
    log.count = 0;
    expect([await read(), reads]).toEqual([[], 0]);
  });

  it('is read again when one joined it, or one has a later version', async () => {
    log.count = 1;
    await read();
    log.count = 2;
    expect([await read(), reads]).toEqual([ids, 2]);
    log.newest.set(ids[0] ?? '', 7n);
    await read();
    expect(reads).toBe(3);
  });

  it('is not kept beyond an erasure, also when it was being read meanwhile', async () => {
    await read();
    log.erasures += 1;
    lists.clear();
    duringRead = () => (log.erasures += 1);
    await read();
    expect(reads).toBe(2);
    duringRead = () => undefined;
    await read();
    expect(reads).toBe(3);
  });
});
