/** Changes that make first and following versions. */
import { v7 as uuidv7 } from 'uuid';
import { type HeadFacts, nextHead } from '../documents/index.js';
import type { Loaded, RecordHead, RecordKind } from '../records/index.js';
import type { Change } from './change.js';

/** A new id: UUIDv7, so that ids sort by the time of their making. */
export function newId(): string {
  return uuidv7();
}

/** The parts that every change says for itself. */
export type ChangeTerms<V extends object> = Omit<Change<V>, 'kind' | 'head' | 'values' | 'base'>;

/** A change that makes a record. */
export function creation<V extends object>(
  kind: RecordKind<V>,
  head: RecordHead,
  values: V,
  terms: ChangeTerms<V>,
): Change<V> {
  return { kind, head, values, base: null, ...terms };
}

/** A change that replaces `base` with its next version; `facts` overrides the head where the operation changes it. */
export function amendment<V extends object>(
  kind: RecordKind<V>,
  base: Loaded<V>,
  values: V,
  terms: ChangeTerms<V>,
  facts: HeadFacts = {},
): Change<V> {
  return { kind, head: nextHead(kind, base.head, facts), values, base, ...terms };
}
