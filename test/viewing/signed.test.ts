/** What is signed with a key of one's own beyond records of care: referrals, the policy of access, and the rule which mutations take it. */
import { randomUUID } from 'node:crypto';
import { isInputObjectType, getNamedType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfTerms, RULES_IN_CODE, rulesText, TERMS_IN_CODE } from '../../src/access/index.js';
import { signVersion, type VersionToSign } from '../../src/client/index.js';
import type { JsonObject } from '../../src/ledger/core/index.js';
import { ACCESS_POLICY_ID } from '../../src/viewing/access-policy/access-policy.kind.js';
import { referralKind } from '../../src/viewing/referrals/referral.kind.js';
import { idAt, newSigner } from '../support/own-key.js';
import { State, type Answer } from '../support/state.js';

/** Mutations without `signed`, and what speaks for the member there (schema/uploads.md has the reasons). */
const WITHOUT = [
  'denyUpload',
  'endorseUpload',
  'issueAccessCode',
  'openView',
  'recordEncounters',
  'requestUpload',
];
const REASON = 'A test asks for it';
const PERSON = { identifiers: [{ system: 'urn:ssn', value: '1' }] };
const [clinician, regulator] = [newSigner(), newSigner()];

let state: State;
let patient: string;

beforeAll(async () => {
  state = await State.open();
  await enrol('keyed.clinician', 'city', 'CLINICIAN', clinician.publicKey);
  await enrol('keyed.regulator', 'ministry', 'REGULATOR', regulator.publicKey);
  const made = await state.mutate('registrar.city', 'registerPatient', PERSON, 'patient { id }');
  patient = (made.data['registerPatient'] as { patient: { id: string } }).patient.id;
});

afterAll(() => state.close());

async function enrol(subject: string, place: string, role: string, key: Uint8Array): Promise<void> {
  const institution = place === 'ministry' ? await ministry() : state.ids[place];
  const publicKey = Buffer.from(key).toString('base64');
  const member = { institution, subject, name: subject, roles: [role], publicKey };
  const { messages } = await state.mutate('regulator.one', 'enrolMember', member, 'requestId');
  expect(messages).toEqual([]);
}

async function ministry(): Promise<string> {
  const { data } = await state.run('regulator.one', '{ me { institution { id } } }');
  return (data['me'] as { institution: { id: string } }).institution.id;
}

/** What a key signed, with the input that is to give it. */
async function signedBy(subject: string, input: JsonObject, version: VersionToSign): Promise<JsonObject> {
  const [key, institution = ''] =
    subject === 'keyed.clinician' ? [clinician, state.ids['city']] : [regulator, await ministry()];
  const requestId = randomUUID();
  const request = { origin: state.system.ledger.origin, institution, requestId, issued: state.now };
  const signed = await signVersion(version, request, key);
  return { requestId, ...input, signed: { ...signed } };
}

async function send(
  subject: string,
  mutation: string,
  input: JsonObject,
  version: VersionToSign,
): Promise<Answer> {
  return state.mutate(subject, mutation, await signedBy(subject, input, version), 'requestId');
}

async function openingOf(kind: string, id: string) {
  const { trusted } = state.system.ledger;
  const head = trusted.subject(kind, id);
  if (head === undefined) throw new Error('it was recorded');
  return (await trusted.entryAt(head.index)).opening;
}

const headOf = (kind: string, id: string, facts: object) => ({
  ...{ kind, schema: 1, id, version: 1, custodian: null, patient: null },
  ...{ jurisdiction: null, label: null, retention: null },
  ...facts,
});

describe('a referral', () => {
  it('is made and ended under its clinician’s own key, and holds what was signed alone', async () => {
    const { city = '', harbour = '' } = state.ids;
    const visit = { patient, class: 'AMB', status: 'FINISHED', start: '2026-06-10T10:00:00Z' };
    expect((await state.mutate('clinician.city', 'recordEncounter', visit, 'requestId')).messages).toEqual(
      [],
    );
    const id = idAt(state.now);
    const validUntil = new Date(state.now.getTime() + 86_400_000).toISOString();
    const input = { patient, institution: harbour, validUntil, reason: REASON };
    const values = { patient, recipient: harbour, state: 'OPEN', validUntil, reason: REASON, code: null };
    const head = headOf('Referral', id, { custodian: city, patient });
    const version = { op: 'referral.make', head, values, supersedes: null };
    const another = await send('keyed.clinician', 'referPatient', { ...input, reason: 'another' }, version);
    expect(another.codes).toEqual(['COMMITMENT_MISMATCH']);
    expect((await send('keyed.clinician', 'referPatient', input, version)).messages).toEqual([]);
    expect(await openingOf('Referral', id)).toMatchObject({ op: 'referral.make', by: { mode: 'own' } });

    const base = await (await state.context('keyed.clinician')).records.load(referralKind, id);
    if (base === null) throw new Error('it was made');
    const ended = { ...base.values, state: 'ENDED' };
    const end = { op: 'referral.end', head: { ...base.head, version: 2 }, values: ended };
    const supersedes = base.anchor.leafHash;
    const sent = await send('keyed.clinician', 'endReferral', { referral: id }, { ...end, supersedes });
    expect(sent.messages).toEqual([]);
    expect(await openingOf('Referral', id)).toMatchObject({ op: 'referral.end', by: { mode: 'own' } });
  });
});

describe('the policy of access', () => {
  it('is set under a regulator’s own key, once another agrees', async () => {
    const thresholds = TERMS_IN_CODE.thresholds.slice(0, 1);
    const terms = { ...TERMS_IN_CODE, thresholds };
    const values = {
      ...{ rules: rulesText(RULES_IN_CODE), budgets: terms.budgets, thresholds },
      ...{ hash: hashOfTerms(terms), reason: REASON },
    };
    const head = headOf('AccessPolicy', ACCESS_POLICY_ID, { custodian: await ministry() });
    const version = { op: 'accessPolicy.set', head, values, supersedes: null } as unknown as VersionToSign;
    const input = { thresholds, reason: REASON } as unknown as JsonObject;
    const signed = await signedBy('keyed.regulator', input, version);
    const set = () => state.mutate('keyed.regulator', 'setAccessPolicy', signed, 'requestId');
    const asked = await set();
    expect(asked.codes, asked.messages.join()).toEqual(['ENDORSEMENT_PENDING']);
    const upload = asked.errors[0]?.details?.['upload'];
    const agreed = await state.mutate('regulator.two', 'endorseUpload', { upload }, 'requestId');
    expect(agreed.messages).toEqual([]);
    expect((await set()).messages).toEqual([]);
    expect(await openingOf('AccessPolicy', ACCESS_POLICY_ID)).toMatchObject({
      by: { mode: 'own' },
    });
  });
});

describe('a mutation', () => {
  it('takes a statement of the member’s own, but for those whose record the server makes', () => {
    const fields = Object.values(state.schema.getMutationType()?.getFields() ?? {});
    const without = fields.filter(({ args }) =>
      args.every(({ type }) => {
        const named = getNamedType(type);
        return !isInputObjectType(named) || named.getFields()['signed'] === undefined;
      }),
    );
    expect(without.map(({ name }) => name).sort()).toEqual(WITHOUT);
  });
});
