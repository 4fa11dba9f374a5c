import { beforeAll, describe, expect, it } from 'vitest';
import { Field, ObjectType, Query, Resolver, buildSchemaSync, InputType, Arg } from 'type-graphql';
import { buildSchema, parse, subscribe, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { Classified, outputFields, requireClassified, shieldSchema } from '../../src/access/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import type { Relation } from '../../src/records/index.js';
import { EVERY_ROLE, feed, MEMBER, memberWith, run, sampleSchema } from '../api/sample.js';

const OPTIONS = {
  existenceOf: (kind: string) => (kind === 'Place' ? ('PUBLIC' as const) : ('DIRECTORY' as const)),
};

function codes(result: ExecutionResult) {
  return (result.errors ?? []).map((error) => {
    const cause = error.originalError;
    return cause instanceof VitrineError ? cause.code : error.message;
  });
}

describe('the shield', () => {
  let schema: GraphQLSchema;
  beforeAll(() => {
    schema = shieldSchema(sampleSchema(), OPTIONS);
  });

  it.each<[Relation[], string[], string | null]>([
    [['CUSTODIAN'], [], 'SECRET'],
    [['TREATING'], ['VIEW_ONLY'], null],
    [['LISTED'], ['FORBIDDEN'], null],
    [['STATE'], ['FORBIDDEN'], null],
    [['TREATING', 'CUSTODIAN'], [], 'SECRET'],
  ])('answers a CLINICAL field as %j with %j', async (relations, expected, text) => {
    const result = await run(schema, '{ note { id text } }', memberWith('CLINICIAN'), relations);
    expect(codes(result)).toEqual(expected);
    expect(result.data).toEqual({ note: { id: '01890a5d-ac96-774b-bcce-b302099a9001', text } });
    if (text === null) expect(JSON.stringify(result)).not.toContain('SECRET');
  });

  it('says how to open a view', async () => {
    const result = await run(schema, '{ note { text } }', memberWith('CLINICIAN'), ['TREATING']);
    expect(result.errors?.[0]?.message).toMatch(
      /mutation openView.*subject.*purpose of TREATMENT, EMERGENCY/,
    );
    expect((result.errors?.[0]?.originalError as VitrineError).details).toMatchObject({
      mutation: 'openView',
    });
  });

  it('guards nested fields, lists and value objects alike', async () => {
    const result = await run(
      schema,
      '{ notes(first: 3) { edges { node { id text price { amount } } } pageInfo { hasNextPage } } }',
      memberWith('CLINICIAN', 'FINANCE'),
      ['TREATING', 'PAYEE'],
    );
    expect(codes(result)).toEqual(['VIEW_ONLY', 'VIEW_ONLY', 'VIEW_ONLY']);
    expect(JSON.stringify(result.data)).not.toContain('SECRET');
    expect(result.data).toMatchObject({
      notes: { edges: [{ node: { text: null, price: { amount: '12' } } }, {}, {}] },
    });
  });

  it('keeps the rest of a list when one record fails verification', async () => {
    const result = await run(
      schema,
      '{ notes(first: 4) { edges { cursor node { version } } } }',
      EVERY_ROLE,
      ['SELF'],
    );
    expect(codes(result)).toEqual(['INTEGRITY_VIOLATION']);
    expect(result.errors?.[0]?.path).toEqual(['notes', 'edges', 3, 'node']);
    expect(result.data).toMatchObject({ notes: { edges: [{}, {}, {}, { cursor: '3', node: null }] } });
  });

  it('answers the same whether a withheld field holds a value or not', async () => {
    const at = (relations: Relation[]) => run(schema, '{ note { text } }', memberWith('REPORTER'), relations);
    expect((await at(['CUSTODIAN'])).errors?.[0]?.message).toBe((await at(['MEMBER'])).errors?.[0]?.message);
  });

  it('asks callers without a token to sign in, at the root', async () => {
    for (const query of [
      '{ note { id } }',
      '{ notes { edges { cursor } } }',
      '{ opening(writer: "x") { op } }',
    ]) {
      expect(codes(await run(schema, query, null, ['SELF']))).toEqual(['UNAUTHENTICATED']);
    }
    const mutation =
      'mutation { writeNote(requestId: "01890a5d-ac96-774b-bcce-b302099a8057") { requestId } }';
    expect(codes(await run(schema, mutation, null))).toEqual(['UNAUTHENTICATED']);
  });

  it('answers anonymous callers what is PUBLIC, LOG, or the existence of a public record', async () => {
    const result = await run(
      schema,
      '{ checkpoint node { id ... on Place { name version recordedAt } } }',
      null,
    );
    expect(result.errors).toBeUndefined();
    expect(result.data).toMatchObject({ checkpoint: 'checkpoint', node: { name: 'Place', version: 2 } });
  });

  it('shows an opening to whom it is for', async () => {
    const ask = (roles: Parameters<typeof memberWith>, relations: Relation[], writer: string) =>
      run(schema, `{ opening(writer: "${writer}") { op } }`, memberWith(...roles), relations);
    expect(codes(await ask(['REGISTRAR'], ['CUSTODIAN'], MEMBER))).toEqual([]);
    expect(codes(await ask(['REGISTRAR'], ['CUSTODIAN'], 'another'))).toEqual(['FORBIDDEN']);
    expect(codes(await ask(['AUDITOR'], ['AUDITOR'], 'another'))).toEqual([]);
    expect(codes(await ask(['CLINICIAN'], ['TREATING'], MEMBER))).toEqual(['FORBIDDEN']);
  });

  it('guards the beginning of a subscription and each of its events', async () => {
    const document = parse('subscription { noteFeed { id text } }');
    const start = async (caller: typeof EVERY_ROLE | null, relations: Relation[]) =>
      subscribe({ schema, document, contextValue: { caller, relations } });
    const before = feed.started;
    const refused = await start(null, ['SELF']);
    expect(Symbol.asyncIterator in refused).toBe(false);
    expect(codes(refused as ExecutionResult)).toEqual(['UNAUTHENTICATED']);
    expect(feed.started).toBe(before);
    const events = (await start(memberWith('CLINICIAN'), ['TREATING'])) as AsyncGenerator<ExecutionResult>;
    const first = await events.next();
    expect(codes(first.value as ExecutionResult)).toEqual(['VIEW_ONLY']);
    expect((first.value as ExecutionResult).data).toMatchObject({ noteFeed: { text: null } });
  });

  it('keeps the classes on the shielded schema', () => {
    expect(outputFields(schema).filter(({ access }) => access === undefined)).toEqual([]);
  });
});

describe('a schema without classes', () => {
  it('is refused with the names of all bare fields', () => {
    @ObjectType()
    class Bare {
      @Field(() => String, { nullable: true })
      secret: string;
    }
    @Resolver()
    class BareResolver {
      @Query(() => Bare)
      bare(): Bare {
        return new Bare();
      }
    }
    const schema = buildSchemaSync({ resolvers: [BareResolver], validate: false });
    expect(() => shieldSchema(schema, OPTIONS)).toThrow(
      /got none on 2: Bare\.secret, Query\.bare|Query\.bare, Bare\.secret/,
    );
  });

  it('is refused for a bare field of a filter', () => {
    @InputType()
    class BareFilter {
      @Field(() => String, { nullable: true })
      name?: string;
    }
    @Resolver()
    class FilterResolver {
      @Classified('STRUCTURE')
      @Query(() => String)
      listed(@Arg('filter', () => BareFilter, { nullable: true }) _filter?: BareFilter): string {
        return '';
      }
    }
    const schema = buildSchemaSync({ resolvers: [FilterResolver], validate: false });
    expect(() => requireClassified(schema)).toThrow(/BareFilter\.name/);
  });

  it('is refused when a guarded field is not nullable', () => {
    @ObjectType()
    class Brittle {
      @Classified('CLINICAL')
      @Field(() => String)
      note: string;
    }
    @Resolver()
    class BrittleResolver {
      @Classified('STRUCTURE')
      @Query(() => Brittle)
      brittle(): Brittle {
        return new Brittle();
      }
    }
    const schema = buildSchemaSync({ resolvers: [BrittleResolver], validate: false });
    expect(() => requireClassified(schema)).toThrow(/nullable.*Brittle\.note/);
  });

  it('is taken when only the fields of Federation are bare', () => {
    const schema = buildSchema(
      'type _Service { sdl: String } union _Entity = _Service type Query { _service: _Service! _entities: [_Entity]! }',
    );
    expect(() => requireClassified(schema)).not.toThrow();
  });
});
