/** The record kind Subsidy: one payment of a programme to an institution, from proposal to confirmation. */
import { z } from 'zod';
import { actsFor, generalRelations } from '../reporting/index.js';
import type { RecordKind } from '../records/index.js';
import { SUBSIDY_STATES } from './lifecycle.js';

const values = z.strictObject({
  /** Id of the programme. */
  programme: z.string(),
  /** Id of the institution that receives it. */
  payee: z.string(),
  state: z.enum(SUBSIDY_STATES),
  /** Minor units, as text. */
  amount: z.string().regex(/^[1-9]\d*$/),
  currency: z.string(),
  purpose: z.string(),
  /** The payee's account as registered when the subsidy was proposed; it doesn't change afterwards. */
  account: z.strictObject({ iban: z.string(), holder: z.string() }),
  /** The payment's reference at the bank; null until disbursed. */
  reference: z.string().nullable(),
  /** Why it was rejected. */
  reason: z.string().nullable(),
  /** Ids of the members who took each step. */
  proposedBy: z.string(),
  approvedBy: z.string().nullable(),
  rejectedBy: z.string().nullable(),
  disbursedBy: z.string().nullable(),
  confirmedBy: z.string().nullable(),
});

/** A subsidy's sealed values; the payer is the record's custodian. */
export type SubsidyValues = z.infer<typeof values>;

export const subsidyKind: RecordKind<SubsidyValues> = {
  name: 'Subsidy',
  noun: 'subsidy',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'subsidy',
  fields: {
    programme: 'DIRECTORY',
    payee: 'DIRECTORY',
    state: 'DIRECTORY',
    amount: 'FINANCIAL',
    currency: 'FINANCIAL',
    purpose: 'FINANCIAL',
    account: 'ACCOUNT',
    reference: 'FINANCIAL',
    reason: 'FINANCIAL',
    proposedBy: 'DIRECTORY',
    approvedBy: 'DIRECTORY',
    rejectedBy: 'DIRECTORY',
    disbursedBy: 'DIRECTORY',
    confirmedBy: 'DIRECTORY',
  },
  refers: {
    programme: 'Programme',
    payee: 'Institution',
    proposedBy: 'Member',
    approvedBy: 'Member',
    rejectedBy: 'Member',
    disbursedBy: 'Member',
    confirmedBy: 'Member',
  },
  values,
  columns: {
    programme: { type: 'uuid', class: 'DIRECTORY', of: (subsidy) => subsidy.programme },
    payee: { type: 'uuid', class: 'DIRECTORY', of: (subsidy) => subsidy.payee },
    state: { type: 'text', class: 'DIRECTORY', of: (subsidy) => subsidy.state },
    amount: { type: 'bigint', class: 'FINANCIAL', of: (subsidy) => subsidy.amount },
  },
  lists: ['programme', 'payee'],
  threads: (subsidy, head) => [head.id, subsidy.programme, subsidy.payee],
  relations: (caller, records) =>
    Promise.resolve(
      records.map(({ head, values: { payee } }) => {
        const relations = generalRelations(caller);
        if (actsFor(caller, head.custodian)) relations.add('PAYER');
        if (actsFor(caller, payee)) relations.add('PAYEE');
        return relations;
      }),
    ),
};
