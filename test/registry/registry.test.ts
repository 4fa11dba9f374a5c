import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/records/index.js';
import { uuid, World } from '../clinical/world.js';

const REGISTER = `mutation ($input: RegisterInstitutionInput!) { registerInstitution(input: $input) {
  institution { id version name licence { state validUntil } custodian { id } } } }`;
const LICENCE = `mutation ($input: ChangeLicenceInput!) { changeLicence(input: $input) { institution { version licence { state } } } }`;
const AMEND = `mutation ($input: AmendInstitutionInput!) { amendInstitution(input: $input) { institution { version name capacity { beds } } } }`;
const ENROL = `mutation ($input: EnrolMemberInput!) { enrolMember(input: $input) { member { id name roles state keyThumbprint } } }`;
const SUSPEND = `mutation ($input: SuspendMemberInput!) { suspendMember(input: $input) { member { state version } } }`;
const REINSTATE = `mutation ($input: ReinstateMemberInput!) { reinstateMember(input: $input) { member { state } } }`;
const ROTATE = `mutation ($input: RotateKeyInput!) { rotateKey(input: $input) { member { keyThumbprint } } }`;
const PATIENT = `mutation ($input: RegisterPatientInput!) { registerPatient(input: $input) { patient { id } } }`;

const HOSPITAL = {
  name: 'City',
  kind: 'HOSPITAL',
  ownership: 'PUBLIC',
  region: 'North',
  identifiers: [{ system: 'urn:register', value: '1' }],
  licence: { number: 'L1', validUntil: '2026-06-30' },
  account: { iban: 'DE89370400440532013000', holder: 'City' },
};

let world: World;
let ministry: string;
let regulator: Member;
let city: string;
let registrar: Member;

function idIn(data: Record<string, unknown>, mutation: string, field: string): string {
  return (data[mutation] as Record<string, { id: string }>)[field]?.id ?? '';
}

async function register(facts: object = {}): Promise<string> {
  const { data, errors } = await world.ask(regulator, REGISTER, { ...HOSPITAL, ...facts });
  expect(errors).toEqual([]);
  return idIn(data, 'registerInstitution', 'institution');
}

async function enrol(who: Member, facts: object): Promise<string> {
  const { data, errors } = await world.ask(who, ENROL, {
    institution: city,
    subject: uuid(),
    name: 'Ann',
    roles: ['CLINICIAN'],
    ...facts,
  });
  expect(errors).toEqual([]);
  return idIn(data, 'enrolMember', 'member');
}

async function codeOf(who: Member | null, source: string, input?: object) {
  const { errors } = await world.ask(who, source, input);
  return errors[0]?.extensions['code'];
}

beforeEach(async () => {
  world = new World();
  regulator = world.member(uuid(), ['REGULATOR'], { state: true });
  ministry = await register({ kind: 'AUTHORITY', identifiers: [], name: 'Ministry' });
  regulator = { ...regulator, institution: ministry };
  city = await register();
  registrar = world.member(city, ['REGISTRAR']);
});

describe('institutions', () => {
  it('are public, but for the bank account', async () => {
    const { data, errors } = await world.ask(
      null,
      `{ institution(id: "${city}") { id version recordedAt name region licence { number state } account { iban } } }`,
    );
    expect(data).toMatchObject({
      institution: {
        id: city,
        version: 1,
        name: 'City',
        licence: { number: 'L1', state: 'ACTIVE' },
        account: null,
      },
    });
    expect(errors.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
      ['institution.account', 'UNAUTHENTICATED'],
    ]);
  });

  it('show their account to their own finance and to no clinician', async () => {
    const query = `{ institution(id: "${city}") { account { iban } } }`;
    const finance = await world.ask(world.member(city, ['FINANCE']), query);
    expect(finance.data).toEqual({ institution: { account: { iban: 'DE89370400440532013000' } } });
    expect(await codeOf(world.member(city, ['CLINICIAN']), query)).toBe('FORBIDDEN');
    expect(await codeOf(world.member(uuid(), ['FINANCE']), query)).toBe('FORBIDDEN');
  });

  it('are registered by the state alone, each number once', async () => {
    const input = { ...HOSPITAL, identifiers: [] };
    expect(await codeOf(registrar, REGISTER, input)).toBe('FORBIDDEN');
    expect(await codeOf(null, REGISTER, input)).toBe('UNAUTHENTICATED');
    const { errors } = await world.ask(regulator, REGISTER, HOSPITAL);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'identifiers', 0],
      details: { id: city },
    });
  });

  it('are listed by what is public, with the licence as it is today', async () => {
    const names = async (filter: string) => {
      const { data, errors } = await world.ask(
        null,
        `{ institutions(filter: ${filter}) { edges { node { name } } } }`,
      );
      expect(errors).toEqual([]);
      const { edges } = data['institutions'] as { edges: { node: { name: string } }[] };
      return edges.map(({ node }) => node.name);
    };
    expect(await names('{}')).toEqual(['Ministry', 'City']);
    expect(await names('{ kind: HOSPITAL, region: "North" }')).toEqual(['City']);
    expect(await names('{ identifier: { system: "urn:register", value: "1" } }')).toEqual(['City']);
    expect(await names('{ identifier: { system: "urn:register", value: "1" }, kind: CLINIC }')).toEqual([]);
    expect(await names('{ licenceState: EXPIRED }')).toEqual([]);
    world.now = new Date('2026-07-01T00:00:00Z');
    expect(await names('{ kind: HOSPITAL, licenceState: EXPIRED }')).toEqual(['City']);
    expect(await names('{ kind: HOSPITAL, licenceState: ACTIVE }')).toEqual([]);
  });

  it('get a new licence from the state, against the version that it saw', async () => {
    const input = { institution: city, expectedVersion: 1, licence: { number: 'L1', state: 'SUSPENDED' } };
    expect(await codeOf(registrar, LICENCE, input)).toBe('FORBIDDEN');
    const { data } = await world.ask(regulator, LICENCE, input);
    expect(data).toEqual({ changeLicence: { institution: { version: 2, licence: { state: 'SUSPENDED' } } } });
    expect(await codeOf(regulator, LICENCE, input)).toBe('CONFLICT');
    const expired = { ...input, expectedVersion: 2, licence: { number: 'L1', state: 'EXPIRED' } };
    expect((await world.ask(regulator, LICENCE, expired)).errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input', 'licence', 'state'],
    });
  });

  it('are amended by their registrar or the state', async () => {
    const own = await world.ask(registrar, AMEND, { institution: city, capacity: { beds: 40 } });
    expect(own.data).toEqual({
      amendInstitution: { institution: { version: 2, name: 'City', capacity: { beds: 40 } } },
    });
    const state = await world.ask(regulator, AMEND, {
      institution: city,
      name: 'City Hospital',
      capacity: null,
    });
    expect(state.data).toEqual({
      amendInstitution: { institution: { version: 3, name: 'City Hospital', capacity: null } },
    });
    expect(await codeOf(world.member(uuid(), ['REGISTRAR']), AMEND, { institution: city, name: 'x' })).toBe(
      'FORBIDDEN',
    );
    expect(await codeOf(registrar, AMEND, { institution: city, name: null })).toBe('BAD_USER_INPUT');
  });
});

describe('where an institution is paid', () => {
  it('is changed by itself alone, so that no regulator can pay itself under its name', async () => {
    const account = { iban: 'GB29NWBK60161331926819', holder: 'Somebody else' };
    const input = { institution: city, account };
    const { errors } = await world.ask(regulator, AMEND, input);
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', path: ['input', 'account'] });
    expect(await codeOf(regulator, AMEND, { ...input, account: null })).toBe('FORBIDDEN');
    expect(await codeOf(registrar, AMEND, input)).toBeUndefined();
  });
});

describe('enrolling', () => {
  it('is for the state in any institution, and for registrars in their own', async () => {
    await enrol(regulator, { roles: ['REGISTRAR'] });
    await enrol(registrar, {});
    const input = { institution: city, subject: 's', name: 'x', roles: ['CLINICIAN'] };
    expect(await codeOf(world.member(uuid(), ['REGISTRAR']), ENROL, input)).toBe('FORBIDDEN');
    expect(await codeOf(world.member(city, ['CLINICIAN']), ENROL, input)).toBe('FORBIDDEN');
    expect(await codeOf(registrar, ENROL, { ...input, institution: uuid() })).toBe('NOT_FOUND');
  });

  it('takes a subject once in the whole system', async () => {
    const id = await enrol(registrar, { subject: 'ann' });
    const { errors } = await world.ask(regulator, ENROL, {
      institution: ministry,
      subject: 'ann',
      name: 'x',
      roles: ['AUDITOR'],
    });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'subject'],
      details: { id },
    });
  });

  it('gives REGULATOR and AUDITOR in an authority only, and by the state only', async () => {
    const input = { institution: city, subject: 's', name: 'x', roles: ['AUDITOR'] };
    expect((await world.ask(regulator, ENROL, input)).errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      path: ['input', 'roles'],
    });
    await enrol(regulator, { institution: ministry, roles: ['AUDITOR'] });
    const inside = world.member(ministry, ['REGISTRAR']);
    expect(await codeOf(inside, ENROL, { ...input, institution: ministry, roles: ['REGULATOR'] })).toBe(
      'FORBIDDEN',
    );
  });

  it('makes a patient a member by a registrar of its custodian, without its name', async () => {
    const { data } = await world.ask(registrar, PATIENT, {
      identifiers: [{ system: 'urn:ssn', value: '1' }],
    });
    const patient = idIn(data, 'registerPatient', 'patient');
    const input = { institution: null, subject: 'p', name: 'Zoë', roles: ['PATIENT'], patient };
    expect(await codeOf(regulator, ENROL, input)).toBe('FORBIDDEN');
    expect(await codeOf(world.member(uuid(), ['REGISTRAR']), ENROL, input)).toBe('NOT_FOUND');
    const id = await enrol(registrar, input);
    const query = `{ member(id: "${id}") { id name subject patient { id } custodian { id } institution { id } } }`;
    const self = world.member(null, ['PATIENT'], { id, patient, licensed: false });
    expect((await world.ask(self, query)).data).toEqual({
      member: {
        id,
        name: null,
        subject: 'p',
        patient: { id: patient },
        custodian: { id: city },
        institution: null,
      },
    });
    expect((await world.ask(regulator, query)).data).toEqual({ member: null });
    expect(
      (await world.ask(self, '{ me { roles licensed institution { id } member { id } } }')).data,
    ).toEqual({
      me: { roles: ['PATIENT'], licensed: false, institution: null, member: { id } },
    });
  });

  it('registers a key of 32 bytes, which the member itself replaces', async () => {
    const publicKey = Buffer.alloc(32, 1).toString('base64');
    const id = await enrol(registrar, { publicKey });
    const bad = { institution: city, subject: 's', name: 'x', roles: ['CLINICIAN'], publicKey: 'AAAA' };
    expect((await world.ask(registrar, ENROL, bad)).errors[0]?.extensions).toMatchObject({
      path: ['input', 'publicKey'],
    });
    const self = world.member(city, ['CLINICIAN'], { id });
    const next = { member: id, publicKey: Buffer.alloc(32, 2).toString('base64') };
    expect(await codeOf(registrar, ROTATE, next)).toBe('FORBIDDEN');
    expect((await world.ask(self, ROTATE, next)).errors).toEqual([]);
    expect(await codeOf(self, ROTATE, next)).toBe('CONFLICT');
  });
});

describe('suspending', () => {
  it('stops a member and lets it act again, with a reason', async () => {
    const id = await enrol(registrar, {});
    const input = { member: id, reason: 'left' };
    expect(await codeOf(registrar, REINSTATE, input)).toBe('CONFLICT');
    expect((await world.ask(registrar, SUSPEND, input)).data).toEqual({
      suspendMember: { member: { state: 'SUSPENDED', version: 2 } },
    });
    expect(await codeOf(registrar, SUSPEND, input)).toBe('CONFLICT');
    expect((await world.ask(regulator, REINSTATE, input)).data).toEqual({
      reinstateMember: { member: { state: 'ACTIVE' } },
    });
  });

  it('is not for the member itself, its colleagues or another institution', async () => {
    const id = await enrol(regulator, { roles: ['REGISTRAR'] });
    const input = { member: id, reason: 'x' };
    expect(await codeOf(world.member(city, ['REGISTRAR'], { id }), SUSPEND, input)).toBe('FORBIDDEN');
    expect(await codeOf(world.member(city, ['CLINICIAN']), SUSPEND, input)).toBe('FORBIDDEN');
    expect(await codeOf(world.member(uuid(), ['REGISTRAR']), SUSPEND, input)).toBe('NOT_FOUND');
  });

  it('by the state is ended by the state alone', async () => {
    const id = await enrol(registrar, {});
    const input = { member: id, reason: 'x' };
    expect(await codeOf(regulator, SUSPEND, input)).toBeUndefined();
    expect(await codeOf(registrar, REINSTATE, input)).toBe('FORBIDDEN');
    expect(await codeOf(regulator, REINSTATE, input)).toBeUndefined();
    // A colleague's suspension is the institution's own.
    const colleague = await enrol(regulator, { roles: ['REGISTRAR'] });
    const by = world.member(city, ['REGISTRAR'], { id: colleague });
    expect(await codeOf(by, SUSPEND, input)).toBeUndefined();
    expect(await codeOf(registrar, REINSTATE, input)).toBeUndefined();
  });

  it('of a regulator is for another regulator alone', async () => {
    const id = await enrol(regulator, { institution: ministry, roles: ['REGULATOR'] });
    const input = { member: id, reason: 'x' };
    expect(await codeOf(world.member(ministry, ['REGISTRAR']), SUSPEND, input)).toBe('FORBIDDEN');
    expect(await codeOf(regulator, SUSPEND, input)).toBeUndefined();
  });
});

describe('listing members', () => {
  it('gives an institution its own, and the state all', async () => {
    await enrol(registrar, { name: 'Ann' });
    await enrol(regulator, { name: 'Bob', roles: ['REGISTRAR', 'REPORTER'] });
    await enrol(regulator, { name: 'Eve', institution: ministry, roles: ['AUDITOR'] });
    const names = async (who: Member, filter: string) => {
      const { data, errors } = await world.ask(
        who,
        `{ members(filter: ${filter}) { edges { node { name } } } }`,
      );
      expect(errors).toEqual([]);
      return (data['members'] as { edges: { node: { name: string } }[] }).edges.map(({ node }) => node.name);
    };
    expect(await names(registrar, '{}')).toEqual(['Ann', 'Bob']);
    expect(await names(registrar, '{ role: REPORTER }')).toEqual(['Bob']);
    expect(await names(registrar, `{ institution: "${ministry}" }`)).toEqual([]);
    expect(await names(regulator, '{}')).toEqual(['Ann', 'Bob', 'Eve']);
    expect(await names(regulator, `{ institution: "${ministry}", state: ACTIVE }`)).toEqual(['Eve']);
    expect(await codeOf(null, '{ members { edges { node { name } } } }')).toBe('UNAUTHENTICATED');
  });
});
