/** Ways to carry data away by taking it: links, tokens, budgets, open subscriptions, documents and requests that aren't what they seem. */
import { createHash, randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { BUDGETS } from '../../src/access/index.js';
import { makeHolder, proofOf, athOf } from '../support/dpop.js';
import { expectSilent } from '../e2e/refusal.js';
import { expectNothing, Scene } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
}, 60_000);
afterAll(() => scene.stop());

const PRIZE = () =>
  `{ patient(id: "${scene.patient}") { names { family } birthDate alerts { text } encounters { edges { node { note } } } } }`;

/** Anything over HTTP, with any headers. */
async function send(
  path: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const { status, headers, ...response } = await fetch(`${scene.vitrine.url}${path}`, init).then(
    async (got) => ({
      status: got.status,
      headers: got.headers,
      text: Buffer.from(await got.arrayBuffer()).toString('latin1'),
    }),
  );
  return { status, headers, text: response.text };
}

const post = (body: unknown, headers: Readonly<Record<string, string>>) =>
  send('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const bearer = async (who: string) => ({ authorization: `Bearer ${await scene.vitrine.token(who)}` });

interface Opened {
  readonly openView: {
    readonly view: { readonly id: string; readonly pages: readonly { readonly url: string }[] };
  } | null;
}

const emergency = (who: string, patient: string) =>
  scene.vitrine.mutate<Opened>(
    who,
    'openView',
    { subject: { kind: 'PATIENT', id: patient }, purpose: 'EMERGENCY', reason: 'Found unconscious' },
    'view { id pages { url } }',
  );

describe('links to pages', () => {
  it('are worth nothing replayed, shared, guessed or without a token, and each try is a line of the feed', async () => {
    const { data, text } = await emergency('clinician.north', scene.patient);
    expectNothing(text);
    const [url = ''] = data?.openView?.view.pages.map((page) => page.url) ?? [];
    const fetched = async (who: string | null, at = url) => {
      const { status, text: body } = await send(at, { headers: who === null ? {} : await bearer(who) });
      return { status, body };
    };
    expect((await fetched('clinician.north')).status).toBe(200);
    const replayed = await fetched('clinician.north');
    const shared = await fetched('registrar.north');
    const stranger = await fetched('clinician.harbour');
    const guessed = await fetched('clinician.north', url.replace(/.{8}$/, '00000000'));
    for (const one of [replayed, shared, stranger, guessed]) {
      // Not the body first: it may be a picture.
      expect(one.status).toBe(404);
      expect(one).toEqual({ status: 404, body: replayed.body });
      expectSilent(one.body);
    }
    expect((await fetched(null)).status).toBe(401);
    const lines = await scene.denials('view.page');
    expect(lines.filter((line) => line.endsWith('NOT_FOUND'))).toHaveLength(4);
  });
});

describe('budgets', () => {
  it('aren’t overspent by a race, and what is beyond is a line of the feed', async () => {
    const most = BUDGETS.CLINICIAN?.EMERGENCY?.[0] ?? 0;
    const strangers = await Promise.all(Array.from({ length: most + 5 }, () => scene.person()));
    const answers = await Promise.all(strangers.map((patient) => emergency('clinician.harbour', patient)));
    expect(answers.filter(({ codes }) => codes.length === 0)).toHaveLength(most);
    const refused = answers.filter(({ codes }) => codes.length > 0);
    expect(new Set(refused.flatMap(({ codes }) => codes))).toEqual(new Set(['BUDGET_EXHAUSTED']));
    expect(await scene.denials('view.open')).toHaveLength(refused.length);
    for (const { text } of answers) expectNothing(text);
  });

  it('end the guessing of numbers; hit or miss, each guess is an entry, and nobody’s name is told', async () => {
    const most = BUDGETS.CLINICIAN?.LISTED?.[0] ?? 0;
    const guess = (value: string, birthDate = '1943-11-29') =>
      scene.vitrine.ask<{ patientByIdentifier: { id: string } | null }>(
        'clinician.harbour',
        `query ($value: String!, $birthDate: PartialDate!) {
          patientByIdentifier(system: "urn:test:attacks", value: $value, birthDate: $birthDate) { id names { family } alerts { text } } }`,
        { value, birthDate },
      );
    const before = scene.size;
    const hit = await guess('PREY-90417');
    expect(await scene.entries('view.list', before)).toBe(1);
    const [wrong, missed] = [await guess('PREY-90417', '1943-11-28'), await guess('PREY-90418')];
    expect(await scene.entries('view.list', before)).toBe(3);
    expect(wrong.text).toBe(missed.text);
    expect([hit.codes, missed.codes]).toEqual([['FORBIDDEN', 'FORBIDDEN'], ['NOT_FOUND']]);
    const walk = await Promise.all(Array.from({ length: most + 5 }, (_, at) => guess(`PREY-${at}`)));
    for (const { text } of [hit, ...walk]) expectNothing(text);
    expect(walk.filter(({ codes }) => codes[0] === 'BUDGET_EXHAUSTED').length).toBeGreaterThanOrEqual(5);
    // The number that was asked for twice counts once.
    expect(await scene.entries('view.list', before)).toBe(most + 1);
    expect(await scene.denials('view.list')).toContain('budget BUDGET_EXHAUSTED');
  });

  it('aren’t gone around by registering a number that is taken', async () => {
    const { codes, text } = await scene.vitrine.mutate(
      'registrar.north',
      'registerPatient',
      {
        identifiers: [{ system: 'urn:test:attacks', value: 'PREY-90417' }],
        names: [{ family: 'Thief' }],
        birthDate: '1943-11-28',
      },
      'patient { id names { family } }',
    );
    expect(codes).toEqual(['CONFLICT']);
    expectNothing(text);
    expect(text).not.toContain(scene.patient);
  });
});

describe('tokens', () => {
  it('bound to a key are worth nothing to who has none of it, or another', async () => {
    const victim = await makeHolder();
    const thief = await makeHolder();
    const at = `${scene.vitrine.url}/dev/token`;
    const iat = Math.floor(scene.clock().getTime() / 1000);
    const first = await send('/dev/token', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        dpop: await proofOf(victim, { iat, htm: 'POST', htu: at }),
      },
      body: JSON.stringify({ persona: 'clinician.city' }),
    });
    const nonce = first.headers.get('dpop-nonce');
    const given = await send('/dev/token', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        dpop: await proofOf(victim, { iat, htm: 'POST', htu: at, nonce }),
      },
      body: JSON.stringify({ persona: 'clinician.city' }),
    });
    const token = (JSON.parse(given.text) as { access_token: string }).access_token;
    const claims = { iat, htm: 'POST', htu: `${scene.vitrine.url}/graphql`, ath: athOf(token), nonce };
    const own = await proofOf(victim, claims);
    const headers = { authorization: `DPoP ${token}`, dpop: own };
    expect((await post({ query: PRIZE() }, headers)).text, 'the victim itself').toContain('Vasilkovich');
    for (const [name, stolen] of Object.entries({
      'as a bearer token': { authorization: `Bearer ${token}` },
      'without a proof': { authorization: `DPoP ${token}` },
      'with the thief’s own proof': { authorization: `DPoP ${token}`, dpop: await proofOf(thief, claims) },
      'with the victim’s proof again': headers,
      'with a proof of the victim’s key for another address': {
        authorization: `DPoP ${token}`,
        dpop: await proofOf(victim, { ...claims, htu: `${scene.vitrine.url}/other` }),
      },
    })) {
      const { status, text } = await post({ query: PRIZE() }, stolen);
      expect(status, name).toBe(401);
      expectNothing(text, name);
    }
  });

  it('of a member who was suspended read nothing from the next request on, and what it tries is a line of the feed', async () => {
    const member = await scene.make('registrar.city', 'enrolMember', 'member', {
      institution: await institutionOf('clinician.city'),
      subject: 'leaver.city',
      name: 'Leaver',
      roles: ['CLINICIAN'],
    });
    expect((await scene.vitrine.ask('leaver.city', PRIZE())).text).toContain('Vasilkovich');
    await scene.make('registrar.city', 'suspendMember', 'member', { member, reason: 'Left' });
    const { status, text, codes } = await scene.vitrine.ask('leaver.city', PRIZE());
    expect([status, codes]).toEqual([403, ['FORBIDDEN']]);
    expectNothing(text);
    await scene.vitrine.mutate(
      'leaver.city',
      'amendPatient',
      { patient: scene.patient, expectedVersion: 1 },
      'receipt { index }',
    );
    expect(await scene.denials('patient.amend')).toHaveLength(1);
  });
});

describe('subscriptions that were open before', () => {
  /** Events of a subscription until it ends: their data, and the code that ended it. */
  async function follow(who: string, query: string) {
    const client = createClient({
      url: `${scene.vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: await bearer(who),
      retryAttempts: 0,
    });
    const events = client.iterate<Record<string, unknown>>({
      query,
      variables: { after: String(scene.size - 1n) },
    });
    return { client, next: () => events.next() };
  }

  it('give nothing more once the member is suspended', async () => {
    const member = await scene.make('regulator.one', 'enrolMember', 'member', {
      institution: await institutionOf('regulator.one'),
      subject: 'leaver.audit',
      name: 'Leaver',
      roles: ['AUDITOR'],
    });
    const { client, next } = await follow(
      'leaver.audit',
      'subscription ($after: BigInt) { auditTrail(after: $after) { index opening { op bytes } } }',
    );
    await scene.care('clinician.city', scene.patient);
    expect(JSON.stringify((await next()).value)).toContain('encounter.record');
    await scene.make('regulator.two', 'suspendMember', 'member', { member, reason: 'Left' });
    const later = await scene.care('clinician.city', scene.patient);
    const rest: string[] = [];
    for (let ended = false; !ended;) {
      const { value, done } = await next();
      if (value !== undefined) rest.push(JSON.stringify(value));
      ended = done === true || JSON.stringify(value).includes('"errors"');
    }
    await client.dispose();
    expect(rest.at(-1)).toContain('FORBIDDEN');
    expect(rest.join()).not.toContain('encounter.record');
    expect(rest.join()).not.toContain(later);
  });

  it('and connections read nothing more once the patient revoked copying', async () => {
    const granted = await scene.make('registrar.city', 'grantConsent', 'consent', {
      patient: scene.patient,
      type: 'COPY_GRANT',
      institution: await institutionOf('clinician.north'),
      recordedFor: { reference: 'Form 7' },
    });
    const { client } = await follow('clinician.north', 'subscription { checkpoints { size } }');
    const over = async () => JSON.stringify((await client.iterate({ query: PRIZE() }).next()).value);
    expect(await over()).toContain('Vasilkovich');
    await scene.vitrine.mutate(
      'registrar.city',
      'revokeConsent',
      { consent: granted, recordedFor: { reference: 'Form 8' } },
      'receipt { index }',
    );
    expectNothing(await over());
    await client.dispose();
  });
});

async function institutionOf(who: string): Promise<string> {
  const { data } = await scene.vitrine.ask<{ me: { institution: { id: string } } }>(
    who,
    '{ me { institution { id } } }',
  );
  return data?.me.institution.id ?? '';
}

describe('the schema', () => {
  it.each([
    '{ __schema { types { name } } }',
    '{ me { __typename } __type(name: "Patient") { fields { name } } }',
    '{ a: __schema { ...s } } fragment s on __Schema { queryType { name } }',
    'query Ok { me { roles } } query Bad { __schema { types { name } } }',
  ])('isn’t told to who is no vendor: %s', async (query) => {
    for (const who of ['clinician.harbour', 'regulator.one', null]) {
      const { text } = await scene.vitrine.ask(who, query);
      expect(text, String(who)).not.toMatch(/[Ee]ncounter|"Query"|birthDate/);
    }
  });

  it('isn’t guessed by near misses: no name is suggested', async () => {
    for (const query of [
      '{ patiens { edges { node { id } } } }',
      '{ me { role } }',
      `{ node(id: "${scene.patient}") { ... on Patien { id } } }`,
      '{ patients(frist: 1) { pageInfo { hasNextPage } } }',
      '{ encounters(filter: {clas: AMB}) { pageInfo { hasNextPage } } }',
      'mutation { openVew { id } }',
    ]) {
      const { text, codes } = await scene.vitrine.ask('clinician.harbour', query);
      expect(codes.length, query).toBeGreaterThan(0);
      expect(text, query).not.toMatch(/[Dd]id you mean/);
    }
  });
});

describe('requests that aren’t what they seem', () => {
  it('aren’t taken from stored documents that nobody stored', async () => {
    const hash = createHash('sha256').update(PRIZE()).digest('hex');
    const persistedQuery = { version: 1, sha256Hash: hash };
    const headers = await bearer('clinician.city');
    const expectRefused = async (body: unknown): Promise<void> => {
      const { text } = await post(body, headers);
      expect((JSON.parse(text) as { data?: unknown }).data ?? null, JSON.stringify(body)).toBeNull();
      expectNothing(text, JSON.stringify(body));
    };
    for (const body of [
      { extensions: { persistedQuery } },
      { id: hash },
      { documentId: hash },
      { query: '', extensions: { persistedQuery } },
      { query: PRIZE(), extensions: { persistedQuery } },
      [{ query: PRIZE() }, { query: PRIZE() }],
    ]) {
      await expectRefused(body);
    }
    // What was refused with its hash isn't there under the hash.
    await expectRefused({ extensions: { persistedQuery } });
    const named = await post(
      { query: `query A { me { roles } } query B ${PRIZE()}`, operationName: 'A' },
      headers,
    );
    expectNothing(named.text, 'the operation that was named');
  });

  it('aren’t taken from other sites, though the victim’s browser sends them', async () => {
    const headers = { ...(await bearer('clinician.city')), origin: 'https://thief.example' };
    const query = encodeURIComponent(PRIZE());
    const simple = await send(`/graphql?query=${query}`, { headers });
    expect(simple.status).toBe(400);
    expectNothing(simple.text);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const { status, text } = await post({ query: PRIZE() }, { ...headers, 'content-type': type });
      expect(status, type).toBe(415);
      expectNothing(text, type);
    }
    const asked = await send('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://thief.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    const read = await post({ query: PRIZE() }, headers);
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
    expect(read.headers.get('cache-control')).toBe('no-store');
    const write = encodeURIComponent(
      `mutation { suspendMember(input: {requestId: "${randomUUID()}", member: "${randomUUID()}", reason: "x"}) { requestId } }`,
    );
    const before = scene.size;
    expect(
      (await send(`/graphql?query=${write}`, { headers: { ...headers, 'apollo-require-preflight': '1' } }))
        .status,
    ).toBe(405);
    expect(scene.size).toBe(before);
  });

  it('are refused before anything runs when they are too many, too deep or too large', async () => {
    const headers = await bearer('clinician.city');
    const list = 'patients(first: 100) { edges { node { names { family } } } }';
    const nested = (depth: number): string =>
      depth === 0 ? 'id' : `encounters(first: 1) { edges { node { patient { ${nested(depth - 1)} } } } }`;
    for (const [name, body, status] of [
      [
        'aliases',
        { query: `{ ${Array.from({ length: 31 }, (_, at) => `a${at}: ${list}`).join(' ')} }` },
        400,
      ],
      [
        'a spread of aliases',
        { query: `{ ${'...f '.repeat(11)} } fragment f on Query { a: ${list} b: ${list} c: ${list} }` },
        400,
      ],
      ['depth', { query: `{ patient(id: "${scene.patient}") { ${nested(5)} } }` }, 400],
      [
        'cost',
        {
          query:
            '{ patients(first: 100) { edges { node { names { family } encounters(first: 100) { edges { node { note } } } } } } }',
        },
        400,
      ],
      ['variables', { query: PRIZE(), variables: { x: 'y'.repeat(1_100_000) } }, 413],
      [
        'brackets',
        `{"query":${JSON.stringify(PRIZE())},"variables":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
        400,
      ],
    ] as const) {
      const answer = await post(body, headers);
      expect(answer.status, name).toBe(status);
      expectNothing(answer.text, name);
    }
  });
});
