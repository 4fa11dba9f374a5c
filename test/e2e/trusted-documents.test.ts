/** Trusted documents: of a vendor with a list in force nothing else runs, over HTTP, GET and WebSocket alike. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { documentsOf } from '../../src/cli/trust/documents.js';
import { run } from '../../src/cli/program.js';
import { TestVitrine } from '../support/vitrine.js';

const WHO = 'query Who { me { roles ...Home } }\nfragment Home on Me { institution { name } }';
const TRAIL = 'subscription Trail { auditTrail { index } }';

let vitrine: TestVitrine;
let vendor: string;
let city: string;
let folder: string;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  folder = await mkdtemp(join(tmpdir(), 'vitrine-trust-'));
  const me = await vitrine.ask<{ me: { institution: { id: string } } }>(
    'registrar.city',
    '{ me { institution { id } } }',
  );
  city = me.data?.me.institution.id ?? '';
  const { data } = await vitrine.mutate<{ enrolMember: { member: { id: string } } }>(
    'registrar.city',
    'enrolMember',
    { institution: city, subject: 'board.city', name: 'Ward board', roles: ['CLINICIAN', 'VENDOR'] },
    'member { id }',
  );
  vendor = data?.enrolMember.member.id ?? '';
});

afterAll(async () => {
  await vitrine.stop();
  await rm(folder, { recursive: true, force: true });
});

const trust = (input: object, who = 'registrar.city') =>
  vitrine.mutate<{ trustDocuments: { trustedDocuments: { version: number } } }>(
    who,
    'trustDocuments',
    { member: vendor, reason: 'Release 7', documents: [{ name: 'Who', text: WHO }], ...input },
    'trustedDocuments { version }',
  );

const entries = () => vitrine.serving.ledger.trusted.size;

describe('before there is a list', () => {
  it('runs what the limits allow', async () => {
    expect((await vitrine.ask('board.city', '{ me { roles } }')).errors).toEqual([]);
  });

  it.each([
    ['not GraphQL', [{ name: 'x', text: '{ me {' }], ['input', 'documents', 0, 'text']],
    ['too deep to parse', [{ name: 'x', text: '{me'.repeat(4000) }], ['input', 'documents', 0, 'text']],
    [
      'not valid in the schema',
      [{ name: 'x', text: 'query X { me { salary } }' }],
      ['input', 'documents', 0, 'text'],
    ],
    [
      'there twice, in another order',
      [
        { name: 'a', text: WHO },
        {
          name: 'b',
          text: `fragment Home on Me { institution { name } } # again\n query Who { me { roles, ...Home } }`,
        },
      ],
      ['input', 'documents', 1, 'text'],
    ],
  ])('refuses a document that is %s, and writes nothing', async (_, documents, path) => {
    const before = entries();
    const { errors } = await trust({ documents });
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.extensions.problems?.[0]?.path).toEqual(path);
    expect(entries()).toBe(before);
  });

  it.each([
    ['the vendor itself', 'board.city', 'FORBIDDEN'],
    ['a clinician of the institution', 'clinician.city', 'FORBIDDEN'],
    ['a registrar of another one', 'registrar.north', 'NOT_FOUND'],
  ])('takes no list of %s', async (_, who, code) => {
    expect((await trust({}, who)).codes).toEqual([code]);
  });

  it('keeps no list for a member who is no vendor', async () => {
    const me = await vitrine.ask<{ me: { member: { id: string } } }>(
      'clinician.city',
      '{ me { member { id } } }',
    );
    const { errors } = await trust({ member: me.data?.me.member.id });
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'member'] });
  });
});

describe('a list in force', () => {
  beforeAll(async () => {
    const documents = [
      { name: 'Who', text: WHO },
      { name: 'Trail', text: TRAIL },
    ];
    expect((await trust({ documents })).errors).toEqual([]);
  });

  it.each([
    ['as it was given', WHO],
    ['in another layout', `# a comment\n${WHO.replaceAll(' ', '  ').replaceAll('{', ' {,\n')}`],
    ['with its definitions in another order', WHO.split('\n').reverse().join('\n')],
  ])('runs a document %s', async (_, text) => {
    const { data, errors } = await vitrine.ask<{ me: { roles: string[] } }>('board.city', text);
    expect(errors).toEqual([]);
    expect(data?.me.roles).toContain('VENDOR');
  });

  it.each([
    ['another document', '{ patients { edges { node { id } } } }'],
    ['one field more', WHO.replace('roles', 'roles licensed')],
    ['another alias', WHO.replace('roles', 'r: roles')],
    ['a trusted operation beside another', `${WHO}\nquery Other { patients { edges { node { id } } } }`],
    ['introspection', '{ __schema { types { name } } }'],
    ['the text of the subgraph', '{ _service { sdl } }'],
    ['a field that there is not', '{ patientz { id } }'],
    ['what is not GraphQL', '{ me {'],
    ['a mutation', 'mutation { suspendMember(input: {}) { requestId } }'],
  ])('refuses %s with the same words, before anything is told of it', async (_, text) => {
    const before = entries();
    const { status, data, errors, text: answer } = await vitrine.ask('board.city', text);
    expect([status, data]).toEqual([403, null]);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions.code).toBe('UNTRUSTED_DOCUMENT');
    expect(answer).not.toMatch(/patient|Did you mean|Syntax/);
    expect(entries()).toBe(before);
  });

  it('refuses a document of a GET request, and a hash in its place', async () => {
    const headers = {
      authorization: `Bearer ${await vitrine.token('board.city')}`,
      'apollo-require-preflight': 'yes',
    };
    const get = async (query: Record<string, string>) => {
      const response = await fetch(`${vitrine.url}/graphql?${new URLSearchParams(query).toString()}`, {
        headers,
      });
      return { status: response.status, text: await response.text() };
    };
    expect((await get({ query: '{ me { roles } }' })).text).toContain('UNTRUSTED_DOCUMENT');
    expect((await get({ query: WHO })).status).toBe(200);
    const persisted = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
    const { text } = await get({ extensions: JSON.stringify(persisted) });
    expect(text).toContain('"errors"');
    expect(text).not.toContain('"data"');
  });

  it('holds nobody else to it', async () => {
    expect((await vitrine.ask('clinician.city', '{ me { licensed } }')).errors).toEqual([]);
  });

  it('is told to the vendor, its institution and the state, and to no other institution', async () => {
    const query = 'query ($id: ID!) { trustedDocuments(member: $id) { enforced documents { name hash } } }';
    const seen = async (who: string) =>
      (await vitrine.ask<{ trustedDocuments: object | null }>(who, query, { id: vendor })).data
        ?.trustedDocuments;
    expect(await seen('registrar.city')).toMatchObject({
      enforced: true,
      documents: [{ name: 'Who' }, { name: 'Trail' }],
    });
    expect(await seen('regulator.one')).not.toBeNull();
    expect(await seen('auditor')).not.toBeNull();
    expect(await seen('registrar.north')).toBeNull();
  });

  it('holds over WebSocket, and ends a subscription whose document leaves the list', async () => {
    const client = createClient({
      url: `${vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${await vitrine.token('board.city')}` },
      retryAttempts: 0,
    });
    const ends = (query: string) =>
      new Promise<string>((resolve) =>
        client.subscribe(
          { query },
          {
            next: ({ errors }) => errors && resolve(JSON.stringify(errors)),
            error: (error) => resolve(JSON.stringify(error)),
            complete: () => resolve('complete'),
          },
        ),
      );
    expect(await ends('subscription { checkpoints { size } }')).toContain('UNTRUSTED_DOCUMENT');
    const trail = ends(TRAIL);
    await trust({ documents: [{ name: 'Who', text: WHO }] });
    expect(await trail).toContain('UNTRUSTED_DOCUMENT');
    await client.dispose();
  });

  it('fails closed when its row is gone from the database', async () => {
    const table = '"trust"';
    await vitrine.tamper(`CREATE TABLE kept AS SELECT * FROM ${table}`, `DELETE FROM ${table}`);
    await vitrine.restart();
    expect((await vitrine.ask('board.city', WHO)).codes).toEqual(['INTEGRITY_VIOLATION']);
    await vitrine.tamper(`INSERT INTO ${table} SELECT * FROM kept`, 'DROP TABLE kept');
    await vitrine.restart();
    expect((await vitrine.ask('board.city', WHO)).errors).toEqual([]);
  });

  it('holds nothing back when it is off', async () => {
    expect((await trust({ enforced: false })).errors).toEqual([]);
    expect((await vitrine.ask('board.city', '{ me { licensed } }')).errors).toEqual([]);
  });
});

describe('vitrine trust', () => {
  it('makes a document of each operation with the fragments that it uses, from all files', async () => {
    await writeFile(join(folder, 'a.graphql'), 'query A { me { ...Home } } query B { me { roles } }');
    await writeFile(join(folder, 'b.graphql'), 'fragment Home on Me { institution { name } }');
    const documents = documentsOf([folder]);
    expect(documents.map(({ name }) => name).sort()).toEqual(['A', 'B']);
    expect(documents.find(({ name }) => name === 'A')?.text).toContain('fragment Home');
    expect(documents.find(({ name }) => name === 'B')?.text).not.toContain('fragment');
  });

  it.each([
    ['a syntax error', 'query A {', /x\.graphql:1:10/],
    ['an operation without a name', '{ me { roles } }', /with a name/],
    ['a fragment that is nowhere', 'query A { me { ...Gone } }', /Gone/],
    ['types', 'type A { b: Int }', /only operations/],
  ])('names the file with %s', async (_, text, message) => {
    const file = join(folder, 'x.graphql');
    await writeFile(file, text);
    expect(() => documentsOf([file])).toThrow(message);
    await rm(file);
  });

  it('sets the list of a running server', async () => {
    const argv = ['node', 'vitrine', 'trust', folder, '--member', vendor, '--server', vitrine.url];
    expect(await run([...argv, '--persona', 'registrar.city', '--json'])).toBe(0);
    expect((await vitrine.ask('board.city', 'query B { me { roles } }')).errors).toEqual([]);
    expect((await vitrine.ask('board.city', `query B { me { roles } } # ${randomUUID()}`)).errors).toEqual(
      [],
    );
    expect((await vitrine.ask('board.city', 'query C { me { roles } }')).codes).toEqual([
      'UNTRUSTED_DOCUMENT',
    ]);
  });
});
