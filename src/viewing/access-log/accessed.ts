/** One access to a patient's file: a receipt of a view or of a lookup, or a line of a sealed batch of raw reads. */
import type { PersonalClass } from '../../access/index.js';
import type { Loaded, Relation } from '../../records/index.js';
import type { AccessBatchValues, READ_RELATIONS, ReadLine } from '../reads/batch.kind.js';
import { LINES } from '../reads/batch.kind.js';
import { VIEW_ACTS, type ViewValues } from '../views/view.kind.js';

/** READ: values were in an answer. */
export const ACCESS_ACTS = [...VIEW_ACTS, 'READ'] as const;

export type AccessAct = (typeof ACCESS_ACTS)[number];

/** Where an access stands on the log: its entry, and of a batch the line, from 1. */
export interface Place {
  readonly index: bigint;
  readonly line: number;
}

export interface Accessed {
  readonly act: AccessAct;
  readonly place: Place;
  /** The first moment and the last: the same but for reads that one line holds. */
  readonly from: string;
  readonly to: string;
  readonly times: number;
  readonly patient: string | null;
  readonly member: string;
  readonly institution: string | null;
  /** Of a raw read. */
  readonly relation: (typeof READ_RELATIONS)[number] | null;
  readonly classes: readonly PersonalClass[];
  /** The receipt, of a view or a lookup. */
  readonly view: Loaded<ViewValues> | null;
  /** The record that holds it and the fields of it that say so, to be proved; null: all that the caller may copy. */
  readonly proved: { readonly record: Loaded<object>; readonly fields: readonly string[] | null };
  readonly relations: ReadonlySet<Relation>;
}

export function ofView(record: Loaded<ViewValues>): Accessed {
  const { act, openedAt, patient, member, institution } = record.values;
  return {
    act,
    place: { index: record.anchor.index, line: 0 },
    from: openedAt,
    to: openedAt,
    times: 1,
    patient,
    member,
    institution,
    relation: null,
    classes: [],
    view: record,
    proved: { record, fields: null },
    relations: record.relations,
  };
}

/** @param relations of the caller to this line: to the batch it may be nothing */
export function ofLine(
  batch: Loaded<AccessBatchValues>,
  [name, line]: readonly [string, ReadLine],
  relations: ReadonlySet<Relation>,
): Accessed {
  const { from, to, times, patient, member, relation, classes } = line;
  return {
    act: 'READ',
    place: { index: batch.anchor.index, line: LINES.indexOf(name) + 1 },
    from,
    to,
    times,
    patient,
    member,
    institution: batch.head.custodian,
    relation,
    classes,
    view: null,
    proved: { record: { ...batch, relations }, fields: [name] },
    relations,
  };
}

/** Newest first; lines of one batch in their order. */
export function newestFirst({ place: a }: Accessed, { place: b }: Accessed): number {
  if (a.index !== b.index) return a.index > b.index ? -1 : 1;
  return a.line - b.line;
}

/** Whether a place comes behind another in that order. */
export function isBehind(place: Place, other: Place): boolean {
  return place.index === other.index ? place.line > other.line : place.index < other.index;
}
