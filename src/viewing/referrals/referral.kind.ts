/**
 * The record kind Referral: that somebody is to treat a patient and may look for it. By an institution that keeps or treats the
 * patient, for another one; or by the patient itself, for whoever it gives a one-time code.
 */
import { z } from 'zod';
import { selvesAmong } from '../../clinical/index.js';
import type { Caller, RecordKind, Relation, Unrelated } from '../../records/index.js';
import { actsFor } from '../../reporting/index.js';
import { maybe, text, uuid } from '../../standing/index.js';

export const REFERRAL_STATES = ['OPEN', 'ENDED'] as const;

/** Scope of the unique keys of open codes. */
export const OPEN_CODE = 'referral.code';

const values = z.strictObject({
  patient: uuid,
  /** The institution that is to treat the patient; null: whoever has the code. */
  recipient: maybe(uuid),
  state: z.enum(REFERRAL_STATES),
  validUntil: z.iso.datetime({ precision: 3 }),
  /** What for, in words that say nothing about the patient. */
  reason: maybe(text(500)),
  /** Keyed hash of the patient's code. */
  code: maybe(z.string().regex(/^[0-9a-f]{64}$/)),
});

export type ReferralValues = z.output<typeof values>;

function relationsTo(
  caller: Caller,
  selves: ReadonlySet<string>,
  { head, values: referral }: Unrelated<ReferralValues>,
): Set<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (selves.has(referral.patient)) relations.add('SELF');
  if (actsFor(caller, head.custodian)) relations.add('CUSTODIAN');
  if (actsFor(caller, referral.recipient)) relations.add('GRANTEE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}

export const referralKind: RecordKind<ReferralValues> = {
  name: 'Referral',
  noun: 'referral',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'referral',
  fields: {
    patient: 'DIRECTORY',
    recipient: 'DIRECTORY',
    state: 'DIRECTORY',
    validUntil: 'DIRECTORY',
    reason: 'DIRECTORY',
    code: 'DIRECTORY',
  },
  refers: { recipient: 'Institution' },
  values,
  columns: {
    patient: { type: 'uuid', class: 'DIRECTORY', of: (referral) => referral.patient },
    recipient: { type: 'uuid', class: 'DIRECTORY', of: (referral) => referral.recipient },
    state: { type: 'text', class: 'DIRECTORY', of: (referral) => referral.state },
    validUntil: { type: 'timestamp', class: 'DIRECTORY', of: (referral) => referral.validUntil },
  },
  uniqueKeys: (referral) =>
    referral.code === null || referral.state !== 'OPEN'
      ? []
      : [{ scope: OPEN_CODE, value: referral.code, path: ['input'] }],
  lists: ['patient'],
  threads: (referral, head) => [
    referral.patient,
    ...(head.custodian === null ? [] : [head.custodian]),
    ...(referral.recipient === null ? [] : [referral.recipient]),
  ],
  relations: async (caller, records, lookups) => {
    const patients = records.flatMap(({ values: { patient } }) => patient ?? []);
    const selves = await selvesAmong(caller, patients, lookups);
    return records.map((record) => relationsTo(caller, selves, record));
  },
};
