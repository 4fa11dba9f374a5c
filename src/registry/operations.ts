/** What is done with institutions and members, and who may. */
import { ROLES, type Role } from '../records/index.js';
import type { MemberValues } from '../standing/index.js';
import { OVERSIGHT_REINSTATEMENT, type Operation, type Permission } from '../uploads/index.js';

/** Roles that oversee others: only an authority's members have them, and only the state gives and takes them. */
const OVERSIGHT: readonly Role[] = ['REGULATOR', 'AUDITOR'];

export function oversees(roles: readonly Role[]): boolean {
  return roles.some((role) => OVERSIGHT.includes(role));
}

/** What only the state does. */
export const BY_STATE: Permission = { roles: ['REGULATOR'], relations: ['STATE'] };

/** What an institution does itself. */
export const BY_INSTITUTION: Permission = { roles: ['REGISTRAR'], relations: ['CUSTODIAN'] };

/** Where an institution is paid is the business of those who handle its money, too. */
export const BY_FINANCE: Permission = { roles: ['FINANCE'], relations: ['CUSTODIAN'] };

/** A member for itself, whatever its roles. */
const BY_ITSELF: Permission = { roles: ROLES, relations: ['SELF'] };

const institution = (verb: string, others: readonly Permission[] = []): Operation => ({
  op: `institution.${verb}`,
  makes: 'Institution',
  permission: BY_STATE,
  others,
  licensed: false,
});

/** Members of an institution are its registrars' business; those who oversee, and whom the state enrols, the state's. */
const member = (verb: string): Operation => ({
  op: `member.${verb}`,
  makes: 'Member',
  permission: BY_STATE,
  others: [BY_INSTITUTION],
  licensed: false,
});

export const REGISTER_INSTITUTION = institution('register');
export const CHANGE_LICENCE: Operation = { ...institution('licence'), mutations: ['changeLicence'] };
export const AMEND_INSTITUTION = institution('amend', [BY_INSTITUTION, BY_FINANCE]);
export const ENROL_MEMBER = member('enrol');
export const SUSPEND_MEMBER = member('suspend');
export const REINSTATE_MEMBER: Operation = {
  ...member('reinstate'),
  // The version before was opened as a Member, whose schema has validated its values.
  situationOf: (base) => (oversees((base as MemberValues).roles) ? OVERSIGHT_REINSTATEMENT : undefined),
};
export const ROTATE_KEY: Operation = {
  op: 'member.rotateKey',
  mutations: ['rotateKey'],
  makes: 'Member',
  permission: BY_ITSELF,
  licensed: false,
};

export const TRUST_DOCUMENTS: Operation = {
  op: 'trust.set',
  mutations: ['trustDocuments'],
  makes: 'TrustedDocuments',
  permission: BY_INSTITUTION,
  others: [BY_STATE],
  licensed: false,
};

export const REGISTRY_OPERATIONS: readonly Operation[] = [
  REGISTER_INSTITUTION,
  CHANGE_LICENCE,
  AMEND_INSTITUTION,
  ENROL_MEMBER,
  SUSPEND_MEMBER,
  REINSTATE_MEMBER,
  ROTATE_KEY,
  TRUST_DOCUMENTS,
];
