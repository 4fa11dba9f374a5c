import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { State } from '../../support/state.js';

const DAY = 86_400_000;
const FORM = {
  code: 'beds',
  title: 'Beds',
  period: 'MONTH',
  dueDays: 10,
  indicators: [{ code: 'beds', label: 'Beds', type: 'INTEGER' }],
};

let state: State;
beforeAll(async () => {
  state = await State.open();
  await accepted('regulator.one', 'defineForm', FORM, 'form { id }');
});
afterAll(() => state.close());

type Sent = readonly [by: string, name: string, input: Record<string, unknown>, selection?: string];

const send = ([by, name, input, selection = 'requestId']: Sent, requestId: string = randomUUID()) =>
  state.mutate(by, name, input, selection, requestId);

async function accepted(...sent: Sent): Promise<unknown> {
  const answer = await send(sent);
  expect(answer.codes, answer.messages.join()).toEqual([]);
  return answer.data[sent[1]];
}

/** Sends what must wait; gives how it is sent again and how it is approved. */
async function waiting(...sent: Sent) {
  const requestId = randomUUID();
  const asked = await send(sent, requestId);
  expect(asked.codes, asked.messages.join()).toEqual(['ENDORSEMENT_PENDING']);
  const upload = String(asked.errors[0]?.details['upload']);
  return {
    message: asked.messages.join(),
    again: () => send(sent, requestId),
    endorse: (by: string) => state.mutate(by, 'endorseUpload', { upload }, 'requestId'),
    deny: (by: string) => state.mutate(by, 'denyUpload', { upload, reasons: ['no'] }, 'requestId'),
  };
}

async function versionOf(institution: string): Promise<number> {
  const { data } = await state.run(null, `{ institution(id: "${institution}") { version } }`);
  return (data['institution'] as { version: number }).version;
}

async function filed(period: string): Promise<string> {
  const input = { form: 'beds', period, indicators: [{ code: 'beds', value: '1' }] };
  const { report } = (await accepted('reporter.city', 'fileReport', input, 'report { id }')) as {
    report: { id: string };
  };
  return report.id;
}

const amendment = (report: string): Sent => [
  'reporter.city',
  'amendReport',
  { report, expectedVersion: 1, reason: 'Recounted', indicators: [{ code: 'beds', value: '2' }] },
];

describe('a report', () => {
  it('is amended at once until the last day on which it isn’t late', async () => {
    const report = await filed('2026-06');
    await accepted(...amendment(report));
  });

  it('is amended with a regulator’s approval from the day after', async () => {
    const late = await waiting(...amendment(await filed('2026-04')));
    expect(late.message).toContain('1 more of 1 by a REGULATOR');
    expect((await late.endorse('registrar.city')).codes).toEqual(['FORBIDDEN']);
    expect((await late.again()).codes).toEqual(['ENDORSEMENT_PENDING']);
    expect((await late.endorse('regulator.one')).codes).toEqual([]);
    expect((await late.again()).codes).toEqual([]);
  });

  it('is retracted late in no other way', async () => {
    const id = await filed('2026-03');
    const late = await waiting('reporter.city', 'retractRecord', {
      kind: 'REPORT',
      id,
      expectedVersion: 1,
      reason: 'Wrong',
    });
    expect((await late.deny('regulator.two')).codes).toEqual([]);
    expect((await late.again()).codes).toEqual(['UPLOAD_DENIED']);
  });
});

describe('where an institution is paid', () => {
  const account = { iban: 'GB29 NWBK 6016 1331 9268 19', holder: 'City Hospital' };
  const change = (by: string, holder = account.holder): Sent => [
    by,
    'amendInstitution',
    { institution: state.ids['city'], account: { ...account, holder } },
  ];

  it('takes its own member, a regulator and three days', async () => {
    const version = await versionOf(state.ids['city'] ?? '');
    const wished = await waiting(...change('finance.city'));
    expect((await wished.endorse('registrar.city')).codes).toEqual(['FORBIDDEN']);
    expect((await wished.endorse('regulator.one')).codes).toEqual([]);
    const early = await wished.again();
    expect(early.messages.join()).toContain('the waiting time until');
    state.now = new Date(state.now.getTime() + 3 * DAY);
    expect((await wished.again()).codes).toEqual([]);
    expect(await versionOf(state.ids['city'] ?? '')).toBe(version + 1);
  });

  it('doesn’t change by time alone', async () => {
    const wished = await waiting(...change('registrar.city', 'Somebody'));
    state.now = new Date(state.now.getTime() + 4 * DAY);
    expect((await wished.again()).codes).toEqual(['ENDORSEMENT_PENDING']);
  });

  it('stays, when the institution refuses what a stolen login asked in its name', async () => {
    const wished = await waiting(...change('finance.city', 'A thief'));
    await wished.endorse('regulator.one');
    expect((await wished.deny('clinician.city')).codes).toEqual([]);
    state.now = new Date(state.now.getTime() + 4 * DAY);
    expect((await wished.again()).codes).toEqual(['UPLOAD_DENIED']);
  });

  it('is nothing that a regulator changes, and of other facts a FINANCE member changes none', async () => {
    expect((await send(change('regulator.one'))).codes).toEqual(['FORBIDDEN']);
    const renamed: Sent = ['finance.city', 'amendInstitution', { institution: state.ids['city'], name: 'X' }];
    expect((await send(renamed)).codes).toEqual(['FORBIDDEN']);
  });

  it('is no matter of approval when other facts change', async () => {
    const { city } = state.ids;
    await accepted('registrar.city', 'amendInstitution', { institution: city, region: 'south' });
  });
});

describe('a policy', () => {
  const policy = (terms: Record<string, unknown>): Sent => [
    'regulator.one',
    'changePolicy',
    { rule: 'ROLE', role: 'REGULATOR', reason: 'r', ...terms },
  ];

  it('is changed by two regulators, and holds from then on', async () => {
    const wished = await waiting(...policy({ situation: 'institution.register', count: 2, ownCounts: true }));
    expect((await wished.endorse('regulator.two')).codes).toEqual([]);
    expect((await wished.again()).codes).toEqual([]);
    const clinic = { name: 'C', kind: 'CLINIC', ownership: 'PRIVATE', region: 'r', identifiers: [] };
    const made = await waiting('regulator.one', 'registerInstitution', {
      ...clinic,
      licence: { number: 'C' },
    });
    expect((await made.endorse('regulator.two')).codes).toEqual([]);
    expect((await made.again()).codes).toEqual([]);
  });

  it('needs what it replaces besides', async () => {
    const person = { rule: 'PERSON', role: null, person: state.ids['finance.harbour'] };
    const first = await waiting(...policy({ situation: 'form.define', ...person }));
    await first.endorse('regulator.two');
    expect((await first.again()).codes).toEqual([]);
    const second = await waiting(...policy({ situation: 'form.define', ownCounts: true }));
    await second.endorse('regulator.two');
    expect((await second.again()).codes).toEqual(['ENDORSEMENT_PENDING']);
    expect((await second.endorse('finance.harbour')).codes).toEqual([]);
    expect((await second.again()).codes).toEqual([]);
  });

  it('of somebody who was suspended is replaced without them, a week later', async () => {
    const person = { rule: 'PERSON', role: null, person: state.ids['finance.harbour'] };
    const first = await waiting(...policy({ situation: 'programme.create', ...person }));
    await first.endorse('regulator.two');
    expect((await first.again()).codes).toEqual([]);
    const suspension = { member: state.ids['finance.harbour'], reason: 'Left' };
    await accepted('regulator.one', 'suspendMember', suspension);
    const second = await waiting(...policy({ situation: 'programme.create', rule: 'AUTOMATIC', role: null }));
    await second.endorse('regulator.two');
    expect((await second.again()).messages.join()).toContain('the waiting time until');
    state.now = new Date(state.now.getTime() + 7 * DAY);
    expect((await second.again()).codes).toEqual([]);
  });
});
