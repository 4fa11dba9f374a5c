/**
 * The record kind Consent: what a patient decided about its records. Whether one stands decides what others see at their next
 * request, so the consents of a patient are a list that proves itself whole.
 */
import { selvesAmong } from '../../clinical/index.js';
import { CONSENT, consentValues, type ConsentValues } from '../../documents/index.js';
import type { Caller, ConsentFact, RecordKind, Relation, Unrelated } from '../../records/index.js';
import { actsFor } from '../../reporting/index.js';

/** The institution that was granted something. A restricted one isn't named, so that its lists don't tell it. */
function granteeOf({ type, institution }: ConsentValues): string | null {
  return type === 'COPY_GRANT' || type === 'LABEL_GRANT' ? institution : null;
}

/**
 * The patient and who acts for it see all. An institution sees what it was granted, and what it recorded from paper itself;
 * of a restriction neither the restricted one nor the custodian learns.
 */
function relationsTo(
  caller: Caller,
  { head, values }: Unrelated<ConsentValues>,
  selves: ReadonlySet<string>,
): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (selves.has(values.patient)) relations.add('SELF');
  if (values.attestedBy !== null && values.attestedBy === head.custodian && actsFor(caller, head.custodian))
    relations.add('CUSTODIAN');
  if (actsFor(caller, granteeOf(values))) relations.add('GRANTEE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}

export const consentKind: RecordKind<ConsentValues> = {
  ...CONSENT,
  noun: 'consent',
  existence: 'DIRECTORY',
  table: 'consent',
  fields: {
    patient: 'DIRECTORY',
    type: 'DIRECTORY',
    institution: 'DIRECTORY',
    purposes: 'DIRECTORY',
    label: 'CLINICAL',
    representative: 'IDENTITY',
    validUntil: 'DIRECTORY',
    state: 'DIRECTORY',
    grantedBy: 'DIRECTORY',
    grantedAs: 'DIRECTORY',
    attestedBy: 'DIRECTORY',
    paper: 'ADMINISTRATIVE',
    revokedBy: 'DIRECTORY',
    revokedAs: 'DIRECTORY',
    revokedPaper: 'ADMINISTRATIVE',
  },
  refers: { institution: 'Institution', attestedBy: 'Institution' },
  values: consentValues,
  columns: {
    patient: { type: 'uuid', class: 'DIRECTORY', of: (values) => values.patient },
    grantee: { type: 'uuid', class: 'DIRECTORY', of: granteeOf },
    representative: { type: 'uuid', class: 'IDENTITY', of: (values) => values.representative },
    state: { type: 'text', class: 'DIRECTORY', of: (values) => values.state },
  },
  lists: ['patient', 'grantee', 'representative'],
  threads: (values) =>
    [values.patient, granteeOf(values), values.representative].filter((thread) => thread !== null),
  relations: async (caller, records, lookups) => {
    const patients = records.map(({ values }) => values.patient);
    const selves = await selvesAmong(caller, patients, lookups);
    return records.map((record) => relationsTo(caller, record, selves));
  },
};

/** Whether a consent is in force at a moment (RFC 3339 UTC, milliseconds). */
export function isInForce({ state, validUntil }: ConsentValues, now: string): boolean {
  return state === 'GRANTED' && (validUntil === null || now < validUntil);
}

/** What decisions about others' records need of consents: those that are in force. */
export function factsInForce(
  consents: readonly Unrelated<ConsentValues>[],
  now: string,
): readonly ConsentFact[] {
  return consents
    .filter(({ values }) => isInForce(values, now))
    .map(({ values: { type, institution, purposes, label, representative, attestedBy } }) => ({
      type,
      institution,
      purposes,
      label,
      representative,
      attestedBy,
    }));
}
