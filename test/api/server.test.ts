import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApolloServer } from '@apollo/server';
import {
  buildSchema,
  getIntrospectionQuery,
  GraphQLError,
  Kind,
  parse,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { Field, Mutation, ObjectType, Query, Resolver, Arg, buildSchemaSync } from 'type-graphql';
import { collapsePlugin, shieldSchema } from '../../src/access/index.js';
import {
  Classified,
  DateScalar,
  DEFAULT_LIMITS,
  requireWithinLimits,
  errorFormatter,
  limitsPlugin,
  type ErrorOptions,
  type RequestContext,
} from '../../src/api/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import { EVERY_ROLE, memberWith, sampleSchema, type SampleContext } from './sample.js';

@ObjectType()
class Never {
  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true })
  readonly text?: string;
}

@Resolver()
class FailingResolver {
  @Classified('STRUCTURE', { anonymous: true })
  @Query(() => Never, { nullable: true })
  fails(
    @Arg('how', () => String) how: string,
    @Arg('day', () => DateScalar, { nullable: true }) _day?: string,
    @Arg('days', () => [DateScalar], { nullable: true }) _days?: string[],
  ): Never {
    if (how === 'string') throw 'SECRET'; // eslint-disable-line @typescript-eslint/only-throw-error
    if (how === 'internal') throw new VitrineError('INTERNAL', 'SECRET');
    if (how === 'conflict') {
      throw new VitrineError('CONFLICT', 'expected version 1, got 2', {
        path: ['input', 'expectedVersion'],
        details: { version: 2 },
      });
    }
    throw new Error('SECRET');
  }

  @Classified('STRUCTURE')
  @Mutation(() => Never, { nullable: true })
  never(): null {
    return null;
  }
}

const logged: object[] = [];
const quiet = () => undefined;

const OPTIONS: ErrorOptions = {
  hideSuggestions: true,
  log: { debug: quiet, info: quiet, warn: quiet, error: (facts) => logged.push(facts) },
  reference: () => 'R1',
};

/** As `src/server/graphql.ts` sets Apollo Server up, as far as it concerns this room. */
function serve(schema: GraphQLSchema) {
  return new ApolloServer<RequestContext>({
    schema: shieldSchema(schema, { existenceOf: () => 'DIRECTORY' }),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: 2000 },
    formatError: errorFormatter(OPTIONS),
    plugins: [limitsPlugin(DEFAULT_LIMITS), collapsePlugin()],
  });
}

async function ask(
  server: ApolloServer<RequestContext>,
  query: string,
  caller: SampleContext['caller'] = EVERY_ROLE,
  variables: Record<string, unknown> = {},
): Promise<{ data: unknown; errors: readonly GraphQLFormattedError[]; status: number | undefined }> {
  const contextValue = { caller, relations: ['TREATING'] } as unknown as RequestContext;
  const { body, http } = await server.executeOperation({ query, variables }, { contextValue });
  if (body.kind !== 'single') throw new Error('expected a single answer');
  return { data: body.singleResult.data, errors: body.singleResult.errors ?? [], status: http.status };
}

describe('answers of the server', () => {
  const server = serve(sampleSchema());
  const failing = serve(buildSchemaSync({ resolvers: [FailingResolver], validate: false }));
  afterAll(() => Promise.all([server.stop(), failing.stop()]));

  it('give one error for a list of withheld fields', async () => {
    const { errors } = await ask(
      server,
      '{ notes(first: 3) { edges { node { text } } } }',
      memberWith('CLINICIAN'),
    );
    expect(errors).toEqual([
      {
        message: expect.stringContaining('openView') as string,
        locations: expect.any(Array) as unknown[],
        path: ['notes', 'edges', 0, 'node', 'text'],
        extensions: {
          code: 'VIEW_ONLY',
          pattern: 'notes.edges.node.text',
          details: { fieldClass: 'CLINICAL', mutation: 'openView', purposes: 'TREATMENT EMERGENCY' },
        },
      },
    ]);
  });

  it.each(['error', 'string', 'internal'])('hide an %s that nobody meant to show', async (how) => {
    logged.length = 0;
    const { errors } = await ask(failing, `{ fails(how: "${how}") { text } }`);
    expect(errors[0]?.extensions).toEqual({ code: 'INTERNAL', reference: 'R1' });
    expect(JSON.stringify(errors)).not.toContain('SECRET');
    if (how !== 'internal') expect(JSON.stringify(logged)).not.toContain('SECRET');
    expect(logged).toEqual([expect.objectContaining({ reference: 'R1', path: ['fails'] })]);
  });

  it('show a refusal with its code, path and details', async () => {
    const { errors } = await ask(failing, '{ fails(how: "conflict") { text } }');
    expect(errors[0]).toMatchObject({
      message: 'expected version 1, got 2',
      extensions: { code: 'CONFLICT', path: ['input', 'expectedVersion'], details: { version: 2 } },
    });
  });

  it.each([
    ['a syntax error', '{ fails(', {}],
    ['an unknown field', '{ failz }', {}],
    ['a missing argument', '{ fails { text } }', {}],
    ['a bad literal', '{ fails(how: "x", day: "2023-02-3x") { text } }', {}],
    ['a bad variable', 'query ($d: Date) { fails(how: "x", day: $d) { text } }', { d: '2023-02-3x' }],
    [
      'a variable of another type',
      'query ($h: String!) { fails(how: $h) { text } }',
      { h: { a: '2023-02-3x' } },
    ],
    [
      'more bad variables than it lists',
      'query ($d: [Date!]) { fails(how: "x", days: $d) { text } }',
      { d: Array.from({ length: 99 }, () => '2023-02-3x') },
    ],
    ['no such operation', 'query a { fails(how: "x") { text } } query b { fails(how: "x") { text } }', {}],
  ])('say BAD_USER_INPUT to %s, without values and suggestions', async (_what, query, variables) => {
    const { errors, data } = await ask(failing, query, EVERY_ROLE, variables);
    expect(errors.map((error) => error.extensions?.['code'])).toEqual(errors.map(() => 'BAD_USER_INPUT'));
    expect(errors.length).toBeGreaterThan(0);
    expect(data ?? null).toBeNull();
    if (_what === 'a bad variable')
      expect(errors[0]?.message).toMatch(/^Variable "\$d" is not valid; Date: expected/);
    expect(JSON.stringify(errors)).not.toMatch(/2023-02-3x|Did you mean|stacktrace/);
  });

  it.each([
    [
      'String cannot represent a non string value: { b: "; X1" }',
      'String cannot represent a non string value',
    ],
    [
      'Value "X1; X1" does not exist in "Role" enum. Did you mean "X1"?',
      'The value does not exist in "Role" enum.',
    ],
    ['Expected value of type "Role!", found "X1".', 'Expected value of type "Role!"'],
    ['Int cannot represent non-integer value: "X1"', 'Int cannot represent non-integer value'],
  ])('leave the value out of: %s', (reason, expected) => {
    const cause = new GraphQLError(reason);
    const extensions = { code: 'BAD_USER_INPUT' };
    const format = errorFormatter(OPTIONS);
    const literal = new GraphQLError(reason, { extensions });
    expect(format(literal.toJSON(), literal)).toEqual({ message: expected, extensions });
    const text = `Variable "$a" got invalid value { b: "X1; X1" } at "a.b[0]"; ${reason}`;
    const error = new GraphQLError(text, { extensions, originalError: cause });
    expect(format(error.toJSON(), error).message).toBe(`Variable "$a" is not valid at "a.b[0]"; ${expected}`);
    const unknown = new GraphQLError(text, { extensions });
    expect(format(unknown.toJSON(), unknown).message).toBe('Variable "$a" is not valid');
  });

  it.each([
    'Expected value of type "Role", found "*".',
    'Value "*" does not exist in "Role" enum.',
    'Syntax Error: Expected Name, found String "*".',
  ])('take no time over a long value in: %s', (reason) => {
    const format = errorFormatter(OPTIONS);
    const began = performance.now();
    for (const part of ['cannot represent ', 'Did you mean ', 'Value "', 'Expected value of type "']) {
      const error = new GraphQLError(reason.replace('*', part.repeat(60_000)), {
        extensions: { code: 'BAD_USER_INPUT' },
      });
      format(error.toJSON(), error);
    }
    expect(performance.now() - began).toBeLessThan(2000);
  });

  it.each([
    [
      'a lone surrogate in a variable',
      { h: '\ud800' },
      'query ($h: String!) { fails(how: $h) { text } }',
      ['h'],
    ],
    ['U+0000 in a variable', { h: '\u0000' }, 'query ($h: String!) { fails(how: $h) { text } }', ['h']],
    ['a lone surrogate in a literal', {}, '{ fails(how: "\\ud800") { text } }', undefined],
  ])('refuse %s', async (_what, variables, query, path) => {
    const { errors, status } = await ask(failing, query, EVERY_ROLE, variables);
    expect(errors[0]?.extensions?.['code']).toBe('BAD_USER_INPUT');
    if (path !== undefined) expect(errors[0]?.extensions?.['path']).toEqual(path);
    expect([200, 400]).toContain(status ?? 200);
  });

  it.each([
    ['aliases', `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: checkpoint`).join(' ')} }`, 30, 31],
    [
      'aliases in fragments',
      `{ ...f ...f } fragment f on Query { ${Array.from({ length: 16 }, (_, n) => `a${n}: checkpoint`).join(' ')} }`,
      30,
      32,
    ],
    ['directives', `{ ${'checkpoint @include(if: true) '.repeat(31)} }`, 30, 31],
  ])('limit %s', async (_what, query, expected, came) => {
    const { errors, status } = await ask(server, query);
    expect(errors[0]?.extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', details: { expected, came } });
    expect(status).toBe(400);
  });

  it('limit the length of a document', async () => {
    const { errors } = await ask(server, `{ ${'checkpoint '.repeat(2001)} }`);
    expect(errors[0]).toMatchObject({ extensions: { code: 'LIMIT_EXCEEDED' } });
    expect(errors[0]?.message).toContain('2000');
  });

  it('leave introspection to its own limit', async () => {
    expect((await ask(server, getIntrospectionQuery(), null)).errors).toEqual([]);
  });
});

describe('the limits', () => {
  const schema = buildSchema(`
    type Query { patients(first: Int = 20): Patients, patient: Patient }
    type Patients { edges: [Edge] } type Edge { node: Patient }
    type Patient { id: ID, names: [Name], encounters(first: Int = 20): Patients, next: Patient }
    type Name { given: String, family: String }
  `);
  const measured = (
    query: string,
    limits: Partial<typeof DEFAULT_LIMITS>,
    variables: Record<string, unknown> = {},
  ) => {
    const document = parse(query);
    const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
    if (operation === undefined) throw new Error('expected an operation');
    return () =>
      requireWithinLimits({ schema, document, operation, variables }, { ...DEFAULT_LIMITS, ...limits });
  };
  let came: (cost: number) => unknown;
  beforeAll(() => {
    came = (cost) =>
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', details: { expected: 0, came: cost } });
  });

  it.each<[string, number, Record<string, unknown>?]>([
    ['{ patient { id } }', 2],
    ['{ patients(first: 10) { edges { node { id } } } }', 1 + 10 * 3],
    ['{ patients { edges { node { id } } } }', 1 + 20 * 3],
    ['query ($n: Int) { patients(first: $n) { edges { node { id } } } }', 1 + 100 * 3, { n: 100 }],
    ['query ($n: Int = 50) { patients(first: $n) { edges { node { id } } } }', 1 + 50 * 3],
    // Names that every object has.
    [
      'query ($constructor: Int = 50) { patients(first: $constructor) { edges { node { id } } } }',
      1 + 50 * 3,
    ],
    ['query ($__proto__: Int = 50) { patients(first: $__proto__) { edges { node { id } } } }', 1 + 50 * 3],
    ['{ patient { names { given family } } }', 1 + 1 + 4 * 2],
    [
      '{ patients(first: 10) { edges { node { encounters(first: 5) { edges { node { id } } } } } } }',
      1 + 10 * (2 + 1 + 5 * 3),
    ],
    ['{ ...f ...f } fragment f on Query { patients(first: 10) { edges { node { id } } } }', 2 * 31],
    ['{ ... on Query { patient { ... { id } } } }', 2],
  ])('count the fields of the answer to %s', (query, cost, variables) => {
    expect(measured(query, { cost: 0 }, variables)).toThrow(came(cost));
    expect(measured(query, { cost }, variables)).not.toThrow();
  });

  it('count depth through fragments', () => {
    const query = '{ patient { ...f } } fragment f on Patient { next { ... { next { id } } } }';
    expect(measured(query, { depth: 4 })).not.toThrow();
    expect(measured(query, { depth: 3 })).toThrow(/expected at most 3 levels of fields, got 4/);
  });

  it('count fragments that double each other in no time', () => {
    const doubling = Array.from(
      { length: 60 },
      (_, n) => `fragment f${n} on Patient { ...f${n + 1} ...f${n + 1} }`,
    );
    const query = `{ patient { ...f0 } } ${doubling.join(' ')} fragment f60 on Patient { id }`;
    expect(measured(query, {})).toThrow(/fields in the answer/);
  });

  it('end on fragments that validation would refuse for their circle', () => {
    expect(measured('{ patient { ...f } } fragment f on Patient { next { ...f } }', {})).not.toThrow();
  });
});
