/**
 * Who asks in the access tests, and what they ask for: on top of the sample, one record of every type with all that it
 * can hold, and members of every role at institutions of every relation to it.
 */
import { randomUUID } from 'node:crypto';
import { approved, uploadOf } from '../support/approved.js';
import type { TestVitrine } from '../support/vitrine.js';

/** The members that the sample has, with their roles, and those that {@link enact} enrols. */
export const ROLE_OF: Readonly<Record<string, string>> = {
  'clinician.city': 'CLINICIAN',
  'registrar.city': 'REGISTRAR',
  'reporter.city': 'REPORTER',
  'finance.city': 'FINANCE',
  'vendor.city': 'VENDOR',
  'clinician.north': 'CLINICIAN',
  'registrar.north': 'REGISTRAR',
  'second.north': 'REGISTRAR',
  'reporter.north': 'REPORTER',
  'finance.north': 'FINANCE',
  'vendor.north': 'VENDOR',
  'clinician.harbour': 'CLINICIAN',
  'finance.harbour': 'FINANCE',
  'regulator.one': 'REGULATOR',
  'finance.ministry': 'FINANCE',
  auditor: 'AUDITOR',
  vendor: 'VENDOR',
  'patient.self': 'PATIENT',
  'patient.one': 'PATIENT',
};

/** Everybody, null being nobody: without a token. */
export const EVERYONE: readonly (string | null)[] = [...Object.keys(ROLE_OF), null];

export const askerOf = (who: string | null) => (who === null ? null : { role: ROLE_OF[who] ?? '' });

const at = (who: string, ...places: string[]) => places.some((place) => who.endsWith(`.${place}`));

/** What each is to each record, in the design's words. The one who recorded North's encounter itself isn't TREATING. */
export function relationsTo(type: string, who: string | null): string[] {
  if (who === null) return [];
  const state = who.startsWith('regulator');
  const audits = who === 'auditor' ? ['AUDITOR'] : [];
  const general = [...(state ? ['STATE'] : []), ...audits, ...(who.startsWith('patient') ? [] : ['MEMBER'])];
  const ofCity = at(who, 'city');
  switch (type) {
    case 'Patient':
    case 'Encounter':
      if (who === 'patient.self') return ['SELF'];
      if (ofCity) return ['CUSTODIAN'];
      return at(who, 'north') && who !== 'registrar.north' ? ['TREATING'] : audits;
    case 'Member':
      if (who === 'clinician.city') return ['SELF', 'CUSTODIAN'];
      return ofCity ? ['CUSTODIAN'] : [...(state ? ['STATE'] : []), ...audits];
    case 'AccessAlert':
      // About a member.
      return [...(state ? ['STATE'] : []), ...audits];
    case 'TrustedDocuments':
      return [...(ofCity ? ['CUSTODIAN'] : []), ...(state ? ['STATE'] : []), ...audits];
    case 'Institution':
      return [...general, ...(ofCity ? ['CUSTODIAN', 'PAYEE'] : []), ...(state ? ['PAYER'] : [])];
    case 'Policy':
    case 'AccessPolicy':
    case 'Form':
    case 'Report':
      return [...general, ...(ofCity && type === 'Report' ? ['CUSTODIAN'] : [])];
    case 'Programme':
    case 'Subsidy':
      return [
        ...general,
        ...(state || who === 'finance.ministry' ? ['PAYER'] : []),
        ...(ofCity && type === 'Subsidy' ? ['PAYEE'] : []),
      ];
    case 'PatientLink':
      // Who treats the person reads the other file; why it is one isn't for it.
      if (who === 'patient.self') return ['SELF'];
      return ofCity ? ['CUSTODIAN'] : audits;
    case 'View':
      if (who === 'patient.self') return ['SELF'];
      if (who === 'clinician.north') return ['SELF', 'CUSTODIAN'];
      return at(who, 'north') ? ['CUSTODIAN'] : audits;
    case 'Referral':
      if (who === 'patient.self') return ['SELF'];
      if (ofCity) return ['CUSTODIAN'];
      return at(who, 'harbour') ? ['GRANTEE'] : audits;
    case 'Hold':
    case 'Erasure':
      if (who === 'patient.self') return ['SELF'];
      if (ofCity || (type === 'Hold' && who === 'finance.ministry')) return ['CUSTODIAN'];
      return [...(state ? ['STATE'] : []), ...audits];
    case 'Consent':
      // Recorded from paper by City, for Harbour.
      if (who === 'patient.self') return ['SELF'];
      if (ofCity) return ['CUSTODIAN'];
      return at(who, 'harbour') ? ['GRANTEE'] : audits;
    case 'UploadRequest': {
      const asked = who === 'finance.city' ? ['SELF'] : [];
      // The policy of account changes names a regulator to endorse it.
      return [...asked, ...(ofCity ? ['CUSTODIAN'] : []), ...(state ? ['STATE', 'GRANTEE'] : []), ...audits];
    }
    default:
      throw new Error(`no record type ${type}`);
  }
}

/** Ids of one record of every type, of North's encounter of the same patient, and of another file of the same person. */
export type Records = Readonly<Record<string, string>> & {
  readonly northEncounter: string;
  readonly otherFile: string;
};

export const PATIENT = {
  identifiers: [{ system: 'urn:test:national', value: 'N-4711' }],
  names: [{ use: 'OFFICIAL', family: 'Quellmalz', given: ['Ottilie'] }],
  gender: 'OTHER',
  birthDate: '1951-03-07',
  deceased: true,
  deceasedAt: '2025-12-30T10:00:00.000Z',
  addresses: [{ use: 'HOME', lines: ['9 Verbena Lane'], city: 'Seahaven' }],
  contacts: [{ system: 'PHONE', value: '+000 777 4711' }],
  insurance: [{ payer: 'Mutual of Seahaven', memberNumber: 'M-88123' }],
  maritalStatus: { code: 'W', display: 'Widowed' },
  language: 'de-AT',
  alerts: [{ category: 'ALLERGY', text: 'Chlorhexidine', severity: 'HIGH' }],
};

export const ENCOUNTER = {
  class: 'IMP',
  status: 'FINISHED',
  serviceCode: { code: '773', display: 'Cardiothoracic' },
  start: '2025-11-20T08:00:00.000Z',
  end: '2025-11-24T12:00:00.000Z',
  practitioner: { name: 'Dr. Halvorsen' },
  cost: { amount: 734211, currency: 'EUR' },
  payer: 'Mutual of Seahaven',
  identifier: { system: 'urn:test:case', value: 'C-90210' },
  reason: [{ display: 'Crushing chest pain' }],
  diagnoses: [{ code: { code: 'I21.4', display: 'Subendocardial infarction' }, clinicalStatus: 'ACTIVE' }],
  outcome: { display: 'Transferred for bypass' },
  note: 'Relatives asked not to be phoned',
};

/** For each guarded field a text that its value holds: who may copy the field gets it, nobody else does. */
export const SECRETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Patient: {
    identifiers: 'N-4711',
    names: 'Quellmalz',
    gender: 'OTHER',
    birthDate: '1951-03-07',
    deceasedAt: '2025-12-30T10',
    addresses: 'Verbena',
    contacts: '777 4711',
    insurance: 'M-88123',
    maritalStatus: 'Widowed',
    language: 'de-AT',
    alerts: 'Chlorhexidine',
  },
  Encounter: {
    class: 'IMP',
    status: 'FINISHED',
    serviceCode: 'Cardiothoracic',
    start: '2025-11-20T08',
    end: '2025-11-24T12',
    practitioner: 'Halvorsen',
    cost: '734211',
    payer: 'Mutual of Seahaven',
    identifier: 'C-90210',
    reason: 'Crushing',
    diagnoses: 'I21.4',
    outcome: 'bypass',
    note: 'phoned',
  },
  PatientLink: { evidence: 'Signet ring' },
  Institution: { account: 'DE89370400440532013000' },
  Member: { subject: 'clinician.city' },
  Report: { indicators: '31337', note: 'Ward seven closed', reason: 'recount of March' },
  Consent: { label: 'SUBSTANCE-USE', paper: 'Form C-12' },
  Programme: { budget: '7000001', committed: '654321' },
  Subsidy: {
    amount: '654321',
    purpose: 'Boiler',
    reference: 'PO-HEAT-77',
    account: 'DE89370400440532013000',
  },
};

interface Created {
  readonly [mutation: string]: { readonly [record: string]: { readonly id: string } };
}

/** Makes the records and the members. */
export async function enact(vitrine: TestVitrine): Promise<Records> {
  const make = async (who: string, mutation: string, record: string, input: object): Promise<string> => {
    // A regulator approves what waits for one: a report that is amended late.
    const answer = await approved<Created>(
      vitrine,
      [who, 'regulator.two'],
      mutation,
      { ...input },
      `${record} { id }`,
    );
    const id = answer.data?.[mutation]?.[record]?.id;
    if (id === undefined) throw new Error(`${mutation} as ${who} failed: ${answer.text}`);
    return id;
  };
  const { city, north, harbour, ministry } = await places(vitrine);
  const enrol = (subject: string, institution: string | undefined, role: string) =>
    make('regulator.one', 'enrolMember', 'member', { subject, institution, name: subject, roles: [role] });
  await enrol('vendor.city', city, 'VENDOR');
  for (const [subject, role] of [
    ['second.north', 'REGISTRAR'],
    ['reporter.north', 'REPORTER'],
    ['finance.north', 'FINANCE'],
    ['vendor.north', 'VENDOR'],
  ] as const)
    await enrol(subject, north, role);
  await enrol('finance.ministry', ministry, 'FINANCE');

  const patient = await make('registrar.city', 'registerPatient', 'patient', PATIENT);
  await make('registrar.city', 'enrolMember', 'member', {
    subject: 'patient.self',
    roles: ['PATIENT'],
    patient,
  });
  const encounter = await make('clinician.city', 'recordEncounter', 'encounter', { patient, ...ENCOUNTER });
  const northEncounter = await make('registrar.north', 'recordEncounter', 'encounter', {
    patient,
    class: 'AMB',
    status: 'IN_PROGRESS',
    start: '2025-12-02T09:00:00.000Z',
    note: 'Suture removal at the north gate',
  });
  const otherFile = await make('registrar.city', 'registerPatient', 'patient', {
    unidentified: true,
    names: [{ use: 'TEMP', text: 'Woman of the ferry' }],
  });
  return {
    Patient: patient,
    Encounter: encounter,
    northEncounter,
    otherFile,
    PatientLink: await make('registrar.city', 'linkPatients', 'link', {
      patient: otherFile,
      other: patient,
      evidence: 'Signet ring with her initials',
    }),
    Institution: city ?? '',
    Erasure: await make('clinician.city', 'eraseRecord', 'erasure', {
      kind: 'ENCOUNTER',
      id: encounter,
      expectedVersion: 1,
      fields: ['payer'],
      legalBasis: 'Article 17',
    }),
    View: await make('clinician.north', 'openView', 'view', {
      subject: { kind: 'PATIENT', id: patient },
      purpose: 'TREATMENT',
    }),
    Referral: await make('clinician.city', 'referPatient', 'referral', {
      patient,
      institution: harbour,
      validUntil: new Date(Date.now() + 86_400_000).toISOString(),
      reason: 'Second opinion',
    }),
    Hold: await hold(vitrine, encounter),
    Consent: await make('registrar.city', 'grantConsent', 'consent', {
      patient,
      type: 'LABEL_GRANT',
      institution: harbour,
      label: 'SUBSTANCE-USE',
      recordedFor: { reference: 'Form C-12' },
    }),
    Policy: await policy(vitrine),
    AccessPolicy: await accessPolicy(vitrine),
    AccessAlert: await accessAlert(vitrine),
    UploadRequest: await waiting(vitrine, city ?? ''),
    ...(await money(make, city ?? '')),
    ...(await report(make)),
    ...(await registry(vitrine)),
    ...(await trusted(vitrine, city ?? '')),
  };
}

/** Two regulators say what a refusal of a subsidy needs: no more than it takes anyway. */
async function policy(vitrine: TestVitrine): Promise<string> {
  const answer = await approved<{ changePolicy: { policy: { id: string } } }>(
    vitrine,
    ['regulator.one', 'regulator.two'],
    'changePolicy',
    {
      situation: 'subsidy.reject',
      rule: 'ROLE',
      role: 'REGULATOR',
      ownCounts: true,
      reason: 'As it is done',
    },
    'policy { id }',
  );
  if (answer.data === null) throw new Error(`changePolicy failed: ${answer.text}`);
  return answer.data.changePolicy.policy.id;
}

/** Two regulators record budgets and thresholds as they are. */
async function accessPolicy(vitrine: TestVitrine): Promise<string> {
  const answer = await approved<{ setAccessPolicy: { policy: { id: string } } }>(
    vitrine,
    ['regulator.one', 'regulator.two'],
    'setAccessPolicy',
    { reason: 'As it is' },
    'policy { id }',
  );
  if (answer.data === null) throw new Error(`setAccessPolicy failed: ${answer.text}`);
  return answer.data.setAccessPolicy.policy.id;
}

/** Somebody asks for numbers that nobody has, until that is unusual; a server that starts finds it. */
async function accessAlert(vitrine: TestVitrine): Promise<string> {
  for (let number = 0; number <= 10; number += 1)
    await vitrine.ask(
      'clinician.harbour',
      `{ patientByIdentifier(system: "urn:test:none", value: "X-${number}", birthDate: "1950-01-01") { id } }`,
    );
  await vitrine.restart();
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { data } = await vitrine.ask<{ accessAlerts: { edges: { node: { id: string } }[] } }>(
      'auditor',
      '{ accessAlerts(first: 1) { edges { node { id } } } }',
    );
    const id = data?.accessAlerts.edges[0]?.node.id;
    if (id !== undefined) return id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('no alert was raised');
}

/** City says what a vendor's machine may send. */
async function trusted(
  vitrine: TestVitrine,
  institution: string,
): Promise<{ vendor: string; TrustedDocuments: string }> {
  const enrolled = await vitrine.mutate<{ enrolMember: { member: { id: string } } }>(
    'registrar.city',
    'enrolMember',
    { institution, subject: 'board.city', name: 'Ward board', roles: ['CLINICIAN', 'VENDOR'] },
    'member { id }',
  );
  if (enrolled.data === null) throw new Error(`enrolMember failed: ${enrolled.text}`);
  const vendor = enrolled.data.enrolMember.member.id;
  const { data, text } = await vitrine.mutate<{ trustDocuments: { trustedDocuments: { id: string } } }>(
    'registrar.city',
    'trustDocuments',
    {
      member: vendor,
      documents: [{ name: 'Who', text: 'query Who { me { roles } }' }],
      reason: 'Release 7',
    },
    'trustedDocuments { id }',
  );
  if (data === null) throw new Error(`trustDocuments failed: ${text}`);
  return { vendor, TrustedDocuments: data.trustDocuments.trustedDocuments.id };
}

/** City asks to be paid elsewhere, which waits for a regulator. */
async function waiting(vitrine: TestVitrine, institution: string): Promise<string> {
  const { data } = await vitrine.ask<{ institution: { version: number } }>(
    'finance.city',
    'query ($id: ID!) { institution(id: $id) { version } }',
    { id: institution },
  );
  const answer = await vitrine.mutate<object>(
    'finance.city',
    'amendInstitution',
    {
      institution,
      expectedVersion: data?.institution.version,
      account: { iban: 'DE89370400440532013000', holder: 'City Hospital, new wing' },
    },
    'requestId',
  );
  const upload = uploadOf(answer);
  if (upload === null) throw new Error(`amendInstitution doesn't wait: ${answer.text}`);
  return upload;
}

/** A regulator holds an encounter. */
async function hold(vitrine: TestVitrine, id: string): Promise<string> {
  const { data, text } = await vitrine.ask<{ placeHold: { record: { id: string } } }>(
    'regulator.two',
    'mutation ($input: HoldInput!) { placeHold(input: $input) { record { id } } }',
    { input: { requestId: randomUUID(), kind: 'ENCOUNTER', id, reason: 'A court asks for it' } },
  );
  if (data === null) throw new Error(`placeHold failed: ${text}`);
  return data.placeHold.record.id;
}

type Make = (who: string, mutation: string, record: string, input: object) => Promise<string>;

async function report(make: Make): Promise<{ Report: string }> {
  const indicators = (admissions: string) => [
    { code: 'beds', value: '420' },
    { code: 'admissions', value: admissions },
    { code: 'occupancy', value: '80.5' },
  ];
  const filed = { form: 'hospital-activity', period: '2025-09', note: 'Ward seven closed' };
  const id = await make('reporter.city', 'fileReport', 'report', { ...filed, indicators: indicators('1') });
  const amended = { report: id, expectedVersion: 1, reason: 'recount of March' };
  await make('reporter.city', 'amendReport', 'report', { ...amended, indicators: indicators('31337') });
  return { Report: id };
}

async function money(make: Make, payee: string): Promise<{ Programme: string; Subsidy: string }> {
  const budget = { amount: 7_000_001, currency: 'EUR' };
  const programme = await make('regulator.one', 'createProgramme', 'programme', {
    code: 'HEAT',
    title: 'Heating of wards',
    budget,
  });
  const subsidy = await make('regulator.one', 'proposeSubsidy', 'subsidy', {
    programme,
    payee,
    amount: { amount: 654_321, currency: 'EUR' },
    purpose: 'Boiler of the east wing',
  });
  await make('regulator.two', 'approveSubsidy', 'subsidy', { subsidy, expectedVersion: 1 });
  const paid = { subsidy, expectedVersion: 2, reference: 'PO-HEAT-77' };
  await make('regulator.one', 'disburseSubsidy', 'subsidy', paid);
  await make('finance.city', 'confirmSubsidy', 'subsidy', { subsidy, expectedVersion: 3 });
  return { Programme: programme, Subsidy: subsidy };
}

async function places(vitrine: TestVitrine): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const [name, who] of [
    ['city', 'finance.city'],
    ['north', 'clinician.north'],
    ['harbour', 'finance.harbour'],
    ['ministry', 'regulator.one'],
  ] as const) {
    const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
      who,
      '{ me { institution { id } } }',
    );
    found[name] = data?.me.institution.id ?? '';
  }
  return found;
}

async function registry(vitrine: TestVitrine): Promise<{ Member: string; Form: string }> {
  const me = await vitrine.ask<{ me: { member: { id: string } } }>(
    'clinician.city',
    '{ me { member { id } } }',
  );
  const form = await vitrine.ask<{ form: { id: string } }>(
    null,
    '{ form(code: "hospital-activity") { id } }',
  );
  return { Member: me.data?.me.member.id ?? '', Form: form.data?.form.id ?? '' };
}
