/**
 * Links to pages where tokens must be bound to keys: a link is for the key that opened its view. Who has the link and the token, or
 * the same member with another key, gets nothing.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { athOf, type Holder, makeHolder, proofOf } from '../support/dpop.js';
import { TestVitrine } from '../support/vitrine.js';

const WHO = 'auditor';

let vitrine: TestVitrine;
let holder: Holder;
let thief: Holder;
/** Tokens of the same member, bound to each one's key. */
let token: string;
let stolen: string;
/** Links to the first page of as many views. */
let urls: string[];
let nonce = '';

interface Sent {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token: string | null;
  readonly proofs: readonly string[];
  readonly body?: object;
}

async function send({ method, path, token: shown, proofs, body }: Sent): Promise<Response> {
  const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
  if (shown !== null) headers.set('authorization', `DPoP ${shown}`);
  for (const proof of proofs) headers.append('dpop', proof);
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`${vitrine.url}${path}`, init);
  nonce = response.headers.get('dpop-nonce') ?? nonce;
  return response;
}

/** A proof for one request with a token; the query isn't part of it. */
function prove(by: Holder, method: string, path: string, shown: string | null): Promise<string> {
  const ath = shown === null ? {} : { ath: athOf(shown) };
  return proofOf(by, { htm: method, htu: `${vitrine.url}${path.split('?', 1)[0] ?? ''}`, nonce, ...ath });
}

async function tokenOf(by: Holder): Promise<string> {
  const path = '/dev/token';
  const proofs = [await prove(by, 'POST', path, null)];
  const response = await send({ method: 'POST', path, token: null, proofs, body: { persona: WHO } });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function openView(patient: string): Promise<string> {
  const query = 'mutation ($input: OpenViewInput!) { openView(input: $input) { view { pages { url } } } }';
  const input = { requestId: randomUUID(), subject: { kind: 'PATIENT', id: patient }, purpose: 'AUDIT' };
  const proofs = [await prove(holder, 'POST', '/graphql', token)];
  const body = { query, variables: { input } };
  const response = await send({ method: 'POST', path: '/graphql', token, proofs, body });
  const text = await response.text();
  const { data } = JSON.parse(text) as { data: { openView: { view: { pages: { url: string }[] } } } | null };
  if (data === null) throw new Error(text);
  return data.openView.view.pages[0]?.url ?? '';
}

beforeAll(async () => {
  vitrine = await TestVitrine.start({ settings: { DPOP: 'required' } });
  [holder, thief] = await Promise.all([makeHolder(), makeHolder()]);
  token = await tokenOf(holder);
  stolen = await tokenOf(thief);
  // The first answer to a proof without a nonce brings one.
  const proofs = [await prove(holder, 'POST', '/graphql', token)];
  await send({ method: 'POST', path: '/graphql', token, proofs, body: { query: '{ me { roles } }' } });
  const registered = await vitrine.mutate<{ registerPatient: { patient: { id: string } } }>(
    'registrar.city',
    'registerPatient',
    {
      identifiers: [{ system: 'urn:test:dpop', value: 'D-1' }],
      names: [{ text: 'Bound' }],
      birthDate: '1951',
    },
    'patient { id }',
  );
  const patient = registered.data?.registerPatient.patient.id ?? '';
  urls = [await openView(patient), await openView(patient)];
});
afterAll(() => vitrine.stop());

const get = (path: string, shown: string | null, proofs: readonly string[]): Promise<Response> =>
  send({ method: 'GET', path, token: shown, proofs });

/** What a refusal says, in full. */
async function refusal(response: Response): Promise<readonly [number, string, string]> {
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors: { extensions: { code: string } }[] };
  return [response.status, errors[0]?.extensions.code ?? '', text];
}

it('a page is given to the key that opened the view, and to no other token, proof or key', async () => {
  const [url = '', next = ''] = urls;
  const right = () => prove(holder, 'GET', url, token);
  const challenged: readonly (readonly [string, () => Promise<Response>])[] = [
    ['no token', async () => get(url, null, [await prove(holder, 'GET', url, null)])],
    ['no proof', () => get(url, token, [])],
    ['the proof of another key', async () => get(url, token, [await prove(thief, 'GET', url, token)])],
    ['a proof for another page', async () => get(url, token, [await prove(holder, 'GET', next, token)])],
    ['a proof for POST', async () => get(url, token, [await prove(holder, 'POST', url, token)])],
    ['two proofs', async () => get(url, token, [await right(), await right()])],
  ];
  for (const [what, attempt] of challenged) {
    const response = await attempt();
    const [status, code, text] = await refusal(response);
    expect([what, status, code]).toEqual([what, 401, 'UNAUTHENTICATED']);
    // Nothing tells whether there is such a page.
    expect(text).not.toContain(url.split('/')[2]);
  }

  // The member itself, with a token and proofs that are right, but another key: as with a link that never was.
  const forged = `${url.split('?', 1)[0] ?? ''}?ticket=${'0'.repeat(64)}`;
  const moved = await refusal(await get(url, stolen, [await prove(thief, 'GET', url, stolen)]));
  const never = await refusal(await get(forged, token, [await prove(holder, 'GET', forged, token)]));
  expect(moved.slice(0, 2)).toEqual([404, 'NOT_FOUND']);
  expect(moved).toEqual(never);

  // None of that used the link up.
  const proof = await right();
  const page = await get(url, token, [proof]);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'image/png']);
  expect(
    Buffer.from(await page.arrayBuffer())
      .subarray(1, 4)
      .toString(),
  ).toBe('PNG');

  const replayed = await refusal(await get(url, token, [proof]));
  expect(replayed.slice(0, 2)).toEqual([401, 'UNAUTHENTICATED']);
  expect(replayed[2]).toContain('the proof was used before');
  expect(await refusal(await get(url, token, [await right()]))).toEqual(never);

  // A view's links are listed for no other key either.
  const id = next.split('/')[2] ?? '';
  const listed = async (by: Holder, shown: string): Promise<unknown> => {
    const proofs = [await prove(by, 'POST', '/graphql', shown)];
    const body = { query: `{ view(id: "${id}") { pages { number } } }` };
    return (await send({ method: 'POST', path: '/graphql', token: shown, proofs, body })).json();
  };
  expect(await listed(holder, token)).toEqual({ data: { view: { pages: [{ number: 1 }] } } });
  expect(await listed(thief, stolen)).toEqual({ data: { view: { pages: null } } });
});
