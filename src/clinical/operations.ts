/** What is done with patients and encounters, and who may. */
import type { Operation } from '../uploads/index.js';
import { BY_CUSTODIAN } from './care.js';
import { LINK_OPERATIONS } from './links/link.operations.js';

const CARE = { permission: BY_CUSTODIAN, licensed: true } as const;
const RETRACTED = { mutations: ['retractRecord'] } as const;

export const REGISTER_PATIENT: Operation = { op: 'patient.register', makes: 'Patient', ...CARE };
export const AMEND_PATIENT: Operation = { op: 'patient.amend', makes: 'Patient', ...CARE };
export const RETRACT_PATIENT: Operation = { op: 'patient.retract', makes: 'Patient', ...RETRACTED, ...CARE };
export const RECORD_ENCOUNTER: Operation = {
  op: 'encounter.record',
  makes: 'Encounter',
  mutations: ['recordEncounter', 'recordEncounters'],
  ...CARE,
};
export const AMEND_ENCOUNTER: Operation = { op: 'encounter.amend', makes: 'Encounter', ...CARE };
export const RETRACT_ENCOUNTER: Operation = {
  op: 'encounter.retract',
  makes: 'Encounter',
  ...RETRACTED,
  ...CARE,
};

export const CLINICAL_OPERATIONS: readonly Operation[] = [
  REGISTER_PATIENT,
  AMEND_PATIENT,
  RETRACT_PATIENT,
  RECORD_ENCOUNTER,
  AMEND_ENCOUNTER,
  RETRACT_ENCOUNTER,
  ...LINK_OPERATIONS,
];
