/** Alerts about unusual access: raised once by whichever process, with their receipts, for those who oversee it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../src/federation/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import { systemRandom } from '../../src/ledger/index.js';
import { auditRows, type Finding } from '../../src/records/index.js';
import type { OpenSystem } from '../../src/server/index.js';
import { Watch } from '../../src/viewing/index.js';
import { State } from '../support/state.js';

const DAY = 24 * 3_600_000;

let state: State;
let second: OpenSystem;
let patients: string[];

interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly institutionId: string | null;
  readonly count: number;
  readonly most: number;
  readonly receipts: readonly string[];
  readonly policyIndex: string | null;
  readonly words: string;
}

const ALERT =
  'id rule subjectKind subjectId institutionId from to count most receipts policyIndex words anchor { verified }';

async function alerts(who = 'auditor', rule?: string): Promise<readonly Alert[]> {
  const { data, errors } = await state.run(
    who,
    `{ accessAlerts(first: 100) { edges { node { ${ALERT} } } } }`,
  );
  if (errors[0] !== undefined) throw errors[0];
  const { edges } = data['accessAlerts'] as { edges: { node: Alert }[] };
  const all = edges.map(({ node }) => node);
  return rule === undefined ? all : all.filter((alert) => alert.rule === rule);
}

/** Both processes look at the same time; how many alerts they raised together. */
async function watch(): Promise<number> {
  const raised = await Promise.all([state.system.system.watch(), second.system.watch()]);
  return raised.reduce((sum, one) => sum + one, 0);
}

async function setThresholds(thresholds: readonly object[]): Promise<string> {
  const input = { thresholds, reason: 'A test asks for it' };
  const { data, errors } = await state.approved(
    ['regulator.one', 'regulator.two'],
    'setAccessPolicy',
    input,
    'receipt { index }',
  );
  if (errors[0] !== undefined) throw errors[0];
  return (data['setAccessPolicy'] as { receipt: { index: string } }).receipt.index;
}

/** Registers a patient of City. */
async function register(): Promise<string> {
  const { data, errors } = await state.mutate(
    'registrar.city',
    'registerPatient',
    {
      names: [{ family: 'Quellmalz', given: ['Ottilie'] }],
      identifiers: [{ system: 'urn:test', value: randomUUID() }],
      birthDate: '1951',
    },
    'patient { id }',
  );
  if (errors[0] !== undefined) throw errors[0];
  return (data['registerPatient'] as { patient: { id: string } }).patient.id;
}

/** Opens a patient for COVERAGE; the receipt's place. */
async function open(who: string, patient: string): Promise<string> {
  const input = { subject: { kind: 'PATIENT', id: patient }, purpose: 'COVERAGE' };
  const { data, errors } = await state.mutate(who, 'openView', input, 'receipt { index }');
  if (errors[0] !== undefined) throw errors[0];
  return (data['openView'] as { receipt: { index: string } }).receipt.index;
}

/** Opens so many patients of City, the same each time. */
async function strangers(who: string, count: number): Promise<readonly string[]> {
  const receipts: string[] = [];
  for (const patient of patients.slice(0, count)) receipts.push(await open(who, patient));
  return receipts;
}

let policy: string;

beforeAll(async () => {
  state = await State.open();
  patients = await Promise.all(Array.from({ length: 5 }, register));
  policy = await setThresholds([
    { rule: 'STRANGERS', most: 3, seconds: 86_400 },
    { rule: 'MEMBERS', most: 2, seconds: 86_400 },
    { rule: 'MISSES', most: 3, seconds: 3600 },
  ]);
  second = await state.another();
}, 60_000);
afterAll(() => state.close());

describe('an alert', () => {
  it('is raised once by two processes that look at the same time, with the receipts and the rule in words', async () => {
    const receipts = await strangers('registrar.harbour', 3);
    expect(await watch()).toBe(0);
    const fourth = await open('registrar.harbour', patients[3] ?? '');
    expect(await watch()).toBe(1);
    const [alert, ...more] = await alerts();
    expect(more).toEqual([]);
    expect(alert).toMatchObject({
      rule: 'STRANGERS',
      subjectKind: 'MEMBER',
      subjectId: state.ids['registrar.harbour'],
      institutionId: state.ids['harbour'],
      count: 4,
      most: 3,
      policyIndex: policy,
    });
    expect(alert?.receipts).toEqual([...receipts, fourth]);
    expect(alert?.words).toContain('opened 4 different patients without evidence');
    expect(alert?.words).toContain('more than 3 within 24 hours');
    expect(JSON.stringify(alert)).not.toMatch(/Quellmalz|Ottilie/);
  });

  it('isn’t raised again in its window, nor by a process that starts, and is in the next', async () => {
    await open('registrar.harbour', patients[4] ?? '');
    expect(await watch()).toBe(0);
    const { store } = state.system.system;
    const deps = {
      ledger: state.system.ledger,
      store,
      random: systemRandom,
      clock: () => new Date(state.now),
    };
    expect(await new Watch(deps).look()).toBe(0);
    state.now = new Date(state.now.getTime() + DAY);
    await strangers('registrar.harbour', 4);
    expect(await watch()).toBe(1);
    expect(await alerts('auditor', 'STRANGERS')).toHaveLength(2);
  });

  it('doesn’t take for strangers whose file the institution keeps', async () => {
    await strangers('registrar.city', 5);
    expect(await watch()).toBe(0);
  });

  it('is raised by the next look when it couldn’t be written down', async () => {
    const { ledger } = state.system;
    await strangers('finance.harbour', 4);
    let failing = true;
    const broken = new Proxy(ledger, {
      get: (target, name) => {
        if (name === 'append' && failing)
          return () => Promise.reject(new VitrineError('UNAVAILABLE', 'no database'));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
      },
    });
    const deps = {
      ledger: broken,
      store: state.system.system.store,
      random: systemRandom,
      clock: () => new Date(state.now),
    };
    const told: string[] = [];
    const watcher = new Watch({ ...deps, onRaised: (rule) => told.push(rule) });
    await expect(watcher.look()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    failing = false;
    // Of the patients, some were opened by three members by now.
    const raised = await watcher.look();
    expect(raised).toBeGreaterThan(0);
    expect(told.filter((rule) => rule === 'STRANGERS')).toHaveLength(1);
    expect(told).toHaveLength(raised);
    expect(await watch()).toBe(0);
    expect((await alerts('auditor', 'STRANGERS'))[0]?.subjectId).toBe(state.ids['finance.harbour']);
  });

  it('is raised about a patient whom many open, and is for auditors alone', async () => {
    const found = await alerts('auditor', 'MEMBERS');
    expect(found.length).toBeGreaterThan(0);
    for (const alert of found)
      expect(alert).toMatchObject({ subjectKind: 'PATIENT', institutionId: null, count: 3 });
    expect(patients).toContain(found[0]?.subjectId);
    expect(await alerts('regulator.one', 'MEMBERS')).toEqual([]);
    const id = found[0]?.id ?? '';
    const { data } = await state.run(
      'regulator.one',
      `{ accessAlert(id: "${id}") { id } node(id: "${id}") { id } }`,
    );
    expect(data).toEqual({ accessAlert: null, node: null });
  });

  it('is raised about identifiers that find nobody', async () => {
    for (let place = 0; place < 4; place += 1)
      await state.run(
        'clinician.harbour',
        `{ patientByIdentifier(system: "urn:test", value: "none-${place}", birthDate: "1951") { id } }`,
      );
    expect(await watch()).toBe(1);
    const [alert] = await alerts('auditor', 'MISSES');
    expect(alert).toMatchObject({ subjectId: state.ids['clinician.harbour'], count: 4, most: 3 });
  });

  it('is for the state too where it is about a member, and for nobody else', async () => {
    const kinds = (await alerts('regulator.one')).map(({ subjectKind }) => subjectKind);
    expect(new Set(kinds)).toEqual(new Set(['MEMBER']));
    const id = (await alerts('auditor', 'STRANGERS'))[0]?.id ?? '';
    for (const who of ['clinician.harbour', 'registrar.harbour', 'finance.harbour', 'registrar.city']) {
      expect(await alerts(who)).toEqual([]);
      expect((await state.run(who, `{ accessAlert(id: "${id}") { id } }`)).data).toEqual({
        accessAlert: null,
      });
    }
    const { codes } = await state.run(null, '{ accessAlerts { edges { node { id } } } }');
    expect(codes).toEqual(['UNAUTHENTICATED']);
  });

  it('stands on the audit feed, whose opening tells auditors rule and receipts and nobody’s id', async () => {
    const [alert] = await alerts('auditor', 'MEMBERS');
    const { data } = await state.run(
      'auditor',
      '{ entries(first: 100, filter: { op: "accessAlert.raise" }) { edges { node { opening { mode detail } } } } }',
    );
    const { edges } = data['entries'] as {
      edges: { node: { opening: { mode: string; detail: { rule: string; receipts: number[] } } } }[];
    };
    const openings = edges.map(({ node }) => node.opening);
    expect(openings).toHaveLength((await alerts()).length);
    expect(new Set(openings.map(({ mode }) => mode.toLowerCase()))).toEqual(new Set(['service']));
    const receipts = alert?.receipts.map(Number) ?? [];
    const told = openings.find(({ detail }) => JSON.stringify(detail.receipts) === JSON.stringify(receipts));
    expect(told?.detail.rule).toBe('MEMBERS');
    expect(JSON.stringify(told)).not.toContain(alert?.subjectId);
  });
});

describe('a change of thresholds', () => {
  it('counts what is in the window already', async () => {
    await setThresholds([{ rule: 'INSTITUTIONS', most: 1, seconds: 86_400 }]);
    expect(await watch()).toBeGreaterThan(0);
    const [alert] = await alerts('auditor', 'INSTITUTIONS');
    expect(alert).toMatchObject({ subjectKind: 'PATIENT', count: 2 });
    expect(await watch()).toBe(0);
  });

  it('turns a rule off that is left out', async () => {
    await setThresholds([]);
    state.now = new Date(state.now.getTime() + DAY);
    await strangers('registrar.harbour', 5);
    expect(await watch()).toBe(0);
  });

  it('leaves rows that a full check finds right', async () => {
    const findings: Finding[] = [];
    const { database, ledger } = state.system;
    await ledger.sync();
    const onFinding = (finding: Finding) => void findings.push(finding);
    await auditRows({ database, ledger, kinds: KINDS, onFinding, onProgress: () => undefined });
    expect(findings).toEqual([]);
  });
});
