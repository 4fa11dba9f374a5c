/**
 * Tokens that are bound to a key (DPoP, RFC 9449) against whoever has a token, a proof or a key, but not all that belongs
 * together. Two processes on one database: one in this process, with a log that is read, and one of its own.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  AuditTrailDocument,
  CheckpointDocument,
  type PrivateJwk,
  DpopKey,
  MeDocument,
  VitrineClient,
} from '../../src/client/index.js';
import { parseConfig } from '../../src/config.js';
import { createLog, serve, type Serving } from '../../src/server/index.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { athOf, type Holder, makeHolder, proofOf, type ProofChange } from '../support/dpop.js';
import { Deployment, type Ended, type Running } from '../support/process.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const SUBJECT = 'regulator.one';
const ME = '{ me { roles } }';

let database: TestDatabase;
let serving: Serving;
let deployment: Deployment;
let dataDir: string;
let other: Running;
/** Addresses of the two processes. */
let here: string;
let there: string;
let skew = 0;
const lines: string[] = [];
/** Everything secret that was sent; none of it may be in a log. */
const secrets: string[] = [];

let holder: Holder;
let thief: Holder;
let token: string;

interface Shown {
  readonly authorization?: string | undefined;
  readonly proofs: readonly string[];
}

interface Replied {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly nonce: string | undefined;
  readonly body: { data?: unknown; errors?: { extensions: { code: string }; message: string }[] };
}

/** One request; several DPoP headers are sent as several. */
function post(url: string, body: object, { authorization, proofs }: Shown, more = {}): Promise<Replied> {
  secrets.push(...proofs, ...(authorization === undefined ? [] : [authorization]));
  const headers = {
    'content-type': 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
    ...(proofs.length === 0 ? {} : { dpop: proofs as string[] }),
    ...more,
  };
  return new Promise((resolve, reject) => {
    const sent = send(url, { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          challenge: response.headers['www-authenticate'],
          nonce: response.headers['dpop-nonce'] as string | undefined,
          body: JSON.parse(text) as Replied['body'],
        }),
      );
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

const ask = (shown: Shown, server = here, more = {}): Promise<Replied> =>
  post(`${server}/graphql`, { query: ME }, shown, more);

async function issue(to: Holder | null, persona = SUBJECT): Promise<Replied & { token: string }> {
  const claims = { htm: 'POST', htu: `${here}/dev/token` };
  const proofs = to === null ? [] : [await proofOf(to, claims)];
  const answer = await post(`${here}/dev/token`, { persona }, { proofs });
  const { access_token: given = '' } = answer.body as { access_token?: string };
  return { ...answer, token: given };
}

/** A nonce of the deployment, as it comes to a proof without one. */
async function freshNonce(): Promise<string> {
  const proof = await proofOf(holder, { htm: 'POST', htu: `${here}/graphql`, ath: athOf(token) });
  const { nonce } = await ask({ authorization: `DPoP ${token}`, proofs: [proof] });
  return nonce ?? '';
}

/** What the holder shows when all is right, and what a forger makes of it. */
async function shown(change: ProofChange = {}, by = holder, server = here): Promise<Shown> {
  const claims = {
    htm: 'POST',
    htu: `${server}/graphql`,
    ath: athOf(token),
    nonce: await freshNonce(),
    iat: Math.floor((Date.now() + skew) / 1000),
  };
  return { authorization: `DPoP ${token}`, proofs: [await proofOf(by, claims, change)] };
}

beforeAll(async () => {
  database = await freshDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'vitrine-dpop-'));
  const settings = {
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    LOG_ORIGIN: 'vitrine.test/log',
    SAMPLE: 'false',
    DPOP: 'required',
  };
  const log = createLog('trace', { write: (line: string) => void lines.push(line) });
  serving = await serve({
    config: parseConfig({ ...settings, LOG_LEVEL: 'trace' }),
    log,
    clock: () => new Date(Date.now() + skew),
  });
  here = serving.address;
  deployment = await Deployment.make({ ...settings, LOG_LEVEL: 'trace' });
  other = deployment.run();
  there = await other.listening();
  [holder, thief] = await Promise.all([makeHolder(), makeHolder()]);
  token = (await issue(holder)).token;
});
afterAll(async () => {
  await deployment.end();
  await serving.stop();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a token that is bound to a key', () => {
  it('is given to whoever proves to hold the key, and names it', async () => {
    const { body } = await issue(holder);
    expect(body).toMatchObject({ token_type: 'DPoP' });
    expect(decodeJwt(token)['cnf']).toEqual({ jkt: holder.thumbprint });
  });

  it.each(['ES256', 'Ed25519', 'ES384', 'PS256'])(
    'is taken with a proof by %s, at either process',
    async (alg) => {
      const bound = await makeHolder(alg === 'Ed25519' ? 'EdDSA' : alg);
      const own = (await issue(bound)).token;
      for (const server of [here, there]) {
        const claims = { htm: 'POST', htu: `${server}/graphql`, ath: athOf(own), nonce: await freshNonce() };
        const answer = await ask(
          { authorization: `DPoP ${own}`, proofs: [await proofOf(bound, claims)] },
          server,
        );
        expect(answer.body).toEqual({ data: { me: { roles: ['REGULATOR'] } } });
        // The next nonce comes with the answer.
        expect(answer.nonce).toMatch(/^[\w-]{22}$/);
      }
    },
  );

  it('is taken from a client that writes the address in another form of the same', async () => {
    const htu = `${here.replace('http://', 'HTTP://')}/x/../%67raphql?query=1#part`;
    expect((await ask(await shown({ claims: { htu } }))).status).toBe(200);
  });

  it.each<[string, 'invalid_dpop_proof' | 'use_dpop_nonce' | 'invalid_token', () => Promise<Shown>]>([
    ['no proof', 'invalid_dpop_proof', async () => ({ ...(await shown()), proofs: [] })],
    [
      'two proofs',
      'invalid_dpop_proof',
      async () => {
        const [one, two] = [await shown(), await shown()];
        return { ...one, proofs: [...one.proofs, ...two.proofs] };
      },
    ],
    ['the proof of another key', 'invalid_dpop_proof', () => shown({}, thief)],
    [
      'a proof that names the key and is signed by another',
      'invalid_dpop_proof',
      () => shown({ key: thief.key }),
    ],
    [
      'the token as a bearer token',
      'invalid_token',
      () => Promise.resolve({ authorization: `Bearer ${token}`, proofs: [] }),
    ],
    [
      'the token as a bearer token beside a proof',
      'invalid_token',
      async () => ({
        ...(await shown()),
        authorization: `Bearer ${token}`,
      }),
    ],
    ['another method', 'invalid_dpop_proof', () => shown({ claims: { htm: 'GET' } })],
    ['the method in small letters', 'invalid_dpop_proof', () => shown({ claims: { htm: 'post' } })],
    ['another path', 'invalid_dpop_proof', () => shown({ claims: { htu: `${here}/dev/token` } })],
    [
      'another server',
      'invalid_dpop_proof',
      () => shown({ claims: { htu: 'https://vitrine.example/graphql' } }),
    ],
    [
      'another scheme',
      'invalid_dpop_proof',
      () => shown({ claims: { htu: `${here.replace('http:', 'https:')}/graphql` } }),
    ],
    ['no address', 'invalid_dpop_proof', () => shown({ claims: { htu: 'graphql' } })],
    ['the hash of another token', 'invalid_dpop_proof', () => shown({ claims: { ath: athOf('another') } })],
    ['no hash of the token', 'invalid_dpop_proof', () => shown({ claims: { ath: undefined } })],
    ['no jti', 'invalid_dpop_proof', () => shown({ claims: { jti: undefined } })],
    ['no time', 'invalid_dpop_proof', () => shown({ claims: { iat: undefined } })],
    [
      'an old proof',
      'invalid_dpop_proof',
      () => shown({ claims: { iat: Math.floor(Date.now() / 1000) - 301 } }),
    ],
    [
      'a proof of later',
      'invalid_dpop_proof',
      () => shown({ claims: { iat: Math.floor(Date.now() / 1000) + 70 } }),
    ],
    ['no nonce', 'use_dpop_nonce', () => shown({ claims: { nonce: undefined } })],
    [
      "another server's nonce",
      'use_dpop_nonce',
      () => shown({ claims: { nonce: Buffer.alloc(16, 1).toString('base64url') } }),
    ],
    [
      'a nonce with one bit changed',
      'use_dpop_nonce',
      async () => {
        const bytes = Buffer.from(await freshNonce(), 'base64url');
        bytes[15] = (bytes[15] ?? 0) ^ 1;
        return shown({ claims: { nonce: bytes.toString('base64url') } });
      },
    ],
    [
      'a nonce that is over',
      'use_dpop_nonce',
      async () => {
        const nonce = await freshNonce();
        skew = 7 * 60_000;
        return shown({ claims: { nonce } });
      },
    ],
    ['another type of token as a proof', 'invalid_dpop_proof', () => shown({ header: { typ: 'JWT' } })],
    ['a proof without a key', 'invalid_dpop_proof', () => shown({ header: { jwk: undefined } })],
    [
      'a proof that holds its private key',
      'invalid_dpop_proof',
      () => shown({ header: { jwk: holder.secret } }),
    ],
    [
      'a proof by a shared secret',
      'invalid_dpop_proof',
      () => {
        const secret = Buffer.alloc(32, 7);
        const jwk = { kty: 'oct', k: secret.toString('base64url') };
        return shown({ header: { alg: 'HS256', jwk }, key: secret });
      },
    ],
    [
      'an unsigned proof',
      'invalid_dpop_proof',
      async () => {
        const claims = { htm: 'POST', htu: `${here}/graphql`, ath: athOf(token), nonce: await freshNonce() };
        const body = new UnsecuredJWT({ ...claims, jti: randomUUID() }).setIssuedAt().encode().split('.')[1];
        const header = { typ: 'dpop+jwt', alg: 'none', jwk: holder.jwk };
        const head = Buffer.from(JSON.stringify(header)).toString('base64url');
        return { authorization: `DPoP ${token}`, proofs: [`${head}.${body}.`] };
      },
    ],
    ['no JWT as a proof', 'invalid_dpop_proof', async () => ({ ...(await shown()), proofs: ['abc'] })],
    ['far too long a proof', 'invalid_dpop_proof', () => shown({ claims: { more: 'a'.repeat(4000) } })],
    [
      'a bearer token',
      'invalid_token',
      async () => {
        const issuer = await bearerToken();
        return { authorization: `Bearer ${issuer}`, proofs: [] };
      },
    ],
    [
      'a token that is bound to nothing, with a proof',
      'invalid_token',
      async () => {
        const unbound = await bearerToken();
        const { proofs } = await shown({ claims: { ath: athOf(unbound) } });
        return { authorization: `DPoP ${unbound}`, proofs };
      },
    ],
    [
      'a scheme without a token',
      'invalid_token',
      async () => ({ ...(await shown()), authorization: 'DPoP' }),
    ],
  ])('is refused with %s', async (_what, error, forge) => {
    try {
      const answer = await ask(await forge());
      expect(answer.status).toBe(401);
      expect(answer.body.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
      expect(answer.body.data).toBeUndefined();
      expect(answer.challenge).toMatch(
        new RegExp(`^DPoP error="${error}", error_description="[^"]+", algs="[^"]*\\bES256\\b[^"]*"$`),
      );
      expect(answer.nonce === undefined).toBe(error !== 'use_dpop_nonce');
    } finally {
      skew = 0;
    }
  });

  it('is refused with a proof that was used, at the same process and at the other', async () => {
    const once = await shown();
    expect((await ask(once)).status).toBe(200);
    for (const server of [here, there]) {
      const again = await ask(once, server, { host: new URL(here).host });
      expect([again.status, again.body.errors?.[0]?.message]).toEqual([401, 'the proof was used before']);
      expect(again.challenge).toContain('DPoP error="invalid_dpop_proof"');
    }
  });

  it('is taken once when one proof is shown to both processes many times at once', async () => {
    const once = await shown();
    const all = Array.from({ length: 40 }, (_, at) =>
      ask(once, at % 2 === 0 ? here : there, { host: new URL(here).host }),
    );
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 401)).toHaveLength(39);
  });

  it('is used by the client library by itself', async () => {
    const key = await DpopKey.generate();
    const issued = await key.fetch(fetch, `${here}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ persona: SUBJECT }),
    });
    const { access_token: own } = (await issued.json()) as { access_token: string };
    const client = new VitrineClient({ endpoint: `${there}/graphql`, token: own, dpop: key });
    expect((await client.request(MeDocument, {})).me?.member?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await client.request(CheckpointDocument, {})).checkpoint.origin).toBe('vitrine.test/log');
    const stolen = new VitrineClient({ endpoint: `${there}/graphql`, token: own });
    await expect(stolen.request(MeDocument, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const moved = new VitrineClient({
      endpoint: `${there}/graphql`,
      token: own,
      dpop: await DpopKey.generate(),
    });
    await expect(moved.request(MeDocument, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('the command line', () => {
  it('makes a key, binds a token to it, and the library follows the log with both, over HTTP and WebSocket', async () => {
    const keyFile = join(dataDir, 'token.jwk');
    const command = (): Promise<Ended> =>
      deployment.command('token', SUBJECT, '--server', here, '--key-file', keyFile);
    const [first, second] = [await command(), await command()];
    expect([first.code, second.code]).toEqual([0, 0]);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    const tokens = [first, second].map(({ said }) => /^ey\S+$/m.exec(said)?.[0] ?? '');
    const jwk = JSON.parse(await readFile(keyFile, 'utf8')) as PrivateJwk;
    const key = await DpopKey.fromJwk(jwk);
    // The second command took the key that the first had made.
    const bound = tokens.map((one) => decodeJwt(one)['cnf']);
    expect(bound).toEqual([{ jkt: await key.thumbprint() }, { jkt: await key.thumbprint() }]);
    const client = new VitrineClient({ endpoint: `${there}/graphql`, token: tokens[1] ?? '', dpop: key });
    const read: string[] = [];
    for await (const { after } of client.follow(
      AuditTrailDocument,
      {},
      { after: -1, webSocket: WebSocket },
    )) {
      read.push(after);
      if (read.length === 2) break;
    }
    expect(read).toEqual(['0', '1']);
  });
});

/** A token of the same issuer that is bound to nothing: the second process runs where such are given. */
async function bearerToken(): Promise<string> {
  const { openDevelopmentIssuer } = await import('../../src/server/dev-issuer.js');
  const keysDir = join(dataDir, 'keys');
  const issuer = await openDevelopmentIssuer({ keysDir, audience: 'vitrine', clock: () => new Date() });
  return issuer.issue(SUBJECT);
}

describe('a token over WebSocket', () => {
  interface Ended {
    readonly code: number;
    readonly reason: string;
  }

  /** Connects with these parameters: fulfils with the data of `{ me }`, or with how it was closed. */
  function connect(payload: object): Promise<unknown> {
    secrets.push(...Object.values(payload).map(String));
    const socket = new WebSocket(`${here.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) } satisfies Ended));
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })));
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as { type: string; payload?: { data?: unknown } };
        if (message.type === 'connection_ack')
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: ME } }));
        if (message.type !== 'next') return;
        resolve(message.payload?.data);
        socket.close();
      });
    });
  }

  const connecting = async (change: ProofChange = {}, by = holder): Promise<Record<string, string>> => {
    const claims = { htm: 'GET', htu: `${here}/graphql`, ath: athOf(token), nonce: await freshNonce() };
    return { authorization: `DPoP ${token}`, dpop: await proofOf(by, claims, change) };
  };

  it('is taken with a proof for a GET of the endpoint', async () => {
    expect(await connect(await connecting())).toEqual({ me: { roles: ['REGULATOR'] } });
  });

  it.each<[string, RegExp, () => Promise<Record<string, string>>]>([
    [
      'no proof',
      /expected a DPoP proof/,
      async () => ({ authorization: (await connecting())['authorization'] ?? '' }),
    ],
    ['the proof of another key', /another key/, () => connecting({}, thief)],
    ['a proof for HTTP', /another method/, () => connecting({ claims: { htm: 'POST' } })],
    [
      'a proof for a ws address',
      /another address/,
      () => connecting({ claims: { htu: `${here.replace('http', 'ws')}/graphql` } }),
    ],
    ['the hash of another token', /another token/, () => connecting({ claims: { ath: athOf('x') } })],
    ['no nonce', /^use_dpop_nonce [\w-]{22}$/, () => connecting({ claims: { nonce: undefined } })],
    [
      'the token as a bearer token',
      /bound to a key/,
      () => Promise.resolve({ authorization: `Bearer ${token}` }),
    ],
    ['a bearer token', /bearer token/, async () => ({ authorization: `Bearer ${await bearerToken()}` })],
  ])('is refused with %s', async (_what, reason, forge) => {
    expect(await connect(await forge())).toEqual({
      code: 4401,
      reason: expect.stringMatching(reason) as string,
    });
  });

  it('is refused with a proof that was used', async () => {
    const once = await connecting();
    expect(await connect(once)).toEqual({ me: { roles: ['REGULATOR'] } });
    expect(await connect(once)).toEqual({ code: 4401, reason: 'the proof was used before' });
  });
});

describe('the log of the server', () => {
  it('holds no token, no proof, no nonce and no key', () => {
    const text = `${lines.join('')}${other.said}`;
    expect(text).toContain('"status":401');
    const parts = secrets.flatMap((secret) => secret.split(/[ .]/)).filter((part) => part.length > 12);
    expect(parts.length).toBeGreaterThan(50);
    expect(parts.filter((part) => text.includes(part))).toEqual([]);
    for (const part of [holder.jwk.x, holder.secret.d, holder.thumbprint]) expect(text).not.toContain(part);
  });
});
