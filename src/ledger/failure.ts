/** Tells what a failed transaction means for what was in it. */

/** `data`: PostgreSQL refused a row; `passing`: try again, the outcome isn't known; `bug`: neither. */
export type FailureKind = 'data' | 'passing' | 'bug';

/** SQLSTATE classes of a refused row or statement: data, constraints, syntax, limits, our own guards (VT). */
const DATA = /^(?:0A|22|23|42|54|P0|VT)/;
const DEEPEST = 6;

/** Classifies what a transaction threw. */
export function failureOf(error: unknown): FailureKind {
  const state = sqlState(error, 0);
  if (state !== undefined && DATA.test(state)) return 'data';
  if (state === undefined && (error instanceof TypeError || error instanceof RangeError)) return 'bug';
  return 'passing';
}

/** PostgreSQL's SQLSTATE, wherever Prisma and its adapter put it. */
function sqlState(error: unknown, depth: number): string | undefined {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return undefined;
  const members = error as Readonly<Record<string, unknown>>; // any object has members by name
  for (const name of ['originalCode', 'code']) {
    const code = members[name];
    // Prisma's own codes (P2010) have five characters too, and none begins like a SQLSTATE but with P20.
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^P[123]/.test(code)) return code;
  }
  for (const name of ['cause', 'meta', 'driverAdapterError']) {
    const state = sqlState(members[name], depth + 1);
    if (state !== undefined) return state;
  }
  return undefined;
}
