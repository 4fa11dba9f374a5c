/**
 * The record kind Hold: a record that must not be erased, by whom and why. That no hold stands is an absence, so it isn't
 * these rows that an erasure rests on but the record's counter of standing holds.
 */
import { z } from 'zod';
import type { RecordKind } from '../records/index.js';
import { maybe, text, uuid } from '../standing/index.js';
import { aboutRelations } from './relations.js';
import { HOLDABLE_NAMES, threadsAbout } from './subject.js';

export const HOLD_STATES = ['PLACED', 'RELEASED'] as const;

/** Scope of the unique keys of standing holds: one an institution and record. */
export const STANDING_HOLD = 'hold.standing';

const values = z.strictObject({
  /** What the record is. */
  kind: z.enum(HOLDABLE_NAMES),
  /** Its id. */
  record: uuid,
  /** Its custodian. */
  keeper: maybe(uuid),
  state: z.enum(HOLD_STATES),
  reason: text(500),
  /** Why it was released. */
  releaseReason: maybe(text(500)),
});

/** A hold's sealed values; who holds is the record's custodian. */
export type HoldValues = z.output<typeof values>;

/** The value of the unique key of an institution's standing hold. */
export function standingHold(kind: string, record: string, holder: string | null): string {
  return JSON.stringify([kind, record, holder]);
}

export const holdKind: RecordKind<HoldValues> = {
  name: 'Hold',
  noun: 'hold',
  schema: 1,
  existence: 'DIRECTORY',
  table: 'hold',
  fields: {
    kind: 'DIRECTORY',
    record: 'DIRECTORY',
    keeper: 'DIRECTORY',
    state: 'DIRECTORY',
    reason: 'DIRECTORY',
    releaseReason: 'DIRECTORY',
  },
  refers: { keeper: 'Institution' },
  values,
  columns: {
    record: { type: 'uuid', class: 'DIRECTORY', of: (hold) => hold.record },
    patient: { type: 'uuid', class: 'DIRECTORY', of: (_, head) => head.patient },
    keeper: { type: 'uuid', class: 'DIRECTORY', of: (hold) => hold.keeper },
    state: { type: 'text', class: 'DIRECTORY', of: (hold) => hold.state },
  },
  uniqueKeys: (hold, head) =>
    hold.state === 'RELEASED'
      ? []
      : [
          {
            scope: STANDING_HOLD,
            value: standingHold(hold.kind, hold.record, head.custodian),
            path: ['input', 'id'],
          },
        ],
  lists: ['keeper', 'patient'],
  threads: (hold, head) => threadsAbout(hold.record, head.patient, hold.keeper),
  relations: aboutRelations,
};
