/** Every path of the API that leads to a record of each type. */
import { PATIENT, type Records } from './cast.js';

/** One path: the query around a selection, and where the record stands in the answer. */
export interface Way {
  readonly type: string;
  /** The path for the test's name. */
  readonly by: string;
  readonly query: (selection: string, records: Records) => string;
  readonly path: readonly string[];
  /** The key of the record among the records, where it isn't the type's. */
  readonly record?: string;
  /** Whether it leads there at all for this one, whatever the matrix gives; it does unless said. */
  readonly leads?: (who: string | null) => boolean;
  /** Relations that this path itself makes. */
  readonly also?: readonly string[];
  /** The answer holds this one record and no other. */
  readonly alone: boolean;
}

const ROOTS: Readonly<Record<string, (records: Records) => string>> = {
  Patient: ({ Patient }) => `patient(id: "${Patient}")`,
  Encounter: ({ Encounter }) => `encounter(id: "${Encounter}")`,
  Institution: ({ Institution }) => `institution(id: "${Institution}")`,
  Member: ({ Member }) => `member(id: "${Member}")`,
  TrustedDocuments: ({ vendor }) => `trustedDocuments(member: "${vendor}")`,
  Policy: () => 'policy(situation: "subsidy.reject")',
  AccessPolicy: () => 'accessPolicy',
  AccessAlert: ({ AccessAlert }) => `accessAlert(id: "${AccessAlert}")`,
  Form: () => 'form(code: "hospital-activity")',
  Report: ({ Report }) => `report(id: "${Report}")`,
  Programme: ({ Programme }) => `programme(id: "${Programme}")`,
  Subsidy: ({ Subsidy }) => `subsidy(id: "${Subsidy}")`,
  PatientLink: ({ PatientLink }) => `patientLink(id: "${PatientLink}")`,
  Hold: ({ Hold }) => `hold(id: "${Hold}")`,
  Consent: ({ Consent }) => `consent(id: "${Consent}")`,
  View: ({ View }) => `view(id: "${View}")`,
  Referral: ({ Referral }) => `referral(id: "${Referral}")`,
  Erasure: ({ Erasure }) => `erasure(id: "${Erasure}")`,
  UploadRequest: ({ UploadRequest }) => `uploadRequest(id: "${UploadRequest}")`,
};

/** The four ways that every record has. */
const GENERAL: readonly Way[] = Object.entries(ROOTS).flatMap(([type, root]): Way[] => {
  const name = type.charAt(0).toLowerCase() + type.slice(1);
  return [
    {
      type,
      by: name,
      query: (selection, records) => `{ ${root(records)} { ${selection} } }`,
      path: [name],
      alone: true,
    },
    {
      type,
      by: 'node',
      query: (selection, records) =>
        `{ node(id: "${records[type]}") { id ... on ${type} { ${selection} } } }`,
      path: ['node'],
      alone: true,
    },
    {
      type,
      by: 'node and a fragment on Record',
      query: (selection, records) =>
        `query { node(id: "${records[type]}") { ...r } } fragment r on Record { version ...f } fragment f on ${type} { ${selection} }`,
      path: ['node'],
      alone: true,
    },
    {
      type,
      by: '_entities',
      query: (selection, records) =>
        `{ _entities(representations: [{ __typename: "${type}", id: "${records[type]}" }]) { ... on ${type} { ${selection} } } }`,
      path: ['_entities'],
      alone: true,
    },
  ];
});

const edges = (selection: string) => `{ edges { node { ${selection} } } }`;
const ofCity = (who: string | null) => who?.endsWith('.city') === true;
const ofState = (who: string | null) => who === 'auditor' || who?.startsWith('regulator') === true;
const isSelf = (who: string | null) => who === 'patient.self';
const mayIdentify = (who: string | null) => /^(clinician|registrar|second)/.test(who ?? '');

const CARE: readonly Way[] = [
  {
    type: 'Patient',
    by: 'patients',
    query: (selection) => `{ patients(first: 40) ${edges(selection)} }`,
    path: ['patients', 'edges', 'node'],
    leads: (who) => ofCity(who) || isSelf(who),
    alone: false,
  },
  {
    type: 'Patient',
    by: 'encounter.patient',
    query: (selection, { Encounter }) => `{ encounter(id: "${Encounter}") { patient { ${selection} } } }`,
    path: ['encounter', 'patient'],
    alone: true,
  },
  {
    type: 'Patient',
    by: 'encounters.patient',
    query: (selection, { Patient }) =>
      `{ encounters(first: 5, filter: { patient: "${Patient}" }) ${edges(`patient { ${selection} }`)} }`,
    path: ['encounters', 'edges', 'node', 'patient'],
    leads: (who) => who !== null && /city|north|self/.test(who),
    alone: true,
  },
  {
    type: 'Patient',
    by: 'patientByIdentifier',
    query: (selection) =>
      `{ patientByIdentifier(system: "urn:test:national", value: "N-4711", birthDate: "${PATIENT.birthDate}") { ${selection} } }`,
    path: ['patientByIdentifier'],
    leads: mayIdentify,
    also: ['LISTED'],
    alone: true,
  },
  {
    type: 'Patient',
    by: 'me.member.patient',
    query: (selection) => `{ me { member { patient { ${selection} } } } }`,
    path: ['me', 'member', 'patient'],
    leads: isSelf,
    alone: true,
  },
  {
    type: 'Encounter',
    by: 'patient.encounters',
    query: (selection, { Patient }) => `{ patient(id: "${Patient}") { encounters ${edges(selection)} } }`,
    path: ['patient', 'encounters', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Encounter',
    by: 'encounters',
    query: (selection, { Patient }) =>
      `{ encounters(filter: { patient: "${Patient}" }) ${edges(selection)} }`,
    path: ['encounters', 'edges', 'node'],
    leads: (who) => ofCity(who) || isSelf(who),
    alone: false,
  },
];

const LINKS: readonly Way[] = [
  {
    type: 'Patient',
    by: 'linkedPatients',
    query: (selection, { otherFile }) =>
      `{ patient(id: "${otherFile}") { linkedPatients { ${selection} } } }`,
    path: ['patient', 'linkedPatients'],
    alone: true,
  },
  {
    type: 'Encounter',
    by: 'linkedPatients.encounters',
    query: (selection, { otherFile }) =>
      `{ patient(id: "${otherFile}") { linkedPatients { encounters ${edges(selection)} } } }`,
    path: ['patient', 'linkedPatients', 'encounters', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'PatientLink',
    by: 'patient.links',
    query: (selection, { Patient }) => `{ patient(id: "${Patient}") { links { ${selection} } } }`,
    path: ['patient', 'links'],
    alone: true,
  },
  {
    type: 'PatientLink',
    by: 'patientLinks',
    query: (selection) => `{ patientLinks(filter: { state: CONFIRMED }) ${edges(selection)} }`,
    path: ['patientLinks', 'edges', 'node'],
    alone: false,
  },
];

const CONSENT: readonly Way[] = [
  {
    type: 'Consent',
    by: 'consents of a patient',
    query: (selection, { Patient }) => `{ consents(patient: "${Patient}") ${edges(selection)} }`,
    path: ['consents', 'edges', 'node'],
    alone: true,
  },
  {
    type: 'Consent',
    by: 'consents',
    query: (selection) => `{ consents ${edges(selection)} }`,
    path: ['consents', 'edges', 'node'],
    leads: (who) => isSelf(who) || who?.endsWith('.harbour') === true,
    alone: true,
  },
  {
    type: 'Consent',
    by: 'patient.consents',
    query: (selection, { Patient }) => `{ patient(id: "${Patient}") { consents ${edges(selection)} } }`,
    path: ['patient', 'consents', 'edges', 'node'],
    leads: (who) => who?.endsWith('.harbour') !== true,
    alone: true,
  },
];

const REGISTRY: readonly Way[] = [
  {
    type: 'Institution',
    by: 'institutions',
    query: (selection) => `{ institutions ${edges(selection)} }`,
    path: ['institutions', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Institution',
    by: 'me.institution',
    query: (selection) => `{ me { institution { ${selection} } } }`,
    path: ['me', 'institution'],
    leads: ofCity,
    alone: true,
  },
  {
    type: 'Institution',
    by: 'report.custodian',
    query: (selection, { Report }) => `{ report(id: "${Report}") { custodian { ${selection} } } }`,
    path: ['report', 'custodian'],
    leads: (who) => who !== null && !who.startsWith('patient'),
    alone: true,
  },
  {
    type: 'Institution',
    by: 'subsidy.payee',
    query: (selection, { Subsidy }) => `{ subsidy(id: "${Subsidy}") { payee { ${selection} } } }`,
    path: ['subsidy', 'payee'],
    leads: (who) => who !== null && !who.startsWith('patient'),
    alone: true,
  },
  {
    type: 'Member',
    by: 'members',
    query: (selection) => `{ members(first: 100) ${edges(selection)} }`,
    path: ['members', 'edges', 'node'],
    leads: (who) => ofCity(who) || ofState(who),
    alone: false,
  },
];

const STATE: readonly Way[] = [
  {
    type: 'AccessAlert',
    by: 'accessAlerts',
    query: (selection) => `{ accessAlerts ${edges(selection)} }`,
    path: ['accessAlerts', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Policy',
    by: 'policies',
    query: (selection) => `{ policies ${edges(selection)} }`,
    path: ['policies', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Form',
    by: 'forms',
    query: (selection) => `{ forms ${edges(selection)} }`,
    path: ['forms', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Form',
    by: 'report.form',
    query: (selection, { Report }) => `{ report(id: "${Report}") { form { ${selection} } } }`,
    path: ['report', 'form'],
    leads: (who) => who !== null && !who.startsWith('patient'),
    alone: true,
  },
  {
    type: 'Report',
    by: 'reports',
    query: (selection) => `{ reports ${edges(selection)} }`,
    path: ['reports', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Report',
    by: 'institution.reports',
    query: (selection, { Institution }) =>
      `{ institution(id: "${Institution}") { reports(first: 50) ${edges(selection)} } }`,
    path: ['institution', 'reports', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Programme',
    by: 'programmes',
    query: (selection) => `{ programmes ${edges(selection)} }`,
    path: ['programmes', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Programme',
    by: 'subsidy.programme',
    query: (selection, { Subsidy }) => `{ subsidy(id: "${Subsidy}") { programme { ${selection} } } }`,
    path: ['subsidy', 'programme'],
    alone: true,
  },
  {
    type: 'Subsidy',
    by: 'subsidies',
    query: (selection, { Institution }) =>
      `{ subsidies(filter: { payee: "${Institution}" }) ${edges(selection)} }`,
    path: ['subsidies', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Subsidy',
    by: 'institution.subsidies',
    query: (selection, { Institution }) =>
      `{ institution(id: "${Institution}") { subsidies ${edges(selection)} } }`,
    path: ['institution', 'subsidies', 'edges', 'node'],
    alone: false,
  },
  {
    type: 'Hold',
    by: 'holds',
    query: (selection, { Encounter }) => `{ holds(filter: { record: "${Encounter}" }) ${edges(selection)} }`,
    path: ['holds', 'edges', 'node'],
    leads: (who) => ofCity(who) || ofState(who),
    alone: true,
  },
  {
    type: 'Erasure',
    by: 'erasures',
    query: (selection, { Encounter }) =>
      `{ erasures(filter: { record: "${Encounter}" }) ${edges(selection)} }`,
    path: ['erasures', 'edges', 'node'],
    leads: (who) => ofCity(who) || ofState(who),
    alone: true,
  },
  {
    type: 'UploadRequest',
    by: 'uploadRequests',
    query: (selection) => `{ uploadRequests(first: 100) ${edges(selection)} }`,
    path: ['uploadRequests', 'edges', 'node'],
    leads: (who) => ofCity(who) || ofState(who),
    alone: false,
  },
];

export const PATHS: readonly Way[] = [...GENERAL, ...CARE, ...LINKS, ...CONSENT, ...REGISTRY, ...STATE];
