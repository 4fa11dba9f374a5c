/** Tokens that are wrong: refused with 401 and why, over HTTP and over WebSocket, for what is public too. */
import { createHmac, createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TestVitrine } from '../support/vitrine.js';
import { expectRefusal, MARKER, send } from './refusal.js';

let vitrine: TestVitrine;
let key: KeyObject;
let kid: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start({ sample: false });
  const jwk = JSON.parse(await readFile(join(vitrine.dataDir, 'keys', 'dev-issuer.json'), 'utf8')) as object;
  key = createPrivateKey({ key: { ...jwk } as never, format: 'jwk' });
  const [header = ''] = (await vitrine.token('regulator.one')).split('.');
  ({ kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string });
}, 120_000);
afterAll(() => vitrine.stop());

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

interface Forgery {
  readonly header?: object;
  readonly claims?: object;
  readonly signature?: (input: string) => string;
}

/** A token as the development issuer makes it, but for what is forged. */
function forge({ header = {}, claims = {}, signature }: Forgery): string {
  const payload = {
    iss: 'urn:vitrine:development-issuer',
    aud: 'vitrine',
    sub: 'regulator.one',
    iat: now(),
    exp: now() + 600,
    ...claims,
  };
  const input = `${encode({ alg: 'EdDSA', kid, typ: 'at+jwt', ...header })}.${encode(payload)}`;
  return `${input}.${signature ? signature(input) : sign(null, Buffer.from(input), key).toString('base64url')}`;
}

const foreign = generateKeyPairSync('ed25519').privateKey;
const TOKENS: readonly (readonly [what: string, token: () => string])[] = [
  ['that has expired', () => forge({ claims: { iat: now() - 9000, exp: now() - 60 } })],
  ['that is not valid yet', () => forge({ claims: { nbf: now() + 600 } })],
  ['without an end', () => forge({ claims: { exp: undefined } })],
  ['without a subject', () => forge({ claims: { sub: undefined } })],
  ['of an empty subject', () => forge({ claims: { sub: '' } })],
  ['of another issuer', () => forge({ claims: { iss: 'https://elsewhere.example' } })],
  ['for another audience', () => forge({ claims: { aud: 'elsewhere' } })],
  ['for no audience', () => forge({ claims: { aud: undefined } })],
  ['of a subject that nobody is', () => forge({ claims: { sub: MARKER } })],
  [
    'signed by a foreign key',
    () => forge({ signature: (input) => sign(null, Buffer.from(input), foreign).toString('base64url') }),
  ],
  ['of another key’s name', () => forge({ header: { kid: 'other' } })],
  ['of no algorithm', () => forge({ header: { alg: 'none' }, signature: () => '' })],
  [
    'of a shared secret',
    () =>
      forge({
        header: { alg: 'HS256' },
        signature: (input) => createHmac('sha256', kid).update(input).digest('base64url'),
      }),
  ],
  [
    'that brings its own key',
    () =>
      forge({
        header: { kid: undefined, jwk: generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) },
        signature: (input) => sign(null, Buffer.from(input), foreign).toString('base64url'),
      }),
  ],
  [
    'whose claims were changed',
    () => {
      const [header, , signature] = forge({}).split('.');
      return `${header}.${encode({ iss: 'urn:vitrine:development-issuer', aud: 'vitrine', sub: 'regulator.one', exp: now() + 600 })}.${signature}`;
    },
  ],
  ['that is none', () => MARKER],
  ['that is too long', () => `${'a'.repeat(9000)}.a.a`],
];

describe('a token', () => {
  it.each(TOKENS)('%s is refused, for what is public too, and over WebSocket', async (_what, token) => {
    const bearer = token();
    for (const query of ['{ me { roles } }', '{ institutions { pageInfo { hasNextPage } } }']) {
      const answer = await send(vitrine, JSON.stringify({ query }), { authorization: `Bearer ${bearer}` });
      expectRefusal(answer, { code: 'UNAUTHENTICATED' });
      expect(answer.status).toBe(401);
    }
    const socket = new WebSocket(`${vitrine.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.on('open', () =>
      socket.send(
        JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${bearer}` } }),
      ),
    );
    expect(await closed).toBe(4401);
  });

  it.each(['Basic cmVnaXN0cmFyLmNpdHk6eA==', 'Bearer', 'Bearer a b', 'regulator.one'])(
    'in the form %j is refused',
    async (authorization) => {
      const answer = await send(vitrine, '{"query":"{ me { roles } }"}', { authorization });
      expectRefusal(answer, { code: 'UNAUTHENTICATED' });
    },
  );
});

describe('a token as it should be', () => {
  it('is taken, so that the others are refused for what is said of them', async () => {
    const authorization = `Bearer ${forge({})}`;
    const answer = await send(vitrine, '{"query":"{ me { roles } }"}', { authorization });
    expect([answer.codes, answer.data]).toEqual([[], { me: { roles: ['REGULATOR'] } }]);
  });
});
