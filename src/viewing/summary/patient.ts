/** A patient as a page model: who it is, what harms when unknown, and the encounters of all institutions, newest first. */
import { PURPOSE_CLASSES } from '../../access/index.js';
import {
  encounterKind,
  patientKind,
  type EncounterValues,
  type PatientValues,
} from '../../clinical/index.js';
import type { FieldClass, Unrelated } from '../../records/index.js';
import { orEmpty } from '../../standing/index.js';
import type { PageLine, PageModel, Section, TimelineEntry } from '../pages/index.js';
import type { Purpose } from '../views/purposes.js';
import { joined, Texts } from './texts.js';
import { ENCOUNTER_LABELS, HEADINGS, PATIENT_LABELS, PURPOSE_WORDS, type Language } from './words.js';

/** What a patient's pages are made from; all of it verified. */
export interface PatientFacts {
  readonly purpose: Purpose;
  readonly language: Language;
  readonly patient: Unrelated<PatientValues>;
  /** Other files of the same person that may be shown. */
  readonly others: readonly Unrelated<PatientValues>[];
  /** Those that may be shown, of all files. */
  readonly encounters: readonly Unrelated<EncounterValues>[];
  /** Some are left out because of their label. */
  readonly withheld: boolean;
  /** Names of institutions, by id. */
  readonly places: ReadonlyMap<string, string>;
  readonly now: Date;
}

/** A field's texts, one a line; none where it says nothing. */
type Shown<V> = { readonly [F in keyof V]?: (values: V, texts: Texts) => readonly string[] };

const one = (value: string | null | undefined): readonly string[] =>
  value === null || value === undefined || value === '' ? [] : [value];

/** Fields in the order in which they are read. */
const PATIENT_FIELDS: Shown<PatientValues> = {
  names: (v, t) => orEmpty(v.names).map(t.name),
  birthDate: (v) => one(v.birthDate),
  gender: (v, t) => one(v.gender && t.word(v.gender)),
  deceasedAt: (v, t) => one(v.deceasedAt && t.time(v.deceasedAt)),
  identifiers: (v) => orEmpty(v.identifiers).map(({ system, value }) => `${value} (${system})`),
  insurance: (v, t) => orEmpty(v.insurance).map(t.insurance),
  addresses: (v, t) => orEmpty(v.addresses).map(t.address),
  contacts: (v) => orEmpty(v.contacts).map(({ value }) => value),
  maritalStatus: (v, t) => one(t.coding(v.maritalStatus)),
  language: (v) => one(v.language),
};

const ENCOUNTER_FIELDS: Shown<EncounterValues> = {
  status: (v, t) => one(v.status && t.word(v.status)),
  end: (v, t) => one(v.end && t.time(v.end)),
  serviceCode: (v, t) => one(t.coding(v.serviceCode)),
  practitioner: (v) => one(v.practitioner?.name ?? v.practitioner?.identifier?.value),
  reason: (v, t) => one(orEmpty(v.reason).map(t.coding).join('; ')),
  diagnoses: (v, t) => orEmpty(v.diagnoses).map(t.diagnosis),
  outcome: (v, t) => one(t.coding(v.outcome)),
  note: (v) => one(v.note),
  cost: (v, t) => one(v.cost && t.money(v.cost)),
  payer: (v) => one(v.payer),
  identifier: (v) => one(v.identifier?.value),
};

/** The model of a patient's pages. */
export function patientModel(facts: PatientFacts): PageModel {
  const { purpose, language, patient, now } = facts;
  const texts = new Texts(language);
  const showsIdentity = showing(purpose).has('IDENTITY');
  const [name] = orEmpty(patient.values.names);
  return {
    kind: 'patient',
    language,
    title: showsIdentity && name !== undefined ? texts.name(name) : HEADINGS.patient[language],
    subtitle: joined(' · ', [
      PURPOSE_WORDS[purpose][language],
      facts.withheld ? HEADINGS.withheld[language] : null,
    ]),
    sections: sectionsOf(facts, texts),
    entries: entriesOf(facts, texts),
    generatedAt: texts.time(now.toISOString()),
  };
}

function showing(purpose: Purpose): ReadonlySet<FieldClass> {
  return new Set<FieldClass>(PURPOSE_CLASSES[purpose]);
}

function sectionsOf(facts: PatientFacts, texts: Texts): Section[] {
  const { purpose, language, patient, others, places } = facts;
  const shown = showing(purpose);
  const isShown = (field: keyof PatientValues): boolean =>
    // Of IDENTITY, who asks for coverage sees the insurance alone.
    shown.has(patientKind.fields[field]) || (purpose === 'COVERAGE' && field === 'insurance');
  const sections: Section[] = [];
  if (shown.has('CRITICAL')) {
    const alerts = [patient, ...others].flatMap((file) =>
      orEmpty(file.values.alerts).map((alert) => ({
        label: texts.word(alert.category),
        value: joined(' · ', [texts.alert(alert), fileOf(facts, file.head.id)]),
        emphasis: 'alert' as const,
      })),
    );
    const none = { label: PATIENT_LABELS.alerts[language], value: HEADINGS.none[language] };
    sections.push({ title: HEADINGS.alerts[language], lines: alerts.length === 0 ? [none] : alerts });
  }
  const lines = linesOf(PATIENT_FIELDS, PATIENT_LABELS, patient.values, texts, language, isShown);
  const title = purpose === 'COVERAGE' ? HEADINGS.coverage : HEADINGS.identity;
  if (lines.length > 0) sections.push({ title: title[language], lines });
  return [
    ...sections,
    ...others.map(({ head, values }) => ({
      title: joined(' · ', [
        fileOf(facts, head.id),
        head.custodian === null ? null : places.get(head.custodian),
      ]),
      lines: [
        { label: HEADINGS.file[language], value: head.id },
        ...linesOf(PATIENT_FIELDS, PATIENT_LABELS, values, texts, language, isShown),
      ],
    })),
  ];
}

/** Which of the person's other files something is from, by their order on the page; null: from the one that was opened. */
function fileOf({ language, others }: PatientFacts, id: string): string | null {
  const place = others.findIndex(({ head }) => head.id === id);
  return place < 0 ? null : `${HEADINGS.otherFile[language]} ${place + 1}`;
}

function entriesOf(facts: PatientFacts, texts: Texts): TimelineEntry[] {
  const { purpose, language, encounters, places } = facts;
  const shown = showing(purpose);
  const isShown = (field: keyof EncounterValues): boolean => shown.has(encounterKind.fields[field]);
  if (!shown.has('ADMINISTRATIVE')) return [];
  return [...encounters]
    .filter(({ values, erased }) => !values.retracted && erased?.whole !== true)
    .sort((a, b) => (startOf(a) < startOf(b) ? 1 : -1))
    .map(({ head, values }) => ({
      when: texts.time(startOf({ values })),
      title: joined(' · ', [
        values.class && texts.word(values.class),
        head.custodian === null ? null : places.get(head.custodian),
        fileOf(facts, values.patient),
      ]),
      lines: linesOf(ENCOUNTER_FIELDS, ENCOUNTER_LABELS, values, texts, language, isShown),
    }));
}

/** An erased start reads null, whatever its type says; such an encounter stands last. */
function startOf({ values }: { readonly values: EncounterValues }): string {
  return values.start ?? '';
}

function linesOf<V extends object>(
  fields: Shown<V>,
  labels: { readonly [F in keyof V]: { readonly [L in Language]: string } },
  values: V,
  texts: Texts,
  language: Language,
  isShown: (field: keyof V) => boolean,
): PageLine[] {
  // The names of the table are fields of V: its type says so.
  return (Object.keys(fields) as (keyof V & string)[])
    .filter(isShown)
    .flatMap((field) =>
      (fields[field]?.(values, texts) ?? []).map((value) => ({ label: labels[field][language], value })),
    );
}
