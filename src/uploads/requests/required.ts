/** What policies ask of changes. */
import type { AnyChange } from '../change.js';
import { defaultRequirement, type Requirement } from '../policies/index.js';

/** What must be met, and what that rests on. */
export interface Required {
  /** All of them must be met. */
  readonly requirements: readonly Requirement[];
  /** Entries of policies, on which the change rests. */
  readonly authority: readonly bigint[];
}

/** Where it is known what is in force; from memory but for the first time. */
export interface PolicySource {
  requiredFor(change: Pick<AnyChange, 'op' | 'situation'>): Promise<Required>;
}

/** The defaults alone, where no policy was recorded. */
export const DEFAULT_POLICIES: PolicySource = {
  requiredFor: ({ op, situation = op }) =>
    Promise.resolve({ requirements: [defaultRequirement(situation)], authority: [] }),
};

/** Nothing is asked. */
export const NOTHING: Required = { requirements: [], authority: [] };
