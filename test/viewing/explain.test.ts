/** Why a field is shown or not, now and then: what is told is what the API does, and was. */
import { randomUUID } from 'node:crypto';
import { Kind, type OperationDefinitionNode, parse, print } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOfTerms, RULES_IN_CODE, rulesText, TERMS_IN_CODE } from '../../src/access/index.js';
import { fill, remember, type Answered } from '../../src/web/fill.js';
import { readyQueries } from '../../src/web/index.js';
import { approved } from '../support/approved.js';
import { MINUTE, ViewWorld } from './views-world.js';

const DAY = 24 * 60 * MINUTE;

let world: ViewWorld;
let patient: string;
let encounter: string;
const members: Record<string, string> = {};

interface Explained {
  readonly level: string;
  readonly words: string;
  readonly fieldClass: string;
  readonly standing: string | null;
  readonly grounds: readonly {
    readonly relation: string;
    readonly cell: string;
    readonly carriedBy: readonly string[];
    readonly level: string;
  }[];
  readonly recordIndex: string;
  readonly policyIndex: string | null;
  readonly policyHash: string;
}

interface Asked {
  readonly subject: { readonly kind: string; readonly id: string };
  readonly member: string;
  readonly field?: string;
  readonly at?: string;
}

const QUERY = `query ($subject: ExplainSubjectInput!, $member: ID!, $field: String, $at: DateTime) {
  explainAccess(subject: $subject, member: $member, field: $field, at: $at) {
    level words fieldClass standing grounds { relation cell carriedBy level } recordIndex policyIndex policyHash } }`;

const ask = (who: string, asked: Asked) =>
  world.vitrine.ask<{ explainAccess: Explained | null }>(who, QUERY, { ...asked });

/** What an auditor is told about a member and a field of the patient or of City's encounter. */
async function explain(member: string, field: string, at?: string): Promise<Explained> {
  const isCare = !['birthDate', 'alerts'].includes(field);
  const subject = isCare ? { kind: 'Encounter', id: encounter } : { kind: 'Patient', id: patient };
  const asked = { subject, member: members[member] ?? '', field, ...(at === undefined ? {} : { at }) };
  const { data, text } = await ask('auditor', asked);
  if (data?.explainAccess == null) throw new Error(text);
  return data.explainAccess;
}

/** This moment, in a minute of its own. */
function now(): string {
  world.move(MINUTE);
  const at = world.clock().toISOString();
  world.move(MINUTE);
  return at;
}

/** What the API itself gives a member of a field. */
async function given(who: string, field: string): Promise<string> {
  const isCare = !['birthDate', 'alerts'].includes(field);
  const selection =
    field === 'alerts' ? 'alerts { text }' : field === 'diagnoses' ? 'diagnoses { code { code } }' : field;
  const root = isCare ? `encounter(id: "${encounter}")` : `patient(id: "${patient}")`;
  const { data, codes } = await world.vitrine.ask<Record<string, object | null>>(
    who,
    `{ ${root} { ${selection} } }`,
  );
  const record = isCare ? data?.['encounter'] : data?.['patient'];
  if (record == null) return 'NONE';
  const [code] = codes;
  return code === undefined ? 'COPY' : code === 'VIEW_ONLY' ? 'VIEW' : 'NONE';
}

const FIELDS = ['birthDate', 'alerts', 'status', 'diagnoses', 'note'] as const;

beforeAll(async () => {
  world = await ViewWorld.start();
  patient = await world.patient();
  encounter = await world.treat('clinician.city', patient);
  for (const who of [
    'clinician.city',
    'registrar.north',
    'clinician.north',
    'clinician.harbour',
    'finance.harbour',
    'auditor',
    'regulator.one',
  ]) {
    const { data } = await world.vitrine.ask<{ me: { member: { id: string } } }>(
      who,
      '{ me { member { id } } }',
    );
    members[who] = data?.me.member.id ?? '';
  }
  const enrolled = await world.vitrine.mutate<{ enrolMember: { member: { id: string } } }>(
    'registrar.city',
    'enrolMember',
    { subject: 'patient.self', patient, name: 'Self', roles: ['PATIENT'] },
    'member { id }',
  );
  members['patient.self'] = enrolled.data?.enrolMember.member.id ?? '';
});
afterAll(() => world.stop());

describe('an explanation', () => {
  let before = '';
  let treated = '';

  it('says what the API does, for everyone and every field', async () => {
    before = now();
    await world.treat('registrar.north', patient);
    treated = now();
    for (const [who] of Object.entries(members))
      for (const field of FIELDS) {
        const { level } = await explain(who, field);
        expect([who, field, level]).toEqual([who, field, await given(who, field)]);
      }
  });

  it('names relation, cell and roles, and the policy that held', async () => {
    expect(await explain('clinician.north', 'diagnoses')).toMatchObject({
      level: 'VIEW',
      fieldClass: 'CLINICAL',
      standing: null,
      grounds: [{ relation: 'TREATING', cell: 'VIEW', carriedBy: ['CLINICIAN'], level: 'VIEW' }],
      words: 'VIEW: TREATING gives VIEW, carried by CLINICIAN',
      policyIndex: '0',
      policyHash: hashOfTerms(TERMS_IN_CODE),
    });
    expect((await explain('clinician.harbour', 'diagnoses')).words).toBe(
      'NONE: the member stands in no relation to the record',
    );
    expect((await explain('auditor', 'diagnoses')).words).toBe('NONE: AUDITOR gives nothing of CLINICAL');
  });

  it('doesn’t take an encounter for evidence that the member recorded itself', async () => {
    expect((await explain('registrar.north', 'birthDate')).level).toBe('NONE');
  });

  it('tells the relations of another time, before care and after its end', async () => {
    expect((await explain('clinician.north', 'birthDate', before)).level).toBe('NONE');
    expect((await explain('clinician.north', 'birthDate', treated)).level).toBe('COPY');
  });

  it('tells what a consent forbade while it did', async () => {
    const { data } = await world.vitrine.mutate<{ grantConsent: { consent: { id: string } } }>(
      'patient.self',
      'grantConsent',
      { patient, type: 'VIEW_RESTRICTION', institution: world.ids.north },
      'consent { id }',
    );
    const restricted = now();
    expect((await explain('clinician.north', 'birthDate')).level).toBe('NONE');
    const id = data?.grantConsent.consent.id;
    expect(
      (await world.vitrine.mutate('patient.self', 'revokeConsent', { consent: id }, 'requestId')).codes,
    ).toEqual([]);
    const lifted = now();
    expect((await explain('clinician.north', 'birthDate', treated)).level).toBe('COPY');
    expect((await explain('clinician.north', 'birthDate', restricted)).level).toBe('NONE');
    expect((await explain('clinician.north', 'birthDate', lifted)).level).toBe('COPY');
  });

  it('tells of a view while it was open', async () => {
    expect((await world.look('finance.harbour', patient, 'COVERAGE')).codes).toEqual([]);
    const open = now();
    world.move(20 * MINUTE);
    expect((await explain('finance.harbour', 'birthDate', open)).grounds).toEqual([
      { relation: 'VIEWER', cell: 'VIEW', carriedBy: [], level: 'NONE' },
    ]);
    expect((await explain('finance.harbour', 'birthDate')).grounds).toEqual([]);
  });

  it('tells standing as it was: suspended, reinstated', async () => {
    const member = members['clinician.north'];
    await world.vitrine.mutate('regulator.one', 'suspendMember', { member, reason: 'A test' }, 'requestId');
    const suspended = now();
    const refused = await explain('clinician.north', 'birthDate', suspended);
    expect(refused).toMatchObject({ level: 'NONE', standing: 'the member is suspended', grounds: [] });
    await world.vitrine.mutate('regulator.one', 'reinstateMember', { member, reason: 'A test' }, 'requestId');
    now();
    expect(await explain('clinician.north', 'birthDate')).toMatchObject({ level: 'COPY', standing: null });
    expect((await explain('clinician.north', 'birthDate', suspended)).level).toBe('NONE');
  });

  it('goes by the record and by the tables of the time', async () => {
    const earlier = await explain('clinician.harbour', 'birthDate', treated);
    const { text, codes } = await world.vitrine.mutate(
      'registrar.city',
      'amendPatient',
      { patient, expectedVersion: 1, names: [{ family: 'Quellmalz', given: ['Otti'] }] },
      'requestId',
    );
    expect(codes, text).toEqual([]);
    const rules = rulesText({
      ...RULES_IN_CODE,
      roles: { ...RULES_IN_CODE.roles, VENDOR: ['ADMINISTRATIVE'] },
    });
    const set = await approved<object>(
      world.vitrine,
      ['regulator.one', 'regulator.two'],
      'setAccessPolicy',
      { rules, reason: 'A release to come' },
      'requestId',
    );
    expect(set.codes, set.text).toEqual([]);
    now();
    const later = await explain('clinician.harbour', 'birthDate');
    expect(Number(later.recordIndex)).toBeGreaterThan(Number(earlier.recordIndex));
    expect(Number(later.policyIndex)).toBeGreaterThan(0);
    expect(later.policyHash).not.toBe(earlier.policyHash);
    expect(await explain('clinician.harbour', 'birthDate', treated)).toEqual(earlier);
  });

  it('tells what a link to a file that is treated opened while it stood', async () => {
    const other = await world.patient();
    const asked = {
      subject: { kind: 'Patient', id: other },
      member: members['clinician.north'] ?? '',
      field: 'alerts',
    };
    const levelAt = async (at?: string) => {
      const { data } = await ask('auditor', at === undefined ? asked : { ...asked, at });
      return data?.explainAccess?.level;
    };
    const unlinked = now();
    const linked = await world.vitrine.mutate<{ linkPatients: { link: { id: string; version: number } } }>(
      'registrar.city',
      'linkPatients',
      { patient, other, evidence: 'The same fingerprint', contradictionReason: 'Numbered twice' },
      'link { id version }',
    );
    const { id, version } = linked.data?.linkPatients.link ?? { id: '', version: 0 };
    const then = now();
    const end = { link: id, expectedVersion: version, reason: 'Two persons after all' };
    const ended = await world.vitrine.mutate('registrar.city', 'unlinkPatients', end, 'link { state }');
    expect(ended.codes, linked.text + ended.text).toEqual([]);
    now();
    expect([await levelAt(unlinked), await levelAt(then), await levelAt()]).toEqual(['NONE', 'COPY', 'NONE']);
  });

  it('lets care end: the same member is told NONE now, COPY then', async () => {
    const { data } = await world.vitrine.ask<{
      patient: { encounters: { edges: { node: { id: string } }[] } };
    }>('registrar.north', `{ patient(id: "${patient}") { encounters { edges { node { id } } } } }`);
    for (const { node } of data?.patient?.encounters.edges ?? [])
      await world.vitrine.mutate(
        'registrar.north',
        'amendEncounter',
        { encounter: node.id, status: 'FINISHED', end: world.clock().toISOString() },
        'requestId',
      );
    world.move(31 * DAY);
    expect((await explain('clinician.north', 'birthDate', treated)).level).toBe('COPY');
    expect((await explain('clinician.north', 'birthDate')).level).toBe(
      await given('clinician.north', 'birthDate'),
    );
  });
});

describe('who may ask', () => {
  const about = (member: string, more: object = {}): Asked => ({
    subject: { kind: 'Patient', id: patient },
    member: members[member] ?? '',
    field: 'birthDate',
    ...more,
  });

  it('is the member about itself', async () => {
    const { data } = await ask('clinician.city', about('clinician.city'));
    expect(data?.explainAccess).toMatchObject({ level: 'COPY', grounds: [{ relation: 'CUSTODIAN' }] });
  });

  it('is the patient, about whoever asks for its file', async () => {
    const { data } = await ask('patient.self', about('clinician.city'));
    expect(data?.explainAccess).toMatchObject({ level: 'COPY' });
  });

  it.each([
    ['a colleague about another', 'clinician.city', 'auditor'],
    ['a regulator about a clinician', 'regulator.one', 'clinician.city'],
    ['a stranger about itself', 'clinician.harbour', 'clinician.harbour'],
    ['a stranger about one who treats the patient', 'clinician.harbour', 'clinician.city'],
  ])('isn’t %s: the answer is that about nobody, letter by letter', async (_what, who, member) => {
    const asked = await ask(who, about(member));
    const absent = await ask(who, about(member, { subject: { kind: 'Patient', id: randomUUID() } }));
    expect(asked.data).toEqual({ explainAccess: null });
    expect(asked.text).toBe(absent.text);
    const other = await ask(who, {
      ...about(member),
      subject: { kind: 'Encounter', id: patient },
      field: 'note',
    });
    expect(other.text).toBe(absent.text);
  });

  it('is nobody without a token', async () => {
    const { codes } = await world.vitrine.ask(null, QUERY, { ...about('clinician.city') });
    expect(codes).toEqual(['UNAUTHENTICATED']);
  });

  it.each([
    ['a type that there isn’t', { subject: { kind: 'Person', id: randomUUID() } }],
    ['a field that there isn’t', { field: 'shoeSize' }],
    ['a moment to come', { at: '2199-01-01T00:00:00.000Z' }],
  ])('is told that %s is none', async (_what, more) => {
    expect((await ask('auditor', about('clinician.city', more))).codes).toEqual(['BAD_USER_INPUT']);
  });

  it('is told nothing of a time before the record was there', async () => {
    const { data } = await ask('auditor', about('clinician.city', { at: '2001-01-01T00:00:00.000Z' }));
    expect(data).toEqual({ explainAccess: null });
  });
});

describe('the playground’s query', () => {
  it('answers its persona, step by step, with the decision that the API makes', async () => {
    const ready = (await readyQueries()).find(({ name }) => name === '9-oversight');
    const operations = parse(ready?.query ?? '').definitions.filter(
      (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
    );
    const answered: Answered = new Map();
    const given = JSON.parse(ready?.variables ?? '{}') as Record<string, string>;
    for (const operation of operations) {
      const names = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
      const variables = Object.fromEntries(
        names.map((name) => [name, fill(given[name], answered, randomUUID)]),
      );
      const { data, errors } = await world.vitrine.ask(ready?.persona ?? null, print(operation), variables);
      expect(errors).toEqual([]);
      remember(answered, { data });
    }
    expect(answered.get('explainAccess')).toMatchObject({ level: 'VIEW', fieldClass: 'REPORTING' });
    expect(answered.get('accessAlerts')).toMatchObject({ edges: expect.any(Array) as unknown });
    expect(answered.get('accessTerms')).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
    });
  });
});
