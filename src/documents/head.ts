/** Heads of first and of following versions. */
import type { SealedHead } from '../ledger/core/index.js';

/** A kind as far as a head names it. */
export interface KindFacts {
  readonly name: string;
  readonly schema: number;
}

export type HeadFacts = Partial<
  Pick<SealedHead, 'custodian' | 'patient' | 'jurisdiction' | 'label' | 'retention'>
>;

/** The head of a record's first version. */
export function firstHead(kind: KindFacts, id: string, facts: HeadFacts): SealedHead {
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

/** The head of the version that follows; `facts` overrides what the operation changes. */
export function nextHead(kind: KindFacts, base: SealedHead, facts: HeadFacts = {}): SealedHead {
  return { ...base, ...facts, schema: kind.schema, version: base.version + 1 };
}

/** The members of an amendment that were given: what was left out stays as it is, null clears. */
export function given<T extends object>(changes: T): Partial<T> {
  // Entries of an object are its own members, here without those that are undefined.
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;
}
