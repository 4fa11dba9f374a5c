/**
 * The salts under which an opened record was sealed. They stand beside the values, not in them, so that whatever is done
 * with a record (answered, logged, amended) takes none along; a proof of fields asks for them.
 */
import type { SealedFields } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';

const SEALED = new WeakMap<object, SealedFields>();

/** Remembers for the values of a record that was opened how they were sealed. */
export function keepSealed(values: object, fields: SealedFields): void {
  SEALED.set(values, fields);
}

/** Every field of a loaded record as it was sealed. Throws INTERNAL for values that weren't opened from sealed bytes. */
export function sealedFieldsOf(record: { readonly values: object }): SealedFields {
  const fields = SEALED.get(record.values);
  if (fields === undefined) throw new VitrineError('INTERNAL', 'expected a record that was opened');
  return fields;
}
