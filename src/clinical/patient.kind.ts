/** Patients: each person once in the whole system, kept by the institution that registered it. */
import type { RecordKind } from '../records/index.js';
import { identifierKey, orEmpty } from '../standing/index.js';
import { PATIENT, patientValues, type PatientValues } from '../documents/index.js';
import { nameScope, searchForms } from './name-search.js';
import { careRelations } from './relations.js';

/** Scope of the unique keys of patients' identifiers: one for the whole system, so that a person is one patient. */
export const PATIENT_IDENTIFIER = 'patient.identifier';

export const patientKind: RecordKind<PatientValues> = {
  ...PATIENT,
  noun: 'patient',
  existence: 'DIRECTORY',
  table: 'patient',
  fields: {
    identifiers: 'IDENTITY',
    names: 'IDENTITY',
    gender: 'IDENTITY',
    birthDate: 'IDENTITY',
    deceased: 'IDENTITY',
    deceasedAt: 'IDENTITY',
    addresses: 'IDENTITY',
    contacts: 'IDENTITY',
    insurance: 'IDENTITY',
    maritalStatus: 'IDENTITY',
    language: 'IDENTITY',
    alerts: 'CRITICAL',
    retracted: 'DIRECTORY',
    retractionReason: 'IDENTITY',
  },
  keeps: { retracted: true },
  values: patientValues,
  columns: { retracted: { type: 'boolean', class: 'DIRECTORY', of: (values) => values.retracted } },
  // A retracted patient gives its identifiers back, and so does an erased one: the person may be registered anew.
  uniqueKeys: (values) =>
    values.retracted
      ? []
      : orEmpty(values.identifiers).map((identifier, index) => ({
          scope: PATIENT_IDENTIFIER,
          value: identifierKey(identifier),
          path: ['input', 'identifiers', index],
        })),
  searchWords: (values, head) =>
    searchForms(orEmpty(values.names)).map((value) => ({ scope: nameScope(head.custodian ?? ''), value })),
  lists: ['custodian'],
  threads: (_values, head) => [head.id, ...(head.custodian === null ? [] : [head.custodian])],
  relations: (caller, records, lookups) =>
    careRelations(caller, records, lookups, {
      patientOf: (record) => record.head.id,
      custodianTreats: true,
    }),
};
