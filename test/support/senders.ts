/** Institutions whose people upload over bad links: who they are, what each has to upload, and an outbox for each. */
import { randomUUID } from 'node:crypto';
import { INSTITUTIONS, samplePatient } from '../../src/cli/sample/data.js';
import type { NewItem } from '../../src/client/index.js';
import type { Api, Data } from './api.js';

/** One person with an outbox. */
export interface Sender {
  /** Subject of its token. */
  readonly subject: string;
  readonly member: string;
  readonly institution: string;
  readonly items: readonly NewItem[];
}

/** How many are made of each. */
export interface Size {
  readonly hospitals: number;
  readonly reporters: number;
  readonly clinicians: number;
  /** Reports and encounters a person. */
  readonly each: number;
}

const PATIENTS = 6;
const idOf = (payload: Data, record: string): string => (payload[record] as { id: string }).id;

/** Registers hospitals, their people, their patients and the forms; and thinks out what each of them uploads. */
export async function makeSenders(api: Api, size: Size): Promise<Sender[]> {
  for (let form = 0; form < Math.ceil(size.reporters / size.hospitals); form++) {
    const indicators = [{ code: 'beds', label: 'Beds', type: 'INTEGER', required: true }];
    const values = { code: `form-${form}`, title: `Form ${form}`, period: 'MONTH', indicators };
    await api.must('regulator.one', 'defineForm', values, 'form { id }');
  }
  const places = await Promise.all(
    Array.from({ length: size.hospitals }, (_, number) => hospital(api, number)),
  );
  const senders: Promise<Sender>[] = [];
  for (let number = 0; number < size.reporters + size.clinicians; number++) {
    const place = places[number % size.hospitals];
    if (place === undefined) throw new Error('there is no hospital');
    const isReporter = number < size.reporters;
    const form = Math.floor(number / size.hospitals);
    const items = isReporter ? reports(form, size.each) : encounters(place.patients, number, size.each);
    senders.push(enrol(api, place.id, `sender.${number}`, isReporter ? 'REPORTER' : 'CLINICIAN', items));
  }
  return Promise.all(senders);
}

async function hospital(api: Api, number: number) {
  const identifiers = [{ system: 'https://links.invalid', value: `I-${number}` }];
  const { account: _none, ...city } = INSTITUTIONS.city;
  const values = { ...city, name: `Hospital ${number}`, identifiers };
  const id = idOf(
    await api.must('regulator.one', 'registerInstitution', values, 'institution { id }'),
    'institution',
  );
  const registrar = `registrar.${number}`;
  const input = { institution: id, subject: registrar, name: registrar, roles: ['REGISTRAR'] };
  await api.must('regulator.one', 'enrolMember', input, 'member { id }');
  const patients: string[] = [];
  for (let patient = 0; patient < PATIENTS; patient++) {
    const own = [{ system: 'https://links.invalid', value: `P-${number}-${patient}` }];
    const person = { ...samplePatient(number * PATIENTS + patient), identifiers: own };
    patients.push(idOf(await api.must(registrar, 'registerPatient', person, 'patient { id }'), 'patient'));
  }
  return { id, patients };
}

async function enrol(
  api: Api,
  institution: string,
  subject: string,
  role: string,
  items: readonly NewItem[],
): Promise<Sender> {
  const input = { institution, subject, name: subject, roles: [role] };
  const payload = await api.must('regulator.one', 'enrolMember', input, 'member { id }');
  return { subject, member: idOf(payload, 'member'), institution, items };
}

/** A report a month, back into the past; and one that is refused. */
function reports(form: number, count: number): NewItem[] {
  const filed = Array.from({ length: count }, (_, month): NewItem => {
    const period = `${2025 - Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
    const indicators = [{ code: 'beds', value: String(month) }];
    return { operation: 'fileReport', input: { form: `form-${form}`, period, indicators } };
  });
  const period = '2001-01';
  return [...filed, { operation: 'fileReport', input: { form: 'no-such-form', period, indicators: [] } }];
}

/**
 * Encounters, each known by its start: one in three of these people puts them in by themselves, in their patients' order;
 * one in no order, which makes large batches; one in batches that are recorded whole. And one that is refused.
 */
function encounters(patients: readonly string[], number: number, count: number): NewItem[] {
  const visits = Array.from({ length: count }, (_, visit) => {
    const start = new Date(Date.UTC(2020, 0, 1 + number, 8, 0, visit)).toISOString();
    const patient = patients[visit % patients.length] ?? '';
    return { patient, class: 'AMB', status: 'FINISHED', start, note: `visit ${visit}` } as const;
  });
  const refused: NewItem = {
    operation: 'recordEncounter',
    input: { patient: randomUUID(), class: 'AMB', status: 'FINISHED', start: '2020-01-01T00:00:00Z' },
  };
  if (number % 3 === 2) {
    const batches = Array.from({ length: Math.ceil(count / 25) }, (_, at): NewItem => {
      const input = { encounters: visits.slice(at * 25, (at + 1) * 25), mode: 'ALL' } as const;
      return { operation: 'recordEncounters', input };
    });
    return [...batches, refused];
  }
  const loose = number % 3 === 1 ? { threads: [] } : {};
  const single = visits.map((input): NewItem => ({ operation: 'recordEncounter', input, ...loose }));
  return [...single.slice(0, 7), refused, ...single.slice(7)];
}
