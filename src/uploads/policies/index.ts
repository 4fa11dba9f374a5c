export {
  ACCOUNT_CHANGE,
  defaultRequirement,
  LATE_AMENDMENT,
  LATE_RETRACTION,
  OVERSIGHT_ENROLMENT,
  OVERSIGHT_REINSTATEMENT,
  POLICY_CHANGE,
  SPECIAL_SITUATIONS,
} from './defaults.js';
export { POLICY_RULES } from './requirement.js';
export type { Endorser, PolicyRule, Requirement } from './requirement.js';
export { confirmableFromOf, mayEndorse, mayRefuse, verdict } from './verdict.js';
export type { Verdict } from './verdict.js';
