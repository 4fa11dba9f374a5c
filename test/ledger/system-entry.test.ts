import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSystemEntry, type Ledger, type PendingEntry } from '../../src/ledger/index.js';
import { Bench, entry, MEMBER } from './support.js';

let bench: Bench;
let ledger: Ledger;

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create());
});
afterAll(() => bench.drop());

const subject = (kind: string) => ({ kind, id: randomUUID(), version: 1 });
const NOTHING = { rows: [], content: null, fields: null };

describe('an entry of the deployment', () => {
  it('is appended when the service key signed it, and verifies', async () => {
    const wish = await buildSystemEntry(ledger.keys, {
      op: 'log.test',
      subject: subject('Log'),
      supersedes: null,
      supersededHash: null,
      detail: { reason: 'test' },
      actor: MEMBER,
      threads: [randomUUID()],
      request: randomUUID(),
    });
    const [position] = await ledger.append([wish]);
    expect(await bench.audit(ledger)).toEqual([]);
    const fresh = await bench.open({ verifySignaturesBelowPin: true });
    expect(fresh.trusted.subject('Log', wish.subject.id)).toMatchObject({ index: position!.index });
  });

  const FORGED: readonly [string, Partial<PendingEntry>, RegExp][] = [
    [
      'a system operation',
      { op: 'log.test', subject: subject('Form') },
      /by the service alone, got mode delegated/,
    ],
    [
      'a snapshot',
      { op: 'log.snapshot', subject: subject('Snapshot') },
      /by the service alone, got mode delegated/,
    ],
    ["the log's record by another operation", { subject: subject('Log') }, /a Log is made by log\.\* alone/],
    [
      'a snapshot by another operation',
      { subject: subject('Snapshot') },
      /a Snapshot is made by log\.\* alone/,
    ],
  ];
  it.each(FORGED)("is refused: %s with an institution's key", async (_, wish, message) => {
    const size = ledger.trusted.size;
    await expect(ledger.append([await entry(ledger, { ...wish, ...NOTHING })])).rejects.toThrowError(message);
    expect(await ledger.sync()).toBe(size);
  });
});
