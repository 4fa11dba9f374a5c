import 'reflect-metadata';
import { graphql, parse } from 'graphql';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { Arg, Ctx, Field, ID, ObjectType, Query, Resolver, buildSchemaSync } from 'type-graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { shieldSchema } from '../../src/access/index.js';
import { ACCESS_EXTENSION, Classified, RELATED, errorFormatter } from '../../src/api/index.js';
import type { Related } from '../../src/api/index.js';
import { MAX_REPRESENTATIONS, printSubgraph, toSubgraph } from '../../src/federation/index.js';
import type { Member, Relation } from '../../src/records/index.js';

const ID_ONE = '01900000-0000-7000-8000-000000000001';
const ID_GONE = '01900000-0000-7000-8000-000000000009';

@ObjectType('Chart', { description: 'A record.' })
class Chart {
  constructor(readonly relations: ReadonlySet<Relation>) {}
  get [RELATED](): Related {
    return { relations: this.relations, kind: 'Chart' };
  }
  @Classified('DIRECTORY')
  @Field(() => ID, { description: 'Its id.' })
  get id(): string {
    return ID_ONE;
  }
  @Classified('CLINICAL')
  @Field(() => String, { nullable: true, description: 'A clinical value.' })
  get note(): string {
    return 'clinical value';
  }
}

interface Context {
  readonly caller: Member | null;
  readonly relations: ReadonlySet<Relation>;
}

@Resolver()
class ChartResolver {
  @Classified('STRUCTURE')
  @Query(() => Chart, { nullable: true, description: 'One record.' })
  chart(
    @Ctx() ctx: Context,
    @Arg('id', () => ID, { description: 'Its id.', defaultValue: ID_ONE }) id: string,
  ): Chart | null {
    return id === ID_ONE ? new Chart(ctx.relations) : null;
  }
}

const clinician: Member = {
  id: '01900000-0000-7000-8000-0000000000aa',
  institution: '01900000-0000-7000-8000-0000000000bb',
  roles: new Set(['CLINICIAN']),
  state: false,
  licensed: true,
  patient: null,
  authority: [],
};

let source: GraphQLSchema;
let subgraph: GraphQLSchema;
let shielded: GraphQLSchema;
beforeAll(() => {
  source = buildSchemaSync({ resolvers: [ChartResolver], validate: false });
  subgraph = toSubgraph<Context>(
    source,
    new Map([
      [
        'Chart',
        (ctx: Context, id: string) => Promise.resolve(id === ID_ONE ? new Chart(ctx.relations) : null),
      ],
    ]),
  );
  shielded = shieldSchema(subgraph, { existenceOf: () => 'DIRECTORY' });
});

const ENTITIES =
  'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Chart { id note } } }';

async function entities(
  representations: unknown,
  relations: Relation[] = ['CUSTODIAN'],
  caller: Member | null = clinician,
): Promise<{ data: unknown; codes: unknown[] }> {
  const format = errorFormatter({
    log: { debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 },
    hideSuggestions: false,
  });
  const result: ExecutionResult = await graphql({
    schema: shielded,
    source: ENTITIES,
    contextValue: { caller, relations: new Set(relations) },
    variableValues: { r: representations },
  });
  const codes = (result.errors ?? []).map((error) => format(error.toJSON(), error).extensions?.['code']);
  return { data: result.data?.['_entities'], codes };
}

describe('the subgraph', () => {
  it('is a Federation 2 subgraph with a key on every entity', () => {
    const text = printSubgraph(source, new Set(['Chart']));
    expect(text).toContain('https://specs.apollo.dev/federation/v2.');
    expect(text).toContain('type Chart @key(fields: "id")');
    expect(() => parse(text)).not.toThrow();
  });

  it('keeps descriptions, defaults and classes of the fields', () => {
    const chart = subgraph.getQueryType()?.getFields()['chart'];
    expect(chart?.args[0]).toMatchObject({ defaultValue: ID_ONE, description: 'Its id.' });
    expect(chart?.extensions[ACCESS_EXTENSION]).toEqual({ class: 'STRUCTURE' });
  });

  it('answers _service with its text', async () => {
    const { data } = await graphql({
      schema: shielded,
      source: '{ _service { sdl } }',
      contextValue: { caller: null },
    });
    expect(JSON.stringify(data)).toContain('@key');
  });

  it('refuses an entity that is no type with an id', () => {
    const none = (): Promise<null> => Promise.resolve(null);
    expect(() => toSubgraph(source, new Map([['Nothing', none]]))).toThrow(/Nothing is no object type/);
  });
});

describe('_entities', () => {
  const one = { __typename: 'Chart', id: ID_ONE };

  it('answers a record to its custodian', async () => {
    expect(await entities([one])).toEqual({
      data: [{ __typename: 'Chart', id: ID_ONE, note: 'clinical value' }],
      codes: [],
    });
  });

  it('withholds a field exactly as any other path does', async () => {
    expect(await entities([one], ['TREATING'])).toEqual({
      data: [{ __typename: 'Chart', id: ID_ONE, note: null }],
      codes: ['VIEW_ONLY'],
    });
    const direct = await graphql({
      schema: shielded,
      source: '{ chart { note } }',
      contextValue: { caller: clinician, relations: new Set(['TREATING']) },
    });
    expect(direct.data).toEqual({ chart: { note: null } });
    expect(direct.errors).toHaveLength(1);
  });

  it('gives nothing to nobody', async () => {
    const { data, codes } = await entities([one], [], null);
    expect(JSON.stringify(data)).not.toContain('clinical value');
    expect(codes).toContain('UNAUTHENTICATED');
  });

  it('answers null for what is not there', async () => {
    expect(await entities([{ ...one, id: ID_GONE }])).toEqual({ data: [null], codes: [] });
  });

  it.each([
    ['an unknown type', { __typename: 'Query', id: ID_ONE }],
    ['a type of the prototype', { __typename: 'constructor', id: ID_ONE }],
    ['no type', { id: ID_ONE }],
    ['no id', { __typename: 'Chart' }],
    ['an id that is no UUID', { __typename: 'Chart', id: "' or 1=1" }],
    ['an id of another type', { __typename: 'Chart', id: { gt: '' } }],
    ['a text', 'Chart'],
  ])('refuses %s at its own place, and answers the rest', async (_what, representation) => {
    const { data, codes } = await entities([representation, one]);
    expect(codes).toEqual(['BAD_USER_INPUT']);
    expect(data).toMatchObject([null, { id: ID_ONE }]);
  });

  it('believes no field of a representation but its id', async () => {
    const { data } = await entities([{ ...one, note: 'forged', relations: ['SELF'] }], ['TREATING']);
    expect(data).toMatchObject([{ note: null }]);
  });

  it('refuses more representations than the limit', async () => {
    const { codes } = await entities(new Array(MAX_REPRESENTATIONS + 1).fill(one));
    expect(codes).toEqual(['LIMIT_EXCEEDED']);
  });
});
