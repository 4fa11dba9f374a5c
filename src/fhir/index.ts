/** FHIR R4 JSON → values of the API's inputs: pure, strict, every problem with its place. */
export { indexShared, planFile } from './plan.js';
export type { Plan, PlannedEncounter, PlannedPatient } from './plan.js';
export type { Provider } from './links.js';
export type { FhirProblem } from './problem.js';
export { References } from './references.js';
export type {
  AddressValue,
  CodingValue,
  ContactValue,
  DiagnosisValue,
  EncounterValues,
  IdentifierValue,
  NameValue,
  OrganisationValues,
  PatientValues,
  PractitionerValue,
} from './values.js';
