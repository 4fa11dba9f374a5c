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

/**
 * The charges of one patient.
 * @param item the patient's id, or the identifier that was asked for
 */
export function chargesOf(
  ctx: Pick<RequestContext, 'viewing' | 'clock'>,
  caller: Member,
  act: BudgetAct,
  item: string,
): readonly Charge[] {
  const budgets = budgetsOf(caller.roles, ctx.clock()).filter((budget) => budget.act === act);
  return BUDGET_HOLDERS.flatMap((holder) => {
    const id = allowanceId(caller, act, holder);
    if (id === null) return [];
    const windows = budgets
      .filter((budget) => budget.holder === holder)
      .map(({ window, most }) => ({ seconds: BUDGET_SECONDS[window], most: BigInt(most) }));
    const what = `${VERBS[act]} by ${holder === 'MEMBER' ? 'a member' : 'an institution'}`;
    return [{ id, item: ctx.viewing.mac('budget', item), windows, what }];
  });
}
