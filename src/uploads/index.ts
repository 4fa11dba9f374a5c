export { genesisRecords } from './genesis.js';
export type { GenesisFacts, GenesisIds } from './genesis.js';
export type { Accepted, AnyChange, Change, KeyRegistration, Permission, UploadRequest } from './change.js';
export { sealedByDeployment, signByService } from './deployment.js';
export type { DeploymentDependencies } from './deployment.js';
export { guardMutations, operationOf, requestIdOf } from './guard.js';
export { mutationsOf, Operations, permissionsOf } from './operations.js';
export type { Operation } from './operations.js';
export { Buckets } from './requests/buckets.js';
export { Denials } from './requests/denials.js';
export type { DenialDependencies, Written } from './requests/denials.js';
export { Desk } from './requests/desk.js';
export { UPLOAD_OPERATIONS } from './requests/operations.js';
export type { PolicySource } from './requests/required.js';
export { UploadRequests } from './requests/requests.js';
export { Sweep, sweepUploads } from './requests/sweep.js';
export { uploadIdOf } from './requests/upload-id.js';
export { uploadKind } from './requests/upload.kind.js';
export type { UploadValues } from './requests/upload.kind.js';
export { UploadRequestPayload, UploadRequestResolver } from './requests/upload.resolver.js';
export { UploadRequestConnection, UploadRequestObject } from './requests/upload.type.js';
export {
  ACCOUNT_CHANGE,
  LATE_AMENDMENT,
  LATE_RETRACTION,
  OVERSIGHT_ENROLMENT,
  OVERSIGHT_REINSTATEMENT,
  Policies,
  Policy,
  POLICY_OPERATIONS,
  PolicyConnection,
  policyIdOf,
  policyKind,
  relationsToPolicy,
  RequirementObject,
} from './policies/index.js';
export type { PolicyValues, Required, Requirement } from './policies/index.js';
// Apart from the other exports of policies: requests for permission stand below the service and above those.
export { PolicyPayload, policyResolver } from './policies/policy.resolver.js';
export { replayErasure } from './replay.js';
export type { Replayed, ReplayDependencies } from './replay.js';
export { refusalsOf, requireNone, requirePermitted, RULES } from './rules.js';
export type { Asked, Refusal, Rule } from './rules.js';
export { only, requestOf, requireMay, situationFor, submitOne, todayOf } from './service.js';
export type { Requested } from './service.js';
export { checkStatement, STATEMENT_RULES } from './statements/check.js';
export type { Commitment, StatementContext, StatementRule, Target } from './statements/check.js';
export { makingOf } from './statements/making.js';
export { readSigned } from './statements/signed.js';
export type { ReadSigned, SignedStatement } from './statements/signed.js';
export { delegationEnds, registerKey, signerOf, signStatement } from './statement.js';
export type { RegisteredKey, Signing, StatementParts } from './statement.js';
export { MAX_CHANGES, requireSignedIn, Uploads } from './uploads.js';
export type { Submitter, UploadsDependencies } from './uploads.js';
export { amendment, creation, newId } from './versions.js';
export type { ChangeTerms } from './versions.js';
export { firstHead } from '../documents/index.js';
export type { HeadFacts } from '../documents/index.js';
