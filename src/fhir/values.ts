/** What a FHIR resource becomes: the values of the API's inputs, without what only the API can give (ids, requests). */

export interface IdentifierValue {
  readonly system: string;
  readonly value: string;
}

/** A concept: a code of a vocabulary, its wording, or both. */
export interface CodingValue {
  readonly system?: string;
  readonly code?: string;
  readonly display?: string;
}

export type NameUse = 'USUAL' | 'OFFICIAL' | 'TEMP' | 'NICKNAME' | 'ANONYMOUS' | 'OLD' | 'MAIDEN';

export interface NameValue {
  readonly use?: NameUse;
  readonly text?: string;
  readonly family?: string;
  readonly given: string[];
  readonly prefix?: string;
  readonly suffix?: string;
}

export interface AddressValue {
  readonly use?: 'HOME' | 'WORK' | 'TEMP' | 'OLD' | 'BILLING';
  readonly lines: string[];
  readonly city?: string;
  readonly district?: string;
  readonly state?: string;
  readonly postalCode?: string;
  readonly country?: string;
}

export interface ContactValue {
  readonly system: 'PHONE' | 'FAX' | 'EMAIL' | 'PAGER' | 'URL' | 'SMS' | 'OTHER';
  readonly value: string;
  readonly use?: 'HOME' | 'WORK' | 'TEMP' | 'OLD' | 'MOBILE';
}

export interface PatientValues {
  readonly identifiers: IdentifierValue[];
  readonly names: NameValue[];
  readonly gender?: 'MALE' | 'FEMALE' | 'OTHER' | 'UNKNOWN';
  /** YYYY, YYYY-MM or YYYY-MM-DD. */
  readonly birthDate?: string;
  readonly deceased?: boolean;
  /** RFC 3339 UTC, milliseconds. */
  readonly deceasedAt?: string;
  readonly addresses: AddressValue[];
  readonly contacts: ContactValue[];
  readonly maritalStatus?: CodingValue;
  /** BCP 47. */
  readonly language?: string;
  /** Codes of the security labels, for a specially protected record. */
  readonly label?: string;
}

export type EncounterClass =
  'AMB' | 'EMER' | 'FLD' | 'HH' | 'IMP' | 'ACUTE' | 'NONAC' | 'OBSENC' | 'PRENC' | 'SS' | 'VR';

export type EncounterStatus =
  'PLANNED' | 'ARRIVED' | 'TRIAGED' | 'IN_PROGRESS' | 'ON_LEAVE' | 'FINISHED' | 'CANCELLED' | 'UNKNOWN';

export type ClinicalStatus = 'ACTIVE' | 'RECURRENCE' | 'RELAPSE' | 'INACTIVE' | 'REMISSION' | 'RESOLVED';

export type VerificationStatus = 'UNCONFIRMED' | 'PROVISIONAL' | 'DIFFERENTIAL' | 'CONFIRMED' | 'REFUTED';

export interface DiagnosisValue {
  readonly code: CodingValue;
  readonly clinicalStatus?: ClinicalStatus;
  readonly verificationStatus?: VerificationStatus;
  /** A partial date, or RFC 3339 UTC with milliseconds; so are the next two. */
  readonly onset?: string;
  readonly abatement?: string;
  readonly recordedAt?: string;
  readonly note?: string;
}

export interface PractitionerValue {
  readonly identifier?: IdentifierValue;
  readonly name?: string;
}

export interface EncounterValues {
  /** The source's number of the encounter, or its URL as an identifier (`urn:ietf:rfc:3986`). */
  readonly identifier?: IdentifierValue;
  readonly class: EncounterClass;
  readonly status: EncounterStatus;
  readonly serviceCode?: CodingValue;
  readonly reason: CodingValue[];
  /** RFC 3339 UTC, milliseconds. */
  readonly start: string;
  readonly end?: string;
  readonly practitioner?: PractitionerValue;
  readonly diagnoses: DiagnosisValue[];
  readonly outcome?: CodingValue;
  readonly label?: string;
}

export interface OrganisationValues {
  readonly name: string;
  /** At least one; the first is the one it is recognised by. */
  readonly identifiers: IdentifierValue[];
  /** HOSPITAL when its type or name says hospital or medical center, else CLINIC: FHIR doesn't tell. */
  readonly kind: 'HOSPITAL' | 'CLINIC';
  /** `address.state`, else `address.country`; null when there is neither. */
  readonly region: string | null;
}
