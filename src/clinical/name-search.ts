/**
 * Search by name inside one's own institution. The words go into the base as keyed hashes, so that it doesn't tell
 * names; a hash has no prefix, so prefixes are stored as words of their own.
 */
import type { HumanNameValue } from '../documents/index.js';

const SHORTEST_PREFIX = 3;
const LONGEST_PREFIX = 6;
/** A record holds no more words than this: a name of many words must not fill the base. */
const MOST_WORDS = 128;

/** Scope of the search words of an institution's patients. */
export function nameScope(custodian: string): string {
  return `patient.name/${custodian}`;
}

/** Words in their search form: compatibility-decomposed, without diacritics, lower-case. `Alcántar-Díaz` → alcantar, diaz. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])];
}

/** All words of a patient's names. */
export function nameWords(names: readonly HumanNameValue[]): string[] {
  const parts = names.flatMap((name) => [name.text, name.family, ...name.given]);
  return [...new Set(parts.flatMap((part) => (part === null ? [] : wordsOf(part))))];
}

/** The words and their prefixes of 3 to 6 letters: what a search can find a patient by. */
export function searchForms(names: readonly HumanNameValue[]): string[] {
  const forms = new Set<string>();
  for (const word of nameWords(names)) {
    forms.add(word);
    const letters = [...word];
    for (let length = SHORTEST_PREFIX; length <= LONGEST_PREFIX && length < letters.length; length++)
      forms.add(letters.slice(0, length).join(''));
  }
  return [...forms].slice(0, MOST_WORDS);
}

/** Whether every searched word is a word of the names, or one's beginning of 3 to 6 letters. */
export function nameMatches(names: readonly HumanNameValue[], searched: readonly string[]): boolean {
  const forms = new Set(searchForms(names));
  return searched.every((word) => forms.has(word));
}
