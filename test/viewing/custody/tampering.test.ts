/** A file that moved, against who owns the database. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { patientKind } from '../../../src/clinical/index.js';
import { amend, hand, open, read, register, state, verify } from './world.js';

beforeAll(() => open());
afterAll(() => state.close());

describe('a file that moved, against the owner of its database', () => {
  let patient: string;
  let entries: readonly { readonly entry: string; readonly key: string; readonly wrapped: string }[];
  /** The keys of its first two versions, as the old keeper's key wrapped them. */
  let old: typeof entries;

  const keysOf = () =>
    state.system.database.prisma.$queryRawUnsafe<{ entry: string; key: string; wrapped: string }[]>(
      `SELECT e.index::text AS entry, w.key_id AS key, encode(w.wrapped, 'hex') AS wrapped FROM entry e
         JOIN wrapped_key w ON w.entry = e.index WHERE e.kind = 'Patient' AND e.subject = '${patient}' ORDER BY e.index`,
    );

  beforeAll(async () => {
    await register({}, 'registrar.harbour');
    patient = await register();
    await amend('registrar.city', patient, 1, { language: 'de' });
    old = await keysOf();
    await hand(patient, 2);
    entries = await keysOf();
  });

  it('has the keys of all its versions under its new keeper’s key, and none under the old one’s', () => {
    expect(old.map(({ key }) => key)).toEqual([1, 2].map(() => `${state.ids['city'] ?? ''}/1`));
    expect(entries.map(({ key }) => key)).toEqual([1, 2, 3].map(() => `${state.ids['harbour'] ?? ''}/1`));
  });

  const put = ({ entry, key, wrapped }: (typeof old)[number]) =>
    `UPDATE wrapped_key SET key_id = '${key}', wrapped = decode('${wrapped}', 'hex') WHERE entry = ${entry}`;

  it.each([0, 1])(
    'is found out with a key that is not wrapped anew, by who opens version %d and by verify',
    async (place) => {
      await state.tamper(put(old[place]!));
      const { store } = state.system.system;
      await expect(store.versions(patientKind, patient)).rejects.toThrowError(
        /not wrapped for its custodian/,
      );
      expect(await verify()).toEqual([expect.stringMatching(/not wrapped for its custodian/)]);
      await state.tamper(put(entries[place]!));
      expect(await verify()).toEqual([]);
    },
  );

  it.each<[string, string, RegExp]>([
    [
      'the row of the version before put back',
      `UPDATE patient SET custodian = '@city', version = 2, entry = @1 WHERE id = '@id'`,
      /a later entry replaced this version/,
    ],
    [
      'its row left on the old list',
      `UPDATE patient SET custodian = '@city' WHERE id = '@id'`,
      /column custodian is not what was sealed/,
    ],
    [
      'the words of its old keeper kept',
      `INSERT INTO search_word (scope, word, key_id, kind, subject, entry)
         SELECT replace(scope, '@harbour', '@city'), word, key_id, kind, subject, entry FROM search_word WHERE subject = '@id'`,
      /a search word in .* that it does not have/,
    ],
  ])('is found out with %s', async (_what, statement, finding) => {
    const tables = ['patient', 'search_word'];
    const sql = statement
      .replaceAll('@id', patient)
      .replaceAll('@city', state.ids['city'] ?? '')
      .replaceAll('@harbour', state.ids['harbour'] ?? '')
      .replaceAll('@1', entries[1]?.entry ?? '');
    await state.tamper(...tables.map((table) => `CREATE TABLE kept_${table} AS SELECT * FROM ${table}`), sql);
    try {
      const findings = await verify();
      expect(findings).toContainEqual(expect.stringMatching(finding));
      if (statement.startsWith('UPDATE')) {
        for (const place of ['city', 'harbour'])
          expect(findings).toContain(
            `Patient: the rows on the list of ${state.ids[place] ?? ''} are not what the log has on it`,
          );
        const all = 'patients(first: 100) { edges { node { id } } }';
        for (const who of ['registrar.city', 'registrar.harbour'])
          expect((await state.run(who, `{ ${all} }`)).codes).toEqual(['INTEGRITY_VIOLATION']);
        expect((await read('registrar.harbour', patient)).codes).toEqual(['INTEGRITY_VIOLATION']);
      }
    } finally {
      for (const table of tables)
        await state.tamper(
          `DELETE FROM ${table}`,
          `INSERT INTO ${table} SELECT * FROM kept_${table}`,
          `DROP TABLE kept_${table}`,
        );
    }
  });

  it('verifies again once nobody touches it', async () => {
    expect(await verify()).toEqual([]);
  });
});
