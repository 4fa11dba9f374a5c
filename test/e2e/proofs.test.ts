/**
 * Proof bundles over real HTTP: for everyone and every record exactly the fields that may be copied, never another value,
 * and all that is given verifies offline. What is expected is computed from `design.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyBundle } from '../../src/client/index.js';
import { KINDS } from '../../src/federation/index.js';
import { ED25519, formatVkey, noteKey } from '../../src/ledger/core/index.js';
import { type Answer, TestVitrine } from '../support/vitrine.js';
import { askerOf, enact, EVERYONE, relationsTo, SECRETS, type Records } from './cast.js';
import { designLevel, EXISTENCE, fieldsOf } from './design.js';

const TYPES = Object.keys(EXISTENCE);
/** Where the API calls a sealed field by another name. */
const OTHER_NAME: Readonly<Record<string, string>> = {
  // The keeper is the custodian of the record that they are about: who knows of one knows of the other.
  'Hold.record': 'recordId',
  'Hold.keeper': 'custodian',
  'Erasure.record': 'recordId',
  'Erasure.keeper': 'custodian',
  'Encounter.patient': 'patientId',
  'Consent.patient': 'patientId',
  'Consent.representative': 'representativeId',
  'Referral.patient': 'patientId',
  'Referral.code': 'state',
  ...apiNames('View', 'subjectId', 'subject patient'),
  ...apiNames('View', 'memberId', 'member key'),
  ...apiNames('View', 'evidence', 'evidenceRecord evidenceEntry'),
  'Report.code': 'formCode',
  'Member.publicKey': 'keyThumbprint',
  'TrustedDocuments.member': 'memberId',
  'Subsidy.currency': 'amount',
  ...apiNames('Policy', 'requirement', 'rule role institutions person count waitSeconds ownCounts'),
  ...apiNames('UploadRequest', 'requestId', 'request part input'),
  ...apiNames('UploadRequest', 'statements', 'contents issuedAt'),
  ...apiNames('AccessAlert', 'subjectId', 'subject'),
  ...apiNames('AccessAlert', 'institutionId', 'institution'),
  ...apiNames('AccessAlert', 'policyIndex', 'policy'),
  ...apiNames('PatientLink', 'patientIds', 'first second'),
  ...apiNames('PatientLink', 'keeperIds', 'firstKeeper secondKeeper'),
  ...apiNames('UploadRequest', 'memberId', 'uploader'),
};

/** Sealed fields that the API answers within one of its own. */
function apiNames(type: string, field: string, sealed: string): Record<string, string> {
  return Object.fromEntries(sealed.split(' ').map((name) => [`${type}.${name}`, field]));
}

/** Sealed fields that hold an id where the API answers with the record, or with nothing. */
const REFERS: Readonly<Record<string, readonly string[]>> = {
  Member: ['institution', 'patient'],
  Report: ['form'],
  Consent: ['institution', 'attestedBy'],
  View: ['institution'],
  Referral: ['recipient'],
  Subsidy: ['programme', 'payee', 'proposedBy', 'approvedBy', 'rejectedBy', 'disbursedBy', 'confirmedBy'],
};
const REFUSAL: Readonly<Record<string, string>> = { VIEW: 'VIEW_ONLY', NONE: 'FORBIDDEN' };

interface Proof {
  readonly bundle: string;
  readonly fields: readonly string[];
  readonly index: string;
  readonly size: string;
}
type Node = Readonly<Record<string, { readonly id: string } | null>> & Readonly<Record<string, Proof | null>>;

let vitrine: TestVitrine;
let records: Records;
let policy: string;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
  policy = `log ${vitrine.serving.ledger.verifierKey}\nquorum none\n`;
}, 120_000);
afterAll(() => vitrine.stop());

const sealedFields = (type: string) => Object.keys(KINDS.require(type).fields).sort();

function levelOf(type: string, field: string, who: string | null) {
  const fieldClass = fieldsOf(type).get(OTHER_NAME[`${type}.${field}`] ?? field);
  if (fieldClass === undefined) throw new Error(`the design has no class for ${type}.${field}`);
  return designLevel(askerOf(who), relationsTo(type, who), fieldClass);
}

function ask(type: string, who: string | null, selection: string): Promise<Answer<{ node: Node | null }>> {
  return vitrine.ask(who, `{ node(id: "${records[type]}") { ... on ${type} { ${selection} } } }`);
}

/** The ids that the API gives `who` for fields that are other records; null where it gives none. */
async function referred(type: string, who: string | null): Promise<ReadonlyMap<string, string | null>> {
  const names = REFERS[type] ?? [];
  if (names.length === 0) return new Map();
  const { data } = await ask(type, who, names.map((name) => `${name} { id }`).join(' '));
  return new Map(names.map((name) => [name, data?.node?.[name]?.id ?? null]));
}

const cases = TYPES.flatMap((type) => EVERYONE.map((who) => ({ type, who, name: who ?? 'nobody' })));

describe('the proof of a record', () => {
  it.each(cases)(
    'of type $type holds for $name what it may copy, and verifies offline',
    async ({ type, who }) => {
      const seen = designLevel(askerOf(who), relationsTo(type, who), EXISTENCE[type] ?? '') === 'COPY';
      const known = await referred(type, who);
      const answer = await ask(type, who, 'proof { bundle fields index size }');
      if (!seen) {
        expect(answer.data?.node).toBeNull();
        expect(answer.text).not.toContain('leaves');
        return;
      }
      expect(answer.codes, answer.text).toEqual([]);
      const proof = answer.data?.node?.['proof'];
      const proved = verifyBundle(proof?.bundle ?? '', policy);
      const copied = sealedFields(type).filter((field) => levelOf(type, field, who) === 'COPY');
      const given = Object.keys(proved.fields);
      expect(proof?.fields).toEqual(given);
      for (const field of copied) {
        const id = known.get(field);
        if (id === undefined) expect(given).toContain(field);
        else if (given.includes(field)) expect(proved.fields[field]).toBe(id);
        else expect(id).toBeNull();
      }
      for (const field of given) expect(copied).toContain(field);
      expect(proved.head).toMatchObject({ kind: type, id: records[type] });
      expect(proof).toMatchObject({ index: `${proved.entry.index}`, size: `${proved.checkpoint.size}` });
      for (const [field, secret] of Object.entries(SECRETS[type] ?? {})) {
        if (!sealedFields(type).includes(field)) continue;
        expect(answer.text.includes(secret), field).toBe(copied.includes(field));
      }
      const wrote = proved.opening?.actor;
      const ledger = designLevel(askerOf(who), relationsTo(type, who), 'LEDGER');
      if (ledger === 'COPY') expect(proved.opening).not.toBeNull();
      else if (proved.opening !== null) expect(wrote).toBe(await memberId(who));
      if (proved.opening !== null) expect(['valid', 'registered']).toContain(proved.signature);
    },
  );

  it.each(cases)(
    'of type $type gives $name each field by name, or refuses it as the field itself',
    async ({ type, who }) => {
      if (designLevel(askerOf(who), relationsTo(type, who), EXISTENCE[type] ?? '') !== 'COPY') return;
      const known = await referred(type, who);
      const fields = sealedFields(type);
      const asked = fields.map((field) => `${field}: proof(fields: ["${field}"]) { bundle fields }`);
      const { data, errors } = await ask(type, who, asked.join(' '));
      for (const field of fields) {
        const proof = data?.node?.[field] ?? null;
        const code = errors.find(({ path }) => path?.at(-1) === field)?.extensions.code;
        const level = levelOf(type, field, who);
        if (proof !== null) {
          expect(level).toBe('COPY');
          expect(Object.keys(verifyBundle(proof.bundle, policy).fields)).toEqual([field]);
          continue;
        }
        const hidden = level === 'COPY' && known.get(field) === null;
        const expected = hidden ? 'FORBIDDEN' : (REFUSAL[level] ?? 'none');
        expect(`${field} ${code}`).toBe(`${field} ${who === null ? 'UNAUTHENTICATED' : expected}`);
      }
    },
  );
});

async function memberId(who: string | null): Promise<string | undefined> {
  const { data } = await vitrine.ask<{ me: { member: { id: string } } }>(who, '{ me { member { id } } }');
  return data?.me.member.id;
}

describe('a proof', () => {
  const ofPatient = (fields: string) =>
    ask('Patient', 'clinician.city', `proof(fields: ${fields}) { bundle fields }`);

  it('of some fields holds those alone', async () => {
    const { data, text } = await ofPatient('["birthDate", "alerts"]');
    const { bundle = '', fields } = data?.node?.['proof'] ?? {};
    expect(fields).toEqual(['alerts', 'birthDate']);
    expect(verifyBundle(bundle, policy).fields).toMatchObject({ birthDate: '1951-03-07' });
    expect(text).not.toContain('Quellmalz');
  });

  it.each([
    ['no field', '[]'],
    ['a field that there is not', '["birthDate", "shoeSize"]'],
    ['a name of every object', '["constructor"]'],
    ['a member of the head', '["label"]'],
    ['a field twice', '["names", "names"]'],
  ])('of %s is refused', async (_what, fields) => {
    const { data, codes } = await ofPatient(fields);
    expect(codes).toEqual(['BAD_USER_INPUT']);
    expect(data?.node?.['proof']).toBeNull();
  });

  it('of one field that may be copied and one that may not is refused whole', async () => {
    const { data, codes, text } = await ask(
      'Encounter',
      'second.north',
      'proof(fields: ["patient", "note"]) { bundle }',
    );
    expect(codes).toEqual(['FORBIDDEN']);
    expect(data?.node?.['proof']).toBeNull();
    expect(text).not.toContain('phoned');
  });

  it('says nothing of a label, which marks the specially protected', async () => {
    const input = {
      patient: records['Patient'],
      class: 'AMB',
      status: 'IN_PROGRESS',
      start: '2025-12-04T09:00:00Z',
    };
    const made = await vitrine.mutate<{ recordEncounter: { encounter: { id: string } } }>(
      'clinician.city',
      'recordEncounter',
      { ...input, label: 'PSYCHIATRY' },
      'encounter { id }',
    );
    const id = made.data?.recordEncounter.encounter.id ?? '';
    for (const who of EVERYONE) {
      const answer = await vitrine.ask<{ node: Node | null }>(
        who,
        `{ node(id: "${id}") { ... on Encounter { proof { bundle } } } }`,
      );
      expect(answer.text).not.toContain('PSYCHIATRY');
      const { bundle } = answer.data?.node?.['proof'] ?? {};
      if (bundle !== undefined) expect(verifyBundle(bundle, policy).head).not.toHaveProperty('label');
    }
  });

  it('shows whose key signed to who may read how it was registered', async () => {
    const { data } = await ask('Subsidy', 'auditor', 'proof { bundle }');
    expect(verifyBundle(data?.node?.['proof']?.bundle ?? '', policy).signature).toBe('registered');
  });

  it('does not hold under another log’s key', async () => {
    const { data } = await ask('Form', null, 'proof { bundle }');
    const bundle = data?.node?.['proof']?.bundle ?? '';
    expect(verifyBundle(bundle, policy).fields['code']).toBe('hospital-activity');
    const key = noteKey('vitrine.test/log', ED25519, new Uint8Array(32).fill(9));
    const other = () => verifyBundle(bundle, `log ${formatVkey(key)}\nquorum none\n`);
    expect(other).toThrow(expect.objectContaining({ code: 'INTEGRITY_VIOLATION' }));
  });
});
