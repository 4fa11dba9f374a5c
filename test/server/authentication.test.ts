import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenReader, remoteKeys } from '../../src/server/authentication.js';
import { openDevelopmentIssuer } from '../../src/server/dev-issuer.js';
import type { DevelopmentIssuer } from '../../src/server/dev-issuer.js';
import { startServer } from './fixture.js';
import type { TestServer } from './fixture.js';

const ISSUER = 'https://id.example/realms/health';
const NOW = new Date('2026-05-01T12:00:00Z');
const seconds = NOW.getTime() / 1000;
const keys = await generateKeyPair('ES256', { extractable: true });
const foreign = await generateKeyPair('ES256', { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] };
const fetched: string[] = [];
const provider = (url: string): Promise<Response> => {
  fetched.push(url);
  if (url === `${ISSUER}/.well-known/openid-configuration`) {
    return Promise.resolve(Response.json({ issuer: ISSUER, jwks_uri: 'https://id.example/keys' }));
  }
  return Promise.resolve(
    url === 'https://id.example/keys' ? Response.json(jwks) : new Response('', { status: 404 }),
  );
};
const tokens = createTokenReader({
  issuer: ISSUER,
  audience: 'vitrine',
  keys: remoteKeys({ issuer: ISSUER, jwksUrl: null, fetcher: provider }).keys,
  clock: () => NOW,
});

interface Forged {
  readonly sub?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly exp?: number;
  readonly nbf?: number;
  readonly kid?: string;
  readonly cnf?: object;
  readonly key?: CryptoKey;
}
const token = (change: Forged = {}): Promise<string> => {
  const { key, kid, ...claims } = change;
  return new SignJWT({ iss: ISSUER, aud: 'vitrine', sub: 'someone', exp: seconds + 60, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: kid ?? 'k1' })
    .sign(key ?? keys.privateKey);
};

describe('an access token', () => {
  it('is read with keys found by discovery, fetched once', async () => {
    const claims = { issuer: ISSUER, subject: 'someone', expires: seconds + 60, key: null };
    expect(await tokens.read(await token())).toEqual(claims);
    expect(await tokens.read(await token())).toEqual(claims);
    expect(fetched).toEqual([`${ISSUER}/.well-known/openid-configuration`, 'https://id.example/keys']);
  });

  it.each<[string, () => Promise<string> | string, string]>([
    ['expired', () => token({ exp: seconds - 60 }), 'the token has expired'],
    ['not yet valid', () => token({ nbf: seconds + 60 }), 'the token is not valid yet'],
    [
      'of a foreign issuer',
      () => token({ iss: 'https://evil.example' }),
      `the token is of another issuer than ${ISSUER}`,
    ],
    ['for another audience', () => token({ aud: 'mail' }), 'the token is for another audience'],
    [
      'signed by another key',
      () => token({ key: foreign.privateKey }),
      "the token's signature does not verify",
    ],
    ['naming an unknown key', () => token({ kid: 'k2' }), 'the token names no key of its issuer'],
    ['without a subject', () => token({ sub: '' }), "the token's claim sub is missing or not valid"],
    ['unsigned', () => new UnsecuredJWT({ sub: 'x' }).encode(), 'the token'],
    [
      'signed with the public key as a shared secret',
      () =>
        new SignJWT({ iss: ISSUER, aud: 'vitrine', sub: 'someone', exp: seconds + 60 })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(new TextEncoder().encode(JSON.stringify(jwks.keys[0]).padEnd(32))),
      'the token is signed by an algorithm that is not accepted',
    ],
    [
      'bound by something else than a key',
      () => token({ cnf: { 'x5t#S256': 'x' } }),
      "the token's claim cnf holds no jkt: it is bound in another way",
    ],
    ['no JWT', () => 'abc', 'the token is malformed'],
    ['far too long', () => 'a'.repeat(9000), 'the token is too long'],
  ])('is refused when it is %s', async (_what, forge, message) => {
    const refusal = tokens.read(await forge());
    await expect(refusal).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(refusal).rejects.toThrow(message);
  });

  it('cannot be read while the issuer is out of reach, which the operator is told, and can when it is back', async () => {
    let reachable = false;
    const told: unknown[] = [];
    const { keys: flakyKeys } = remoteKeys({
      issuer: ISSUER,
      jwksUrl: null,
      fetcher: (url) => (reachable ? provider(url) : Promise.reject(new Error('no route'))),
      onFailure: (error) => told.push(error),
    });
    const flaky = createTokenReader({
      issuer: ISSUER,
      audience: 'vitrine',
      keys: flakyKeys,
      clock: () => NOW,
    });
    const given = await token();
    await expect(flaky.read(given)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(told).toHaveLength(1);
    reachable = true;
    expect(await flaky.read(given)).toMatchObject({ subject: 'someone' });
    // A token of an unknown key makes it ask again; that nobody answers then takes no key away.
    reachable = false;
    await expect(flaky.read(await token({ kid: 'k9' }))).rejects.toThrow();
    expect(await flaky.read(given)).toMatchObject({ subject: 'someone' });
  });

  it.each([
    ['of another issuer', { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' }],
    ['that names keys without https', { issuer: ISSUER, jwks_uri: 'http://id.example/keys' }],
    ['that names no keys', { issuer: ISSUER }],
  ])('is not read with keys from a discovery document %s', async (_name, document) => {
    const fetcher = (): Promise<Response> => Promise.resolve(Response.json(document));
    const lying = createTokenReader({
      issuer: ISSUER,
      audience: 'vitrine',
      keys: remoteKeys({ issuer: ISSUER, jwksUrl: null, fetcher }).keys,
      clock: () => NOW,
    });
    await expect(lying.read(await token())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });
});

describe('the development issuer', () => {
  let folder: string;
  let issuer: DevelopmentIssuer;
  const clock = (): Date => NOW;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-issuer-'));
    issuer = await openDevelopmentIssuer({ keysDir: folder, audience: 'vitrine', clock });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('keeps its key for itself and across restarts', async () => {
    expect(statSync(join(folder, 'dev-issuer.json')).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(issuer.jwks)).not.toContain('"d"');
    const again = await openDevelopmentIssuer({ keysDir: folder, audience: 'vitrine', clock });
    const reader = createTokenReader({
      issuer: again.issuer,
      audience: 'vitrine',
      keys: again.keys,
      clock,
    });
    expect(await reader.read(await issuer.issue('auditor'))).toMatchObject({
      subject: 'auditor',
    });
  });
});

describe('the development addresses', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());
  const askToken = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });

  it('gives a token that the server then accepts', async () => {
    const response = await askToken('{"persona":"regulator.one"}');
    const { access_token: given } = (await response.json()) as { access_token: string };
    expect((await server.ask('{ me }', given)).body.data).toEqual({ me: 'regulator.one' });
  });

  it.each(['{}', '{"persona":7}', '{"persona":"a b"}', '{"persona":"auditor","admin":true}', '[]'])(
    'refuses %s',
    async (body) => {
      const response = await askToken(body);
      expect([response.status, ((await response.json()) as { errors: unknown[] }).errors]).toEqual([
        400,
        [{ message: 'expected {"persona": "<name>"}', extensions: { code: 'BAD_USER_INPUT' } }],
      ]);
    },
  );

  it.each(['x-forwarded-for', 'forwarded', 'via'])('gives none to a proxy that sends %s', async (header) => {
    const response = await askToken('{"persona":"auditor"}', { [header]: '203.0.113.7' });
    expect(response.status).toBe(403);
  });

  it('is published as an OpenID provider', async () => {
    const found = (await (await fetch(`${server.url}/.well-known/openid-configuration`)).json()) as {
      jwks_uri: string;
      issuer: string;
    };
    expect(found.issuer).toBe(server.issuer.issuer);
    expect(await (await fetch(found.jwks_uri)).json()).toEqual(server.issuer.jwks);
  });

  it('refuses an expired and a foreign token with 401, saying which', async () => {
    const old = await server.issuer.issue('auditor');
    server.setNow(new Date(Date.now() + 13 * 3_600_000));
    const { status, body } = await server.ask('{ me }', old);
    server.setNow(null);
    expect([status, body.errors]).toEqual([
      401,
      [{ message: 'the token has expired', extensions: { code: 'UNAUTHENTICATED' } }],
    ]);
    const { status: second, body: answer } = await server.ask('{ me }', await token());
    expect([second, answer.errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
  });

  it('is not there when an OpenID provider is configured', async () => {
    const other = await startServer({ OIDC_ISSUER: ISSUER });
    try {
      const response = await fetch(`${other.url}/dev/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"persona":"auditor"}',
      });
      expect(response.status).toBe(404);
      expect(
        (await fetch(`${other.url}/playground`).then((page) => page.text())).includes('id="persona"'),
      ).toBe(false);
    } finally {
      await other.close();
    }
  });
});
