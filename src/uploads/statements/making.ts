/**
 * What stands in a change without being in its input: a new record's id, and the moment for values that hold one. A
 * change that was signed beforehand is made with what its statement says, so that it comes out as it was signed.
 */
import type { Making } from '../../api/index.js';
import type { Statement } from '../../ledger/core/index.js';
import { newId } from '../versions.js';

/** Of a statement, what a change is made with. */
export type Stated = Pick<Statement, 'subject' | 'issued'>;

/**
 * Makes changes as their statements say, by place; anew where there is none. The moment of one without a time of issue is
 * now.
 */
export function makingOf(statements: readonly (Stated | null)[], clock: () => Date): Making {
  const at = (place: number): Stated | null => statements[place] ?? null;
  return {
    id: (place = 0) => at(place)?.subject.id ?? newId(),
    moment: (place = 0) => {
      const issued = at(place)?.issued ?? null;
      return issued === null ? clock() : new Date(issued);
    },
  };
}
