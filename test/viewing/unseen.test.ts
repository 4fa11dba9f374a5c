/** A view that isn't for the caller is refused in the same words as one of nobody, whatever the cause, and costs the same. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUDGETS } from '../../src/access/index.js';
import { faceless } from '../e2e/refusal.js';
import { opened, ViewWorld } from './views-world.js';
import { granted } from './world.js';

const PER_HOUR = BUDGETS.REGISTRAR?.OPENED?.[0] ?? 0;

let world: ViewWorld;
/** City's: one that forbids everybody to look, one whose file has a label, one that is open. All are treated by North. */
let restricted: string;
let labelled: string;
let open: string;

beforeAll(async () => {
  world = await ViewWorld.start({ settings: { UPLOAD_DENIALS: '1000' } });
  [restricted, labelled, open] = [
    await world.patient(),
    await world.patient({ label: 'HIV' }),
    await world.patient(),
  ];
  for (const patient of [restricted, labelled, open]) await world.treat('registrar.north', patient);
  const member = { subject: 'patient.self', roles: ['PATIENT'], patient: restricted };
  await world.vitrine.mutate('registrar.city', 'enrolMember', member, 'member { id }');
  await granted({ vitrine: world.vitrine, patient: restricted }, 'patient.self', {
    type: 'VIEW_RESTRICTION',
  });
});
afterAll(() => world.stop());

/** Indexes as text, for JSON. */
const text = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);

async function left(who: string, act = 'OPENED'): Promise<number> {
  const { data } = await world.vitrine.ask<{
    me: { budgets: { act: string; holder: string; window: string; left: number }[] };
  }>(who, '{ me { budgets { act holder window left } } }');
  const hourly = data?.me.budgets.find(
    (one) => one.act === act && one.holder === 'MEMBER' && one.window === 'HOUR',
  );
  return hourly?.left ?? 0;
}

/** The answer without what names the request or the record. */
async function refusal(who: string, patient: string, purpose: string, more: object = {}) {
  const { codes, text } = await world.look(who, patient, purpose, more);
  return { codes, text: faceless(text) };
}

describe('a refused view', () => {
  it.each([
    ['finance.harbour', 'COVERAGE', 'NOT_FOUND'],
    ['registrar.north', 'COVERAGE', 'NOT_FOUND'],
    ['auditor', 'AUDIT', 'NOT_FOUND'],
    ['clinician.north', 'TREATMENT', 'EVIDENCE_REQUIRED'],
    ['clinician.harbour', 'TREATMENT', 'EVIDENCE_REQUIRED'],
  ])('of %s for %s is the same for the restricted, the labelled and nobody', async (who, purpose, code) => {
    const nobody = await refusal(who, randomUUID(), purpose);
    expect(nobody.codes).toEqual([code]);
    expect(await refusal(who, restricted, purpose)).toEqual(nobody);
    expect(await refusal(who, labelled, purpose)).toEqual(nobody);
  });

  it('is the same for a code that the patient gave, when it forbids to look all the same', async () => {
    const issued = await world.vitrine.mutate<{ issueAccessCode: { code: string } }>(
      'patient.self',
      'issueAccessCode',
      {},
      'code',
    );
    const code = issued.data?.issueAccessCode.code;
    expect(code, issued.text).toBeTruthy();
    const shown = { evidence: { kind: 'ACCESS_CODE', code } };
    const wrong = await refusal('clinician.harbour', randomUUID(), 'TREATMENT', shown);
    expect(wrong.codes).toEqual(['EVIDENCE_REQUIRED']);
    expect(await refusal('clinician.harbour', restricted, 'TREATMENT', shown)).toEqual(wrong);
  });

  it.each([
    ['report', 'REPORT', 'REPORTING'],
    ['subsidy', 'SUBSIDY', 'FINANCE'],
  ])('of a %s says that none is there, and is charged to nobody', async (_what, kind, purpose) => {
    const before = await left('auditor');
    const { codes } = await world.open('auditor', { subject: { kind, id: randomUUID() }, purpose });
    expect(codes).toEqual(['NOT_FOUND']);
    expect(await left('auditor')).toBe(before);
  });

  it('leaves the same receipt and denial, which name nobody', async () => {
    const receipts = async (patient: string) => {
      const { ledger } = world.vitrine.serving;
      const before = await ledger.sync();
      await world.look('registrar.north', patient, 'COVERAGE');
      const seen: object[] = [];
      for await (const { opening, leaf } of ledger.trusted.entries(before, await ledger.sync())) {
        const { op, actor, detail, threads, subject } = opening;
        seen.push({ op, actor, detail, about: threads.map(({ id }) => id), institution: leaf.institution });
        expect(JSON.stringify({ op, actor, detail, threads, subject }, text)).not.toContain(patient);
      }
      return seen;
    };
    const [one, other] = [await receipts(restricted), await receipts(randomUUID())];
    expect(one.map((entry) => ({ ...entry, detail: null }))).toEqual(
      other.map((entry) => ({ ...entry, detail: null })),
    );
    expect(one).toContainEqual(
      expect.objectContaining({
        op: 'view.refuse',
        detail: expect.objectContaining({ purpose: 'COVERAGE' }) as object,
        about: [world.ids.north],
      }),
    );
  });

  it('isn’t told to the institution by the log of accesses, nor by a list of it', async () => {
    const log = (patient: string) =>
      world.vitrine.ask(
        'registrar.north',
        `{ accessLog(patient: "${patient}") { edges { node { act purpose } } } }`,
      );
    expect((await log(restricted)).text).toBe((await log(randomUUID())).text);
  });
});

describe('asking for somebody in vain', () => {
  it('costs what opening does, once for each, whoever it is', async () => {
    await world.enrol('clerk.north', world.ids.north, 'REGISTRAR');
    const [random, before] = [randomUUID(), await left('clerk.north')];
    for (const patient of [restricted, random, labelled, random, restricted])
      expect((await world.look('clerk.north', patient, 'COVERAGE')).codes).toEqual(['NOT_FOUND']);
    expect(await left('clerk.north')).toBe(before - 3);
    opened(await world.look('clerk.north', open, 'COVERAGE'));
    expect(await left('clerk.north')).toBe(before - 4);
  });

  it('as an emergency costs an emergency', async () => {
    const reason = 'Unconscious on arrival';
    const before = await left('clinician.harbour', 'EMERGENCY');
    const missed = await world.look('clinician.harbour', randomUUID(), 'EMERGENCY', { reason });
    expect(missed.codes).toEqual(['NOT_FOUND']);
    expect(await left('clinician.harbour', 'EMERGENCY')).toBe(before - 1);
  });

  it('ends with the budget, from where on all ids look the same, those that are there too', async () => {
    await world.enrol('prober.north', world.ids.north, 'REGISTRAR');
    const ids = Array.from({ length: PER_HOUR }, () => randomUUID());
    const answers = await Promise.all(ids.map((id) => world.look('prober.north', id, 'COVERAGE')));
    expect(new Set(answers.flatMap(({ codes }) => codes))).toEqual(new Set(['NOT_FOUND']));
    const beyond = await refusal('prober.north', randomUUID(), 'COVERAGE');
    expect(beyond.codes).toEqual(['BUDGET_EXHAUSTED']);
    for (const patient of [restricted, labelled, open])
      expect(await refusal('prober.north', patient, 'COVERAGE')).toEqual(beyond);
  });

  it('raises the alert of those who guess', async () => {
    await world.vitrine.restart({ ALERT_SECONDS: '3600' });
    const alerts = async () => {
      const { data, text } = await world.vitrine.ask<{
        accessAlerts: { edges: { node: { rule: string; words: string } }[] };
      }>('auditor', '{ accessAlerts(first: 10) { edges { node { rule words } } } }');
      if (data === null) throw new Error(text);
      return data.accessAlerts.edges.map(({ node }) => node.rule);
    };
    await expect.poll(alerts, { timeout: 5_000 }).toContain('MISSES');
  });
});
