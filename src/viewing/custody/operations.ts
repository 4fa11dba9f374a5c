/** Handing a patient's file to another institution, and who may. */
import type { Operation } from '../../uploads/index.js';

export const TRANSFER_CUSTODY: Operation = {
  op: 'patient.transfer',
  makes: 'Patient',
  mutations: ['transferCustody'],
  permission: { roles: ['CLINICIAN', 'REGISTRAR'], relations: ['CUSTODIAN'] },
  // The institution that is to keep the file.
  asksItself: true,
  licensed: true,
};

export const CUSTODY_OPERATIONS: readonly Operation[] = [TRANSFER_CUSTODY];
