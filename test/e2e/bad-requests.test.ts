/** Requests that are wrong before any value is: bodies, documents, variables, and what asks for too much. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { everything, expectRefusal, expectSilent, MARKER, send } from './refusal.js';

let vitrine: TestVitrine;
let before: Readonly<Record<string, number>>;
let authorization: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  before = await everything(vitrine);
  authorization = `Bearer ${await vitrine.token('registrar.city')}`;
}, 120_000);
afterAll(() => vitrine.stop());

const as = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  send(vitrine, typeof body === 'string' ? body : JSON.stringify(body), { authorization, ...headers });

const REGISTER = `mutation ($input: RegisterPatientInput!) { registerPatient(input: $input) { requestId } }`;
const write = `mutation { enrolMember(input: { requestId: "01890a5d-ac96-774b-bcce-b302099a8057", subject: "${MARKER}", roles: [CLINICIAN] }) { requestId } }`;

describe('a body', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, number, string]>([
    ['malformed JSON', `{"query":"${MARKER}`, 400, 'BAD_USER_INPUT'],
    ['of nothing', '', 400, 'BAD_USER_INPUT'],
    ['of a list', '[]', 400, 'BAD_USER_INPUT'],
    ['of null', 'null', 400, 'BAD_USER_INPUT'],
    ['of a text', `"${MARKER}"`, 400, 'BAD_USER_INPUT'],
    ['of a number', '4', 400, 'BAD_USER_INPUT'],
    ['without a query', '{}', 400, 'BAD_USER_INPUT'],
    ['whose query is a number', '{"query":4}', 400, 'BAD_USER_INPUT'],
    ['whose query is an object', `{"query":{"a":"${MARKER}"}}`, 400, 'BAD_USER_INPUT'],
    [
      'whose variables are a text',
      `{"query":"{ me { roles } }","variables":"${MARKER}"}`,
      400,
      'BAD_USER_INPUT',
    ],
    ['whose variables are a list', '{"query":"{ me { roles } }","variables":[1]}', 400, 'BAD_USER_INPUT'],
    ['of a batch', '[{"query":"{ me { roles } }"},{"query":"{ me { roles } }"}]', 400, 'BAD_USER_INPUT'],
    ['of bytes that are no UTF-8', new Uint8Array([0x7b, 0xc3, 0x28, 0x7d]), 400, 'BAD_USER_INPUT'],
    [
      'too large',
      `{"query":"{ me { roles } }","variables":{"a":"${'x'.repeat(1_048_600)}"}}`,
      413,
      'LIMIT_EXCEEDED',
    ],
    [
      'nested without end',
      `{"query":"{ me { roles } }","variables":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
      400,
      'BAD_USER_INPUT',
    ],
  ])('%s is refused', async (_what, body, status, code) => {
    const response = await send(vitrine, body, { authorization });
    expectRefusal(response, { code });
    expect(response.status).toBe(status);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
  ])('of type %s is refused, so that no form of another site writes anything', async (type) => {
    const answer = await as({ query: write }, { 'content-type': type });
    expectRefusal(answer, { code: 'BAD_USER_INPUT' });
    expect(answer.status).toBe(415);
  });

  it('by GET never mutates, and by a browser’s own request asks nothing', async () => {
    const target = `/graphql?query=${encodeURIComponent(write)}`;
    const header = { authorization, 'apollo-require-preflight': '1' };
    const answer = await send(vitrine, null, header, target);
    expectRefusal(answer, { code: 'BAD_USER_INPUT' });
    expect(answer.status).toBe(405);
    const simple = await fetch(`${vitrine.url}/graphql?query={me{roles}}`);
    expect(simple.status).toBe(400);
    expectSilent(await simple.text());
  });
});

describe('a document', () => {
  it.each<[string, string]>([
    ['that ends too early', '{ me {'],
    ['that is no GraphQL', `SELECT * FROM ${MARKER}`.replace('SELECT', 'select')],
    ['of nothing', ' '],
    ['with an unknown field', '{ me { password } }'],
    ['with an unknown root', '{ users { id } }'],
    ['with an unknown argument', '{ patients(where: "1=1") { pageInfo { hasNextPage } } }'],
    ['with an argument of a wrong type', `{ patients(first: "${MARKER}") { pageInfo { hasNextPage } } }`],
    ['with an argument that is missing', '{ patient { id } }'],
    [
      'with an enum’s value in quotes',
      `{ encounters(filter: { class: "${MARKER}" }) { pageInfo { hasNextPage } } }`,
    ],
    [
      'with an unknown member of an input',
      `{ patients(filter: { ${MARKER.toLowerCase()}: 1 }) { pageInfo { hasNextPage } } }`.replace(
        MARKER.toLowerCase(),
        'ssn',
      ),
    ],
    [
      'with a day that is none',
      '{ patientByIdentifier(system: "a", value: "b", birthDate: "2023-02-30") { id } }',
    ],
    ['with no selection of an object', '{ me }'],
    ['with a selection of a value', '{ checkpoint { size { x } } }'],
    ['with a fragment in itself', '{ me { ...a } } fragment a on Me { ...a }'],
    ['with a variable that is not declared', 'query { patient(id: $id) { id } }'],
    ['with two operations and no name', 'query a { me { roles } } query b { me { roles } }'],
    ['of a fragment alone', 'fragment a on Me { roles }'],
    ['of a subscription, which has its own way', 'subscription { auditTrail { index } }'],
    [
      'with a field of another type’s',
      '{ node(id: "01890a5d-ac96-774b-bcce-b302099a8057") { names { family } } }',
    ],
  ])('%s is refused', async (_what, query) => {
    const answer = await as({ query });
    expect(answer.status, answer.text).toBe(400);
    expect(answer.codes.length).toBeGreaterThan(0);
    expect(new Set(answer.codes), answer.text).toEqual(new Set(['BAD_USER_INPUT']));
    expect(answer.data).toBeNull();
    expectSilent(answer.text);
  });

  const deep = (levels: number) =>
    `{ encounters { edges { node ${'{ patient { encounters { edges { node '.repeat(levels)}{ id }${' } } } }'.repeat(levels)} } } }`;
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, at) => `a${at}: me { roles }`).join(' ')} }`;

  it.each<[string, string, Record<string, unknown>?]>([
    ['too deep', deep(4)],
    [
      'too deep in fragments',
      '{ patients { edges { node { ...a } } } } fragment a on Patient { encounters { edges { node { patient { encounters { edges { node { patient { encounters { edges { node { id } } } } } } } } } } } }',
    ],
    ['with too many aliases', aliases(31)],
    [
      'with too many aliases in fragments',
      `{ ${'...f '.repeat(8)} } fragment f on Query { ${Array.from({ length: 5 }, (_, at) => `a${at}: me { roles }`).join(' ')} }`,
    ],
    [
      'too costly',
      '{ patients(first: 100) { edges { node { encounters(first: 100) { edges { node { id status } } } } } } }',
    ],
    [
      'too costly by a variable',
      'query ($n: Int) { patients(first: $n) { edges { node { encounters(first: $n) { edges { node { id status } } } } } } }',
      { n: 100 },
    ],
    [
      'too costly by a variable’s default',
      'query ($n: Int = 100) { patients(first: $n) { edges { node { encounters(first: $n) { edges { node { id status } } } } } } }',
    ],
    ['of too many tokens', `{ me { ${'roles '.repeat(4100)} } }`],
    ['with too many directives', `{ me { roles ${'@include(if: true) '.repeat(31)} } }`],
  ])('%s is refused before anything runs', async (_what, query, variables = {}) => {
    const answer = await as({ query, variables });
    // A directive that may stand once is refused by the language already.
    expect(['LIMIT_EXCEEDED', 'BAD_USER_INPUT'], answer.text).toContain(answer.codes[0]);
    expect(answer.data).toBeNull();
    expect(answer.status).toBe(400);
    expectSilent(answer.text);
  });

  it.each([0, -1, 101, 2147483647])(
    'that asks for a page of %d is refused with the argument',
    async (first) => {
      for (const list of [
        'patients',
        'encounters',
        'institutions',
        'reports',
        'subsidies',
        'entries',
        'blocks',
        'members',
        'forms',
        'programmes',
      ]) {
        const answer = await as({ query: `{ ${list}(first: ${first}) { pageInfo { hasNextPage } } }` });
        // A page that large is refused for its cost, whichever is seen first.
        expect(['BAD_USER_INPUT', 'LIMIT_EXCEEDED'], answer.text).toContain(answer.codes[0]);
        expect(answer.codes).toHaveLength(1);
      }
    },
  );

  it.each(['zzz', '', "' OR 1=1 --", MARKER, '-1', '99999999999999999999'])(
    'with the cursor %j is refused',
    async (after) => {
      for (const list of [
        'patients',
        'encounters',
        'institutions',
        'reports',
        'subsidies',
        'entries',
        'blocks',
        'members',
        'forms',
        'programmes',
      ])
        expectRefusal(
          await as({
            query: `query ($after: String) { ${list}(after: $after) { pageInfo { hasNextPage } } }`,
            variables: { after },
          }),
          { code: 'BAD_USER_INPUT', path: 'after' },
        );
    },
  );
});

describe('variables', () => {
  const input = {
    requestId: '01890a5d-ac96-774b-bcce-b302099a8057',
    identifiers: [{ system: 'urn:a', value: MARKER }],
  };

  it.each<[string, string]>([
    [
      'a member __proto__ of the input',
      `{"input":{"__proto__":{"identifiers":[]},"requestId":"${input.requestId}"}}`,
    ],
    [
      'a member __proto__ beside good ones',
      JSON.stringify({ input: { ...input, at: 0 } }).replace('"at":0', '"__proto__":{"custodian":"x"}'),
    ],
    ['a member constructor', JSON.stringify({ input: { ...input, constructor: { prototype: {} } } })],
    ['a member toString', JSON.stringify({ input: { ...input, toString: 1 } })],
    ['an input that is __proto__ alone', '{"__proto__":{"input":{}}}'],
    ['an input of null', '{"input":null}'],
    ['no input', '{}'],
    ['an input of a list', '{"input":[]}'],
    ['an input of a text', `{"input":"${MARKER}"}`],
    [
      'a member twice, the last of which counts',
      `{"input":{"requestId":"${input.requestId}","identifiers":[{"system":"urn:a","value":"1"}],"identifiers":[]}}`,
    ],
    [
      'an identifier of a number',
      JSON.stringify({ input: { ...input, identifiers: [{ system: 'urn:a', value: 5 }] } }),
    ],
    ['an identifier of null', JSON.stringify({ input: { ...input, identifiers: [null] } })],
  ])('with %s are refused', async (_what, variables) => {
    const answer = await as(`{"query":${JSON.stringify(REGISTER)},"variables":${variables}}`);
    expect(new Set(answer.codes), answer.text).toEqual(new Set(['BAD_USER_INPUT']));
    expectSilent(answer.text);
    expect(answer.errors[0]?.extensions.path?.[0]).toBe('input');
    expect(({} as Record<string, unknown>)['custodian']).toBeUndefined();
  });

  it('that the document doesn’t ask for change nothing, __proto__ among them', async () => {
    const answer = await as('{"query":"{ me { roles } }","variables":{"__proto__":{"caller":null},"x":1}}');
    expect([answer.codes, answer.data]).toEqual([[], { me: { roles: ['REGISTRAR'] } }]);
  });

  it('with a lone surrogate anywhere are refused, in names too', async () => {
    for (const variables of ['{"x":"\\ud800"}', '{"\\udfff":1}', '{"x":[{"y":"a\\ud83d"}]}'])
      expectRefusal(await as(`{"query":"{ me { roles } }","variables":${variables}}`), {
        code: 'BAD_USER_INPUT',
      });
    const literal = await as({
      query: '{ patients(filter: { name: "\\ud800" }) { pageInfo { hasNextPage } } }',
    });
    expect(literal.codes[0]).toBe('BAD_USER_INPUT');
  });
});

describe('after all of this', () => {
  it('nothing was written anywhere', async () => {
    expect(await everything(vitrine)).toEqual(before);
  });
});
