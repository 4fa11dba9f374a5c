/** The vendors' client: browser-safe, typed by the operations in schema/operations (see codegen.yml). */
export { VitrineClient } from './client.js';
export type { RequestOptions, VitrineClientOptions } from './client.js';
export type { Answer } from './answer.js';
export type { Event, FollowOptions } from './follow.js';
export { DpopKey } from './dpop.js';
export type { PrivateJwk, ProofOf } from './dpop.js';
export { ClientError } from './error.js';
export { verifyEd25519 } from './ed25519.js';
export {
  verifyAccessLog,
  verifyAccessLogParts,
  verifyBundle,
  verifyCheckpointPair,
  verifyReceipt,
} from './verify.js';
export { provedBase } from './documents/base.js';
export type { Unshown, VersionBase } from './documents/base.js';
export { amendedEncounter, amendedPatient, recordedEncounter, registeredPatient } from './documents/care.js';
export type { NewRecord } from './documents/care.js';
export { provedStatements, signDecision } from './documents/decide.js';
export type { DecisionToSign, UploadFacts } from './documents/decide.js';
export { FetchedFacts } from './documents/fetched-facts.js';
export type { FetchedFactsOptions } from './documents/fetched-facts.js';
export { amendedReportVersion, filedReportVersion } from './documents/report.js';
export { signVersion } from './documents/sign.js';
export { Uploader } from './documents/uploader.js';
export type {
  FactSource,
  SignableInputs,
  SignableKind,
  SignableName,
  UploaderOptions,
} from './documents/uploader.js';
export type { SignedChange, SignedFor, StatementSigner, VersionToSign } from './documents/sign.js';
export type { PolicySource, VerifiedPair, VerifiedReceipt } from './verify.js';
export type { ClientErrorCode, ResponseError } from './error.js';
export type { RetryOptions } from './retry.js';
export { IndexedDbStore, isOperation, MemoryStore, OPERATIONS, Outbox, WrongMember } from './outbox/index.js';
export type {
  Changes,
  InputOf,
  ItemState,
  LinkOptions,
  NewInput,
  NewItem,
  OperationName,
  OutboxEvent,
  OutboxItem,
  OutboxOptions,
  OutboxReceipt,
  OutboxRefusal,
  OutboxStore,
  Pending,
  PutOptions,
  SigningOptions,
  StoredItem,
  Trouble,
} from './outbox/index.js';
export {
  AmendEncounterDocument,
  AmendInstitutionDocument,
  AmendPatientDocument,
  AmendReportDocument,
  ApproveSubsidyDocument,
  AuditTrailDocument,
  BlockDocument,
  ChangeLicenceDocument,
  CheckpointDocument,
  ConfirmSubsidyDocument,
  CreateProgrammeDocument,
  DefineFormDocument,
  DenyUploadDocument,
  DisburseSubsidyDocument,
  EncounterDocument,
  EncountersDocument,
  EndorseUploadDocument,
  EnrolMemberDocument,
  EntriesDocument,
  EntryDocument,
  FileReportDocument,
  FormDocument,
  InclusionProofDocument,
  InstitutionsDocument,
  MeDocument,
  OpeningsDocument,
  PatientByIdentifierDocument,
  PatientDocument,
  PatientsDocument,
  ProgrammesDocument,
  ProposeSubsidyDocument,
  RecordEncounterDocument,
  RecordEncountersDocument,
  RegisterInstitutionDocument,
  RegisterPatientDocument,
  ReinstateMemberDocument,
  RejectSubsidyDocument,
  RequestUploadDocument,
  ReportDocument,
  ReportsDocument,
  RetractRecordDocument,
  RotateKeyDocument,
  SubsidiesDocument,
  SubsidyDocument,
  SuspendMemberDocument,
  UploadStepsDocument,
  UploadToJudgeDocument,
} from './generated/graphql.js';
export type {
  EncounterFieldsFragment,
  EncounterInput,
  EnrolMemberInput,
  IdentifierInput,
  InstitutionFieldsFragment,
  InstitutionKind,
  Ownership,
  RecordEncountersInput,
  RecordEncountersMutation,
  RegisterInstitutionInput,
  RegisterPatientInput,
} from './generated/graphql.js';
