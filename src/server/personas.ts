/** The personas of the sample: who they are, for the playground's switch and the command line. */
import type { Role } from '../records/index.js';

export interface Persona {
  /** Subject of its tokens: `registrar.city`. */
  readonly name: string;
  /** Short name of its institution in the sample; null for a patient. */
  readonly institution: 'city' | 'north' | 'harbour' | 'ministry' | 'audit' | 'vendor' | null;
  readonly roles: readonly Role[];
  /** For people: who this is. */
  readonly about: string;
}

const persona = (name: string, institution: Persona['institution'], role: Role, about: string): Persona => ({
  name,
  institution,
  roles: [role],
  about,
});

/** Every persona, in the order in which they are shown. */
export const PERSONAS: readonly Persona[] = [
  persona('registrar.city', 'city', 'REGISTRAR', 'Registrar of City Hospital (public)'),
  persona('clinician.city', 'city', 'CLINICIAN', 'Clinician of City Hospital'),
  persona('reporter.city', 'city', 'REPORTER', 'Reporting officer of City Hospital'),
  persona('finance.city', 'city', 'FINANCE', 'Finance officer of City Hospital'),
  persona('registrar.north', 'north', 'REGISTRAR', 'Registrar of Northern Hospital (public)'),
  persona('clinician.north', 'north', 'CLINICIAN', 'Clinician of Northern Hospital'),
  persona('clinician.harbour', 'harbour', 'CLINICIAN', 'Clinician of Harbour Clinic (private)'),
  persona('finance.harbour', 'harbour', 'FINANCE', 'Finance officer of Harbour Clinic'),
  persona('regulator.one', 'ministry', 'REGULATOR', 'Regulator of the ministry'),
  persona('regulator.two', 'ministry', 'REGULATOR', 'Second regulator of the ministry'),
  persona('auditor', 'audit', 'AUDITOR', 'Auditor'),
  persona('patient.one', null, 'PATIENT', 'A patient of City Hospital'),
  persona('vendor', 'vendor', 'VENDOR', 'An EHR vendor'),
];
