/** Random inputs of care and reporting, with all that clients write in more than one way. */
import fc from 'fast-check';

/** Text as people type it: composed and decomposed letters, spaces around, lines, signs beyond the first plane. */
const words = fc.constantFrom('Zoë', 'Zoe\u0308', ' Fever ', 'naïve', 'ﬁ', 'Ωmega', '𝔘', 'x');
const wrong = fc.constantFrom('a\r\nb', 'a\tb', '', '  ', 'x'.repeat(501));
const text = fc.oneof(
  { weight: 60, arbitrary: words },
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: wrong },
);
const optional = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: null });
/** Leaves members out at random. */
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });

const at = fc.date({ min: new Date('1990-01-01'), max: new Date('2025-12-31'), noInvalidDate: true });
const moment = fc
  .tuple(at, fc.constantFrom('Z', '+02:00', '-09:30'), fc.boolean())
  .map(([date, zone, fine]) => {
    const iso = date.toISOString();
    return `${fine ? iso.slice(0, 23) : iso.slice(0, 19)}${zone}`;
  });
const partial = fc.oneof(
  at.map((date) => date.toISOString().slice(0, 7)),
  at.map((date) => date.toISOString().slice(0, 10)),
  moment,
);
const coding = some({ system: optional(text), code: optional(text), display: optional(text) });
const identifier = fc.record({
  system: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom('https://id.test/a', ' https://id.test/b ') },
    { weight: 1, arbitrary: fc.constant('urn:x|y') },
  ),
  value: text,
});
const day = at.map((date) => date.toISOString().slice(0, 10));
const list = <T>(arb: fc.Arbitrary<T>) => optional(fc.array(arb, { maxLength: 3 }));
const head = { label: optional(text), retainUntil: optional(day) };

const encounterFacts = {
  serviceCode: optional(coding),
  reason: list(coding),
  end: optional(moment),
  practitioner: optional(some({ identifier: optional(identifier), name: optional(text) })),
  diagnoses: list(
    fc.record(
      {
        code: coding,
        clinicalStatus: optional(fc.constantFrom('ACTIVE', 'RESOLVED')),
        onset: optional(partial),
        abatement: optional(partial),
        note: optional(text),
      },
      { requiredKeys: ['code'] },
    ),
  ),
  outcome: optional(coding),
  note: optional(text),
  cost: optional(
    fc.record({ amount: fc.oneof(fc.nat(), fc.nat().map(String)), currency: fc.constantFrom('EUR', 'SEK') }),
  ),
  payer: optional(text),
  identifier: optional(identifier),
  ...head,
};

export const newEncounter = (patient: string) =>
  fc.record(
    {
      ...encounterFacts,
      patient: fc.constantFrom(patient, patient.toUpperCase()),
      class: fc.constantFrom('AMB', 'IMP'),
      status: fc.constantFrom('FINISHED', 'IN_PROGRESS'),
      start: moment,
    },
    { requiredKeys: ['patient', 'class', 'status', 'start'] },
  );

export const changedEncounter = some({
  ...encounterFacts,
  status: fc.constantFrom('FINISHED', 'CANCELLED'),
  start: moment,
});

const patientFacts = {
  names: list(
    some({
      use: optional(fc.constantFrom('OFFICIAL', 'MAIDEN')),
      text: optional(text),
      family: optional(text),
      given: list(text),
    }),
  ),
  gender: optional(fc.constantFrom('FEMALE', 'OTHER')),
  birthDate: optional(partial),
  deceased: optional(fc.boolean()),
  deceasedAt: optional(moment),
  addresses: list(some({ lines: list(text), city: optional(text), country: optional(text) })),
  contacts: list(fc.record({ system: fc.constantFrom('PHONE', 'EMAIL'), value: text })),
  language: optional(fc.constantFrom('de', 'pt-BR')),
  alerts: list(
    fc.record(
      { category: fc.constantFrom('ALLERGY', 'OTHER'), text },
      { requiredKeys: ['category', 'text'] },
    ),
  ),
  ...head,
};

export const newPatient = fc.record(
  {
    ...patientFacts,
    identifiers: optional(fc.array(identifier, { minLength: 0, maxLength: 2 })),
    unidentified: fc.constantFrom(false, false, true, null),
  },
  { requiredKeys: ['identifiers'] },
);
export const changedPatient = some(patientFacts);

const figure = fc.record({
  code: fc.constantFrom('beds', 'rate', 'open', 'why', 'none'),
  value: optional(fc.oneof(fc.constantFrom('12', '1.50', '-0', '007', 'true', 'x', '1e3'), text)),
});
const figures = fc.uniqueArray(figure, { selector: ({ code }) => code, maxLength: 4 });
export const newReport = fc.record(
  {
    form: fc.constant('beds'),
    period: fc.constantFrom('2025-01', '2025-12', '2025', '2025-Q1'),
    indicators: figures,
    note: optional(text),
  },
  { requiredKeys: ['form', 'period', 'indicators'] },
);
export const changedReport = fc.record(
  { indicators: figures, note: optional(text), reason: text },
  { requiredKeys: ['indicators', 'reason'] },
);
