/**
 * The time of an answer tells nothing: shown by the work that it takes, not by clocks. What exists and isn't for the caller costs
 * the same statements in the same order, the same decryptions and the same checks of signatures as what nobody has.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { watchWork, type Work, workOf } from '../support/work.js';
import { Scene } from './scene.js';

let scene: Scene;
let unwatch: () => void;
/** Ids of what there is about the prey, by what stands for them in a query. */
const there: Record<string, string> = {};

beforeAll(async () => {
  unwatch = watchWork();
  scene = await Scene.set({ UPLOAD_DENIALS: '1000', UPLOAD_SWEEP_SECONDS: '3600' });
  const { vitrine, patient } = scene;
  const make = scene.make.bind(scene);
  const told = { subject: 'patient.prey', roles: ['PATIENT'], patient };
  await make('registrar.city', 'enrolMember', 'member', told);
  const restriction = { patient, type: 'VIEW_RESTRICTION', purposes: ['COVERAGE'] };
  const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
    'clinician.north',
    '{ me { institution { id } } }',
  );
  const until = new Date(scene.clock().getTime() + 86_400_000).toISOString();
  const referral = { patient, institution: data?.me.institution.id, reason: 'Surgery', validUntil: until };
  const linked = { patient, other: await scene.person(), evidence: 'Prints', contradictionReason: 'Twice' };
  const look = { subject: { kind: 'PATIENT', id: patient }, purpose: 'AUDIT' };
  Object.assign(there, {
    PID: patient,
    EID: scene.encounter,
    CID: await make('patient.prey', 'grantConsent', 'consent', restriction),
    RID: await make('clinician.city', 'referPatient', 'referral', referral),
    LID: await make('registrar.city', 'linkPatients', 'link', linked),
    VID: await make('auditor', 'openView', 'view', look),
  });
}, 60_000);
afterAll(async () => {
  unwatch();
  await scene.stop();
});

/** The text with the ids of what is there, or with ids of nothing. */
function aimed(text: string, prey: boolean): string {
  return text.replace(/\b[PECRLV]ID\b/g, (name) => (prey ? (there[name] ?? '') : randomUUID()));
}

/** What the log does by itself when a commit has been answered. */
const OWN = /^WITH lazy AS|^SELECT index, block, |^SELECT r\.size, \(SELECT c\.note /;

/** The work of a request, once whatever a process keeps is kept: what is measured is the second time. */
async function worked(request: () => Promise<unknown>): Promise<Work> {
  await request();
  await scene.vitrine.serving.ledger.sync();
  const work = await workOf(request);
  return { ...work, statements: work.statements.filter((text) => !OWN.test(text)) };
}

const ask = (who: string | null, query: string, prey: boolean) => {
  const text = aimed(query, prey);
  return worked(() => scene.vitrine.ask(who, text));
};

async function send(who: string, mutation: string, selection: string, input: object, prey: boolean) {
  const aim = JSON.parse(aimed(JSON.stringify(input), prey)) as Record<string, unknown>;
  return worked(async () => {
    const { codes } = await scene.vitrine.mutate(who, mutation, aim, selection);
    expect(codes, mutation).not.toEqual([]);
  });
}

const CURIOUS = [
  'clinician.harbour',
  'finance.harbour',
  'regulator.one',
  'patient.one',
  'vendor',
  null,
] as const;

const represented = (type: string, id: string) => `{__typename: "${type}", id: "${id}"}`;

const QUERIES: Readonly<Record<string, string>> = {
  'a patient': '{ patient(id: "PID") { id names { family } } }',
  'an encounter': '{ encounter(id: "EID") { id note } }',
  'a view': '{ view(id: "VID") { id } }',
  'a consent': '{ consent(id: "CID") { id } }',
  'a referral': '{ referral(id: "RID") { id } }',
  'a link': '{ patientLink(id: "LID") { id } }',
  'a node': '{ node(id: "PID") { id } }',
  'entities of a gateway': `{ _entities(representations: [${represented('Patient', 'PID')}, ${represented('Encounter', 'EID')}, ${represented('View', 'VID')}]) { __typename } }`,
  'consents of a patient': '{ consents(patient: "PID") { edges { node { id } } } }',
  'the log of accesses': '{ accessLog(patient: "PID") { edges { node { memberId } } } }',
  'links of a patient': '{ patientLinks(filter: {patient: "PID"}) { edges { node { id } } } }',
  'encounters of a patient':
    '{ encounters(filter: {patient: "PID"}) { edges { node { id } } pageInfo { hasNextPage } } }',
};

/** Records of several types are looked for side by side: in which order, nobody decides. */
function ordered(work: Work, query: string): Work {
  return query.includes('_entities') ? { ...work, statements: [...work.statements].sort() } : work;
}

describe('asking by an id that isn’t for the caller takes the work of an id of nothing', () => {
  it.each(Object.entries(QUERIES))('for %s', async (_what, query) => {
    for (const who of CURIOUS) {
      const [hidden, absent] = [await ask(who, query, true), await ask(who, query, false)];
      expect(ordered(hidden, query), `${who}: ${query}`).toEqual(ordered(absent, query));
    }
  });

  it.each(['EID', 'VID', 'CID', 'RID', 'LID'])('for a node of whatever kind: %s', async (id) => {
    for (const who of CURIOUS) {
      const query = `{ node(id: "${id}") { id } }`;
      const [hidden, absent] = [await ask(who, query, true), await ask(who, query, false)];
      // The kinds differ, and with them the tables; the number of statements and what is opened don't.
      const amounts = ({ statements, ...more }: Work) => ({ ...more, statements: statements.length });
      expect(amounts(hidden), `${who}: ${query}`).toEqual(amounts(absent));
    }
  });

  it.each(['Patient', 'Encounter', 'View'])('for why a %s isn’t shown, now or then', async (kind) => {
    const id = { Patient: 'PID', Encounter: 'EID', View: 'VID' }[kind] ?? '';
    const then = new Date(scene.clock().getTime() - 1000).toISOString();
    for (const who of ['clinician.harbour', 'patient.one'] as const) {
      const me = `{ me { member { id } } }`;
      const { data } = await scene.vitrine.ask<{ me: { member: { id: string } } }>(who, me);
      const member = data?.me.member.id ?? '';
      for (const at of ['', `, at: "${then}"`]) {
        const query = `{ explainAccess(subject: {kind: "${kind}", id: "${id}"}, member: "${member}"${at}) { level } }`;
        expect(await ask(who, query, true), query).toEqual(await ask(who, query, false));
      }
    }
  });
});

describe('asking by what the record holds takes the work of what nobody has', () => {
  const filters: readonly (readonly [string, string, string])[] = [
    [
      'a number',
      'identifier: {system: "urn:test:attacks", value: "PREY-90417"}',
      'identifier: {system: "urn:test:attacks", value: "NONE-90417"}',
    ],
    ['a name', 'name: "Vasilkovich"', 'name: "Wasilkowitsch"'],
  ];

  it.each(filters)('for %s of others’ patients', async (_what, hit, miss) => {
    const query = (filter: string) => `{ patients(filter: {${filter}}) { edges { node { id } } } }`;
    for (const who of ['clinician.harbour', 'registrar.north', 'patient.one', 'vendor'] as const)
      expect(await ask(who, query(hit), true), who).toEqual(await ask(who, query(miss), true));
  });

  it('for a number with a wrong birth date', async () => {
    const lookUp = (value: string) =>
      ask(
        'clinician.harbour',
        `{ patientByIdentifier(system: "urn:test:attacks", value: "${value}", birthDate: "1943-11-28") { id } }`,
        true,
      );
    expect(await lookUp('PREY-90417')).toEqual(await lookUp('NONE-90417'));
  });
});

describe('being refused takes the same work', () => {
  const PATIENT = { subject: { kind: 'PATIENT', id: 'PID' } };
  const until = new Date(Date.now() + 7 * 86_400_000).toISOString();
  const refusals: readonly (readonly [string, string, string, object])[] = [
    ['a view without evidence', 'clinician.harbour', 'openView', { ...PATIENT, purpose: 'TREATMENT' }],
    [
      'a view by a wrong code',
      'clinician.harbour',
      'openView',
      { ...PATIENT, purpose: 'TREATMENT', evidence: { kind: 'ACCESS_CODE', code: 'AAAA-BBBB-CCCC' } },
    ],
    ['a view that the patient restricts', 'finance.harbour', 'openView', { ...PATIENT, purpose: 'COVERAGE' }],
    [
      'an amendment',
      'registrar.north',
      'amendPatient',
      { patient: 'PID', expectedVersion: 1, birthDate: '1943-11-29' },
    ],
    [
      'a note on care',
      'clinician.harbour',
      'amendEncounter',
      { encounter: 'EID', expectedVersion: 1, note: 'x' },
    ],
    [
      'a retraction',
      'clinician.harbour',
      'retractRecord',
      { kind: 'ENCOUNTER', id: 'EID', expectedVersion: 1, reason: 'x' },
    ],
    [
      'a referral',
      'clinician.harbour',
      'referPatient',
      { patient: 'PID', institution: 'RID', reason: 'x', validUntil: until },
    ],
    ['a consent', 'patient.one', 'grantConsent', { patient: 'PID', type: 'VIEW_RESTRICTION' }],
    ['a code', 'patient.one', 'issueAccessCode', { patient: 'PID' }],
    ['a representative’s revocation', 'patient.one', 'revokeConsent', { consent: 'CID' }],
  ];

  it.each(refusals)('%s', async (_what, who, mutation, input) => {
    const hidden = await send(who, mutation, 'requestId', input, true);
    expect(hidden.statements.length).toBeGreaterThan(1);
    expect(hidden, mutation).toEqual(await send(who, mutation, 'requestId', input, false));
  });
});
