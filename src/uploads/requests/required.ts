/** What policies ask of changes. */
import type { Required, Situated } from '../policies/index.js';

/** Where it is known what is in force; from memory but for the first time. */
export interface PolicySource {
  requiredFor(change: Situated): Promise<Required>;
}

/** Nothing is asked. */
export const NOTHING: Required = { requirements: [], authority: [], absent: [] };
