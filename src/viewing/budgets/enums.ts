/** Enumerations of budgets as GraphQL. */
import { BUDGET_ACTS, BUDGET_HOLDERS, type BudgetWindow } from '../../access/index.js';
import { enumOf, registerEnum } from '../../api/index.js';

export const BudgetActEnum = enumOf(BUDGET_ACTS);
export const BudgetHolderEnum = enumOf(BUDGET_HOLDERS);
export const BudgetWindowEnum = { HOUR: 'HOUR', DAY: 'DAY' } as const satisfies { [W in BudgetWindow]: W };

registerEnum(BudgetActEnum, {
  name: 'BudgetAct',
  description: 'What a budget counts.',
  values: {
    LISTED: 'Patients that were asked for by identifier, found or not.',
    OPENED: 'Patients of whom a view was opened.',
    EMERGENCY: 'Patients of whom a view was opened in an emergency.',
  },
});

registerEnum(BudgetHolderEnum, {
  name: 'BudgetHolder',
  description: 'Whose budget it is.',
  values: { MEMBER: 'Your own.', INSTITUTION: 'Of all members of your institution together.' },
});

registerEnum(BudgetWindowEnum, {
  name: 'BudgetWindow',
  description: 'The time within which it is counted, in UTC.',
  values: { HOUR: 'From one full hour to the next.', DAY: 'From midnight to midnight.' },
});
