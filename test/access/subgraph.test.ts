import { describe, expect, it } from 'vitest';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { createResolversMap } from 'type-graphql';
import { parse, type GraphQLSchema } from 'graphql';
import { carryClasses, outputFields, shieldSchema } from '../../src/access/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import type { Relation } from '../../src/records/index.js';
import {
  EVERY_ROLE,
  loaded,
  memberWith,
  Note,
  run,
  sampleSchema,
  type SampleContext,
} from '../api/sample.js';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';

function subgraph(): GraphQLSchema {
  const schema = sampleSchema();
  const map = createResolversMap(schema);
  const reference = (_reference: unknown, context: SampleContext) => new Note(loaded(context.relations));
  const built = buildSubgraphSchema({
    typeDefs: parse(`${LINK}\n${printSchemaWithDirectives(schema)}`),
    // The resolver map's types of the two packages name the same shapes differently.
    resolvers: { ...map, Note: { ...map['Note'], __resolveReference: reference } } as never,
  });
  carryClasses(schema, built);
  return shieldSchema(built, { existenceOf: () => 'DIRECTORY' });
}

const entities = `{ _entities(representations: [{ __typename: "Note", id: "x" }]) { ... on Note { id text price { amount } } } }`;
const codes = (errors: readonly { originalError?: Error | undefined }[] = []) =>
  errors.map(({ originalError }) =>
    originalError instanceof VitrineError ? originalError.code : originalError,
  );

describe('the shield of a subgraph', () => {
  const schema = subgraph();

  it('finds a class on every field', () => {
    expect(outputFields(schema).filter(({ access }) => access === undefined)).toEqual([]);
    expect(outputFields(schema).find(({ name }) => name === 'Note.text')?.access).toEqual({
      class: 'CLINICAL',
    });
  });

  it.each<[Relation[], string[]]>([
    [['TREATING'], ['VIEW_ONLY', 'FORBIDDEN']],
    [['LISTED'], ['FORBIDDEN', 'FORBIDDEN']],
    [['CUSTODIAN'], ['FORBIDDEN']],
    [['CUSTODIAN', 'PAYEE'], []],
  ])('holds on _entities as %j', async (relations, expected) => {
    const { data, errors } = await run(schema, entities, memberWith('CLINICIAN', 'FINANCE'), relations);
    expect(codes(errors)).toEqual(expected);
    const [entity] = (data as { _entities: { text: string | null }[] })._entities;
    expect(entity?.text).toBe(relations.includes('CUSTODIAN') ? 'SECRET' : null);
  });

  it('tells a caller without a token nothing of an entity that is not public', async () => {
    const { data, errors } = await run(schema, entities, null, ['SELF']);
    expect(codes(errors)[0]).toBe('UNAUTHENTICATED');
    expect(data).toEqual({ _entities: [null] });
  });

  it('shows the subgraph’s SDL', async () => {
    const { errors, data } = await run(schema, '{ _service { sdl } }', EVERY_ROLE);
    expect(errors).toBeUndefined();
    expect((data as { _service: { sdl: string } })._service.sdl).toContain('@key(fields: "id")');
  });
});
