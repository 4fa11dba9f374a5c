/** A production start as an operator lives it: settings, `init`, TLS, an OpenID provider, an import, a stop. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleOf, encounter, organisation, patient } from '../fhir/support.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { athOf, type Holder, makeHolder, proofOf } from '../support/dpop.js';
import { Deployment, type Running, until } from '../support/process.js';
import {
  ask,
  makeCertificate,
  makeSigner,
  OpenIdProvider,
  type Certificate,
  type Reply,
} from '../support/provider.js';

/** Subjects as a provider makes them. */
const REGULATOR = 'd0c5a6a1-regulator';
const REGISTRAR = '7be1f0c2-registrar';
const VENDOR = '19aa04fe-vendor';
const INIT = ['--ministry', 'Ministry of Wellbeing', '--region', 'north', '--member-name', 'Ada Firstborn'];
const HOSPITAL = { system: 'urn:oid:9', value: 'H1' };

let certificate: Certificate;
let provider: OpenIdProvider;
let database: TestDatabase;
let deployment: Deployment;
let server: Running;
let address: string;
/** Whose key the tokens are bound to, and the newest nonce. */
let holder: Holder;
let nonce: string | undefined;
/** Everything the server said, over all its starts. */
const said: string[] = [];

beforeAll(async () => {
  certificate = await makeCertificate();
  [provider, database] = await Promise.all([
    OpenIdProvider.start(certificate, 'vitrine-production'),
    freshDatabase(),
  ]);
  holder = await makeHolder();
  provider.jkt = holder.thumbprint;
  const port = await freePort();
  const settings: Record<string, string> = {
    NODE_ENV: 'production',
    PORT: String(port),
    PUBLIC_URL: `https://127.0.0.1:${port}`,
    HOST: '127.0.0.1',
    SAMPLE: '',
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    OIDC_ISSUER: provider.issuer,
    OIDC_AUDIENCE: provider.audience,
    LOG_ORIGIN: 'ministry.example/log',
    LOG_LEVEL: 'trace',
  };
  deployment = await Deployment.make(settings);
  for (const name of ['cert', 'key'] as const) {
    settings[`TLS_${name.toUpperCase()}`] = join(deployment.folder, `${name}.pem`);
    await writeFile(join(deployment.folder, `${name}.pem`), certificate[name], { mode: 0o600 });
  }
  settings['NODE_EXTRA_CA_CERTS'] = join(deployment.folder, 'cert.pem');
}, 60_000);

afterAll(async () => {
  await deployment.end();
  await provider.stop();
  await database.drop();
}, 60_000);

/** A port that was free a moment ago: the address is to be named before the server starts. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const main = (...words: string[]): string[] => [process.execPath, 'dist/main.js', ...words];

/** Starts a server that should refuse to, and gives how it ended. */
async function refusedStart(
  environment: Record<string, string> = {},
): Promise<{ code: number | null; said: string }> {
  const running = deployment.run(main('serve'), environment);
  // One that starts after all is stopped, and its 0 fails the test.
  const listens = await running.listening().then(
    () => true,
    () => false,
  );
  if (listens) await running.stop();
  return { code: running.child.exitCode, said: running.said };
}

async function start(...words: string[]): Promise<void> {
  server = deployment.run(main('serve', ...words));
  address = await server.listening();
}

async function stop(): Promise<number | null> {
  const code = await server.stop();
  said.push(server.said);
  return code;
}

interface Body {
  readonly data?: Record<string, never> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

async function graphql(
  token: string | undefined,
  query: string,
  variables: object = {},
): Promise<Body & { readonly status: number; readonly codes: readonly string[] }> {
  const sendOnce = async (): Promise<Reply> => {
    const url = `${address}/graphql`;
    const claims = { htm: 'POST', htu: url, ath: athOf(token ?? ''), nonce };
    const signed = token === undefined ? {} : { token, proof: await proofOf(holder, claims) };
    const reply = await ask(url, certificate.cert, { ...signed, body: { query, variables } });
    nonce = reply.nonce ?? nonce;
    return reply;
  };
  const reply = await sendOnce();
  const wantsNonce = reply.challenge?.includes('use_dpop_nonce') === true;
  const { status, text } = wantsNonce ? await sendOnce() : reply;
  const body = JSON.parse(text) as Body;
  return { ...body, status, codes: (body.errors ?? []).map(({ extensions }) => extensions.code) };
}

const mutate = async (token: string, name: string, input: object, selection: string): Promise<Body> => {
  const type = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`;
  const answer = await graphql(token, query, { input: { requestId: randomUUID(), ...input } });
  expect(answer.errors).toBeUndefined();
  return answer;
};

/** Registers an institution with one member. */
async function register(institution: object, member: object): Promise<void> {
  const token = await provider.token(REGULATOR);
  const facts = { ownership: 'PUBLIC', region: 'north', licence: { number: 'N-1', state: 'ACTIVE' } };
  const input = { ...facts, ...institution };
  const made = await mutate(token, 'registerInstitution', input, 'institution { id }');
  const { id } = (made.data as unknown as { registerInstitution: { institution: { id: string } } })
    .registerInstitution.institution;
  await mutate(token, 'enrolMember', { institution: id, ...member }, 'member { id }');
}

describe('in production', { timeout: 60_000 }, () => {
  it.each([
    ['DEV_ISSUER', { DEV_ISSUER: 'true' }],
    ['PERSONA_SWITCH', { PERSONA_SWITCH: 'true' }],
    ['SAMPLE', { SAMPLE: 'true' }],
    ['INTROSPECTION', { INTROSPECTION: 'all' }],
    ['OIDC_ISSUER', { OIDC_ISSUER: '' }],
    ['OIDC_ISSUER', { OIDC_ISSUER: 'http://id.example' }],
    ['OIDC_AUDIENCE', { OIDC_AUDIENCE: '' }],
    ['DATABASE_URL', { DATABASE_URL: '', DATABASE_OWNER_URL: '' }],
    ['TLS_CERT', { TLS_CERT: '', TLS_KEY: '' }],
    ['PUBLIC_URL', { PUBLIC_URL: '' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'http://vitrine.example' }],
    ['DPOP', { DPOP: 'optional' }],
    ['LOG_ORIGIN', { LOG_ORIGIN: 'vitrine.localhost/log' }],
    ['NODE_TLS_REJECT_UNAUTHORIZED', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
  ])('%s refuses to start and names itself: %j', async (name, change) => {
    const refused = await refusedStart(change);
    expect(refused.code).toBe(78);
    const lines = refused.said.split('\n').filter((line) => line.includes('_') && !line.startsWith('(node'));
    expect(lines[0]).toContain(name);
    expect(refused.said).not.toContain('    at ');
  });

  it('the server names a certificate that is missing', async () => {
    const refused = await refusedStart({ TLS_CERT: '/nowhere/cert.pem' });
    expect([refused.code, refused.said]).toEqual([78, expect.stringContaining('TLS_CERT') as string]);
  });

  it('the server says what to do before init', async () => {
    const refused = await refusedStart();
    expect([refused.code, refused.said]).toEqual([78, expect.stringContaining('`vitrine init`') as string]);
  });

  it('init begins the log once', async () => {
    const missing = await deployment.command('init', ...INIT);
    expect([missing.code, missing.said]).toEqual([2, expect.stringContaining('--member-subject') as string]);
    const empty = await deployment.command('init', ...INIT, '--member-subject', '');
    expect([empty.code, empty.said]).toEqual([2, expect.stringContaining('--member-subject') as string]);
    const begun = await deployment.command('init', ...INIT, '--member-subject', REGULATOR);
    expect([begun.code, begun.said]).toEqual([
      0,
      expect.stringContaining('ministry.example/log has begun') as string,
    ]);
    const again = await deployment.command('init', ...INIT, '--member-subject', REGULATOR);
    expect([again.code, again.said]).toEqual([1, expect.stringContaining('holds a log already') as string]);
  });

  it('the server refuses keys that others may read, and keys that are gone', async () => {
    const keys = join(deployment.dataDir, 'keys');
    await chmod(keys, 0o755);
    const open = await refusedStart();
    await chmod(keys, 0o700);
    expect([open.code, open.said]).toEqual([78, expect.stringContaining(`chmod 700 ${keys}`) as string]);
    const master = join(keys, 'master.json');
    await rename(master, `${master}.away`);
    const gone = await refusedStart();
    await rename(`${master}.away`, master);
    expect([gone.code, gone.said]).toEqual([78, expect.stringContaining(`${master} is missing`) as string]);
  });
});

describe('the production server', { timeout: 60_000 }, () => {
  beforeAll(() => start(), 60_000);

  it('is alive, ready and measured, over TLS', async () => {
    expect(address).toMatch(/^https:/);
    const get = (path: string): Promise<{ status: number; text: string }> =>
      ask(`${address}${path}`, certificate.cert);
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    expect(JSON.parse((await get('/readyz')).text)).toMatchObject({ ready: true });
    expect((await get('/metrics')).text).toContain('vitrine_log_size 3');
  });

  it.each(['/dev/token', '/dev/personas', '/.well-known/jwks.json', '/playground', '/'])(
    'has nothing at %s',
    async (path) => {
      const body = path === '/dev/token' ? { body: { persona: REGULATOR } } : {};
      expect((await ask(`${address}${path}`, certificate.cert, body)).status).toBe(404);
    },
  );

  it('knows the first member by its token, and tells nobody else apart', async () => {
    const me = '{ me { roles } }';
    expect((await graphql(await provider.token(REGULATOR), me)).data).toEqual({
      me: { roles: ['REGULATOR'] },
    });
    const stranger = await graphql(await provider.token('stranger'), me);
    expect(stranger.codes).toEqual(['UNAUTHENTICATED']);
  });

  it.each([
    ['another audience', { aud: 'vitrine' }, 'audience'],
    ['another issuer', { iss: 'https://id.example' }, 'issuer'],
    ['yesterday', { expires: -60 }, 'expired'],
  ])('refuses a token of %s', async (_name, change, why) => {
    const refused = await graphql(await provider.token(REGULATOR, change), '{ me { roles } }');
    expect([refused.status, refused.codes, refused.errors?.[0]?.message]).toEqual([
      401,
      ['UNAUTHENTICATED'],
      expect.stringContaining(why) as string,
    ]);
  });

  it('refuses a token that is bound to no key', async () => {
    const token = await provider.token(REGULATOR, { jkt: null });
    const body = { query: '{ me { roles } }' };
    const refused = await ask(`${address}/graphql`, certificate.cert, { token, body });
    expect([refused.status, refused.challenge]).toEqual([
      401,
      expect.stringMatching(/^DPoP error="invalid_token"/) as string,
    ]);
  });

  it("refuses a stranger's signature under the provider's key id", async () => {
    const { key } = await makeSigner();
    const [header = '', payload = ''] = (await provider.token(REGULATOR)).split('.');
    const forged = await provider.token(REGULATOR, {
      signer: { key, kid: (JSON.parse(atob(header)) as { kid: string }).kid, published: {} },
    });
    expect(payload).not.toBe('');
    expect((await graphql(forged, '{ me { roles } }')).status).toBe(401);
  });

  it('takes the new key when the provider changes it, and the old one no more', async () => {
    const old = await provider.rotate();
    const fresh = await provider.token(REGULATOR);
    await until(
      'the new key is taken',
      async () => (await graphql(fresh, '{ me { roles } }')).status === 200,
    );
    const stale = await graphql(await provider.token(REGULATOR, { signer: old }), '{ me { roles } }');
    expect(stale.status).toBe(401);
  });

  it('shows its schema to vendors alone', async () => {
    const institution = { name: 'Schema Readers Ltd', kind: 'VENDOR', identifiers: [] };
    await register(institution, { name: 'Vera Codewright', subject: VENDOR, roles: ['VENDOR'] });
    const introspection = '{ __schema { queryType { name } } }';
    for (const token of [undefined, await provider.token(REGULATOR)])
      expect((await graphql(token, introspection)).codes).toEqual(['FORBIDDEN']);
    const shown = await graphql(await provider.token(VENDOR), introspection);
    expect(shown.data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  it('takes an import with tokens of institutions, and refuses the rest by name', async () => {
    const hospital = { name: 'Testing Hospital', kind: 'HOSPITAL', identifiers: [HOSPITAL] };
    await register(hospital, { name: 'Rita Penholder', subject: REGISTRAR, roles: ['REGISTRAR'] });
    const second = organisation({
      id: 'o2',
      identifier: [{ ...HOSPITAL, value: 'H2' }],
      name: 'Second Clinic',
    });
    const elsewhere = encounter({ id: 'e2', serviceProvider: { reference: 'urn:uuid:o2' } });
    const file = join(deployment.folder, 'bundle.json');
    await writeFile(
      file,
      JSON.stringify(bundleOf(patient(), organisation(), second, encounter(), elsewhere)),
    );
    const tokens = join(deployment.folder, 'tokens.json');
    await writeFile(`${tokens}.jwk`, JSON.stringify(holder.secret), { mode: 0o600 });
    const own = { [`${HOSPITAL.system}|${HOSPITAL.value}`]: await provider.token(REGISTRAR) };
    const run = async (held: object): Promise<{ code: number | null; outcome: Record<string, unknown> }> => {
      await writeFile(tokens, JSON.stringify(held), { mode: 0o600 });
      const { code, said: text } = await deployment.command(
        'import',
        'fhir',
        file,
        '--tokens',
        tokens,
        '--server',
        address,
        '--json',
      );
      return { code, outcome: JSON.parse(text.slice(text.indexOf('{'))) as Record<string, unknown> };
    };
    const first = await run(own);
    expect(first.code).toBe(1);
    expect(first.outcome).toMatchObject({
      patients: { added: 1 },
      encounters: { added: 1 },
      refused: expect.arrayContaining([
        expect.objectContaining({ file, message: expect.stringContaining('Second Clinic') as string }),
      ]) as unknown,
    });
    // The ministry's token registers the clinic; to record there takes a token of its own.
    const withMinistry = await run({ ...own, ministry: await provider.token(REGULATOR) });
    expect(withMinistry.outcome).toMatchObject({
      institutions: { added: 1 },
      patients: { added: 0, known: 1 },
      encounters: { added: 0, known: 1 },
      refused: [{ message: 'expected a token for Second Clinic (urn:oid:9|H2), got none' }],
    });
    const personas = await deployment.command('import', 'fhir', file, '--server', address);
    expect(personas.said).toContain('--tokens');
  });

  it('answers with what was imported to its own registrar alone', async () => {
    const query = '{ patients(first: 1) { edges { node { id names { family } anchor { verified } } } } }';
    const seen = await graphql(await provider.token(REGISTRAR), query);
    expect(JSON.stringify(seen.data)).toContain('Muñoz');
    expect(JSON.stringify(await graphql(await provider.token(REGULATOR), query))).not.toContain('Muñoz');
    const bad = 'query ($q: String!) { patients(name: $q, first: 1000) { edges { node { id } } } }';
    expect((await graphql(await provider.token(REGISTRAR), bad, { q: 'Secretname' })).codes).not.toEqual([]);
  });

  it('stops on a signal with 0, and verify finds everything in place', async () => {
    expect(await stop()).toBe(0);
    const verified = await deployment.command('verify', '--json');
    expect(verified.code).toBe(0);
  });

  it('starts without its pin only when a person believes the database once', async () => {
    const pin = join(deployment.dataDir, 'pin');
    await rename(pin, `${pin}.away`);
    const refused = await refusedStart();
    expect([refused.code, refused.said]).toEqual([78, expect.stringContaining('--trust-first') as string]);
    // A look at everything puts no pin there by the way.
    const verified = await deployment.command('verify');
    expect([verified.code, verified.said]).toEqual([1, expect.stringContaining('no pin') as string]);
    await expect(stat(pin)).rejects.toThrow('ENOENT');
    await start('--trust-first');
    expect(await stop()).toBe(0);
    expect(await readFile(pin, 'utf8')).toBe(await readFile(`${pin}.away`, 'utf8'));
  });

  it('wrote a structured log without a token, a name, a value or a password', () => {
    const text = said.join('');
    const lines = text.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const secrets = [
      ...[
        'Muñoz',
        'Ana',
        '1980',
        'urn:oid',
        'Secretname',
        'Hospital',
        'Penholder',
        'Codewright',
        'Firstborn',
      ],
      ...[REGULATOR, REGISTRAR, VENDOR, 'stranger', 'Bearer', 'DPoP ', 'query (', 'names {'],
      ...provider.given.flatMap((token) => token.split('.').slice(1)),
      ...[database.url, database.ownerUrl].map((url) => new URL(url).password),
    ];
    expect(secrets.filter((secret) => lines.some((line) => line.includes(secret)))).toEqual([]);
  });
});
