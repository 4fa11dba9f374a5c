/** The sample population: invented, the same on every machine. Nobody in it exists. */
import type {
  EncounterInput,
  InstitutionKind,
  Ownership,
  RegisterInstitutionInput,
  RegisterPatientInput,
} from '../../client/index.js';

/** Short names of the sample's institutions, as the personas carry them. */
export type Place = 'city' | 'north' | 'harbour' | 'audit' | 'vendor';

/** Numbering system of the sample's own numbers (RFC 6761: a name that resolves nowhere). */
export const SYSTEM = 'https://sample.invalid/number';

type InstitutionValues = Omit<RegisterInstitutionInput, 'requestId'>;

function institution(
  number: string,
  name: string,
  kind: InstitutionKind,
  ownership: Ownership,
  region: string,
  more: Partial<InstitutionValues> = {},
): InstitutionValues {
  const licence = {
    number: `L-${number}`,
    state: 'ACTIVE' as const,
    validFrom: '2020-01-01',
    remark: 'general',
  };
  return {
    name,
    kind,
    ownership,
    region,
    identifiers: [{ system: SYSTEM, value: number }],
    licence,
    ...more,
  };
}

export const INSTITUTIONS: Readonly<Record<Place, InstitutionValues>> = {
  city: institution('I-1', 'City Hospital', 'HOSPITAL', 'PUBLIC', 'capital', {
    capacity: { beds: 420, staff: 1350 },
    account: { iban: 'DE89370400440532013000', holder: 'City Hospital' },
  }),
  north: institution('I-2', 'Northern Hospital', 'HOSPITAL', 'PUBLIC', 'north', {
    capacity: { beds: 160, staff: 510 },
    account: { iban: 'NL91ABNA0417164300', holder: 'Northern Hospital' },
  }),
  harbour: institution('I-3', 'Harbour Clinic', 'CLINIC', 'PRIVATE', 'capital', {
    capacity: { beds: 24, staff: 60 },
    account: { iban: 'GB29NWBK60161331926819', holder: 'Harbour Clinic Ltd' },
  }),
  audit: institution('I-4', 'Court of Audit', 'AUTHORITY', 'PUBLIC', 'capital'),
  vendor: institution('I-5', 'Open Record Systems', 'VENDOR', 'PRIVATE', 'capital'),
};

const FAMILIES = [
  'Adler',
  'Berisha',
  'Castro',
  'Dimitrova',
  'Eriksen',
  'Fontaine',
  'Goral',
  'Horvat',
  'Ivanova',
  'Jansen',
];
const GIVEN = ['Alma', 'Boris', 'Clara', 'Daniel', 'Elif', 'Filip', 'Greta', 'Hugo'];
const CONDITIONS = [
  ['I10', 'Essential (primary) hypertension'],
  ['E11', 'Type 2 diabetes mellitus'],
  ['J18.9', 'Pneumonia, unspecified organism'],
  ['S52.5', 'Fracture of lower end of radius'],
  ['M54.5', 'Low back pain'],
  ['K35', 'Acute appendicitis'],
] as const;
const ICD10 = 'http://hl7.org/fhir/sid/icd-10';

/** Takes the item at `place`, beginning again at the end. */
function at<T>(list: readonly T[], place: number): T {
  return list[place % list.length] as T; // a list of constants, never empty
}

const two = (number: number): string => String(number).padStart(2, '0');

export type PatientValues = Omit<RegisterPatientInput, 'requestId'>;

/** The patient of this number, from 0. */
export function samplePatient(number: number): PatientValues {
  const family = at(FAMILIES, number * 7 + 3);
  return {
    identifiers: [{ system: SYSTEM, value: `P-${1000 + number}` }],
    names: [{ use: 'OFFICIAL', family, given: [at(GIVEN, number * 5)] }],
    gender: number % 2 === 0 ? 'FEMALE' : 'MALE',
    birthDate: `${1938 + ((number * 13) % 80)}-${two((number % 12) + 1)}-${two(((number * 11) % 28) + 1)}`,
    addresses: [{ use: 'HOME', lines: [`${number + 1} Harbour Road`], city: 'Capital', country: 'XX' }],
    contacts: [{ system: 'PHONE', value: `+000 555 ${1000 + number}` }],
    insurance: [{ payer: 'National Health Fund', memberNumber: `N-${20_000 + number}` }],
    ...(number % 6 === 0
      ? {
          alerts: [
            { category: 'ALLERGY', text: 'Penicillin', severity: 'HIGH' },
          ] satisfies PatientValues['alerts'],
        }
      : {}),
  };
}

/** The encounters of a patient: the given number of them, in 2025. */
export function sampleEncounters(patient: string, number: number, count: number): EncounterInput[] {
  return Array.from({ length: count }, (_, visit) => {
    const [code, display] = at(CONDITIONS, number + visit);
    const day = `2025-${two(((number + visit * 3) % 12) + 1)}-${two(((number * 3 + visit) % 28) + 1)}`;
    const inpatient = visit % 3 === 2;
    const coding = { system: ICD10, code, display };
    return {
      patient,
      class: inpatient ? 'IMP' : 'AMB',
      status: 'FINISHED',
      start: `${day}T08:30:00.000Z`,
      end: inpatient ? `${day}T23:10:00.000Z` : `${day}T09:05:00.000Z`,
      reason: [{ display: `Seen for ${display.toLowerCase()}` }],
      diagnoses: [{ code: coding, clinicalStatus: 'ACTIVE', verificationStatus: 'CONFIRMED' }],
      practitioner: { name: 'Dr. M. Sample' },
      cost: { amount: inpatient ? 182_000 : 6_500, currency: 'EUR' },
      payer: 'National Health Fund',
      identifier: { system: SYSTEM, value: `E-${number}-${visit}` },
    };
  });
}

/** Care that goes on at another institution, so that the patient's file is of two. */
export const openEncounter = (patient: string): EncounterInput => ({
  patient,
  class: 'AMB',
  status: 'IN_PROGRESS',
  start: '2025-12-01T10:00:00.000Z',
  reason: [{ display: 'Follow-up after discharge' }],
  identifier: { system: SYSTEM, value: 'E-N-1' },
});

/** Eleven months from the first of this month: a referral ends within a year. */
export const endOfReferral = (now: Date): string =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 11, 1)).toISOString();

export const FORM = {
  code: 'hospital-activity',
  title: 'Monthly activity of a hospital',
  period: 'MONTH',
  dueDays: 15,
  validFrom: '2025-01-01',
  indicators: [
    {
      code: 'beds',
      label: 'Beds available',
      type: 'INTEGER',
      unit: 'beds',
      required: true,
      min: '0',
      max: '5000',
    },
    { code: 'admissions', label: 'Admissions', type: 'INTEGER', required: true, min: '0' },
    {
      code: 'occupancy',
      label: 'Bed occupancy',
      type: 'DECIMAL',
      unit: '%',
      required: true,
      min: '0',
      max: '100',
    },
  ],
} as const;

/** Reports of City Hospital, by month. */
export const REPORTS = [
  { period: '2025-10', values: { beds: '420', admissions: '1310', occupancy: '81.4' } },
  { period: '2025-11', values: { beds: '418', admissions: '1275', occupancy: '83.0' } },
  { period: '2025-12', values: { beds: '420', admissions: '1402', occupancy: '88.7' } },
] as const;

/** How many patients each institution registers, and how many encounters each of them has. */
export const POPULATION = [
  { place: 'city', persona: 'registrar.city', patients: 24, encounters: 4 },
  { place: 'north', persona: 'registrar.north', patients: 12, encounters: 3 },
] as const;
