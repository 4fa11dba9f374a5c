/**
 * Proof bundles (schema/ledger.md, "Proof bundle"): one record version, or some of its fields, with all that a holder
 * needs to check them offline. A bundle is attacker-controlled until `verifyProofBundle` returned.
 */
import { base64url, fromBase64url } from './bytes.js';
import { canonical, type Json, type JsonObject, parseCanonical } from './json.js';
import type { FieldHead } from './sealed.js';
import * as strict from './strict.js';

/** A field that is shown. */
export interface DisclosedField {
  /** Place of the field's leaf among the record's, which stand in name order. */
  readonly index: number;
  readonly name: string;
  /** 16 bytes. */
  readonly salt: Uint8Array;
  readonly value: Json;
}

/** The private half of an entry. */
export interface BundleOpening {
  /** Canonical JSON. */
  readonly bytes: Uint8Array;
  /** The 16 bytes that salt the leaf's `link`. */
  readonly salt: Uint8Array;
}

/** The entry that registered the key which signed: it stands at the index that the opening's `by` names. */
export interface BundleRegistration {
  readonly leaf: Uint8Array;
  readonly opening: BundleOpening;
  /** Inclusion proof under the bundle's checkpoint: hashes of 32 bytes, from the leaf up. */
  readonly hashes: readonly Uint8Array[];
}

export interface ProofBundle {
  readonly head: FieldHead;
  /** At least one, in name order. */
  readonly fields: readonly DisclosedField[];
  /** The leaf hashes of all fields of the record, shown or not: 32 bytes each, in name order. */
  readonly leaves: readonly Uint8Array[];
  /** The entry's leaf, canonical JSON. */
  readonly leaf: Uint8Array;
  /** Where the holder may see it: the entry's opening, and the Ed25519 key of 32 bytes that it says it is signed by. */
  readonly opening: (BundleOpening & { readonly key: Uint8Array }) | null;
  /** Where the holder may see it too; never without `opening`. */
  readonly registration: BundleRegistration | null;
  /** C2SP tlog-proof of the entry, without extra data. */
  readonly proof: string;
}

const MEMBERS = ['v', 'head', 'fields', 'leaves', 'leaf', 'opening', 'registration', 'proof'] as const;
const HEAD = ['kind', 'schema', 'id', 'version', 'custodian', 'jurisdiction'] as const;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const KIND = /^[A-Z][A-Za-z0-9]{0,63}$/;
const ANY = /^/;
/** No record and no checkpoint is near it; what is longer is refused before it is read. */
const LONGEST_BUNDLE = 16_000_000;
const MOST_HASHES = 63;

/** The bundle's one encoding: canonical JSON (RFC 8785). Throws INTEGRITY_VIOLATION when `parseProofBundle` would. */
export function encodeProofBundle(bundle: ProofBundle): Uint8Array {
  return canonical(bundleJson(bundle));
}

/** The bundle as a part of a larger document. Throws as `encodeProofBundle` does. */
export function bundleJson(bundle: ProofBundle): JsonObject {
  const { head, opening, registration } = bundle;
  const { kind, schema, id, version, custodian, jurisdiction } = head;
  const json: JsonObject = {
    v: 1,
    head: { kind, schema, id, version, custodian, jurisdiction },
    fields: bundle.fields.map(({ index, name, salt, value }) => ({
      index,
      name,
      salt: base64url(salt),
      value,
    })),
    leaves: bundle.leaves.map(base64url),
    leaf: base64url(bundle.leaf),
    opening: opening === null ? null : { ...openingJson(opening), key: base64url(opening.key) },
    registration: registration === null ? null : registrationJson(registration),
    proof: bundle.proof,
  };
  strict.parsing('proof bundle', () => readBundle(json));
  return json;
}

export function registrationJson({ leaf, opening, hashes }: BundleRegistration): JsonObject {
  return { leaf: base64url(leaf), opening: openingJson(opening), hashes: hashes.map(base64url) };
}

/**
 * The bundle of its bytes; nothing in it is verified. Throws INTEGRITY_VIOLATION on any that `encodeProofBundle` doesn't
 * write: other orders, spaces, encodings or members, and anything behind the end.
 */
export function parseProofBundle(bytes: Uint8Array): ProofBundle {
  return strict.parsing('proof bundle', () => {
    if (bytes.length > LONGEST_BUNDLE)
      throw strict.violation(`expected at most ${LONGEST_BUNDLE} bytes, got ${bytes.length}`);
    return readBundle(parseCanonical(bytes));
  });
}

function openingJson({ bytes, salt }: BundleOpening): JsonObject {
  return { bytes: base64url(bytes), salt: base64url(salt) };
}

function readBundle(json: Json): ProofBundle {
  const bundle = strict.object(json, 'bundle', MEMBERS);
  if (bundle.v !== 1) throw strict.violation('v: expected 1');
  const leaves = hashesOf(bundle.leaves, 'leaves');
  const opening = strict.nullable(bundle.opening, (found) => {
    const { bytes, salt, key } = strict.object(found, 'opening', ['bytes', 'salt', 'key']);
    return { ...readOpening({ bytes, salt }, 'opening'), key: strict.bytesOf(key, 'opening.key', 32) };
  });
  const registration = strict.nullable(bundle.registration, readRegistration);
  if (registration !== null && opening === null)
    throw strict.violation('registration: expected none without an opening');
  return {
    head: readHead(bundle.head),
    fields: readFields(bundle.fields, leaves.length),
    leaves,
    leaf: bytesOf(bundle.leaf, 'leaf'),
    opening,
    registration,
    proof: strict.text(bundle.proof, 'proof', ANY, 'a text'),
  };
}

function readHead(json: Json): FieldHead {
  const head = strict.object(json, 'head', HEAD);
  return {
    kind: strict.text(head.kind, 'kind', KIND, 'the name of a record kind'),
    schema: strict.integer(head.schema, 'schema', 1),
    id: strict.uuid(head.id, 'id'),
    version: strict.integer(head.version, 'version', 1),
    custodian: strict.nullable(head.custodian, (id) => strict.uuid(id, 'custodian')),
    jurisdiction: strict.nullable(head.jurisdiction, (found) =>
      strict.text(found, 'jurisdiction', ANY, 'a text or null'),
    ),
  };
}

function readFields(json: Json, count: number): readonly DisclosedField[] {
  const fields = strict.array(json, 'fields').map((item) => {
    const { index, name, salt, value } = strict.object(item, 'fields', ['index', 'name', 'salt', 'value']);
    return {
      index: strict.integer(index, 'fields.index'),
      name: strict.text(name, 'fields.name', NAME, 'the name of a field'),
      salt: strict.bytesOf(salt, 'fields.salt', 16),
      value,
    };
  });
  if (fields.length === 0) throw strict.violation('fields: expected at least one');
  fields.forEach(({ index, name }, place) => {
    const before = fields[place - 1];
    const rises = before === undefined || (before.name < name && before.index < index);
    if (!rises || index >= count) throw strict.violation('fields: expected each once, in name order');
  });
  return fields;
}

export function readRegistration(json: Json | undefined): BundleRegistration {
  const { leaf, opening, hashes } = strict.object(json, 'registration', ['leaf', 'opening', 'hashes']);
  const path = hashesOf(hashes, 'registration.hashes');
  if (path.length > MOST_HASHES)
    throw strict.violation(`registration.hashes: expected at most ${MOST_HASHES}`);
  return {
    leaf: bytesOf(leaf, 'registration.leaf'),
    opening: readOpening(opening, 'registration'),
    hashes: path,
  };
}

function readOpening(json: Json, where: string): BundleOpening {
  const { bytes, salt } = strict.object(json, where, ['bytes', 'salt']);
  return { bytes: bytesOf(bytes, `${where}.bytes`), salt: strict.bytesOf(salt, `${where}.salt`, 16) };
}

function hashesOf(json: Json, where: string): readonly Uint8Array[] {
  return strict.array(json, where).map((hash) => strict.bytesOf(hash, where, 32));
}

function bytesOf(json: Json, where: string): Uint8Array {
  if (typeof json !== 'string') throw strict.violation(`${where}: expected base64url`);
  return fromBase64url(json);
}
