/** Encounters: a patient's contact with the institution that provided it, which keeps the record. */
import type { RecordKind } from '../records/index.js';
import { identifierKey } from '../standing/index.js';
import { ENCOUNTER, encounterValues, type EncounterValues } from '../documents/index.js';
import { careRelations } from './relations.js';

/** Scope of the unique keys of an institution's own encounter numbers. */
export function encounterIdentifierScope(custodian: string | null): string {
  return `encounter.identifier/${custodian ?? ''}`;
}

export const encounterKind: RecordKind<EncounterValues> = {
  ...ENCOUNTER,
  noun: 'encounter',
  existence: 'DIRECTORY',
  table: 'encounter',
  fields: {
    patient: 'DIRECTORY',
    class: 'ADMINISTRATIVE',
    status: 'ADMINISTRATIVE',
    serviceCode: 'ADMINISTRATIVE',
    start: 'ADMINISTRATIVE',
    end: 'ADMINISTRATIVE',
    practitioner: 'ADMINISTRATIVE',
    cost: 'ADMINISTRATIVE',
    payer: 'ADMINISTRATIVE',
    identifier: 'ADMINISTRATIVE',
    reason: 'CLINICAL',
    diagnoses: 'CLINICAL',
    outcome: 'CLINICAL',
    note: 'CLINICAL',
    retracted: 'DIRECTORY',
    retractionReason: 'ADMINISTRATIVE',
  },
  // Without its patient an encounter would be on nobody's thread.
  keeps: { patient: true, retracted: true },
  values: encounterValues,
  columns: {
    patient: { type: 'uuid', class: 'DIRECTORY', of: (values) => values.patient },
    class: { type: 'text', class: 'ADMINISTRATIVE', of: (values) => values.class },
    status: { type: 'text', class: 'ADMINISTRATIVE', of: (values) => values.status },
    startedAt: { type: 'timestamp', class: 'ADMINISTRATIVE', of: (values) => values.start },
    endedAt: { type: 'timestamp', class: 'ADMINISTRATIVE', of: (values) => values.end },
    retracted: { type: 'boolean', class: 'DIRECTORY', of: (values) => values.retracted },
  },
  // A retracted encounter gives its number back.
  uniqueKeys: (values, head) =>
    values.identifier === null || values.retracted
      ? []
      : [
          {
            scope: encounterIdentifierScope(head.custodian),
            value: identifierKey(values.identifier),
            path: ['input', 'identifier'],
          },
        ],
  lists: ['patient', 'custodian'],
  threads: (values, head) => [values.patient, ...(head.custodian === null ? [] : [head.custodian])],
  relations: (caller, records, lookups) =>
    careRelations(caller, records, lookups, {
      patientOf: (record) => record.values.patient,
      custodianTreats: false,
    }),
};
