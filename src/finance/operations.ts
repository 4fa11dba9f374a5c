/** What is done with programmes and subsidies, and who may. */
import type { Operation, Permission } from '../uploads/index.js';
import { PROPOSING, STEPS, type StepName } from './lifecycle.js';

const CREATING: Permission = { roles: ['REGULATOR'], relations: ['STATE'] };

const subsidy = (verb: string, permission: Permission): Operation => ({
  op: `subsidy.${verb}`,
  makes: 'Subsidy',
  permission,
  licensed: false,
});

const step = (name: StepName): Operation => subsidy(name, STEPS[name].permission);

export const CREATE_PROGRAMME: Operation = {
  op: 'programme.create',
  makes: 'Programme',
  permission: CREATING,
  licensed: false,
};
export const PROPOSE_SUBSIDY = subsidy('propose', PROPOSING);

/** The operation of each step. */
export const STEP: Readonly<Record<StepName, Operation>> = {
  approve: step('approve'),
  reject: step('reject'),
  disburse: step('disburse'),
  confirm: step('confirm'),
};

export const FINANCE_OPERATIONS: readonly Operation[] = [
  CREATE_PROGRAMME,
  PROPOSE_SUBSIDY,
  ...Object.values(STEP),
];
