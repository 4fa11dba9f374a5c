/** Every record type of the deployment: its kind, and how a verified record of it becomes a GraphQL object. */
import { loadVisible } from '../access/index.js';
import type { RecordObject, RequestContext } from '../api/index.js';
import {
  CLINICAL_OPERATIONS,
  encounterKind,
  linkKind,
  PatientLink,
  patientKind,
  toEncounter,
  toPatient,
} from '../clinical/index.js';
import { Erasure, ERASURE_OPERATIONS, erasureKind, Hold, holdKind } from '../erasure/index.js';
import { FINANCE_OPERATIONS, Programme, programmeKind, Subsidy, subsidyKind } from '../finance/index.js';
import type { AnyKind, Loaded, RecordKind } from '../records/index.js';
import { KindRegistry } from '../records/index.js';
import { REGISTRY_OPERATIONS, toInstitution, toMember, TrustedDocuments } from '../registry/index.js';
import { Form, formKind, Report, reportKind, REPORTING_OPERATIONS } from '../reporting/index.js';
import { institutionKind, memberKind, trustKind } from '../standing/index.js';
import {
  Operations,
  Policy,
  POLICY_OPERATIONS,
  policyKind,
  UPLOAD_OPERATIONS,
  uploadKind,
  UploadRequestObject,
} from '../uploads/index.js';
import {
  accessBatchKind,
  ACCESS_POLICY_OPERATIONS,
  AccessAlert,
  accessAlertKind,
  AccessPolicy,
  accessPolicyKind,
  Consent,
  CONSENT_OPERATIONS,
  CUSTODY_OPERATIONS,
  consentKind,
  Referral,
  REFERRAL_OPERATIONS,
  referralKind,
  View,
  VIEW_OPERATIONS,
  viewKind,
} from '../viewing/index.js';
import type { Reference } from './entities.js';

/** One record type. */
export interface RecordType {
  readonly kind: AnyKind;
  /** The record as far as the caller may know of it: verified, visible, or null. */
  readonly fetch: (context: RequestContext, id: string) => Promise<RecordObject<object> | null>;
}

function recordType<V extends object>(
  kind: RecordKind<V>,
  toObject: (record: Loaded<V>) => RecordObject<V>,
): RecordType {
  return {
    // The registry reads no values of a kind: it hands it back to code that knows them.
    kind: kind,
    fetch: async (context, id) => {
      const record = await loadVisible(context, kind, id);
      return record === null ? null : toObject(record);
    },
  };
}

export const INSTITUTIONS = recordType(institutionKind, toInstitution);

export const PATIENTS = recordType(patientKind, toPatient);

/** Every record type, lower domains first. */
export const RECORD_TYPES: readonly RecordType[] = [
  INSTITUTIONS,
  recordType(memberKind, toMember),
  recordType(trustKind, (record) => new TrustedDocuments(record)),
  recordType(policyKind, (record) => new Policy(record)),
  PATIENTS,
  recordType(encounterKind, toEncounter),
  recordType(linkKind, (record) => new PatientLink(record)),
  recordType(formKind, (record) => new Form(record)),
  recordType(reportKind, (record) => new Report(record)),
  recordType(programmeKind, (record) => new Programme(record)),
  recordType(subsidyKind, (record) => new Subsidy(record)),
  recordType(holdKind, (record) => new Hold(record)),
  recordType(erasureKind, (record) => new Erasure(record)),
  recordType(accessAlertKind, (record) => new AccessAlert(record)),
  recordType(accessPolicyKind, (record) => new AccessPolicy(record)),
  recordType(consentKind, (record) => new Consent(record)),
  recordType(viewKind, (record) => new View(record)),
  recordType(referralKind, (record) => new Referral(record)),
  recordType(uploadKind, (record) => new UploadRequestObject(record)),
];

/** Kinds without a type of their own: what is for whom of them is told in other ways. */
const UNTYPED: readonly AnyKind[] = [accessBatchKind];

/** The kinds of the deployment. A kind's name is its type's name, where it has one. */
export const KINDS = new KindRegistry([...RECORD_TYPES.map(({ kind }) => kind), ...UNTYPED]);

/** The operations of the deployment. */
export const OPERATIONS = new Operations([
  ...POLICY_OPERATIONS,
  ...REGISTRY_OPERATIONS,
  ...CLINICAL_OPERATIONS,
  ...REPORTING_OPERATIONS,
  ...FINANCE_OPERATIONS,
  ...ERASURE_OPERATIONS,
  ...ACCESS_POLICY_OPERATIONS,
  ...CONSENT_OPERATIONS,
  ...CUSTODY_OPERATIONS,
  ...VIEW_OPERATIONS,
  ...REFERRAL_OPERATIONS,
  ...UPLOAD_OPERATIONS,
]);

/** How a gateway, or `node(id:)`, gets a record again. */
export const REFERENCES: ReadonlyMap<string, Reference<RequestContext>> = new Map(
  RECORD_TYPES.map(({ kind, fetch }) => [kind.name, fetch]),
);

/** Fetches a record of the type `name`, as far as the caller may know of it. */
export function fetchRecord(
  context: RequestContext,
  name: string,
  id: string,
): Promise<RecordObject<object> | null> {
  const type = RECORD_TYPES.find(({ kind }) => kind.name === name);
  return type ? type.fetch(context, id) : Promise.resolve(null);
}
