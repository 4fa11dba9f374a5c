export { accessPolicyKind } from './access-policy/access-policy.kind.js';
export { AccessPolicyPayload, AccessPolicyResolver } from './access-policy/access-policy.resolver.js';
export {
  AccessBudget,
  AccessPolicy,
  AccessTermsObject,
  AccessThreshold,
} from './access-policy/access-policy.type.js';
export { genesisTerms } from './access-policy/in-force.js';
export { ACCESS_POLICY_OPERATIONS } from './access-policy/operations.js';
export { requireAccessRules } from './access-policy/start.js';
export { accessAlertKind } from './anomalies/alert.kind.js';
export { AccessAlertResolver } from './anomalies/alert.resolver.js';
export { AccessAlert, AccessAlertConnection } from './anomalies/alert.type.js';
export { Watch } from './anomalies/watch.js';
export type { WatchDependencies } from './anomalies/watch.js';
export { AccessResolver, PatientAccessResolver } from './access-log/access.resolver.js';
export { AccessFilter } from './access-log/access.filter.js';
export { accessesIn, MOST_DOWNLOADED } from './access-log/access.service.js';
export type { AccessRange } from './access-log/access.service.js';
export { Access, AccessConnection } from './access-log/access.type.js';
export { consentKind, factsInForce, isInForce } from './consent/consent.kind.js';
export {
  ActsForResolver,
  ConsentPayload,
  ConsentResolver,
  PatientConsentsResolver,
} from './consent/consent.resolver.js';
export { Consent, ConsentConnection } from './consent/consent.type.js';
export { CONSENT_OPERATIONS } from './consent/operations.js';
export { CustodyResolver } from './custody/custody.resolver.js';
export { CUSTODY_OPERATIONS } from './custody/operations.js';
export { BudgetObject, BudgetResolver } from './budgets/budget.resolver.js';
export { ExplainResolver } from './explain/explain.resolver.js';
export { AccessExplanation, AccessGround } from './explain/explain.type.js';
export { PageRenderer } from './pages/index.js';
export { accessBatchKind } from './reads/batch.kind.js';
export { NotedReads } from './reads/noted.js';
export { sealReads } from './reads/seal.js';
export { REFERRAL_OPERATIONS } from './referrals/operations.js';
export { referralKind } from './referrals/referral.kind.js';
export { AccessCodePayload, ReferralPayload, ReferralResolver } from './referrals/referral.resolver.js';
export { Referral } from './referrals/referral.type.js';
export { openViews } from './views/open-views.js';
export { VIEW_OPERATIONS } from './views/operations.js';
export { Tries } from './views/tries.js';
export { pageOf } from './views/page.service.js';
export type { AskedPage } from './views/page.service.js';
export { viewKind } from './views/view.kind.js';
export { ViewPayload, ViewResolver } from './views/view.resolver.js';
export { View, ViewPage } from './views/view.type.js';
