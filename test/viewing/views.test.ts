/** Opening views: every purpose by evidence, role and relation; what the receipt says; what pages show. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, opened, PNG, ViewWorld } from './views-world.js';

let world: ViewWorld;
/** City's, treated by North (its registrar recorded that) and by nobody else. */
let treated: string;
/** City's, whom nobody else treats. */
let stranger: string;
let report: string;
let subsidy: string;

beforeAll(async () => {
  world = await ViewWorld.start();
  treated = await world.patient();
  stranger = await world.patient();
  await world.treat('registrar.north', treated);
  await world.enrol('auditor.two', world.ids.ministry, 'AUDITOR');
  await world.enrol('reporter.north', world.ids.north, 'REPORTER');
  await world.enrol('finance.north', world.ids.north, 'FINANCE');
  const reports = await world.vitrine.ask<{ reports: { edges: { node: { id: string } }[] } }>(
    'regulator.one',
    '{ reports(first: 1) { edges { node { id } } } }',
  );
  report = reports.data?.reports.edges[0]?.node.id ?? '';
  const subsidies = await world.vitrine.ask<{ subsidies: { edges: { node: { id: string } }[] } }>(
    'regulator.one',
    '{ subsidies(first: 1) { edges { node { id } } } }',
  );
  subsidy = subsidies.data?.subsidies.edges[0]?.node.id ?? '';
});
afterAll(() => world.stop());

/** Who opens what, for what, and what comes of it: the evidence on the receipt, `-` for none, or the code of the refusal. */
const TABLE: readonly (readonly [
  who: string,
  subject: 'treated' | 'stranger',
  purpose: string,
  outcome: string,
])[] = [
  ['clinician.north', 'treated', 'TREATMENT', 'TREATING'],
  ['clinician.north', 'stranger', 'TREATMENT', 'EVIDENCE_REQUIRED'],
  ['clinician.harbour', 'treated', 'TREATMENT', 'EVIDENCE_REQUIRED'],
  ['registrar.north', 'treated', 'TREATMENT', 'FORBIDDEN'],
  ['auditor', 'treated', 'TREATMENT', 'FORBIDDEN'],
  ['patient.one', 'treated', 'TREATMENT', 'FORBIDDEN'],
  ['clinician.harbour', 'stranger', 'EMERGENCY', '-'],
  ['registrar.north', 'stranger', 'EMERGENCY', 'FORBIDDEN'],
  ['auditor', 'stranger', 'EMERGENCY', 'FORBIDDEN'],
  ['registrar.north', 'stranger', 'COVERAGE', '-'],
  ['finance.north', 'stranger', 'COVERAGE', '-'],
  ['clinician.north', 'stranger', 'COVERAGE', 'FORBIDDEN'],
  ['auditor', 'stranger', 'AUDIT', '-'],
  ['regulator.one', 'stranger', 'AUDIT', 'FORBIDDEN'],
  ['clinician.north', 'stranger', 'AUDIT', 'FORBIDDEN'],
];

describe('opening a view of a patient', () => {
  it.each(TABLE)('%s, %s, for %s: %s', async (who, subject, purpose, outcome) => {
    const reason = purpose === 'EMERGENCY' ? { reason: 'Unconscious on arrival' } : {};
    const answer = await world.look(who, subject === 'treated' ? treated : stranger, purpose, reason);
    const got = answer.data?.openView ? (answer.data.openView.view.evidence ?? '-') : answer.codes[0];
    expect(got).toBe(outcome);
  });

  it('takes an encounter that the viewer entered itself for no evidence, and a colleague’s for one', async () => {
    const patient = await world.patient();
    await world.treat('clinician.harbour', patient);
    expect((await world.look('clinician.harbour', patient, 'TREATMENT')).codes).toEqual([
      'EVIDENCE_REQUIRED',
    ]);
    await world.enrol('second.harbour', world.ids.harbour, 'CLINICIAN');
    const { view } = opened(await world.look('second.harbour', patient, 'TREATMENT'));
    expect(view.evidence).toBe('TREATING');
  });

  it('refuses without evidence in the same words whether there is such a patient or not', async () => {
    const there = await world.look('clinician.harbour', stranger, 'TREATMENT');
    const nobody = await world.look('clinician.harbour', randomUUID(), 'TREATMENT');
    const said = (answer: typeof there) =>
      answer.errors.map(({ message, extensions }) => [message, extensions]);
    expect(said(nobody)).toEqual(said(there));
  });

  it('wants a reason in an emergency, and none elsewhere', async () => {
    expect((await world.look('clinician.north', stranger, 'EMERGENCY')).codes).toEqual(['BAD_USER_INPUT']);
    const more = { reason: 'I wonder' };
    expect((await world.look('clinician.north', treated, 'TREATMENT', more)).codes).toEqual([
      'BAD_USER_INPUT',
    ]);
  });

  it('keeps an emergency shorter, tells the patient, and announces it to auditors', async () => {
    const calm = opened(await world.look('clinician.north', treated, 'TREATMENT')).view;
    const reason = 'Unconscious on arrival';
    const { view, receipt } = opened(await world.look('clinician.harbour', treated, 'EMERGENCY', { reason }));
    const length = (one: typeof view) => Date.parse(one.expiresAt) - Date.parse(one.openedAt);
    expect(length(calm)).toBe(15 * MINUTE);
    expect(length(view)).toBe(5 * MINUTE);
    const query = `{ entry(index: "${receipt.index}") { opening { op detail } } }`;
    const audited = await world.vitrine.ask<{ entry: { opening: { op: string; detail: object } } }>(
      'auditor',
      query,
    );
    expect(audited.data?.entry.opening).toMatchObject({ op: 'view.open', detail: { purpose: 'EMERGENCY' } });
    const outsider = await world.vitrine.ask<{ entry: { opening: null } }>('clinician.city', query);
    expect(outsider.data?.entry.opening).toBeNull();
    const byAuditor = await world.vitrine.ask<{ view: { reason: string } }>(
      'auditor',
      `{ view(id: "${view.id}") { reason } }`,
    );
    expect(byAuditor.data?.view.reason).toBe(reason);
  });

  it('gives the same view for the same request', async () => {
    const input = {
      requestId: randomUUID(),
      subject: { kind: 'PATIENT', id: treated },
      purpose: 'TREATMENT',
    };
    const first = opened(await world.open('clinician.north', input));
    const again = opened(await world.open('clinician.north', input));
    expect([again.view.id, again.receipt.index]).toEqual([first.view.id, first.receipt.index]);
  });

  it('opens no report for a patient’s purpose, nor the other way round', async () => {
    const wrong = await world.open('auditor', { subject: { kind: 'REPORT', id: report }, purpose: 'AUDIT' });
    expect(wrong.codes).toEqual(['BAD_USER_INPUT']);
    const other = await world.look('auditor', treated, 'REPORTING');
    expect(other.codes).toEqual(['BAD_USER_INPUT']);
  });

  it('asks again for the evidence that opened the last one', async () => {
    const patient = await world.patient();
    const encounter = await world.treat('registrar.north', patient);
    const look = async () => (await world.look('clinician.north', patient, 'TREATMENT')).codes;
    expect([await look(), await look()]).toEqual([[], []]);
    const input = { kind: 'ENCOUNTER', id: encounter, expectedVersion: 1, reason: 'Another patient' };
    const { text, codes } = await world.vitrine.mutate(
      'registrar.north',
      'retractRecord',
      input,
      'requestId',
    );
    expect(codes, text).toEqual([]);
    expect(await look()).toEqual(['EVIDENCE_REQUIRED']);
    await world.treat('registrar.north', patient);
    expect(await look()).toEqual([]);
  });
});

describe('a referral', () => {
  it('opens a patient to the institution that it names, until it ends', async () => {
    const patient = await world.patient();
    const validUntil = new Date(world.clock().getTime() + 3600_000).toISOString();
    const refer = (who: string, institution: string) =>
      world.vitrine.mutate<{ referPatient: { referral: { id: string } } }>(
        who,
        'referPatient',
        { patient, institution, validUntil },
        'referral { id }',
      );
    expect((await refer('clinician.north', world.ids.harbour)).codes).toEqual(['NOT_FOUND']);
    expect((await refer('clinician.city', world.ids.city)).codes).toEqual(['BAD_USER_INPUT']);
    const { data } = await refer('clinician.city', world.ids.harbour);
    const { view } = opened(await world.look('clinician.harbour', patient, 'TREATMENT'));
    expect(view.evidence).toBe('REFERRAL');
    expect((await world.look('clinician.north', patient, 'TREATMENT')).codes).toEqual(['EVIDENCE_REQUIRED']);
    const referral = data?.referPatient.referral.id;
    await world.vitrine.mutate('clinician.city', 'endReferral', { referral }, 'referral { state }');
    expect((await world.look('clinician.harbour', patient, 'TREATMENT')).codes).toEqual([
      'EVIDENCE_REQUIRED',
    ]);
  });

  it('ends with its time', async () => {
    const patient = await world.patient();
    const validUntil = new Date(world.clock().getTime() + 60_000).toISOString();
    const input = { patient, institution: world.ids.harbour, validUntil };
    await world.vitrine.mutate('clinician.city', 'referPatient', input, 'referral { id }');
    opened(await world.look('clinician.harbour', patient, 'TREATMENT'));
    world.move(2 * MINUTE);
    expect((await world.look('clinician.harbour', patient, 'TREATMENT')).codes).toEqual([
      'EVIDENCE_REQUIRED',
    ]);
  });
});

describe('a patient’s one-time code', () => {
  const issue = (who: string, input: object = {}) =>
    world.vitrine.mutate<{ issueAccessCode: { code: string | null; expiresAt: string } }>(
      who,
      'issueAccessCode',
      { ...input },
      'code expiresAt',
    );
  const withCode = (code: string) => ({ evidence: { kind: 'ACCESS_CODE', code } });
  let self: string;

  beforeAll(async () => {
    self = await world.patient();
    const member = { subject: 'patient.self', roles: ['PATIENT'], patient: self };
    await world.vitrine.mutate('registrar.city', 'enrolMember', member, 'member { id }');
  });

  it('is shown once and opens one view, whatever the case it is typed in', async () => {
    const requestId = randomUUID();
    const { data, codes } = await issue('patient.self', { requestId });
    expect(codes).toEqual([]);
    const code = data?.issueAccessCode.code ?? '';
    expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect((await issue('patient.self', { requestId })).data?.issueAccessCode.code).toBeNull();
    const typed = withCode(code.toLowerCase().replaceAll('-', ' '));
    expect(opened(await world.look('clinician.harbour', self, 'TREATMENT', typed)).view.evidence).toBe(
      'ACCESS_CODE',
    );
    expect((await world.look('clinician.north', self, 'TREATMENT', typed)).codes).toEqual(['CONFLICT']);
    const stored = await world.vitrine.tamper('SELECT opening FROM entry', 'SELECT * FROM unique_key');
    expect(JSON.stringify(stored.map(({ rows }) => rows as unknown))).not.toContain(code);
  });

  it('opens one view when it is shown many times at once', async () => {
    const { data } = await issue('patient.self');
    const typed = withCode(data?.issueAccessCode.code ?? '');
    const names = ['a.harbour', 'b.harbour', 'c.harbour', 'd.harbour'];
    for (const name of names) await world.enrol(name, world.ids.harbour, 'CLINICIAN');
    const answers = await Promise.all(names.map((who) => world.look(who, self, 'TREATMENT', typed)));
    expect(answers.filter(({ data: given }) => given?.openView)).toHaveLength(1);
  });

  it('is for its patient alone, and only for a day', async () => {
    const { data } = await issue('patient.self');
    const typed = withCode(data?.issueAccessCode.code ?? '');
    expect((await world.look('clinician.harbour', stranger, 'TREATMENT', typed)).codes).toEqual([
      'EVIDENCE_REQUIRED',
    ]);
    world.move(25 * 60 * MINUTE);
    expect((await world.look('clinician.harbour', self, 'TREATMENT', typed)).codes).toEqual([
      'EVIDENCE_REQUIRED',
    ]);
  });

  it('can’t be guessed: a member has five attempts an hour for a patient', async () => {
    const codes: (string | undefined)[] = [];
    for (let attempt = 1; attempt <= 6; attempt++) {
      const answer = await world.look(
        'clinician.north',
        self,
        'TREATMENT',
        withCode(`0000-0000-000${attempt}`),
      );
      codes.push(answer.codes[0]);
    }
    expect(codes).toEqual([...Array<string>(5).fill('EVIDENCE_REQUIRED'), 'RATE_LIMITED']);
  });

  it('is issued by patients alone', async () => {
    expect((await issue('clinician.city', { patient: self })).codes).toEqual(['FORBIDDEN']);
    expect((await issue('patient.one', { patient: self })).codes).toEqual(['NOT_FOUND']);
  });
});

describe('reports and subsidies', () => {
  it('are looked at for REPORTING and FINANCE, by role, and count against no budget', async () => {
    const open = (who: string, kind: string, id: string, purpose: string) =>
      world.open(who, { subject: { kind, id }, purpose });
    const before = await world.vitrine.ask('auditor', '{ me { budgets { act holder window left } } }');
    for (const who of ['reporter.north', 'auditor']) {
      const { view } = opened(await open(who, 'REPORT', report, 'REPORTING'));
      const page = await world.fetch(who, view.pages?.[0]?.url ?? '');
      expect(page.bytes.subarray(0, 8)).toEqual(PNG);
    }
    for (const who of ['finance.north', 'auditor']) {
      const { view } = opened(await open(who, 'SUBSIDY', subsidy, 'FINANCE'));
      const page = await world.fetch(who, view.pages?.[0]?.url ?? '');
      expect(page.bytes.subarray(0, 8)).toEqual(PNG);
    }
    expect((await open('clinician.north', 'REPORT', report, 'REPORTING')).codes).toEqual(['FORBIDDEN']);
    expect((await open('reporter.north', 'SUBSIDY', subsidy, 'FINANCE')).codes).toEqual(['FORBIDDEN']);
    expect((await open('auditor', 'SUBSIDY', randomUUID(), 'FINANCE')).codes).toEqual(['NOT_FOUND']);
    const after = await world.vitrine.ask('auditor', '{ me { budgets { act holder window left } } }');
    expect(after.text).toBe(before.text);
  });
});
