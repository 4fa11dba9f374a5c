export {
  INSTITUTION_IDENTIFIER,
  INSTITUTION_KINDS,
  institutionKind,
  institutionValues,
  NO_END,
  OWNERSHIPS,
} from './institution.kind.js';
export type { InstitutionValues } from './institution.kind.js';
export { LICENCE_DECISIONS, LICENCE_STATES, licence, licenceActive, licenceState } from './licence.js';
export { allows, LICENSED_WORK, workFor, workOfClass } from './work.js';
export type { LicensedWork } from './work.js';
export type { Licence, LicenceState } from './licence.js';
export { MEMBER_ROLE, MEMBER_STATES, MEMBER_SUBJECT, memberKind, memberValues } from './member.kind.js';
export type { MemberValues } from './member.kind.js';
export { memberIn, Standing } from './standing.js';
export type { StandingDependencies } from './standing.js';
export { MOST_DOCUMENTS, trustIdOf, trustKind, trustValues } from './trust.kind.js';
export type { TrustValues } from './trust.kind.js';
export { documentHash, normalDocument, requireTrusted } from './trusted-documents.js';
export { requireShallow } from './nesting.js';
export {
  day,
  identifier,
  identifierKey,
  identifiers,
  isRecordedYear,
  list,
  maybe,
  moment,
  note,
  orEmpty,
  text,
  uuid,
  whole,
} from '../documents/index.js';
export type { Identifier } from '../documents/index.js';
