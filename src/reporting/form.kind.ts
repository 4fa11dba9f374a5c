/** The record kind Form: what institutions report, defined by the state and readable by everyone. */
import { z } from 'zod';
import type { RecordKind } from '../records/index.js';
import { INDICATOR_TYPES, PERIOD_TYPES } from '../documents/index.js';
import { actsFor, generalRelations } from './relations.js';

/** Scope of the forms' unique codes. */
export const FORM_CODE = 'form.code';

const indicator = z.strictObject({
  code: z.string(),
  label: z.string(),
  type: z.enum(INDICATOR_TYPES),
  unit: z.string().nullable(),
  required: z.boolean(),
  min: z.string().nullable(),
  max: z.string().nullable(),
});

const values = z.strictObject({
  code: z.string(),
  title: z.string(),
  period: z.enum(PERIOD_TYPES),
  indicators: z.array(indicator),
  validFrom: z.iso.date().nullable(),
  dueDays: z.int(),
});

/** A form's sealed values. */
export type FormValues = z.infer<typeof values>;

export const formKind: RecordKind<FormValues> = {
  name: 'Form',
  noun: 'form',
  schema: 1,
  existence: 'PUBLIC',
  table: 'form',
  fields: {
    code: 'PUBLIC',
    title: 'PUBLIC',
    period: 'PUBLIC',
    indicators: 'PUBLIC',
    validFrom: 'PUBLIC',
    dueDays: 'PUBLIC',
  },
  values,
  columns: {
    code: { type: 'text', class: 'PUBLIC', of: (form) => form.code },
    period: { type: 'text', class: 'PUBLIC', of: (form) => form.period },
  },
  uniqueKeys: (form) => [{ scope: FORM_CODE, value: form.code, path: ['input', 'code'] }],
  threads: (_form, head) => [head.id],
  relations: (caller, records) =>
    Promise.resolve(
      records.map(({ head }) => {
        const relations = generalRelations(caller);
        if (actsFor(caller, head.custodian)) relations.add('CUSTODIAN');
        return relations;
      }),
    ),
};
