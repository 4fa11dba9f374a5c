/** Values as people read them: one text for each form of value that records hold. */
import type { EncounterValues, PatientValues } from '../../clinical/index.js';
import { VALUE_WORDS, type Language } from './words.js';

/** Writes values in one language. */
export class Texts {
  constructor(private readonly language: Language) {}

  /** A value of a fixed list. */
  readonly word = (value: string): string => VALUE_WORDS[value]?.[this.language] ?? value;

  readonly coding = (value: Coding | null): string => {
    if (value === null) return '';
    const code = value.code === null ? '' : value.display === null ? value.code : ` (${value.code})`;
    return `${value.display ?? ''}${code}`;
  };

  readonly name = ({ text, prefix, given, family, suffix }: Item<PatientValues['names']>): string =>
    text ?? joined(' ', [prefix, ...given, family, suffix]);

  readonly address = (value: Item<PatientValues['addresses']>): string =>
    joined(', ', [...value.lines, value.postalCode, value.city, value.district, value.state, value.country]);

  readonly insurance = ({ payer, memberNumber }: Item<PatientValues['insurance']>): string =>
    joined(', ', [payer, memberNumber]);

  readonly alert = (value: Item<PatientValues['alerts']>): string =>
    joined(' · ', [value.text, this.coding(value.code), value.severity && this.word(value.severity)]);

  readonly diagnosis = (value: Item<EncounterValues['diagnoses']>): string =>
    joined(' · ', [
      this.coding(value.code),
      value.clinicalStatus && this.word(value.clinicalStatus),
      value.verificationStatus && this.word(value.verificationStatus),
      joined(' – ', [value.onset && this.time(value.onset), value.abatement && this.time(value.abatement)]),
      value.note,
    ]);

  /** Minor units of a currency with two of them, as nearly all have. */
  readonly money = ({ amount, currency }: { readonly amount: string; readonly currency: string }): string => {
    const digits = new Intl.NumberFormat(this.language, { style: 'currency', currency }).resolvedOptions()
      .maximumFractionDigits;
    const places = digits ?? 2;
    const padded = amount.padStart(places + 1, '0');
    const whole = padded.slice(0, padded.length - places).replace(/\B(?=(\d{3})+$)/g, '\u00a0');
    const rest = places === 0 ? '' : `${this.language === 'ru' ? ',' : '.'}${padded.slice(-places)}`;
    return `${whole}${rest} ${currency}`;
  };

  /** A day, or a moment in UTC to the minute. */
  readonly time = (value: string): string =>
    value.length <= 10 ? value : `${value.slice(0, 10)} ${value.slice(11, 16)} UTC`;
}

type Coding = NonNullable<EncounterValues['outcome']>;
type Item<L extends readonly unknown[]> = L[number];

/** The parts that say something. */
export function joined(separator: string, parts: readonly (string | null | undefined)[]): string {
  return parts.filter((part) => part !== null && part !== undefined && part !== '').join(separator);
}
