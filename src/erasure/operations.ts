/** What is done with holds and erasures, and who may. */
import type { Role } from '../records/index.js';
import type { Operation, Permission } from '../uploads/index.js';
import { HOLDABLE, type Holdable } from './subject.js';

const HOLDING: Permission = {
  roles: ['REGULATOR', 'CLINICIAN', 'REGISTRAR', 'REPORTER'],
  relations: ['CUSTODIAN', 'STATE'],
};
const DECIDING: Permission = { roles: ['REGULATOR'], relations: ['STATE'] };
/** Of the record itself a regulator sees nothing: that it may erase it follows from the request that it confirms. */
const ERASING: Permission = { roles: ['REGULATOR'], relations: [] };

const holdables: readonly Holdable[] = Object.values(HOLDABLE);

const hold = (verb: string): Operation => ({
  op: `hold.${verb}`,
  makes: 'Hold',
  permission: HOLDING,
  licensed: false,
});
const decide = (verb: string): Operation => ({
  op: `erasure.${verb}`,
  makes: 'Erasure',
  permission: DECIDING,
  licensed: false,
});

export const PLACE_HOLD = hold('place');
export const RELEASE_HOLD = hold('release');
export const CONFIRM_ERASURE = decide('confirm');
export const REFUSE_ERASURE = decide('refuse');

/** Asking for the erasure of a record is for those of its custodian who write such records. */
export function requestErasure(roles: readonly Role[]): Operation {
  return {
    op: 'erasure.request',
    mutations: ['eraseRecord'],
    makes: 'Erasure',
    permission: { roles, relations: ['CUSTODIAN'] },
    licensed: false,
  };
}

/** The operation that erases records of a kind. */
export function erasing({ kind }: Holdable): Operation {
  return {
    op: `${kind.noun}.erase`,
    makes: kind.name,
    // Beside the confirmation, whose mutation it is.
    mutations: [],
    permission: ERASING,
    licensed: false,
  };
}

export const ERASURE_OPERATIONS: readonly Operation[] = [
  PLACE_HOLD,
  RELEASE_HOLD,
  requestErasure([...new Set(holdables.flatMap(({ roles }) => roles))]),
  CONFIRM_ERASURE,
  REFUSE_ERASURE,
  ...holdables.map(erasing),
];
