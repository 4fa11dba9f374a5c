/** A subsidy's life as one table: who may move it from where to where. */
import { VitrineError } from '../ledger/core/index.js';
import type { Permission } from '../uploads/index.js';

/** What a subsidy is at. REJECTED and CONFIRMED are ends. */
export const SUBSIDY_STATES = ['PROPOSED', 'APPROVED', 'REJECTED', 'DISBURSED', 'CONFIRMED'] as const;

export type SubsidyState = (typeof SUBSIDY_STATES)[number];

/** One step of the life. */
export interface Step {
  readonly from: SubsidyState;
  readonly to: SubsidyState;
  readonly permission: Permission;
}

export type StepName = 'approve' | 'reject' | 'disburse' | 'confirm';

/** Proposing is the start; it takes a regulator of the payer. */
export const PROPOSING: Permission = { roles: ['REGULATOR'], relations: ['PAYER'] };

export const STEPS: Readonly<Record<StepName, Step>> = {
  approve: {
    from: 'PROPOSED',
    to: 'APPROVED',
    // Any regulator of the state but the one who proposed: `requireOtherThan`.
    permission: { roles: ['REGULATOR'], relations: ['STATE'] },
  },
  reject: { from: 'PROPOSED', to: 'REJECTED', permission: { roles: ['REGULATOR'], relations: ['STATE'] } },
  disburse: { from: 'APPROVED', to: 'DISBURSED', permission: { roles: ['REGULATOR'], relations: ['PAYER'] } },
  confirm: { from: 'DISBURSED', to: 'CONFIRMED', permission: { roles: ['FINANCE'], relations: ['PAYEE'] } },
};

/**
 * The state after a step.
 * @param step what is wished
 * @param state where the subsidy is
 * @throws VitrineError CONFLICT naming the state, when the step doesn't start there: so nothing is approved or paid twice
 */
export function requireStep(step: StepName, state: SubsidyState): SubsidyState {
  const { from, to } = STEPS[step];
  if (state !== from)
    throw new VitrineError(
      'CONFLICT',
      `expected a subsidy that is ${from} to ${step}, got one that is ${state}`,
      {
        path: ['input', 'subsidy'],
        details: { state },
      },
    );
  return to;
}

/**
 * Four eyes: whoever proposed a subsidy doesn't approve it.
 * @throws VitrineError FORBIDDEN when the member is the proposer
 */
export function requireOtherThan(proposer: string, member: string): void {
  if (member === proposer)
    throw new VitrineError('FORBIDDEN', 'expected another member than the one who proposed the subsidy', {
      details: { rule: 'two-persons' },
    });
}
