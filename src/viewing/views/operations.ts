/** What is done with views, and who may. */
import type { Role } from '../../records/index.js';
import type { Operation } from '../../uploads/index.js';
import { PURPOSE_TERMS } from './purposes.js';

const openers: readonly Role[] = [
  ...new Set(Object.values(PURPOSE_TERMS).flatMap(({ roles }): readonly Role[] => roles)),
];

export const OPEN_VIEW: Operation = {
  op: 'view.open',
  makes: 'View',
  permission: { roles: openers, relations: ['SELF'] },
  licensed: true,
};

/** Asking for a patient by identifier. */
export const LIST_PATIENT: Operation = {
  op: 'view.list',
  makes: 'View',
  // A query does it: what is asked for is written down.
  mutations: [],
  permission: { roles: ['CLINICIAN', 'REGISTRAR'], relations: ['SELF'] },
  licensed: true,
};

/** Asking for a view of a patient who isn't there for the caller. */
export const REFUSE_VIEW: Operation = {
  op: 'view.refuse',
  makes: 'View',
  // `openView` does it: what was asked for in vain is written down, and charged.
  mutations: [],
  permission: { roles: openers, relations: ['SELF'] },
  licensed: true,
};

export const VIEW_OPERATIONS: readonly Operation[] = [OPEN_VIEW, LIST_PATIENT, REFUSE_VIEW];
