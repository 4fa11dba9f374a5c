/** The client library asks, decides and loads by keys of its members' own: the example of schema/uploads.md, and what it won't sign. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DenyUploadDocument,
  EndorseUploadDocument,
  FetchedFacts,
  provedStatements,
  RecordEncounterDocument,
  RequestUploadDocument,
  Uploader,
  VitrineClient,
} from '../../../src/client/index.js';
import { parseEndorsement } from '../../../src/ledger/core/index.js';
import { uploadOf } from '../../support/approved.js';
import { CARE, ids, keys, must, open, time, vitrine } from '../signing.js';

const ROOT = join(import.meta.dirname, '../../..');
let policy: string;

beforeAll(async () => {
  await open();
  policy = `log ${vitrine.serving.ledger.verifierKey}\nquorum none\n`;
  const me = '{ me { institution { id } } }';
  const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>('regulator.one', me);
  const second = { subject: 'regulator.two', name: 'Two', roles: ['REGULATOR'] };
  await must('regulator.one', 'enrolMember', { institution: data?.me.institution.id, ...second }, 'member');
  const terms = { situation: 'encounter.record', rule: 'ROLE', role: 'CLINICIAN', reason: 'two see more' };
  const input = { requestId: randomUUID(), ...terms };
  const send = () => vitrine.mutate('regulator.one', 'changePolicy', input, 'requestId');
  const upload = uploadOf(await send());
  expect((await vitrine.mutate('regulator.two', 'endorseUpload', { upload }, 'requestId')).codes).toEqual([]);
  expect((await send()).codes).toEqual([]);
}, 120_000);
afterAll(() => vitrine.stop());

async function memberOf(name: string, change: Partial<{ policy: string }> = { policy }) {
  const client = new VitrineClient({
    endpoint: `${vitrine.url}/graphql`,
    token: await vitrine.token(name),
    retry: { attempts: 1 },
  });
  const signer = keys[name];
  if (signer === undefined) throw new Error(`${name} has no key`);
  const uploader = new Uploader({
    ...{ origin: 'vitrine.test/log', institution: ids['city'] ?? '', signer },
    clock: () => new Date(time.now),
    facts: new FetchedFacts({ client, ...change }),
  });
  return { client, uploader };
}

const stateOf = async (id: string) => {
  const query = `{ uploadRequest(id: "${id}") { state reasons { rule } endorsements { decision mode memberId } } }`;
  const { data } = await vitrine.ask<{ uploadRequest: { state: string } }>('clinician', query);
  return data?.uploadRequest;
};

async function asked(): Promise<string> {
  const { client, uploader } = await memberOf('clinician');
  const requestId = randomUUID();
  const care = { ...CARE, class: 'AMB' as const, status: 'FINISHED' as const };
  const input = await uploader.sign('recordEncounter', { requestId, patient: ids['patient'] ?? '', ...care });
  const statements = [input.signed?.statement ?? ''];
  const { requestUpload } = await client.request(RequestUploadDocument, { input: { requestId, statements } });
  return requestUpload?.uploadRequest?.id ?? '';
}

describe('the client library', () => {
  it('does what the example in schema/uploads.md says: asks, endorses and loads, by two members’ own keys', async () => {
    const text = readFileSync(join(ROOT, 'schema/uploads.md'), 'utf8');
    const example = /### An example\n[^`]*(?:`[^`]+`[^`]*)*?```js\n(.*?)```/s.exec(text)?.[1] ?? '';
    expect(example).toContain('reviewer.endorse(');
    const [{ client, uploader }, { client: reviewing, uploader: reviewer }] = [
      await memberOf('clinician'),
      await memberOf('colleague'),
    ];
    const scope = {
      ...{ uploader, client, reviewer, reviewing, requestId: randomUUID(), patient: ids['patient'] },
      start: CARE.start,
      ...{ RequestUploadDocument, EndorseUploadDocument, RecordEncounterDocument },
    };
    const program = `export default async ({ ${Object.keys(scope).join(', ')} }) => {
      ${example}
      return { requestUpload, endorseUpload, recordEncounter };
    };`;
    const module = (await import(`data:text/javascript,${encodeURIComponent(program)}`)) as {
      default: (given: typeof scope) => Promise<object>;
    };
    const done = await module.default(scope);
    expect(done).toMatchObject({
      requestUpload: { uploadRequest: { state: 'VALIDATING' } },
      endorseUpload: { uploadRequest: { state: 'CONFIRMED' } },
      recordEncounter: { receipt: { index: expect.any(String) as string } },
    });
    const { id } = (done as { requestUpload: { uploadRequest: { id: string } } }).requestUpload.uploadRequest;
    expect(await stateOf(id)).toMatchObject({
      state: 'LOADED',
      endorsements: [{ decision: 'ENDORSED', mode: 'OWN', memberId: ids['colleague'] }],
    });
  });

  it('refuses with reasons by one’s own key', async () => {
    const upload = await asked();
    const { client, uploader } = await memberOf('colleague');
    const input = await uploader.deny({ requestId: randomUUID(), upload, reasons: ['no second look'] });
    const { endorsement } = parseEndorsement(input.endorsement ?? '');
    expect(endorsement).toMatchObject({ decision: 'refuse', reasons: ['no second look'], upload });
    await client.request(DenyUploadDocument, { input });
    expect(await stateOf(upload)).toEqual({
      state: 'DENIED',
      reasons: [{ rule: 'no second look' }],
      endorsements: [{ decision: 'REFUSED', mode: 'OWN', memberId: ids['colleague'] }],
    });
  });

  it('signs no decision on what isn’t proved, or isn’t shown', async () => {
    const upload = await asked();
    const input = { requestId: randomUUID(), upload };
    const without = await memberOf('colleague', {});
    await expect(without.uploader.endorse(input)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    const { uploader } = await memberOf('colleague');
    await expect(uploader.endorse({ ...input, upload: randomUUID() })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const query = `{ uploadRequest(id: "${upload}") { proof { bundle } } }`;
    const { data } = await vitrine.ask<{ uploadRequest: { proof: { bundle: string } } }>('colleague', query);
    const bundle = data?.uploadRequest.proof.bundle ?? '';
    expect(provedStatements(bundle, policy, upload)).toHaveLength(1);
    const forged = bundle.replace('encounter.record', 'encounter.recorD');
    for (const prove of [
      () => provedStatements(forged, policy, upload),
      // Of another request than the one that was asked about.
      () => provedStatements(bundle, policy, randomUUID()),
    ])
      expect(prove).toThrow(expect.objectContaining({ code: 'INTEGRITY_VIOLATION' }) as Error);
  });
});
