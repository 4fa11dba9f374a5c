/** What a view or a lookup counts against: the caller's allowance and its institution's. */
import {
  BUDGET_HOLDERS,
  BUDGET_SECONDS,
  budgetsOf,
  type BudgetAct,
  type BudgetHolder,
} from '../../access/index.js';
import type { RequestContext } from '../../api/index.js';
import type { Charge } from '../../ledger/index.js';
import type { Member } from '../../records/index.js';
import { accessInForce, type TermsConditions } from '../access-policy/in-force.js';

const VERBS = {
  LISTED: 'patients looked up',
  OPENED: 'patients opened',
  EMERGENCY: 'patients opened in an emergency',
} as const satisfies Record<BudgetAct, string>;

/** Whose allowance of an act: the counters' name. Null: the caller acts for no institution. */
export function allowanceId(caller: Member, act: BudgetAct, holder: BudgetHolder): string | null {
  const id = holder === 'MEMBER' ? caller.id : caller.institution;
  return id === null ? null : `${act.toLowerCase()}/${holder.toLowerCase()}/${id}`;
}

/** Charges, and what they rest on: the policy that says how much there is. */
export type Charged = TermsConditions & { readonly charges: readonly Charge[] };

/**
 * The charges of one patient, by the budgets in force when it is committed.
 * @param item the patient's id, or the identifier that was asked for
 */
export async function chargesOf(
  ctx: Pick<RequestContext, 'viewing' | 'log' | 'records'>,
  caller: Member,
  act: BudgetAct,
  item: string,
): Promise<Charged> {
  const { terms, reliesOn, absent } = await accessInForce(ctx);
  const budgets = budgetsOf(caller.roles, terms.budgets).filter((budget) => budget.act === act);
  const charges = BUDGET_HOLDERS.flatMap((holder): readonly Charge[] => {
    const id = allowanceId(caller, act, holder);
    if (id === null) return [];
    const windows = budgets
      .filter((budget) => budget.holder === holder)
      .map(({ window, most }) => ({ seconds: BUDGET_SECONDS[window], most: BigInt(most) }));
    // Whom the policy gives nothing of an act may do nothing of it: no window would be no bound.
    if (windows.length === 0) windows.push({ seconds: BUDGET_SECONDS.DAY, most: 0n });
    const what = `${VERBS[act]} by ${holder === 'MEMBER' ? 'a member' : 'an institution'}`;
    return [{ id, item: ctx.viewing.mac('budget', item), windows, what }];
  });
  return { charges, reliesOn, absent };
}
