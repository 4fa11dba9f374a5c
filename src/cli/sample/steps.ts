/** The steps of loading the sample, each by the persona whose work it is, through the public API. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { EnrolMemberDocument, MeDocument, RecordEncountersDocument } from '../../client/index.js';
import { RegisterInstitutionDocument, RegisterPatientDocument } from '../../client/index.js';
import type { RegisterInstitutionInput } from '../../client/index.js';
import {
  ApproveSubsidyDocument,
  ConfirmSubsidyDocument,
  CreateProgrammeDocument,
  DefineFormDocument,
  DisburseSubsidyDocument,
  FileReportDocument,
  GrantConsentDocument,
  ProposeSubsidyDocument,
  ReferPatientDocument,
} from '../../client/generated/graphql.js';
import { PERSONAS } from '../../server/index.js';
import {
  endOfReferral,
  FORM,
  INSTITUTIONS,
  openEncounter,
  POPULATION,
  REPORTS,
  sampleEncounters,
  samplePatient,
} from './data.js';
import type { Place } from './data.js';

/** Does one mutation as a persona. Its request id follows from `about`, so that doing it again adds nothing. */
export type Act = <T, I extends object>(
  persona: string,
  about: string,
  document: TypedDocumentNode<T, { input: I & { requestId: string } }>,
  input: Omit<I, 'requestId'>,
) => Promise<T>;

/** What the steps share. */
export interface Loading {
  readonly act: Act;
  readonly ask: <T>(persona: string, document: TypedDocumentNode<T, Record<string, never>>) => Promise<T>;
  /** Called before each step with what it does. */
  readonly step: (what: string) => void;
}

const REGULATOR = 'regulator.one';

/** The id in a payload. The reader who wrote it may read it: null would be a fault of ours. */
function idOf(record: { readonly id: string } | null | undefined, what: string): string {
  if (!record) throw new Error(`expected the ${what} that was just written, got null`);
  return record.id;
}

/** How many steps there are. */
export const STEPS =
  Object.keys(INSTITUTIONS).length +
  PERSONAS.length -
  1 +
  POPULATION.reduce((sum, { patients }) => sum + patients * 2, 0) +
  1 +
  1 +
  REPORTS.length +
  13;

type Ids = Readonly<Record<Place | 'ministry', string>>;

async function registerAll({ act, ask, step }: Loading): Promise<Ids> {
  const { me } = await ask(REGULATOR, MeDocument);
  const ids: Partial<Record<Place | 'ministry', string>> = { ministry: idOf(me?.institution, 'ministry') };
  for (const [place, values] of Object.entries(INSTITUTIONS) as [
    Place,
    Omit<RegisterInstitutionInput, 'requestId'>,
  ][]) {
    step(values.name);
    const answer = await act(REGULATOR, `institution ${place}`, RegisterInstitutionDocument, values);
    ids[place] = idOf(answer.registerInstitution.institution, 'institution');
  }
  return ids as Ids;
}

async function enrolAll({ act, step }: Loading, ids: Ids): Promise<void> {
  for (const { name, institution, roles, about } of PERSONAS) {
    // The first regulator began the log; the patient follows when it is registered.
    if (name === REGULATOR || institution === null) continue;
    step(name);
    const input = { institution: ids[institution], subject: name, name: about, roles: [...roles] };
    await act(REGULATOR, `member ${name}`, EnrolMemberDocument, input);
  }
}

/** Patients registered at once: their entries share blocks, as those of a busy hospital do. */
const AT_ONCE = 6;

/** The patients of the sample who have a part of their own; both are City Hospital’s. */
interface Patients {
  readonly first: string;
  readonly second: string;
  readonly last: string;
}

/** Patients with their encounters. */
async function population({ act, step }: Loading): Promise<Patients> {
  const everyone = POPULATION.flatMap((group) => Array.from({ length: group.patients }, () => group));
  const ids: string[] = [];
  const register = async (number: number): Promise<void> => {
    const group = everyone[number];
    if (!group) return;
    const { place, persona, encounters } = group;
    step(`patients of ${INSTITUTIONS[place].name}`);
    const answer = await act(persona, `patient ${number}`, RegisterPatientDocument, samplePatient(number));
    const patient = idOf(answer.registerPatient.patient, 'patient');
    ids[number] = patient;
    step(`encounters of ${INSTITUTIONS[place].name}`);
    await act(persona, `encounters ${number}`, RecordEncountersDocument, {
      encounters: sampleEncounters(patient, number, encounters),
      mode: 'ALL' as const,
    });
  };
  for (let from = 0; from < everyone.length; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, place) => register(from + place)));
  }
  const isCity = (_: string, number: number) => everyone[number]?.place === 'city';
  return { first: ids[0] ?? '', second: ids[1] ?? '', last: ids.filter(isCity).at(-1) ?? '' };
}

async function patientOne({ act, step }: Loading, patient: string): Promise<string> {
  step('patient.one');
  const { enrolMember } = await act('registrar.city', 'member patient.one', EnrolMemberDocument, {
    subject: 'patient.one',
    roles: ['PATIENT' as const],
    patient,
  });
  step('care at Northern Hospital');
  await act('registrar.north', 'encounter of patient.one', RecordEncountersDocument, {
    encounters: [openEncounter(patient)],
    mode: 'ALL' as const,
  });
  return idOf(enrolMember.member, 'member');
}

/** One restriction by the patient itself; one grant and one representative of another, from paper. */
async function consents(
  { act, step }: Loading,
  ids: Ids,
  { first, last }: Patients,
  patientOne: string,
): Promise<void> {
  step('a restriction');
  const institution = ids.harbour;
  const restriction = { patient: first, type: 'VIEW_RESTRICTION' as const, institution };
  await act('patient.one', 'restriction', GrantConsentDocument, restriction);
  const recordedFor = { reference: 'Consent form 2025/17' };
  step('a grant');
  const grant = { patient: last, type: 'COPY_GRANT' as const, institution, recordedFor };
  await act('registrar.city', 'grant', GrantConsentDocument, grant);
  step('a representative');
  await act('registrar.city', 'representative', GrantConsentDocument, {
    patient: last,
    type: 'REPRESENTATIVE' as const,
    representative: patientOne,
    recordedFor,
  });
}

/** A private clinic that is to treat a public hospital's patient, and may look at its records for that. */
async function referral({ act, step }: Loading, ids: Ids, { second }: Patients): Promise<void> {
  step('a referral');
  const validUntil = endOfReferral(new Date());
  // The end is part of the request: completed in a later month, it is another one.
  await act('clinician.city', `referral until ${validUntil}`, ReferPatientDocument, {
    patient: second,
    institution: ids.harbour,
    validUntil,
    reason: 'Ultrasound',
  });
}

async function reports({ act, step }: Loading): Promise<void> {
  step('the form');
  await act(REGULATOR, 'form', DefineFormDocument, { ...FORM, indicators: [...FORM.indicators] });
  for (const { period, values } of REPORTS) {
    step(`report of ${period}`);
    const indicators = Object.entries(values).map(([code, value]) => ({ code, value }));
    await act('reporter.city', `report ${period}`, FileReportDocument, {
      form: FORM.code,
      period,
      indicators,
    });
  }
}

/** One subsidy in each state of its life but rejected. */
async function subsidies({ act, step }: Loading, ids: Ids): Promise<void> {
  step('the programme');
  const { createProgramme } = await act(REGULATOR, 'programme', CreateProgrammeDocument, {
    code: 'EQUIPMENT',
    title: 'Equipment of hospitals',
    budget: { amount: 500_000_000, currency: 'EUR' },
  });
  const programme = idOf(createProgramme.programme, 'programme');
  const propose = async (payee: 'city' | 'north' | 'harbour', amount: number, purpose: string) => {
    step(`subsidy to ${INSTITUTIONS[payee].name}`);
    const input = { programme, payee: ids[payee], amount: { amount, currency: 'EUR' }, purpose };
    const { proposeSubsidy } = await act(REGULATOR, `subsidy ${payee}`, ProposeSubsidyDocument, input);
    return idOf(proposeSubsidy.subsidy, 'subsidy');
  };
  const city = await propose('city', 120_000_000, 'Magnetic resonance imaging');
  const harbour = await propose('harbour', 9_500_000, 'Ultrasound');
  await propose('north', 48_000_000, 'Two ambulances');
  for (const [subsidy, payee] of [
    [city, 'city'],
    [harbour, 'harbour'],
  ] as const) {
    step(`approval for ${INSTITUTIONS[payee].name}`);
    await act('regulator.two', `approve ${payee}`, ApproveSubsidyDocument, { subsidy, expectedVersion: 1 });
  }
  step('payment');
  await act(REGULATOR, 'disburse city', DisburseSubsidyDocument, {
    subsidy: city,
    expectedVersion: 2,
    reference: 'PO-2025-0001',
  });
  step('confirmation');
  await act('finance.city', 'confirm city', ConfirmSubsidyDocument, { subsidy: city, expectedVersion: 3 });
}

/** Loads everything; what is there already is left as it is. */
export async function loadSteps(loading: Loading): Promise<void> {
  const ids = await registerAll(loading);
  await enrolAll(loading, ids);
  const patients = await population(loading);
  const member = await patientOne(loading, patients.first);
  await reports(loading);
  await subsidies(loading, ids);
  // Last, so that what came before stands where it stood.
  await consents(loading, ids, patients, member);
  await referral(loading, ids, patients);
}
