import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StaleAuthority, type Ledger } from '../../src/ledger/index.js';
import { amendment, Bench, entry, INSTITUTION, MEMBER } from './support.js';

let bench: Bench;
let ledger: Ledger;

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create());
});
afterAll(() => bench.drop());

describe('append', () => {
  it('begins the log with the genesis and the ministry in block 0', async () => {
    const entries = [];
    for await (const one of ledger.trusted.entries(0n, 2n)) entries.push(one);
    expect(entries.map(({ opening }) => opening.op)).toEqual(['log.genesis', 'institution.register']);
    expect(entries.every(({ leaf }) => leaf.block === 0n)).toBe(true);
  });

  it('gives a group neighbouring places in one block', async () => {
    const size = await ledger.sync();
    const group = await Promise.all([entry(ledger), entry(ledger), entry(ledger)]);
    const positions = await ledger.append(group);
    expect(positions.map(({ index }) => index)).toEqual([size, size + 1n, size + 2n]);
    expect(new Set(positions.map(({ block }) => block)).size).toBe(1);
  });

  it('puts what is waiting into few blocks and verifies in another process', async () => {
    const before = ledger.trusted.state.height;
    const wishes = await Promise.all(Array.from({ length: 300 }, () => entry(ledger)));
    await Promise.all(wishes.map((wish) => ledger.append([wish])));
    expect(ledger.trusted.state.height - before).toBeLessThan(10n);
    const other = await bench.open({ verifySignaturesBelowPin: true });
    expect(other.trusted.size).toBe(ledger.trusted.size);
    expect(other.trusted.root).toEqual(ledger.trusted.root);
  });

  it('gives the same positions for the same request, and refuses other content under its id', async () => {
    const wish = await entry(ledger);
    const first = await ledger.append([wish]);
    expect(await ledger.append([wish])).toEqual(first.map((one) => ({ ...one, repeated: true })));
    const other = await entry(ledger, { request: wish.request });
    await expect(ledger.append([other])).rejects.toMatchObject({ code: 'CONFLICT' });
    const known = await ledger.find(INSTITUTION, MEMBER, wish.request);
    expect(known).toMatchObject([{ ...first[0], part: 0, inputHash: wish.inputHash, subject: wish.subject }]);
    expect(await ledger.find(null, MEMBER, wish.request)).toEqual([]);
  });

  it('commits a request once when it is asked for twice at the same time', async () => {
    const wish = await entry(ledger);
    const size = ledger.trusted.size;
    const [a, b] = await Promise.all([ledger.append([wish]), ledger.append([wish])]);
    expect(b).toEqual(a.map((one) => ({ ...one, repeated: true })));
    expect(ledger.trusted.size).toBe(size + 1n);
  });

  it('replaces a version once: of two amendments of one version, one is a CONFLICT', async () => {
    const wish = await entry(ledger);
    const [first] = await ledger.append([wish]);
    const index = first?.index ?? 0n;
    const amendments = await Promise.all([amendment(ledger, wish, index), amendment(ledger, wish, index)]);
    const results = await Promise.allSettled(amendments.map((one) => ledger.append([one])));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'CONFLICT', details: { kind: 'Form', id: wish.subject.id, version: 2 } },
    });
    expect(ledger.trusted.isSuperseded(index)).toBe(true);
  });

  it('refuses a second version 1', async () => {
    const wish = await entry(ledger);
    await ledger.append([wish]);
    const again = await entry(ledger, { subject: wish.subject });
    await expect(ledger.append([again])).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('refuses a group alone while its neighbours commit', async () => {
    const good = await entry(ledger);
    const taken = await entry(ledger);
    await ledger.append([taken]);
    const bad = [await entry(ledger), await entry(ledger, { subject: taken.subject })];
    const results = await Promise.allSettled([ledger.append(bad), ledger.append([good])]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(ledger.trusted.hasSubject('Form', bad[0]?.subject.id ?? '')).toBe(false);
  });

  it('refuses a row that PostgreSQL refuses, and commits its neighbours', async () => {
    const bad = await entry(ledger);
    const row = { ...bad.rows[0]!, values: { ...bad.rows[0]!.values, code: null } };
    const good = await entry(ledger);
    const results = await Promise.allSettled([
      ledger.append([{ ...bad, rows: [row] }]),
      ledger.append([good]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('names the holder of a unique key', async () => {
    const claim = { scope: 'mrn', key: 'aa'.repeat(32), keyId: 'b-1', path: ['input', 'identifiers', 0] };
    const first = await entry(ledger, { unique: [claim] });
    const second = await entry(ledger, { unique: [claim] });
    const results = await Promise.allSettled([ledger.append([first]), ledger.append([second])]);
    expect(results[1]).toMatchObject({
      reason: { code: 'CONFLICT', inputPath: claim.path, details: { kind: 'Form', id: first.subject.id } },
    });
  });

  it('frees a unique key with the version that no longer claims it', async () => {
    const claim = { scope: 'mrn', key: 'bb'.repeat(32), keyId: 'b-1', path: [] };
    const first = await entry(ledger, { unique: [claim], words: [{ scope: 'w', word: 'x', keyId: 'b-1' }] });
    const [at] = await ledger.append([first]);
    await ledger.append([await amendment(ledger, first, at?.index ?? 0n)]);
    await expect(ledger.append([await entry(ledger, { unique: [claim] })])).resolves.toHaveLength(1);
  });

  it('refuses what rests on an entry that was superseded meanwhile', async () => {
    const authority = await entry(ledger);
    const [at] = await ledger.append([authority]);
    const index = at?.index ?? 0n;
    const results = await Promise.allSettled([
      ledger.append([await amendment(ledger, authority, index)]),
      ledger.append([await entry(ledger, { authority: [index] })]),
    ]);
    expect(results[0]?.status).toBe('fulfilled');
    expect(results[1]).toMatchObject({ reason: expect.any(StaleAuthority) as unknown });
  });

  it('refuses what rests on the absence of a record that was made meanwhile', async () => {
    const made = await entry(ledger);
    const { kind, id } = made.subject;
    const results = await Promise.allSettled([
      ledger.append([await entry(ledger, { absent: [{ kind, id }] })]),
      ledger.append([made]),
      ledger.append([await entry(ledger, { absent: [{ kind, id }] })]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2]).toMatchObject({ reason: expect.any(StaleAuthority) as unknown });
  });

  it('refuses what rests on a request not being accepted that was accepted meanwhile, in the same breath too', async () => {
    const made = await entry(ledger);
    const { institution, actor: member, request, part } = made;
    const unaccepted = [{ institution, member, request, part }];
    const results = await Promise.allSettled([
      ledger.append([await entry(ledger, { unaccepted })]),
      ledger.append([made]),
      ledger.append([await entry(ledger, { unaccepted })]),
      ledger.append([await entry(ledger, { unaccepted: [{ ...made, member, part: 1 }] })]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(results[2]).toMatchObject({ reason: expect.any(StaleAuthority) as unknown });
  });

  it('continues threads across entries and blocks', async () => {
    const thread = randomUUID();
    for (let i = 0; i < 3; i++) await ledger.append([await entry(ledger, { threads: [thread] })]);
    const group = [
      await entry(ledger, { threads: [thread] }),
      await entry(ledger, { threads: [thread, randomUUID()] }),
    ];
    const positions = await ledger.append(group);
    expect(ledger.trusted.thread(thread)).toEqual({ index: positions[1]?.index, count: 5 });
  });

  it('refuses a signature over another statement before anything is written', async () => {
    const [a, b] = [await entry(ledger), await entry(ledger)];
    const size = ledger.trusted.size;
    await expect(ledger.append([{ ...a, signature: b.signature }])).rejects.toMatchObject({
      code: 'INTERNAL',
    });
    expect(await ledger.sync()).toBe(size);
  });
});

describe('a counter', () => {
  it('never leaves its bounds under concurrent moves', async () => {
    const id = `programme.committed/${randomUUID()}`;
    const move = { id, delta: 30n, min: 0n, max: 100n, message: 'the budget is used up' };
    const wishes = await Promise.all(Array.from({ length: 10 }, () => entry(ledger, { counters: [move] })));
    const results = await Promise.allSettled(wishes.map((wish) => ledger.append([wish])));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const refused = results.filter((one) => one.status === 'rejected');
    expect(refused.every(({ reason }) => (reason as Error).message === move.message)).toBe(true);
    await ledger.append([await entry(ledger, { counters: [{ ...move, delta: -90n }] })]);
    await expect(
      ledger.append([await entry(ledger, { counters: [{ ...move, delta: -1n }] })]),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is not believed when its row was changed', async () => {
    const id = `allowance/${randomUUID()}`;
    const move = { id, delta: 1n, min: 0n, max: 3n, message: 'used up' };
    await ledger.append([await entry(ledger, { counters: [move] })]);
    await bench.tamper('UPDATE counter SET value = 0 WHERE id = $1', id);
    await expect(ledger.append([await entry(ledger, { counters: [move] })])).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
      details: { what: 'counter' },
    });
    expect(await bench.audit(ledger)).toMatchObject([{ what: 'counter' }]);
    await bench.tamper('UPDATE counter SET value = 1 WHERE id = $1', id);
    expect(await bench.audit(ledger)).toEqual([]);
  });
});

describe('a log longer than the tiles that are kept', () => {
  it('reads tiles again, and refuses one that was changed', async () => {
    const { bench: long, ledger: writer } = await Bench.create();
    try {
      const old = await entry(writer);
      const [at] = await writer.append([old]);
      const group = await Promise.all(Array.from({ length: 700 }, () => entry(writer)));
      await writer.append(group);
      await writer.append([await amendment(writer, old, at?.index ?? 0n)]);
      const reader = await long.open({ tiles: 1, verifySignaturesBelowPin: true });
      expect(reader.trusted.root).toEqual(writer.trusted.root);
      expect(await reader.trusted.leafHashAt(5n)).toEqual(await writer.trusted.leafHashAt(5n));
      await reader.trusted.leafHashAt(300n);
      await long.tamper("UPDATE entry SET leaf = 'x' WHERE index = 6");
      await expect(reader.trusted.leafHashAt(5n)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    } finally {
      await long.drop();
    }
  });
});
