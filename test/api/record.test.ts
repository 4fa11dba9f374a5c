import { beforeAll, describe, expect, it } from 'vitest';
import type { GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { ACCESS_EXTENSION } from '../../src/api/index.js';
import { EVERY_ROLE, run, sampleSchema } from './sample.js';

describe('record objects', () => {
  let schema: GraphQLSchema;
  beforeAll(() => {
    schema = sampleSchema();
  });

  it('answer with the id, version and time of the record that they hold', async () => {
    const { data, errors } = await run(
      schema,
      '{ note { __typename id version recordedAt text } }',
      EVERY_ROLE,
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      note: {
        __typename: 'Note',
        id: '01890a5d-ac96-774b-bcce-b302099a9001',
        version: 2,
        recordedAt: '2026-01-01T00:00:00.000Z',
        text: 'SECRET',
      },
    });
  });

  it('resolve behind an interface to the type that implements it', async () => {
    const { data } = await run(schema, '{ node { __typename id ... on Place { name } } }', EVERY_ROLE);
    expect(data).toMatchObject({ node: { __typename: 'Place', name: 'Place' } });
  });

  it('get the fields that a resolver of a higher room adds to the interface', async () => {
    const { data, errors } = await run(
      schema,
      '{ note { stamp(prefix: "#") } node { ... on Record { stamp(prefix: "@") } } }',
      EVERY_ROLE,
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ note: { stamp: '#7' }, node: { stamp: '@7' } });
  });

  it.each(['Record', 'Note', 'Place'])('carry the added field with its class on %s', (name) => {
    const type = schema.getType(name) as GraphQLObjectType | GraphQLInterfaceType;
    expect(type.getFields()['stamp']?.extensions[ACCESS_EXTENSION]).toEqual({ class: 'LOG' });
    expect(type.getFields()['stamp']?.description).toBe('Where it stands.');
  });

  it('keep the classes of the fields that they inherit', () => {
    const type = schema.getType('Note') as GraphQLObjectType;
    expect(type.getFields()['id']?.extensions[ACCESS_EXTENSION]).toEqual({
      class: 'DIRECTORY',
      existence: true,
    });
  });

  it('let a mutation payload have fields of its own and those of the interface', async () => {
    const { data, errors } = await run(
      schema,
      'mutation { writeNote(requestId: "01890A5D-ac96-774b-bcce-b302099a8057") { requestId repeated receipt note { version } } }',
      EVERY_ROLE,
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      writeNote: {
        requestId: '01890a5d-ac96-774b-bcce-b302099a8057',
        repeated: false,
        receipt: 'entry 7',
        note: { version: 2 },
      },
    });
  });

  it('build again with the same classes, as several subgraphs do', () => {
    const again = sampleSchema().getType('Note') as GraphQLObjectType;
    expect(Object.keys(again.getFields()).sort()).toEqual(
      Object.keys((schema.getType('Note') as GraphQLObjectType).getFields()).sort(),
    );
    expect(again.getFields()['stamp']?.extensions[ACCESS_EXTENSION]).toEqual({ class: 'LOG' });
  });
});
