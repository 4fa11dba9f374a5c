/** Heads of first and of following versions, and the changes that make them. */
import { v7 as uuidv7 } from 'uuid';
import type { Loaded, RecordHead, RecordKind } from '../records/index.js';
import type { Change } from './change.js';

export type HeadFacts = Partial<
  Pick<RecordHead, 'custodian' | 'patient' | 'jurisdiction' | 'label' | 'retention'>
>;

/** A new id: UUIDv7, so that ids sort by the time of their making. */
export function newId(): string {
  return uuidv7();
}

/** The head of a record's first version. */
export function firstHead(
  kind: Pick<RecordKind, 'name' | 'schema'>,
  id: string,
  facts: HeadFacts,
): RecordHead {
  return {
    kind: kind.name,
    schema: kind.schema,
    id,
    version: 1,
    custodian: facts.custodian ?? null,
    patient: facts.patient ?? null,
    jurisdiction: facts.jurisdiction ?? null,
    label: facts.label ?? null,
    retention: facts.retention ?? null,
  };
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
  const head = { ...base.head, ...facts, schema: kind.schema, version: base.head.version + 1 };
  return { kind, head, values, base, ...terms };
}
