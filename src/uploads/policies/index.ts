export {
  ACCOUNT_CHANGE,
  defaultRequirement,
  LATE_AMENDMENT,
  LATE_RETRACTION,
  OVERSIGHT_ENROLMENT,
  OVERSIGHT_REINSTATEMENT,
  POLICY_CHANGE,
} from './defaults.js';
export { mayAct } from './named.js';
export { POLICY_OPERATIONS } from './operations.js';
export { Policies } from './policies.js';
export type { PolicyDependencies, Required, Situated } from './policies.js';
export { policyIdOf, policyKind, relationsToPolicy } from './policy.kind.js';
export type { PolicyValues } from './policy.kind.js';
export { Policy, PolicyConnection, PolicyRuleEnum, RequirementObject } from './policy.type.js';
export { POLICY_RULES } from './requirement.js';
export type { Endorser, PolicyRule, Requirement } from './requirement.js';
export { approvals, approversOf, confirmableFromOf, mayEndorse, mayRefuse, verdict } from './verdict.js';
export type { Verdict } from './verdict.js';
