/** What is done with policies, and who may. */
import type { Operation } from '../operations.js';
import { POLICY_CHANGE } from './defaults.js';

export const CHANGE_POLICY: Operation = {
  op: POLICY_CHANGE,
  makes: 'Policy',
  permission: { roles: ['REGULATOR'], relations: ['STATE'] },
  // Its own policy, and the one that it replaces.
  asksItself: true,
  licensed: false,
};

export const POLICY_OPERATIONS: readonly Operation[] = [CHANGE_POLICY];
