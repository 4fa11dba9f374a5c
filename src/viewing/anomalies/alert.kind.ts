/** The record kind AccessAlert: something unusual about who looked at what, with its receipts. Made by the deployment. */
import { z } from 'zod';
import { ANOMALY_RULES } from '../../access/index.js';
import { namedId } from '../../documents/index.js';
import type { RecordKind, Relation } from '../../records/index.js';
import { maybe, text, uuid, whole } from '../../standing/index.js';
import { type Anomaly, MOST_RECEIPTS } from './detector.js';
import { ALERT_SUBJECTS } from './rules.js';

const instant = z.iso.datetime({ precision: 3 });
const place = z.string().regex(/^\d{1,19}$/);

const values = z.strictObject({
  rule: z.enum(ANOMALY_RULES),
  subjectKind: z.enum(ALERT_SUBJECTS),
  /** Id of the member or of the patient that it is about. */
  subject: uuid,
  institution: maybe(uuid),
  from: instant,
  to: instant,
  /** What is usual, and what was counted when it was raised. */
  most: whole(1, 1_000_000),
  count: whole(1, 1_000_001),
  /** Entries of views and lookups. */
  receipts: z.array(place).max(MOST_RECEIPTS),
  /** Entry of the policy that says what is usual; null where the log has none. */
  policy: maybe(place),
  words: text(600),
});

export type AccessAlertValues = z.output<typeof values>;

/** One alert a rule, subject and window: its id follows from them, so the log itself has it once, whoever raises it. */
export function alertIdOf({ rule, subject, from, seconds }: Anomaly): string {
  return namedId('vitrine/access-alert/v1', [rule, subject, from, seconds].join('/'));
}

export const accessAlertKind: RecordKind<AccessAlertValues> = {
  name: 'AccessAlert',
  noun: 'accessAlert',
  schema: 1,
  named: true,
  existence: 'DIRECTORY',
  table: 'access_alert',
  fields: {
    rule: 'DIRECTORY',
    subjectKind: 'DIRECTORY',
    subject: 'DIRECTORY',
    institution: 'DIRECTORY',
    from: 'DIRECTORY',
    to: 'DIRECTORY',
    most: 'DIRECTORY',
    count: 'DIRECTORY',
    receipts: 'DIRECTORY',
    policy: 'DIRECTORY',
    words: 'DIRECTORY',
  },
  values,
  columns: {
    rule: { type: 'text', class: 'DIRECTORY', of: (alert) => alert.rule },
    subjectKind: { type: 'text', class: 'DIRECTORY', of: (alert) => alert.subjectKind },
  },
  threads: (_alert, head) => [head.id],
  // The state oversees members. That somebody's file is looked at says something of the person: that is for auditors.
  relations: (caller, records) =>
    Promise.resolve(
      records.map(({ values: { subjectKind } }) => {
        const relations = new Set<Relation>();
        if (caller === null) return relations;
        if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
        if (caller.state && subjectKind === 'MEMBER') relations.add('STATE');
        return relations;
      }),
    ),
};
