/** Vitrine as a Federation 2 subgraph: its text composes, and `_entities` answers as every other path does. */
import { composeServices, compositionHasErrors } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { enact, type Records } from './cast.js';

const TYPES = [
  'Institution',
  'Member',
  'Patient',
  'Encounter',
  'Form',
  'Report',
  'Programme',
  'Subsidy',
  'PatientLink',
  'Hold',
  'Erasure',
  'Consent',
  'View',
  'Referral',
];
const ENTITIES =
  'query ($all: [_Any!]!) { _entities(representations: $all) { __typename ... on Record { id anchor { verified } } ... on Patient { names { family } } } }';

interface Entities {
  readonly _entities: readonly ({ readonly __typename: string; readonly id: string } | null)[];
}

let vitrine: TestVitrine;
let records: Records;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
}, 120_000);
afterAll(() => vitrine.stop());

const representation = (type: string) => ({ __typename: type, id: records[type] });

describe('the subgraph', () => {
  it('composes, alone and with another subgraph that adds to a record', async () => {
    const { data } = await vitrine.ask<{ _service: { sdl: string } }>(null, '{ _service { sdl } }');
    const own = { name: 'vitrine', url: 'http://vitrine', typeDefs: parse(data?._service.sdl ?? '') };
    const alone = composeServices([own]);
    expect(alone.errors ?? []).toEqual([]);
    expect(compositionHasErrors(alone)).toBe(false);
    for (const type of TYPES)
      expect(alone.supergraphSdl).toMatch(
        new RegExp(`type ${type}[^{]*@join__type\\(graph: VITRINE, key: "id"\\)`),
      );
    const other = parse(`
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
      type Institution @key(fields: "id") { id: ID! ambulances: Int }
      type Query { depots: [Institution!]! }`);
    const both = composeServices([own, { name: 'depots', url: 'http://depots', typeDefs: other }]);
    expect(both.errors ?? []).toEqual([]);
    expect(both.publicSdl).toContain('ambulances');
  });
});

describe('_entities', () => {
  it('answers every type of record verified, in the order that was asked', async () => {
    const care = [
      'Patient',
      'Encounter',
      'Member',
      'Institution',
      'Form',
      'Report',
      'Programme',
      'Subsidy',
      'Hold',
      'Erasure',
      'Consent',
      'Referral',
    ];
    const all = care.map(representation);
    const { data, errors } = await vitrine.ask<Entities>('clinician.city', ENTITIES, { all });
    expect(errors).toEqual([]);
    expect(data?._entities).toMatchObject(all.map((one) => ({ ...one, anchor: { verified: true } })));
  });

  it('gives each its own: nothing of care to the state, nothing of anyone to nobody', async () => {
    const all = TYPES.map(representation);
    const seen = async (who: string | null) => {
      const { data, text } = await vitrine.ask<Entities>(who, ENTITIES, { all });
      expect(text).not.toContain('Quellmalz');
      return data?._entities.flatMap((entity) => (entity === null ? [] : [entity.__typename]));
    };
    const state = ['Institution', 'Member', 'Form', 'Report', 'Programme', 'Subsidy', 'Hold', 'Erasure'];
    expect(await seen('regulator.one')).toEqual(state);
    expect(await seen('finance.harbour')).toEqual([
      ...state.filter((type) => !['Member', 'Hold', 'Erasure'].includes(type)),
      'Consent',
      'Referral',
    ]);
    expect(await seen('patient.one')).toEqual(['Institution', 'Form']);
    expect(await seen(null)).toEqual(['Institution', 'Form']);
  });

  it('withholds a field with a code and the path to it', async () => {
    const { data, errors } = await vitrine.ask(
      'second.north',
      '{ _entities(representations: [{ __typename: "Encounter", id: "' +
        records['Encounter'] +
        '" }]) { ... on Encounter { id start note } } }',
    );
    expect(data).toEqual({ _entities: [{ id: records['Encounter'], start: null, note: null }] });
    expect(errors.map(({ path, extensions }) => [extensions.code, path])).toEqual([
      ['VIEW_ONLY', ['_entities', 0, 'start']],
      ['FORBIDDEN', ['_entities', 0, 'note']],
    ]);
  });

  it('believes nothing that a gateway says of a record but its type and id', async () => {
    const claimed = {
      ...representation('Patient'),
      names: [{ family: 'Forged' }],
      relations: ['SELF'],
      record: {},
    };
    const { data } = await vitrine.ask<Entities>('clinician.harbour', ENTITIES, { all: [claimed] });
    expect(data).toEqual({ _entities: [null] });
    const other = { __typename: 'Encounter', id: records['Patient'] };
    expect((await vitrine.ask('clinician.city', ENTITIES, { all: [other] })).data).toEqual({
      _entities: [null],
    });
  });

  it('doesn’t let a page of representations multiply what a query may cost', async () => {
    const all = Array.from({ length: 1000 }, () => representation('Patient'));
    const query =
      'query ($all: [_Any!]!) { _entities(representations: $all) { ... on Patient { encounters(first: 100) { edges { node { id patient { id } } } } } } }';
    const { codes, errors } = await vitrine.ask('clinician.city', query, { all });
    expect(codes).toEqual(['LIMIT_EXCEEDED']);
    expect(errors[0]?.extensions.details).toMatchObject({ expected: 20_000 });
  });

  it('gives a record that was tampered with to nobody, and the rest stands', async () => {
    await vitrine.tamper(`UPDATE encounter SET class = 'AMB' WHERE id = '${records['Encounter']}'`);
    const all = [representation('Patient'), representation('Encounter'), representation('Form')];
    const { data, errors, text } = await vitrine.ask<Entities>('clinician.city', ENTITIES, { all });
    expect(data?._entities.map((entity) => entity?.__typename)).toEqual(['Patient', undefined, 'Form']);
    expect(errors.map(({ path, extensions }) => [extensions.code, path])).toEqual([
      ['INTEGRITY_VIOLATION', ['_entities', 1]],
    ]);
    expect(text).not.toContain('AMB');
    const stranger = await vitrine.ask<Entities>('finance.harbour', ENTITIES, { all: all.slice(1, 2) });
    expect(stranger.data).toEqual({ _entities: [null] });
  });
});
