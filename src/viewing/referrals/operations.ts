/** What is done with referrals, and who may. */
import type { Operation } from '../../uploads/index.js';

/** Of an institution that keeps or treats the patient: that is asked of the patient's record. */
export const REFER_PATIENT: Operation = {
  op: 'referral.make',
  makes: 'Referral',
  mutations: ['referPatient'],
  permission: { roles: ['CLINICIAN'], relations: ['CUSTODIAN'] },
  licensed: true,
};

export const ISSUE_CODE: Operation = {
  op: 'referral.issue',
  makes: 'Referral',
  mutations: ['issueAccessCode'],
  permission: { roles: ['PATIENT'], relations: ['SELF'] },
  licensed: false,
};

export const END_REFERRAL: Operation = {
  op: 'referral.end',
  makes: 'Referral',
  permission: { roles: ['CLINICIAN', 'PATIENT'], relations: ['CUSTODIAN', 'SELF'] },
  licensed: false,
};

export const REFERRAL_OPERATIONS: readonly Operation[] = [REFER_PATIENT, ISSUE_CODE, END_REFERRAL];
