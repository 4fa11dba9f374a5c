/** The tampering table, for what erasures and holds rest on: each change by the owner of the database is noticed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFindings, Keeping, rows, value, verify } from '../support/tampering.js';
import { TestVitrine } from '../support/vitrine.js';
import { amend, confirm, erase, holding, register, request, visit } from './world.js';

let vitrine: TestVitrine;
let keeping: Keeping;
/** An encounter of three versions whose note was erased, and the entries of all four. */
let encounter: string;
let entries: string[];
/** The wrapped keys of the first three, as they were before. */
let keys: { readonly entry: string; readonly wrapped: string }[];
/** An encounter that is held, with a request that was made before. */
let held: string;
let open: string;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  const patient = await register(vitrine);
  encounter = await visit(vitrine, patient, { note: 'one' });
  await amend(vitrine, encounter, 1, { note: 'two' });
  await amend(vitrine, encounter, 2, { payer: 'three' });
  keys = await rows(
    vitrine,
    `SELECT w.entry::text AS entry, encode(w.wrapped, 'hex') AS wrapped FROM wrapped_key w
       JOIN entry e ON e.index = w.entry WHERE e.subject = '${encounter}' ORDER BY w.entry`,
  );
  await erase(vitrine, { id: encounter, expectedVersion: 3, fields: ['note'] });
  const all = await rows<{ index: string }>(
    vitrine,
    `SELECT index::text AS index FROM entry WHERE subject = '${encounter}' ORDER BY index`,
  );
  entries = all.map(({ index }) => index);
  held = await visit(vitrine, patient, { note: 'held' });
  open = (await request(vitrine, 'clinician.city', { id: held })).data?.eraseRecord.erasure?.id ?? '';
  await holding(vitrine, 'regulator.two', 'placeHold', { id: held });
  keeping = await Keeping.of(vitrine);
});
afterAll(() => vitrine.stop());

const oldKey = (place: number) =>
  `UPDATE wrapped_key SET wrapped = decode('${keys[place]?.wrapped}', 'hex') WHERE entry = ${keys[place]?.entry}`;
const resealed = (place: number) => `version_entry = ${entries[place]}`;

async function found(what: string, where: string, statements: readonly string[]): Promise<void> {
  try {
    await vitrine.tamper(...statements);
    const { findings } = await verify(vitrine);
    const text = describeFindings(findings);
    expect(
      findings.filter((one) => one.what.includes(what) && one.where.includes(where)).length,
      `${what} in ${where} among:\n${text}`,
    ).toBeGreaterThan(0);
  } finally {
    await keeping.undo();
  }
}

describe('an erasure against the owner of its database', () => {
  it('verifies clean while nobody touches it', async () => {
    expect(entries).toHaveLength(4);
    expect(describeFindings((await verify(vitrine)).findings)).toBe('');
  });

  it.each<[string, () => readonly string[], string]>([
    [
      'the old key of an earlier version put back',
      () => [oldKey(0)],
      'version 1: the sealed bytes do not open',
    ],
    [
      'the old key put back and the bytes that were sealed anew removed',
      () => [oldKey(1), `DELETE FROM resealed WHERE ${resealed(1)}`],
      'left of version 2 is missing',
    ],
    [
      'the bytes that were sealed anew removed',
      () => [`DELETE FROM resealed WHERE ${resealed(2)}`],
      'left of version 3 is missing',
    ],
    [
      'a bit of them changed',
      () => [`UPDATE resealed SET bytes = set_byte(bytes, 9, get_byte(bytes, 9) # 1) WHERE ${resealed(0)}`],
      'version 1: the sealed bytes do not open',
    ],
    [
      "another version's in their place, with its key",
      () => [
        `UPDATE resealed SET (nonce, bytes) = (SELECT nonce, bytes FROM resealed WHERE ${resealed(1)}) WHERE ${resealed(0)}`,
        `UPDATE wrapped_key SET wrapped = (SELECT wrapped FROM wrapped_key WHERE entry = ${entries[1]}) WHERE entry = ${entries[0]}`,
      ],
      'version 1: the sealed bytes do not open',
    ],
    [
      'the old bytes and the old key in the place of the new ones',
      () => [
        oldKey(0),
        `UPDATE resealed r SET nonce = s.nonce, bytes = s.bytes FROM sealed s WHERE r.${resealed(0)} AND s.entry = r.version_entry`,
      ],
      'version 1: the sealed bytes do not open',
    ],
    [
      'bytes that no erasure sealed',
      () => [
        `INSERT INTO resealed SELECT version_entry, entry + 100000, nonce, bytes FROM resealed WHERE ${resealed(0)}`,
      ],
      'version 1',
    ],
    ['the new key removed', () => [`DELETE FROM wrapped_key WHERE entry = ${entries[1]}`], 'version 2'],
  ])('notices %s', (_, forge, what) => found(what, `Encounter ${encounter}`, forge()));

  it('notices the version before put back as the current one, at the next read', async () => {
    const back = `UPDATE encounter SET version = 3, entry = ${entries[2]} WHERE id = '${encounter}'`;
    try {
      await vitrine.tamper(oldKey(2), back);
      const read = await vitrine.ask('clinician.city', `{ encounter(id: "${encounter}") { note } }`);
      expect(read.codes).toEqual(['INTEGRITY_VIOLATION']);
      expect(read.text).not.toContain('two');
    } finally {
      await keeping.undo();
    }
    await found('a later entry replaced this version', `Encounter ${encounter}`, [oldKey(2), back]);
  });

  it('notices bytes that belong to no erasure', () =>
    found('belongs to nothing on the log', 'sealed anew', [
      `INSERT INTO resealed SELECT 1, entry, nonce, bytes FROM resealed WHERE ${resealed(0)}`,
    ]));

  it('erases nothing more while an earlier version is not what was anchored', async () => {
    const asked = await request(vitrine, 'clinician.city', {
      id: encounter,
      expectedVersion: 4,
      fields: ['payer'],
    });
    const erasure = asked.data?.eraseRecord.erasure?.id;
    await vitrine.tamper(`CREATE TABLE kept_bytes AS SELECT * FROM resealed WHERE ${resealed(0)}`);
    await vitrine.tamper(`DELETE FROM resealed WHERE ${resealed(0)}`);
    const refused = await confirm(vitrine, 'regulator.one', erasure);
    expect(refused.codes).toEqual(['INTEGRITY_VIOLATION']);
    await vitrine.tamper('INSERT INTO resealed SELECT * FROM kept_bytes', 'DROP TABLE kept_bytes');
    expect((await confirm(vitrine, 'regulator.one', erasure)).errors).toEqual([]);
    expect(describeFindings((await verify(vitrine)).findings)).toBe('');
  });
});

describe('a hold against the owner of its database', () => {
  let again: Keeping;
  beforeAll(async () => {
    // The erasure above went on from the first copies.
    await vitrine.tamper('DROP SCHEMA kept CASCADE');
    again = await Keeping.of(vitrine);
  });

  const erased = async (statements: readonly string[]) => {
    try {
      const before = await value(vitrine, 'SELECT size FROM log_head');
      await vitrine.tamper(...statements);
      const answer = await confirm(vitrine, 'regulator.one', open);
      expect(await value(vitrine, 'SELECT size FROM log_head')).toBe(before);
      return answer.codes;
    } finally {
      await again.undo();
    }
  };

  it.each<[string, (id: string) => readonly string[], string]>([
    [
      'its counter removed',
      (id) => [`DELETE FROM counter WHERE id = 'hold/Encounter/${id}'`],
      'INTEGRITY_VIOLATION',
    ],
    [
      'its counter set to 0',
      (id) => [`UPDATE counter SET value = 0 WHERE id = 'hold/Encounter/${id}'`],
      'INTEGRITY_VIOLATION',
    ],
    ['its row removed', (id) => [`DELETE FROM hold WHERE record = '${id}'`], 'CONFLICT'],
    [
      'its row, its keys and its sealed bytes removed',
      (id) => [
        ...['sealed', 'wrapped_key'].map(
          (table) => `DELETE FROM ${table} WHERE entry IN (SELECT entry FROM hold WHERE record = '${id}')`,
        ),
        `DELETE FROM unique_key WHERE kind = 'Hold'`,
        `DELETE FROM hold WHERE record = '${id}'`,
      ],
      'CONFLICT',
    ],
    ['its state changed', (id) => [`UPDATE hold SET state = 'RELEASED' WHERE record = '${id}'`], 'CONFLICT'],
  ])('erases nothing with %s', async (_, forge, code) => {
    expect(await erased(forge(held))).toEqual([code]);
  });
});
