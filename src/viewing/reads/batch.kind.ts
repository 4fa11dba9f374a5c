/**
 * The record kind AccessBatch: raw reads of patients inside an institution, many in one entry on its thread. Each line is
 * a field of its own with a salt of its own, so that a patient is shown and proved its lines and no other's.
 */
import { z } from 'zod';
import { PERSONAL_CLASSES } from '../../access/index.js';
import type { FieldClass, RecordKind, Relation } from '../../records/index.js';
import { actsFor } from '../../reporting/index.js';
import { maybe, uuid } from '../../standing/index.js';

/** Lines of a batch at most. Each moves a counter, and an opening has 64 KiB. */
export const MOST_LINES = 64;

/** What whoever reads raw is to the patient. */
export const READ_RELATIONS = ['CUSTODIAN', 'TREATING', 'GRANTEE'] as const satisfies readonly Relation[];

const instant = z.iso.datetime({ precision: 3 });

const line = z.strictObject({
  patient: uuid,
  member: uuid,
  relation: z.enum(READ_RELATIONS),
  /** Classes of the fields that were read. */
  classes: z.array(z.enum(PERSONAL_CLASSES)).min(1),
  /** The first of the reads and the last. */
  from: instant,
  to: instant,
  /** Requests whose answers showed something of the patient. */
  times: z.number().int().positive(),
});

/** Who read of whom: all of it between one batch and the next. */
export type ReadLine = z.output<typeof line>;

export type AccessBatchValues = Readonly<Record<string, ReadLine | null>>;

/** Names of the fields, in the order of their leaves. */
export const LINES: readonly string[] = Array.from(
  { length: MOST_LINES },
  (_, place) => `line${String(place).padStart(2, '0')}`,
);

/** Scope of the search words by which a patient's batches are found. */
export const READ_WORD = 'access.read';

/** The counter that says how many batches tell of a patient; `mac` of the patient's id, so that an opening names none. */
export function readCounter(mac: string): string {
  return `read/${mac}`;
}

/** A batch's lines with the names of their fields. */
export function linesOf(values: AccessBatchValues): readonly (readonly [string, ReadLine])[] {
  return LINES.flatMap((name) => {
    const found = values[name] ?? null;
    return found === null ? [] : [[name, found] as const];
  });
}

/** The patients of a batch, each once. */
export function patientsOf(values: AccessBatchValues): readonly string[] {
  return [...new Set(linesOf(values).map(([, { patient }]) => patient))];
}

const fields: Readonly<Record<string, FieldClass>> = Object.fromEntries(
  LINES.map((name) => [name, 'DIRECTORY']),
);

export const accessBatchKind: RecordKind<AccessBatchValues> = {
  name: 'AccessBatch',
  noun: 'accessBatch',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'access_batch',
  fields,
  values: z.strictObject(Object.fromEntries(LINES.map((name) => [name, maybe(line)]))),
  columns: {},
  searchWords: (values) => patientsOf(values).map((value) => ({ scope: READ_WORD, value })),
  lists: ['custodian'],
  threads: (_values, head) => [head.custodian ?? head.id],
  // The record itself is its institution's and auditors': what others see of it, they see line by line.
  relations: (caller, records) =>
    Promise.resolve(
      records.map(({ head }) => {
        const relations = new Set<Relation>();
        if (caller === null) return relations;
        if (actsFor(caller, head.custodian)) relations.add('CUSTODIAN');
        if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
        return relations;
      }),
    ),
};
