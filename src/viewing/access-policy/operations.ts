/** What is done with the policy of access, and who may. */
import type { Operation } from '../../uploads/index.js';

export const SET_ACCESS_POLICY: Operation = {
  op: 'accessPolicy.set',
  makes: 'AccessPolicy',
  permission: { roles: ['REGULATOR'], relations: ['STATE'] },
  licensed: false,
};

export const ACCESS_POLICY_OPERATIONS: readonly Operation[] = [SET_ACCESS_POLICY];
