/** The record kind Programme: what the state sets aside for subsidies. Its custodian is the payer. */
import { z } from 'zod';
import { actsFor, generalRelations } from '../reporting/index.js';
import type { RecordKind } from '../records/index.js';

const values = z.strictObject({
  code: z.string(),
  title: z.string(),
  currency: z.string(),
  /** Minor units, as text. */
  budget: z.string().regex(/^[1-9]\d*$/),
  validFrom: z.iso.date(),
  /** The last day, included; null for no end. */
  validUntil: z.iso.date().nullable(),
});

/** A programme's sealed values. */
export type ProgrammeValues = z.infer<typeof values>;

/** Name of the bounded counter that holds what of a programme's budget is committed, in minor units. */
export function committedCounter(programme: string): string {
  return `programme.committed/${programme}`;
}

export const programmeKind: RecordKind<ProgrammeValues> = {
  name: 'Programme',
  noun: 'programme',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'programme',
  fields: {
    code: 'DIRECTORY',
    title: 'DIRECTORY',
    currency: 'DIRECTORY',
    budget: 'FINANCIAL',
    validFrom: 'DIRECTORY',
    validUntil: 'DIRECTORY',
  },
  values,
  columns: { code: { type: 'text', class: 'DIRECTORY', of: (programme) => programme.code } },
  uniqueKeys: (programme) => [{ scope: 'programme.code', value: programme.code, path: ['input', 'code'] }],
  lists: ['custodian'],
  threads: (_programme, head) => (head.custodian === null ? [head.id] : [head.id, head.custodian]),
  relations: (caller, records) =>
    Promise.resolve(
      records.map(({ head }) => {
        const relations = generalRelations(caller);
        if (actsFor(caller, head.custodian)) relations.add('PAYER');
        return relations;
      }),
    ),
};
