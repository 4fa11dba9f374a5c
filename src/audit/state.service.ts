/** How far an entry is beyond doubt, and waiting for it to be cosigned. */
import type { RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { ReceiptState } from './receipt.type.js';

/** Longest that a request may wait for witnesses, in milliseconds. */
const LONGEST_WAIT_MS = 10_000;

/** The argument `waitMs`. */
export const WAIT = {
  defaultValue: 0,
  description: `Wait up to so many milliseconds, at most ${LONGEST_WAIT_MS}, for enough witnesses to cosign.`,
} as const;

/** COSIGNED when enough witnesses have signed at once or within `waitMs`; else SEALED. Throws BAD_USER_INPUT. */
export async function stateOf(ctx: RequestContext, index: bigint, waitMs = 0): Promise<ReceiptState> {
  return (await ctx.log.witnesses.covers(index, requireWait(waitMs))) ? 'COSIGNED' : 'SEALED';
}

/** Throws BAD_USER_INPUT unless a request may wait so long. */
export function requireWait(waitMs: number): number {
  if (waitMs >= 0 && waitMs <= LONGEST_WAIT_MS) return waitMs;
  const message = `expected 0 to ${LONGEST_WAIT_MS} milliseconds, got ${waitMs}`;
  throw new VitrineError('BAD_USER_INPUT', message, { path: ['waitMs'] });
}
