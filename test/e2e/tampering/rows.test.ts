/** The tampering table of the ledger's design: rows of records, their sealed bytes and the tables beside them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFindings, Keeping, value, verify } from '../../support/tampering.js';
import { ask, type Case, forged, hold, requireFound } from './cases.js';
import { COLUMNS, current, entryOf, SEALED } from './row-cases.js';
import { file, makeWorld, pair, type World } from './world.js';

let world: World;
let keeping: Keeping;
beforeAll(async () => {
  world = await makeWorld();
  keeping = await Keeping.of(world.vitrine);
});
afterAll(() => world.vitrine.stop());

const VERSIONS: readonly Case[] = [
  {
    name: 'a row removed',
    forge: (w) => [`DELETE FROM encounter WHERE id = '${w.encounter}'`],
    asked: (w) => pair(w.encounter, w.amended),
    finding: async (w) => ({
      what: 'its row is missing',
      where: `Encounter ${w.encounter}`,
      entry: await entryOf(world, 'encounter', w.encounter),
    }),
  },
  {
    name: 'a row removed with its sealed bytes, keys and request',
    forge: (w) => [
      ...['sealed', 'wrapped_key', 'upload_request', 'thread_entry'].map(
        (t) => `DELETE FROM ${t} WHERE ${current(w)}`,
      ),
      ...['unique_key', 'search_word'].map((t) => `DELETE FROM ${t} WHERE subject = '${w.encounter}'`),
      `DELETE FROM encounter WHERE id = '${w.encounter}'`,
    ],
    asked: (w) => pair(w.encounter, w.amended),
    finding: async (w) => ({
      what: 'its row is missing',
      where: `Encounter ${w.encounter}`,
      entry: await entryOf(world, 'encounter', w.encounter),
    }),
  },
  {
    name: 'an older version put back',
    forge: (w) => [`UPDATE encounter SET version = 1, entry = ${w.first} WHERE id = '${w.amended}'`],
    asked: (w) => pair(w.amended, w.encounter),
    finding: (w) => ({
      what: 'a later entry replaced this version',
      where: `Encounter ${w.amended}`,
      entry: w.first,
    }),
  },
  {
    name: 'an older version put back and the newer one removed',
    forge: (w) => [
      `UPDATE encounter SET version = 1, entry = ${w.first} WHERE id = '${w.amended}'`,
      `DELETE FROM sealed WHERE entry = ${w.second}`,
      `DELETE FROM wrapped_key WHERE entry = ${w.second}`,
    ],
    asked: (w) => pair(w.amended, w.encounter),
    finding: (w) => ({ what: 'a later entry replaced this version', where: `Encounter ${w.amended}` }),
  },
];

describe('records against the owner of their database', () => {
  it('verify clean while nobody touches them', async () => {
    const { findings, rows } = await verify(world.vitrine);
    expect(describeFindings(findings)).toBe('');
    expect(rows).toBeGreaterThan(100);
  });

  it.each([...SEALED, ...COLUMNS].map((one) => [one.name, one] as const))('notice %s', (_, one) =>
    hold(world, keeping, one),
  );

  it.each(VERSIONS.map((one) => [one.name, one] as const))('notice %s', (_, one) =>
    hold(world, keeping, one),
  );

  it('stay out of answers of other doors: entities of the federation, changes that rest on them', async () => {
    const { vitrine, encounter, amended } = world;
    const entry = await entryOf(world, 'encounter', encounter);
    await forged(
      world,
      keeping,
      [`UPDATE encounter SET status = 'PLANNED' WHERE id = '${encounter}'`],
      async () => {
        const entities = await vitrine.ask<{ _entities: unknown[] }>(
          'clinician.city',
          'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Encounter { id status } } }',
          { r: [encounter, amended].map((id) => ({ __typename: 'Encounter', id })) },
        );
        expect(entities.codes, entities.text).toEqual(['INTEGRITY_VIOLATION']);
        expect(entities.data?._entities).toEqual([null, { id: amended, status: 'FINISHED' }]);
        expect(entities.errors[0]?.extensions.details).toMatchObject({
          kind: 'Encounter',
          id: encounter,
          index: entry,
        });
        const before = await value(vitrine, 'SELECT size FROM log_head');
        const input = { encounter, expectedVersion: 1, note: 'resting on a lie' };
        const change = await vitrine.mutate('clinician.city', 'amendEncounter', input, 'encounter { id }');
        expect(change.codes).toEqual(['INTEGRITY_VIOLATION']);
        expect(await value(vitrine, 'SELECT size FROM log_head')).toBe(before);
      },
    );
  });

  it('notice a second current row beside the first', async () => {
    const { encounter, patient } = world;
    const double = [
      'ALTER TABLE encounter DROP CONSTRAINT encounter_pkey',
      'DROP INDEX encounter_entry_key',
      `INSERT INTO encounter SELECT * FROM encounter WHERE id = '${encounter}'`,
    ];
    await forged(world, keeping, double, async () => {
      const { codes, errors } = await ask(world, file(patient));
      expect(codes).toEqual(['INTEGRITY_VIOLATION']);
      expect(errors[0]?.path).toEqual(['patient', 'encounters']);
      await requireFound(world, { what: 'more than one current row', where: `Encounter ${encounter}` });
    });
    await world.vitrine.tamper(
      'ALTER TABLE encounter ADD CONSTRAINT encounter_pkey PRIMARY KEY (id)',
      'CREATE UNIQUE INDEX encounter_entry_key ON encounter (entry)',
    );
  });

  it('are clean again for a fresh process when it is undone', async () => {
    await world.vitrine.restart();
    expect(describeFindings((await verify(world.vitrine)).findings)).toBe('');
  });
});
