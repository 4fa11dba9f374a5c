/**
 * The mutations that an outbox sends, and what each is about: everything that takes a request id, but `openView` (who looks is
 * there, now) and `issueAccessCode` (whose answer is a secret, to be shown and not kept).
 */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { Json, JsonObject } from '../../ledger/core/index.js';
import {
  AmendEncounterDocument,
  AmendInstitutionDocument,
  AmendPatientDocument,
  AmendReportDocument,
  ApproveSubsidyDocument,
  ChangeLicenceDocument,
  ChangePolicyDocument,
  ConfirmErasureDocument,
  ConfirmPatientLinkDocument,
  ConfirmSubsidyDocument,
  CreateProgrammeDocument,
  DefineFormDocument,
  DenyUploadDocument,
  DisburseSubsidyDocument,
  EndReferralDocument,
  EndorseUploadDocument,
  EnrolMemberDocument,
  EraseRecordDocument,
  FileReportDocument,
  GrantConsentDocument,
  LinkPatientsDocument,
  PlaceHoldDocument,
  ProposeSubsidyDocument,
  RecordEncounterDocument,
  RecordEncountersDocument,
  ReferPatientDocument,
  RefuseErasureDocument,
  RegisterInstitutionDocument,
  RegisterPatientDocument,
  ReinstateMemberDocument,
  RejectSubsidyDocument,
  ReleaseHoldDocument,
  RequestUploadDocument,
  RetractRecordDocument,
  RevokeConsentDocument,
  RotateKeyDocument,
  SetAccessPolicyDocument,
  SuspendMemberDocument,
  TransferCustodyDocument,
  TrustDocumentsDocument,
  UnlinkPatientsDocument,
} from '../generated/graphql.js';

/** The documents by the mutations' names. */
export const OPERATIONS = {
  amendEncounter: AmendEncounterDocument,
  amendInstitution: AmendInstitutionDocument,
  amendPatient: AmendPatientDocument,
  amendReport: AmendReportDocument,
  approveSubsidy: ApproveSubsidyDocument,
  changeLicence: ChangeLicenceDocument,
  changePolicy: ChangePolicyDocument,
  confirmErasure: ConfirmErasureDocument,
  confirmPatientLink: ConfirmPatientLinkDocument,
  confirmSubsidy: ConfirmSubsidyDocument,
  createProgramme: CreateProgrammeDocument,
  defineForm: DefineFormDocument,
  denyUpload: DenyUploadDocument,
  disburseSubsidy: DisburseSubsidyDocument,
  endReferral: EndReferralDocument,
  endorseUpload: EndorseUploadDocument,
  enrolMember: EnrolMemberDocument,
  eraseRecord: EraseRecordDocument,
  fileReport: FileReportDocument,
  grantConsent: GrantConsentDocument,
  linkPatients: LinkPatientsDocument,
  placeHold: PlaceHoldDocument,
  proposeSubsidy: ProposeSubsidyDocument,
  recordEncounter: RecordEncounterDocument,
  recordEncounters: RecordEncountersDocument,
  referPatient: ReferPatientDocument,
  refuseErasure: RefuseErasureDocument,
  registerInstitution: RegisterInstitutionDocument,
  registerPatient: RegisterPatientDocument,
  reinstateMember: ReinstateMemberDocument,
  rejectSubsidy: RejectSubsidyDocument,
  releaseHold: ReleaseHoldDocument,
  requestUpload: RequestUploadDocument,
  retractRecord: RetractRecordDocument,
  revokeConsent: RevokeConsentDocument,
  rotateKey: RotateKeyDocument,
  setAccessPolicy: SetAccessPolicyDocument,
  suspendMember: SuspendMemberDocument,
  transferCustody: TransferCustodyDocument,
  trustDocuments: TrustDocumentsDocument,
  unlinkPatients: UnlinkPatientsDocument,
} as const;

export type OperationName = keyof typeof OPERATIONS;

/** The whole input of a mutation, its `requestId` included. */
export type InputOf<N extends OperationName> =
  (typeof OPERATIONS)[N] extends TypedDocumentNode<infer _Result, { input: infer I }> ? I : never;

/** What is put in: `requestId` is made when it is left out. */
export type NewInput<N extends OperationName> = Omit<InputOf<N>, 'requestId'> & {
  readonly requestId?: string;
};

/** An operation of any of the mutations, for the sender. */
export type AnyOperation = TypedDocumentNode<
  Readonly<Record<string, unknown>>,
  { readonly input: JsonObject }
>;

/** The document of a mutation. */
export function documentOf(name: OperationName): AnyOperation {
  // Each takes one variable `input`, checked when it was put in, and its answer is read member by member.
  return OPERATIONS[name] as unknown as AnyOperation;
}

/** Tells whether a word is the name of a mutation that an outbox sends. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/** Members of an input that name a record which stands already: what the mutation changes. */
const CHANGED = [
  'encounter',
  'report',
  'subsidy',
  'member',
  'erasure',
  'upload',
  'link',
  'consent',
  'referral',
  'id',
] as const;

/** Asks for permission under the `requestId` of the mutation that is to load it: the one id that two items may share. */
export const ASKING: OperationName = 'requestUpload';

/** The one mutation that several items can share. */
export const BUNDLED: OperationName = 'recordEncounter';

/**
 * The threads that an item belongs to unless its caller says otherwise: the record that it changes, and the patients
 * that it is about. Items of one thread are sent one after the other.
 */
export function threadsOf(operation: OperationName, input: JsonObject): string[] {
  const patients = [input, ...listOf(input['encounters'])].map((one) => memberOf(one, 'patient'));
  const found = [changedBy(operation, input), ...patients];
  return [...new Set(found.filter((id) => typeof id === 'string'))];
}

/** The record that an operation changes, and so builds on the version before; null for a new record. */
export function changedBy(operation: OperationName, input: JsonObject): string | null {
  const names: readonly string[] = CREATING.has(operation) ? [] : [...CHANGED, 'patient', 'institution'];
  const id = names.map((name) => input[name]).find((value) => typeof value === 'string');
  return id ?? null;
}

/** Mutations whose input names records that they don't change. */
const CREATING: ReadonlySet<OperationName> = new Set([
  'recordEncounter',
  'recordEncounters',
  'registerPatient',
  'linkPatients',
  'grantConsent',
  'referPatient',
  'registerInstitution',
  'enrolMember',
  'fileReport',
  'defineForm',
  'createProgramme',
  'proposeSubsidy',
  'requestUpload',
]);

/** An object's own member, or undefined. */
function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
