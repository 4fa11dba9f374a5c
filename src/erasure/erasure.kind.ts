/** The record kind Erasure: what was asked to be erased, on which legal basis, and what a regulator decided. */
import { z } from 'zod';
import type { RecordKind } from '../records/index.js';
import { maybe, text, uuid } from '../standing/index.js';
import { aboutRelations } from './relations.js';
import { HOLDABLE_NAMES, threadsAbout } from './subject.js';

export const ERASURE_STATES = ['REQUESTED', 'CONFIRMED', 'REFUSED'] as const;

const values = z.strictObject({
  /** What the record is. */
  kind: z.enum(HOLDABLE_NAMES),
  /** Its id. */
  record: uuid,
  /** Its custodian. */
  keeper: maybe(uuid),
  /** Names of the fields, in order; null for the whole record. */
  fields: z.array(z.string()).nullable(),
  legalBasis: text(500),
  state: z.enum(ERASURE_STATES),
  /** Why it was refused. */
  refusal: maybe(text(500)),
});

/** A request's sealed values; the record's custodian is who asked. */
export type ErasureValues = z.output<typeof values>;

export const erasureKind: RecordKind<ErasureValues> = {
  name: 'Erasure',
  noun: 'erasure',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'erasure',
  fields: {
    kind: 'DIRECTORY',
    record: 'DIRECTORY',
    keeper: 'DIRECTORY',
    fields: 'DIRECTORY',
    legalBasis: 'DIRECTORY',
    state: 'DIRECTORY',
    refusal: 'DIRECTORY',
  },
  refers: { keeper: 'Institution' },
  values,
  columns: {
    record: { type: 'uuid', class: 'DIRECTORY', of: (erasure) => erasure.record },
    patient: { type: 'uuid', class: 'DIRECTORY', of: (_, head) => head.patient },
    keeper: { type: 'uuid', class: 'DIRECTORY', of: (erasure) => erasure.keeper },
    state: { type: 'text', class: 'DIRECTORY', of: (erasure) => erasure.state },
  },
  // One open request a record: two would have to say which comes first.
  uniqueKeys: (erasure) =>
    erasure.state === 'REQUESTED'
      ? [
          {
            scope: 'erasure.open',
            value: JSON.stringify([erasure.kind, erasure.record]),
            path: ['input', 'id'],
          },
        ]
      : [],
  lists: ['keeper', 'patient'],
  threads: (erasure, head) => threadsAbout(erasure.record, head.patient, erasure.keeper),
  relations: aboutRelations,
};
