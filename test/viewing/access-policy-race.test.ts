/** A policy that is set between a decision and its commit: what was decided by the one before isn't committed. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TERMS_IN_CODE } from '../../src/access/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import { creation, firstHead } from '../../src/uploads/index.js';
import { chargesOf } from '../../src/viewing/budgets/charges.js';
import { viewKind } from '../../src/viewing/index.js';
import { LIST_PATIENT } from '../../src/viewing/views/operations.js';
import { State } from '../support/state.js';

const WHO = 'registrar.harbour';

let state: State;

beforeAll(async () => {
  state = await State.open();
}, 60_000);
afterAll(() => state.close());

/** Sets how many patients registrars may look up in an hour. */
async function allow(memberHour: number): Promise<void> {
  const budgets = TERMS_IN_CODE.budgets.map((row) =>
    row.role === 'REGISTRAR' && row.act === 'LISTED' ? { ...row, memberHour } : row,
  );
  const { errors } = await state.approved(
    ['regulator.one', 'regulator.two'],
    'setAccessPolicy',
    { budgets, reason: 'A test asks for it' },
    'requestId',
  );
  if (errors[0] !== undefined) throw errors[0];
}

/** Looks an identifier up, and lets something happen when its charges are decided; how often they were, and what came of it. */
async function lookUp(meanwhile: () => Promise<void>): Promise<{ decided: number; outcome: string }> {
  const ctx = await state.context(WHO);
  const { caller } = ctx;
  if (caller === null) throw new Error('not signed in');
  let decided = 0;
  const now = state.now.toISOString();
  const nobody = { subject: null, patient: null, purpose: null, evidence: null, evidenceRecord: null };
  const values = {
    ...{
      act: 'LISTED' as const,
      subjectKind: 'PATIENT' as const,
      ...nobody,
      evidenceEntry: null,
      reason: null,
    },
    ...{ institution: caller.institution, member: caller.id, language: 'en' as const, key: null },
    ...{ openedAt: now, expiresAt: now },
  };
  const submitted = ctx.uploads.submit({ requestId: randomUUID(), input: null }, async (making) => {
    const charged = await chargesOf(ctx, caller, 'LISTED', randomUUID());
    decided += 1;
    if (decided === 1) await meanwhile();
    const head = firstHead(viewKind, making.id(), { custodian: caller.institution, patient: null });
    return [creation(viewKind, head, values, { ...LIST_PATIENT, ...charged })];
  });
  const outcome = await submitted.then(
    () => 'charged',
    (error: unknown) => (error instanceof VitrineError ? error.code : 'unknown'),
  );
  return { decided, outcome };
}

describe('a charge that was decided', () => {
  it('while there was no policy is decided anew when one is set before its commit', async () => {
    expect(await lookUp(() => Promise.resolve())).toEqual({ decided: 1, outcome: 'charged' });
    expect(await lookUp(() => allow(1))).toEqual({ decided: 2, outcome: 'BUDGET_EXHAUSTED' });
  });

  it('by a policy is decided anew when the next is set before its commit', async () => {
    expect(await lookUp(() => allow(2))).toEqual({ decided: 2, outcome: 'charged' });
    expect(await lookUp(() => Promise.resolve())).toEqual({ decided: 1, outcome: 'BUDGET_EXHAUSTED' });
  });
});
