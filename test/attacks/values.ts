/** What random inputs are made of: by name or scalar what a client would mean, and what nobody would. */

const LONG = 'long '.repeat(20_000);
const JWS = (payload: object, header: object = { alg: 'EdDSA', kid: 'A'.repeat(43) }): string =>
  [JSON.stringify(header), JSON.stringify(payload), 'A'.repeat(64)]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

/** Values by name of the member or argument, else by scalar. */
export const PLAIN: Readonly<Record<string, readonly unknown[]>> = {
  Float: [1.5],
  Date: ['1961-05-04', '2026-01-01', '2031-12-31', '2060-01-01'],
  PartialDate: ['1961-05-04', '1961-05', '1961'],
  PartialDateTime: ['2025-03-04', '2025', '2025-03-04T10:00:00.000Z'],
  DateTime: ['2025-12-02T09:00:00.000Z', '2026-01-02T09:00:00.000Z', '2026-12-20T09:00:00.000Z'],
  Base64: [Buffer.alloc(32, 7).toString('base64'), Buffer.alloc(32, 9).toString('base64')],
  Hash: ['0'.repeat(64)],
  JSON: [{}],
  after: ['3', '417198344', '-1', 'WyJpZCIsbnVsbCwiMCJd', 'eyJhIjoxfQ'],
  code: ['hospital-activity', 'beds', 'I21.4', 'yearly', 'SECRET-0'],
  form: ['hospital-activity'],
  period: ['2024-01', '2024-02', '2024-03', '2024-04', '2024', '2024-Q1'],
  currency: ['EUR'],
  system: ['urn:test:secret', 'urn:test:other', 'https://sample.invalid/number'],
  iban: ['DE89370400440532013000', 'GB82WEST12345698765432'],
  label: ['PSY', 'HIV'],
  language: ['en', 'de-AT'],
  country: ['DE'],
  kind: ['Patient', 'Encounter', 'Report', 'Subsidy', 'Institution', 'Member', 'Policy', 'Entry'],
  op: ['encounter.record', 'patient.register', 'view.open', 'log.genesis', 'no.such'],
  operation: ['encounter.record', 'patient.register'],
  situation: [
    'encounter.record',
    'institution.amend.account',
    'report.amend.late',
    'policy.change',
    'member.enrol',
  ],
  field: ['names', 'note', 'birthDate', 'indicators', 'no.field'],
  fields: ['names', 'note', 'diagnoses'],
  value: ['9', '12', '80.5', 'P-1001'],
  reasons: ['capacity', 'not ours', 'budget'],
  seed: ['A'.repeat(43), 'B'.repeat(43)],
  statement: ['a.b.c', '..', JWS({}), JWS({ v: 1 }), JWS({ v: 1, op: 'encounter.record' }, { alg: 'none' })],
  statements: ['a.b.c', '', JWS({}), JWS({ v: 1, op: 'encounter.record' })],
  endorsement: ['a.b.c', JWS({}), JWS({ v: 1, kind: 'endorsement' })],
  rules: ['{}', '[]', 'null', 'not JSON', '{"matrix":{},"roles":{}}'],
  text: ['{ me { member { id } } }', 'query A { __typename }', '{', 'Penicillin'],
};

/** Lists by name, which random items seldom make. */
export const PLAIN_LISTS: Readonly<Record<string, readonly unknown[]>> = {
  indicators: [
    { code: 'beds', value: '9' },
    { code: 'admissions', value: '12' },
    { code: 'occupancy', value: '80.5' },
  ],
};

/** Members of inputs that go together, which random ones seldom do; what must be there beside them stays random. */
export const PLAIN_INPUTS: Readonly<Record<string, readonly object[]>> = {
  AmendPatientInput: [
    { alerts: [{ category: 'ALLERGY', text: 'Latex', severity: 'LOW' }] },
    { label: 'PSY' },
  ],
  AmendEncounterInput: [{ note: 'Fever' }, { status: 'FINISHED', end: '2026-06-01T10:00:00Z' }],
  ChangeLicenceInput: [{ licence: { number: 'L-1', state: 'ACTIVE' } }],
  ChangePolicyInput: [
    { situation: 'programme.create', rule: 'AUTOMATIC', reason: 'As before' },
    { situation: 'encounter.amend', rule: 'ROLE', role: 'REGULATOR', reason: 'Trial', count: 1 },
    { situation: 'subsidy.propose', rule: 'INSTITUTIONS', count: 1, reason: 'Trial' },
  ],
  CodingInput: [{ code: 'I21.4', display: 'Infarction' }],
  DefineFormInput: [
    {
      code: 'monthly',
      title: 'Monthly',
      period: 'MONTH',
      dueDays: 20,
      indicators: [{ code: 'beds', label: 'Beds', type: 'INTEGER', required: true, min: '0', max: '1000' }],
      validFrom: '2020-01-01',
    },
  ],
  EnrolMemberInput: [{ roles: ['CLINICIAN'], name: 'Somebody' }, { roles: ['VENDOR'] }],
  EraseRecordInput: [{ kind: 'ENCOUNTER', legalBasis: 'Request of the patient' }, { fields: ['note'] }],
  FileReportInput: [
    { period: '2025-05' },
    { period: '2025-06' },
    { period: '2025-07' },
    { period: '2026-01' },
  ],
  GrantConsentInput: [
    { type: 'VIEW_RESTRICTION', purposes: ['TREATMENT'] },
    { type: 'VIEW_RESTRICTION', purposes: ['AUDIT'], recordedFor: { reference: 'Form 7' } },
  ],
  HumanNameInput: [{ family: 'Osten', given: ['Ada'] }],
  IdentifierInput: [{ system: 'urn:test:secret' }],
  LinkPatientsInput: [{ evidence: 'Passport', contradictionReason: 'One was misread' }],
  LicenceInput: [{ number: 'L-2', state: 'ACTIVE' }],
  MoneyInput: [{ amount: '1200', currency: 'EUR' }],
  OpenViewInput: [
    { purpose: 'TREATMENT' },
    { purpose: 'EMERGENCY', reason: 'Unconscious' },
    { purpose: 'AUDIT', reason: 'Sample' },
  ],
  ReferPatientInput: [{ validUntil: '2027-03-01T00:00:00Z' }, { validUntil: '2026-12-24T00:00:00Z' }],
  RecordEncounterInput: [{ class: 'AMB', status: 'FINISHED', start: '2026-06-01T10:00:00Z', diagnoses: [] }],
  EncounterInput: [{ class: 'AMB', status: 'FINISHED', start: '2026-06-01T10:00:00Z', diagnoses: [] }],
  RegisterPatientInput: [{ names: [{ family: 'Osten' }], birthDate: '1970-02-03' }, { unidentified: true }],
  SetAccessPolicyInput: [{ thresholds: [{ rule: 'STRANGERS', most: 10, seconds: 600 }], reason: 'Fewer' }],
  TrustDocumentsInput: [
    { documents: [{ name: 'me', text: 'query me { me { member { id } } }' }], enforced: false },
  ],
};

/** What nobody would send, by scalar; texts may come anywhere. */
export const ODD: Readonly<Record<string, readonly unknown[]>> = {
  String: [
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    'tail \udc00',
    LONG,
    'x'.repeat(65_536),
    '\u202eesrever\u202c',
    'e\u0301\u0323',
    '\ufeff\u200b',
    '👩‍⚕️'.repeat(50),
    "'; DROP TABLE entry; --",
    '%_\\',
    '__proto__',
    'constructor',
    'toString',
    '{"$ref":"#"}',
    '$1',
    '\n\r\t\u0007\u2028',
    '١٢٣',
    'null',
    'NaN',
    '1e400',
    '../../etc/passwd',
    '<svg onload=x>',
  ],
  Int: [0, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 1.5, 1e300, '1'],
  Float: [0, -1e308, 1e308, 5e-324],
  BigInt: [
    '0',
    '-1',
    '9007199254740991',
    '9007199254740992',
    '9223372036854775806',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '1e3',
    12,
    2 ** 53,
  ],
  Date: [
    '0000-01-01',
    '0001-01-01',
    '9999-12-31',
    '2024-02-30',
    '1582-10-10',
    '10000-01-01',
    '-000001-01-01',
  ],
  PartialDate: ['0000', '0001', '9999-12', '2024-13'],
  PartialDateTime: ['0000', '9999-12-31T23:59:59.999Z', '2024-02-30T00:00:00Z'],
  DateTime: [
    '0000-01-01T00:00:00.000Z',
    '0000-01-01T00:00:00+14:00',
    '0001-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999-14:00',
    '1969-12-31T23:59:59.999Z',
    '2016-12-31T23:59:60Z',
    '2024-06-01T24:00:00Z',
  ],
  Base64: [
    'AA==',
    'AB==',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(32).toString('base64'),
    'A'.repeat(4000),
  ],
  UUID: [
    '00000000-0000-0000-0000-000000000000',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    'FFFFFFFF-FFFF-4FFF-AFFF-FFFFFFFFFFFF',
    '1',
  ],
  ID: [0, -1, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '1'],
  Boolean: [0, 'true'],
};

/** What may stand where anything else is expected. */
export const ODD_ANYWHERE: readonly unknown[] = [null, {}, [], [[]], true, 0, '', { __proto__x: null }];
