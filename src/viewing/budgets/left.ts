/** What is left of the caller's budgets: the numbers that the next commit will look at. */
import { BUDGET_SECONDS, budgetsOf, type Budget } from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import { refillsAt, usedIn, windowCounter } from '../../ledger/index.js';
import type { Member } from '../../records/index.js';
import { accessInForce } from '../access-policy/in-force.js';
import { allowanceId } from './charges.js';

export interface BudgetLeft extends Budget {
  readonly left: number;
  readonly refills: string;
}

/** Every budget of the caller's, in the order of the table. */
export async function budgetsLeft(
  ctx: Pick<RequestContext, 'uploads' | 'clock' | 'log' | 'records'>,
  caller: Member,
): Promise<readonly BudgetLeft[]> {
  const now = ctx.clock();
  const { terms } = await accessInForce(ctx);
  const all = budgetsOf(caller.roles, terms.budgets).map(async (budget) => {
    const window = { seconds: BUDGET_SECONDS[budget.window] };
    const id = allowanceId(caller, budget.act, budget.holder);
    if (id === null) return [];
    const used = usedIn(await ctx.uploads.counter(windowCounter(id, window)), window, now);
    const left = Math.max(0, budget.most - used);
    return [{ ...budget, left, refills: refillsAt(window, now).toISOString() }];
  });
  return (await Promise.all(all)).flat();
}
