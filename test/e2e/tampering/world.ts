/** The records that are tampered with, and what is asked about them. */
import { randomUUID } from 'node:crypto';
import { type Answer, TestVitrine } from '../../support/vitrine.js';
import { value } from '../../support/tampering.js';

export interface World {
  readonly vitrine: TestVitrine;
  /** A patient of City Hospital, and another one. */
  readonly patient: string;
  readonly other: string;
  /** An encounter of the patient in its first version, and one of the other patient. */
  readonly encounter: string;
  readonly foreign: string;
  /** An encounter of the patient in its second version, with the entries of both. */
  readonly amended: string;
  readonly first: string;
  readonly second: string;
  /** A member who was suspended, under the subject `clerk.city`. */
  readonly suspended: string;
  /** An institution whose licence was suspended, and its registrar's subject. */
  readonly closed: string;
  readonly clerk: string;
  /** A programme with 1,000 committed of 1,500, and a proposal of 1,000 more. */
  readonly programme: string;
  readonly approved: string;
  readonly proposed: string;
  /** A request that was accepted, to be repeated. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly city: string;
  readonly north: string;
}

/** Asks, and throws when the answer isn't whole. */
async function done<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, errors, text } = await asked;
  if (data === null || errors.length > 0) throw new Error(text);
  return data;
}

interface Made {
  readonly [payload: string]: { readonly [record: string]: { readonly id: string } };
}

async function make(
  vitrine: TestVitrine,
  persona: string,
  name: string,
  record: string,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const data = await done(vitrine.mutate<Made>(persona, name, input, `${record} { id }`));
  const id = data[name]?.[record]?.id;
  if (id === undefined) throw new Error(`${name} gave no ${record}`);
  return id;
}

/** An encounter that has no number of its own: nothing but its request tells it from the next. */
export function plainEncounter(patient: string): Readonly<Record<string, unknown>> {
  return { patient, class: 'AMB', status: 'FINISHED', start: '2025-05-05T08:00:00.000Z', note: 'once' };
}

async function money(vitrine: TestVitrine, city: string) {
  const eur = (amount: number) => ({ amount, currency: 'EUR' });
  const programme = await make(vitrine, 'regulator.one', 'createProgramme', 'programme', {
    code: 'TAMPER',
    title: 'To be tampered with',
    budget: eur(1500),
  });
  const propose = (purpose: string) =>
    make(vitrine, 'regulator.one', 'proposeSubsidy', 'subsidy', {
      programme,
      payee: city,
      amount: eur(1000),
      purpose,
    });
  const [approved, proposed] = [await propose('first'), await propose('second')];
  await make(vitrine, 'regulator.two', 'approveSubsidy', 'subsidy', {
    subsidy: approved,
    expectedVersion: 1,
  });
  return { programme, approved, proposed };
}

async function standing(vitrine: TestVitrine, city: string) {
  const enrol = (subject: string, institution: string) =>
    make(vitrine, 'regulator.one', 'enrolMember', 'member', {
      institution,
      subject,
      name: subject,
      roles: ['REGISTRAR'],
    });
  const suspended = await enrol('clerk.city', city);
  await make(vitrine, 'regulator.one', 'suspendMember', 'member', { member: suspended, reason: 'fraud' });
  const closed = await make(vitrine, 'regulator.one', 'registerInstitution', 'institution', {
    name: 'Closed Clinic',
    kind: 'CLINIC',
    ownership: 'PRIVATE',
    region: 'capital',
    identifiers: [],
    licence: { number: 'C-1' },
  });
  const clerk = 'clerk.closed';
  await enrol(clerk, closed);
  await make(vitrine, 'regulator.one', 'changeLicence', 'institution', {
    institution: closed,
    licence: { number: 'C-1', state: 'SUSPENDED' },
  });
  return { suspended, closed, clerk };
}

/** The sample, and beside it what the cases need. */
export async function makeWorld(settings: Readonly<Record<string, string>> = {}): Promise<World> {
  const vitrine = await TestVitrine.start({ settings });
  const of = (sql: string) => value(vitrine, sql);
  const institution = (name: string) => of(`SELECT id FROM institution WHERE name = '${name}'`);
  const [city, north] = [await institution('City Hospital'), await institution('Northern Hospital')];
  const place = (n: number) =>
    of(`SELECT id FROM patient WHERE custodian = '${city}' ORDER BY entry OFFSET ${n} LIMIT 1`);
  const [patient, other] = [await place(2), await place(3)];
  const visit = (of_: string, n: number) =>
    of(`SELECT id FROM encounter WHERE patient = '${of_}' ORDER BY entry OFFSET ${n} LIMIT 1`);
  const [encounter, amended, foreign] = [
    await visit(patient, 0),
    await visit(patient, 1),
    await visit(other, 0),
  ];
  const first = await of(`SELECT entry FROM encounter WHERE id = '${amended}'`);
  await make(vitrine, 'clinician.city', 'amendEncounter', 'encounter', {
    encounter: amended,
    expectedVersion: 1,
    note: 'the second version',
  });
  const second = await of(`SELECT entry FROM encounter WHERE id = '${amended}'`);
  const request = { requestId: randomUUID(), ...plainEncounter(other) };
  await make(vitrine, 'registrar.city', 'recordEncounter', 'encounter', request);
  return {
    vitrine,
    patient,
    other,
    encounter,
    foreign,
    amended,
    first,
    second,
    request,
    city,
    north,
    ...(await standing(vitrine, city)),
    ...(await money(vitrine, city)),
  };
}

/** A question, and whose. */
export interface Question {
  readonly as: string | null;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export const ENCOUNTER = 'id version status start end note custodian { id }';

/** A patient with its encounters: one of them may be wrong, the rest stands. */
export function file(patient: string): Question {
  return {
    as: 'clinician.city',
    query: `query ($id: ID!) { patient(id: $id) { id version names { family }
      encounters(first: 50) { edges { node { ${ENCOUNTER} } } } } }`,
    variables: { id: patient },
  };
}

/** Two encounters by id, side by side. */
export function pair(bad: string, good: string): Question {
  return {
    as: 'clinician.city',
    query: `query ($bad: ID!, $good: ID!) { bad: encounter(id: $bad) { ${ENCOUNTER} } good: encounter(id: $good) { ${ENCOUNTER} } }`,
    variables: { bad, good },
  };
}
