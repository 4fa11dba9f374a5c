/** What to call a patient where one line is all there is. */
import type { HumanNameValue, PatientValues } from '../documents/index.js';
import type { Unrelated } from '../records/index.js';
import { orEmpty } from '../standing/index.js';

type Named = Pick<Unrelated<PatientValues>, 'head' | 'values' | 'erased'>;

/** Ids are UUIDv7: their beginning is the time of making, their end is random. */
const TELLING = 8;

/** The first name as it is written; without any, a word and the end of the id, by which people can tell two apart. */
export function displayNameOf(record: Named): string {
  const { head, values } = record;
  const [first] = orEmpty(values.names);
  const written = first === undefined ? '' : writtenName(first);
  if (written !== '') return written;
  const word = isUnidentified(record) === true ? 'Unidentified' : 'Unnamed';
  return `${word} ${head.id.slice(-TELLING)}`;
}

/** Whether nobody knows yet who the person is; null where the identifiers were erased, which tells nothing. */
export function isUnidentified({ values, erased }: Pick<Named, 'values' | 'erased'>): boolean | null {
  if (erased?.fields.includes('identifiers') === true) return null;
  return orEmpty(values.identifiers).length === 0;
}

function writtenName({ text, prefix, given, family, suffix }: HumanNameValue): string {
  if (text !== null) return text;
  return [prefix, ...given, family, suffix].filter((part) => part !== null).join(' ');
}
