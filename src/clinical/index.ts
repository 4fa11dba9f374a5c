export { requireStanding } from './care.js';
export { isCopyGranted, isLabelOpen, isRestricted, isTreatingOpen, selvesAmong } from './consents.js';
export type { Consented, Use } from './consents.js';
export { recordEncounters } from './encounter.batch.js';
export type { BatchOutcome, RefusedPart } from './encounter.batch.js';
export { encounterKind } from './encounter.kind.js';
export { encounterValues, patientValues } from '../documents/index.js';
export type { EncounterValues, PatientValues } from '../documents/index.js';
export { EncounterPayload, EncounterResolver, EncountersPayload } from './encounter.resolver.js';
export { findEncounter } from './encounter.service.js';
export { Encounter, EncounterConnection, toEncounter } from './encounter.type.js';
export { EnrolmentResolver } from './enrolment.resolver.js';
export {
  groupsOf,
  linkedFiles,
  LinkedPatientResolver,
  linkKind,
  LINKS_OF,
  PatientLink,
  PatientLinkConnection,
  PatientLinkPayload,
  PatientLinkResolver,
  personOf,
} from './links/index.js';
export type { LinkFacts, LinksOf, LinkValues, Person } from './links/index.js';
export { CLINICAL_OPERATIONS } from './operations.js';
export { patientKind } from './patient.kind.js';
export { PatientPayload, PatientResolver } from './patient.resolver.js';
export { findPatient, patientByIdentifier } from './patient.service.js';
export type { Identified } from './patient.service.js';
export { Patient, PatientConnection, toPatient } from './patient.type.js';
export { careRelations } from './relations.js';
export { givesTreating, isCareSince, isTreating, treatingEncounter } from './treating.js';
export { retractResolver } from './retract.js';
export type { Retractable } from './retract.js';
