/**
 * What records hold, in one form: the same code for the services that seal it and for clients that sign what will be sealed.
 * Pure and browser-safe.
 */
export { careLabel, careRetention } from './care.js';
export { coding, money } from './coding.js';
export type { CodingValue, MoneyValue } from './coding.js';
export {
  CONSENT,
  CONSENT_GIVERS,
  CONSENT_STATES,
  consentDecision,
  consentValues,
  RESTRICTABLE,
} from './consent.js';
export type { ConsentGiver, ConsentValues } from './consent.js';
export { compareDecimals, parseDecimal, parseInteger } from './decimal.js';
export {
  CLINICAL_STATUSES,
  diagnosis,
  ENCOUNTER,
  ENCOUNTER_CLASSES,
  ENCOUNTER_STATUSES,
  encounterValues,
  VERIFICATION_STATUSES,
} from './encounter.js';
export type { EncounterValues } from './encounter.js';
export { firstHead, given, nextHead } from './head.js';
export type { HeadFacts, KindFacts } from './head.js';
export { namedId } from './named-id.js';
export {
  canonicalLimits,
  checkDefinitions,
  checkIndicators,
  INDICATOR_TYPES,
  LONGEST_TEXT,
} from './indicator.js';
export type { Indicator, IndicatorType, IndicatorValue } from './indicator.js';
export { certainlyAfter, certainlyBefore, partialDate, partialMoment } from './partial-date.js';
export {
  alert,
  ALERT_CATEGORIES,
  ALERT_SEVERITIES,
  GENDERS,
  PATIENT,
  amendedValues,
  patientValues,
  registeredValues,
} from './patient.js';
export type { PatientValues } from './patient.js';
export { dueDate, isPeriod, parsePeriod, PERIOD_TYPES, periodExample } from './period.js';
export type { Period, PeriodType } from './period.js';
export {
  address,
  ADDRESS_USES,
  contact,
  CONTACT_SYSTEMS,
  CONTACT_USES,
  humanName,
  insurance,
  NAME_USES,
} from './person.js';
export type { AddressValue, ContactValue, HumanNameValue, InsuranceValue } from './person.js';
export {
  amendedReport,
  correctedFigures,
  filedFigures,
  filedReport,
  REPORT,
  REPORT_STATES,
  reportValues,
} from './report.js';
export type { Figures, FormFacts, ReportState, ReportValues } from './report.js';
export { isCalendarDate, isPartialDate, normalDateTime } from './times.js';
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
} from './values.js';
export type { Identifier } from './values.js';
