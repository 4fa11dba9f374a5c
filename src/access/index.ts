export { Classified, RELATED } from '../api/index.js';
export type { FieldAccess, HasRelations, Related } from '../api/index.js';
export { BUDGET_ACTS, BUDGET_HOLDERS, BUDGET_ROWS, BUDGET_SECONDS, BUDGETS, budgetsOf } from './budgets.js';
export type { Budget, BudgetAct, BudgetHolder, BudgetRow, BudgetWindow } from './budgets.js';
export { carryClasses, outputFields, requireClassified } from './classes.js';
export type { ClassifiedField } from './classes.js';
export { collapseErrors, collapsePlugin } from './collapse.js';
export { accessDocument } from './document.js';
export { requireClass, requireFilter } from './filters.js';
export type { FilteredKind } from './filters.js';
export { carries, cell, copiedThrough, decisionOf, levelOf } from './levels.js';
export type { Decision, Ground } from './levels.js';
export {
  MATRIX,
  MATRIX_RELATIONS,
  OPEN_CLASSES,
  PURPOSE_CLASSES,
  purposesOf,
  ROLE_CLASSES,
  WRITING_ROLES,
} from './matrix.js';
export type { GuardedClass, Level } from './matrix.js';
export { filterForbidden, forbidden, notFound, refusalOf, unauthenticated, viewOnly } from './refusal.js';
export { noteFound, noteRead, PERSONAL_CLASSES } from './reads.js';
export type { PersonalClass } from './reads.js';
export { parseRules, RULES_IN_CODE, rulesText, widerThan } from './rules.js';
export type { AccessRules } from './rules.js';
export { check, shieldSchema } from './shield.js';
export type { ShieldOptions } from './shield.js';
export { TABLES_IN_CODE, tablesOf } from './tables.js';
export type { Tables } from './tables.js';
export { accessTerms, budgetRows, hashOfTerms, TERMS_IN_CODE, thresholds } from './terms.js';
export type { AccessTerms } from './terms.js';
export { ANOMALY_RULES, THRESHOLDS } from './thresholds.js';
export type { AnomalyRule, Threshold } from './thresholds.js';
export { findVisible, loadVisible, requireVersion, requireVisible, visible } from './visible.js';
