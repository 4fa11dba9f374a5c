/**
 * Erasing fields of a sealed record (schema/ledger.md, "Erasure"): a field's leaf hash takes the place of its salt and
 * value, so that `fields` stays what it was and `content` becomes another.
 */
import { base64url } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import { canonical, type Json } from './json.js';
import {
  contentHash,
  type FieldHead,
  fieldHashes,
  fieldsRoot,
  headJson,
  openPlaintext,
  type SealedFields,
  type SealedHead,
  type SealedPlaintext,
} from './sealed.js';

/** The fields with the leaf hash in the place of each that is named; one that isn't there, or was erased, stays as it is. */
export function eraseFields(
  head: FieldHead,
  fields: SealedFields,
  names: ReadonlySet<string>,
  hash: HashFn = sha256,
): SealedFields {
  const hashes = fieldHashes(head, fields, hash);
  const erased = Object.keys(fields)
    .sort()
    .map((name, place) => {
      const field = fields[name];
      const leaf = hashes[place];
      return [name, names.has(name) && leaf !== undefined ? { erased: leaf } : field] as const;
    });
  return Object.fromEntries(erased) as SealedFields;
}

/**
 * Plaintext and commitments of fields with their salts, erased ones among them.
 * @throws VitrineError INTEGRITY_VIOLATION for a head, a name or a salt that `openPlaintext` would refuse
 */
export function sealFields(head: SealedHead, fields: SealedFields, hash: HashFn = sha256): SealedPlaintext {
  const json: Record<string, Json> = {};
  for (const [name, field] of Object.entries(fields))
    json[name] =
      'erased' in field ? { h: base64url(field.erased) } : { s: base64url(field.salt), v: field.value };
  const plaintext = canonical({ head: headJson(head), fields: json });
  openPlaintext(plaintext);
  return { plaintext, content: contentHash(plaintext, hash), fields: fieldsRoot(head, fields, hash) };
}
