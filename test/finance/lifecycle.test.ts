import { describe, expect, it } from 'vitest';
import {
  requireOtherThan,
  requireStep,
  STEPS,
  SUBSIDY_STATES,
  type StepName,
  type SubsidyState,
} from '../../src/finance/lifecycle.js';
import { VitrineError } from '../../src/ledger/core/index.js';

const LIFE: Readonly<Record<StepName, readonly [SubsidyState, SubsidyState]>> = {
  approve: ['PROPOSED', 'APPROVED'],
  reject: ['PROPOSED', 'REJECTED'],
  disburse: ['APPROVED', 'DISBURSED'],
  confirm: ['DISBURSED', 'CONFIRMED'],
};

const CASES = (Object.keys(STEPS) as StepName[]).flatMap((step) =>
  SUBSIDY_STATES.map((state) => [step, state] as const),
);

function refusalOf(action: () => unknown): VitrineError {
  try {
    action();
  } catch (error) {
    if (error instanceof VitrineError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

describe('requireStep', () => {
  it.each(CASES)('lets %s begin at %s exactly when the table says so', (step, state) => {
    const [from, to] = LIFE[step];
    if (state === from) {
      expect(requireStep(step, state)).toBe(to);
      return;
    }
    const refusal = refusalOf(() => requireStep(step, state));
    expect(refusal.code).toBe('CONFLICT');
    expect(refusal.message).toContain(state);
    expect(refusal.details).toEqual({ state });
  });

  it('never leaves an end', () => {
    for (const end of ['REJECTED', 'CONFIRMED'] as const)
      for (const step of Object.keys(STEPS) as StepName[])
        expect(refusalOf(() => requireStep(step, end)).code).toBe('CONFLICT');
  });
});

describe('STEPS', () => {
  it('takes regulators for the state’s steps and finance of the payee for the last', () => {
    expect(
      Object.fromEntries(Object.entries(STEPS).map(([name, { permission }]) => [name, permission])),
    ).toEqual({
      approve: { roles: ['REGULATOR'], relations: ['STATE'] },
      reject: { roles: ['REGULATOR'], relations: ['STATE'] },
      disburse: { roles: ['REGULATOR'], relations: ['PAYER'] },
      confirm: { roles: ['FINANCE'], relations: ['PAYEE'] },
    });
  });
});

describe('requireOtherThan', () => {
  it('refuses the proposer and nobody else', () => {
    expect(refusalOf(() => requireOtherThan('a', 'a')).code).toBe('FORBIDDEN');
    expect(() => requireOtherThan('a', 'b')).not.toThrow();
  });
});
