/**
 * The plaintext of a sealed record and its two commitments (design: ledger, "Sealed record"). Every field has a salt
 * of its own, so a holder of some fields can prove those alone, and the others can't be guessed from their hashes.
 */
import { base64url, concat, utf8 } from './bytes.js';
import { type HashFn, sha256 } from './hash.js';
import { canonical, canonicalText, type Json, type JsonObject, parseCanonical } from './json.js';
import { leafHash, merkleRoot } from './merkle.js';
import * as strict from './strict.js';

/** What stands over a record's fields; the same shape as `RecordHead` of `records`. */
export interface SealedHead {
  readonly kind: string;
  readonly schema: number;
  readonly id: string;
  readonly version: number;
  readonly custodian: string | null;
  readonly patient: string | null;
  readonly jurisdiction: string | null;
  readonly label: string | null;
  readonly retention: string | null;
}

/**
 * What of a head every field's leaf binds: which record, which version, whose. Not the patient, the label and the
 * retention: they tell something of a person, carry no salt, and whoever is shown one field could guess them from a hash
 * over them. `content` binds them.
 */
export type FieldHead = Pick<SealedHead, 'kind' | 'schema' | 'id' | 'version' | 'custodian' | 'jurisdiction'>;

/** A field with its 16-byte salt, or the leaf hash that erasure left in its place. */
export type SealedField =
  { readonly salt: Uint8Array; readonly value: Json } | { readonly erased: Uint8Array };

export type SealedFields = Readonly<Record<string, SealedField>>;

export interface SealedPlaintext {
  readonly plaintext: Uint8Array;
  /** `contentHash` of the plaintext. */
  readonly content: Uint8Array;
  /** `fieldsRoot` of head and fields. */
  readonly fields: Uint8Array;
}

const CONTENT = utf8('vitrine/content/v1\0');
const FIELD = utf8('vitrine/field/v1\0');
const NAMES = 'expected field names of letters, digits and _';
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const KIND = /^[A-Z][A-Za-z0-9]{0,63}$/;
const ANY = /^/;
const HEAD = [
  'kind',
  'schema',
  'id',
  'version',
  'custodian',
  'patient',
  'jurisdiction',
  'label',
  'retention',
] as const;

/**
 * Plaintext and commitments of a record version. `values` holds every field of the kind; an absent one is null or
 * undefined and becomes a null leaf. `salts` gives a fresh random salt of 16 bytes for each field.
 */
export function sealPlaintext(
  head: SealedHead,
  values: object,
  salts: (name: string) => Uint8Array,
  hash: HashFn = sha256,
): SealedPlaintext {
  const headText = canonicalText(checkedHead(head));
  const over = headHash(head, hash);
  const leaves: Uint8Array[] = [];
  let fields = '';
  // RFC 8785 section 3.2.3 and the order of leaves: by UTF-16 code units. Each value is written once, for both.
  for (const name of Object.keys(values).sort()) {
    const salt = salts(name);
    const value = canonicalText((values as Readonly<Record<string, Json | undefined>>)[name] ?? null);
    requireField(name, salt);
    leaves.push(leafHash(fieldBytes(over, name, salt, value), hash));
    fields += `${fields === '' ? '' : ','}"${name}":{"s":"${base64url(salt)}","v":${value}}`;
  }
  const plaintext = utf8(`{"fields":{${fields}},"head":${headText}}`);
  return { plaintext, content: contentHash(plaintext, hash), fields: merkleRoot(leaves, hash) };
}

/** Head and fields of a plaintext. Throws INTEGRITY_VIOLATION on bytes that sealing or erasing doesn't write. */
export function openPlaintext(bytes: Uint8Array): {
  readonly head: SealedHead;
  readonly fields: SealedFields;
} {
  return strict.parsing('sealed record', () => {
    const record = strict.object(parseCanonical(bytes), 'record', ['head', 'fields']);
    const fields = Object.entries(strict.anyObject(record.fields, 'fields'));
    return {
      head: readHead(record.head),
      fields: Object.fromEntries(fields.map(([name, value]) => [name, readField(name, value)])),
    };
  });
}

/** One hash to check a whole record: SHA-256("vitrine/content/v1\0" ‖ plaintext). */
export function contentHash(plaintext: Uint8Array, hash: HashFn = sha256): Uint8Array {
  return hash(concat(CONTENT, plaintext));
}

/** SHA-256 of the canonical bytes of the head's six members in {@link FieldHead}: what binds a field to its record. */
export function headHash(head: FieldHead, hash: HashFn = sha256): Uint8Array {
  const { kind, schema, id, version, custodian, jurisdiction } = head;
  return hash(canonical({ kind, schema, id, version, custodian, jurisdiction }));
}

/** RFC 6962 root over one leaf a field, in name order; an erased field stands there by its leaf hash. */
export function fieldsRoot(head: FieldHead, fields: SealedFields, hash: HashFn = sha256): Uint8Array {
  return merkleRoot(fieldHashes(head, fields, hash), hash);
}

/** The leaf hashes under `fieldsRoot`, in name order. */
export function fieldHashes(
  head: FieldHead,
  fields: SealedFields,
  hash: HashFn = sha256,
): readonly Uint8Array[] {
  const over = headHash(head, hash);
  return Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) =>
      'erased' in field ? field.erased : leafHash(fieldLeaf(over, name, field.salt, field.value), hash),
    );
}

/**
 * A field's leaf data: "vitrine/field/v1\0" ‖ head hash ‖ lp(salt) ‖ lp(name) ‖ lp(JCS(value)).
 * @param over `headHash` of the record
 */
export function fieldLeaf(over: Uint8Array, name: string, salt: Uint8Array, value: Json): Uint8Array {
  if (over.length !== 32) throw strict.violation(`expected a head hash of 32 bytes, got ${over.length}`);
  return fieldBytes(over, name, salt, canonicalText(value)).slice();
}

/** Sealing a record makes a leaf for each of its fields: one buffer for all of usual length. Nothing here waits. */
const FIELD_BYTES = new Uint8Array(4096);
const encoder = new TextEncoder();

/** A field's leaf data; what it gives is overwritten by the next call. */
function fieldBytes(over: Uint8Array, name: string, salt: Uint8Array, value: string): Uint8Array {
  // UTF-8 takes at most three bytes for each of JavaScript's characters.
  const most = FIELD.length + over.length + salt.length + 3 * (name.length + value.length) + 12;
  const bytes = most > FIELD_BYTES.length ? new Uint8Array(most) : FIELD_BYTES;
  bytes.set(FIELD);
  bytes.set(over, FIELD.length);
  let at = putLength(bytes, FIELD.length + over.length, salt.length);
  bytes.set(salt, at);
  at = putText(bytes, at + salt.length, name);
  return bytes.subarray(0, putText(bytes, at, value));
}

/** Writes u32be; gives the place behind it. */
function putLength(bytes: Uint8Array, at: number, length: number): number {
  bytes[at] = length >>> 24;
  bytes[at + 1] = length >>> 16;
  bytes[at + 2] = length >>> 8;
  bytes[at + 3] = length;
  return at + 4;
}

/** As long as this, the platform's encoder costs more than a loop. */
const SHORT = 64;

/** Writes lp(text); gives the place behind it. */
function putText(bytes: Uint8Array, at: number, text: string): number {
  const from = at + 4;
  let written = 0;
  if (text.length <= SHORT)
    for (; written < text.length; written++) {
      const code = text.charCodeAt(written);
      if (code > 0x7f) break;
      bytes[from + written] = code;
    }
  if (written < text.length) ({ written } = encoder.encodeInto(text, bytes.subarray(from)));
  return putLength(bytes, at, written) + written;
}

/** What `openPlaintext` will ask of a name and a salt. */
function requireField(name: string, salt: Uint8Array): void {
  if (!NAME.test(name)) throw strict.violation(`sealed record: ${NAMES}`);
  if (salt.length !== 16)
    throw strict.violation(`sealed record: ${name}: expected 16 bytes, got ${salt.length}`);
}

function checkedHead(head: SealedHead): JsonObject {
  const json = headJson(head);
  strict.parsing('sealed record', () => readHead(json));
  return json;
}

/** The head's nine members and no others, whatever else the object carries. */
export function headJson(head: SealedHead): JsonObject {
  const { kind, schema, id, version, custodian, patient, jurisdiction, label, retention } = head;
  return { kind, schema, id, version, custodian, patient, jurisdiction, label, retention };
}

function readHead(value: Json): SealedHead {
  const head = strict.object(value, 'head', HEAD);
  const optional = (name: (typeof HEAD)[number]): string | null =>
    strict.nullable(head[name], (found) => strict.text(found, name, ANY, 'a text or null'));
  return {
    kind: strict.text(head.kind, 'kind', KIND, 'the name of a record kind'),
    schema: strict.integer(head.schema, 'schema', 1),
    id: strict.uuid(head.id, 'id'),
    version: strict.integer(head.version, 'version', 1),
    custodian: strict.nullable(head.custodian, (id) => strict.uuid(id, 'custodian')),
    patient: strict.nullable(head.patient, (id) => strict.uuid(id, 'patient')),
    jurisdiction: optional('jurisdiction'),
    label: optional('label'),
    retention: optional('retention'),
  };
}

function readField(name: string, value: Json): SealedField {
  if (!NAME.test(name)) throw strict.violation(NAMES);
  const field = strict.anyObject(value, name);
  if (Object.hasOwn(field, 'h')) {
    return { erased: strict.bytesOf(strict.object(field, name, ['h']).h, name, 32) };
  }
  const { s, v } = strict.object(field, name, ['s', 'v']);
  return { salt: strict.bytesOf(s, name, 16), value: v };
}
