/** What is done with links, and who may. */
import type { Operation } from '../../uploads/index.js';
import { BY_CUSTODIAN } from '../care.js';

const AGREEING = {
  permission: { roles: ['CLINICIAN', 'REGISTRAR', 'PATIENT'], relations: ['CUSTODIAN', 'SELF'] },
  makes: 'PatientLink',
} as const;

export const PROPOSE_LINK: Operation = {
  op: 'link.propose',
  mutations: ['linkPatients'],
  makes: 'PatientLink',
  permission: BY_CUSTODIAN,
  licensed: true,
};
/** A patient has no licence; whoever confirms for an institution needs it, as the service says. */
export const CONFIRM_LINK: Operation = {
  op: 'link.confirm',
  mutations: ['confirmPatientLink'],
  ...AGREEING,
  licensed: false,
};
/** Ending only takes away: nobody needs a licence for it. */
export const END_LINK: Operation = {
  op: 'link.end',
  mutations: ['unlinkPatients'],
  ...AGREEING,
  licensed: false,
};

export const LINK_OPERATIONS: readonly Operation[] = [PROPOSE_LINK, CONFIRM_LINK, END_LINK];
