/**
 * Sealing an erasure (schema/ledger.md, "Erasure"): the next version without the values, and every version before sealed
 * anew without them, under new keys. The old keys go with the commit, so the old bytes open for nobody.
 */
import type { Rewrap, RowWrite } from '../ledger/index.js';
import { nativeHash } from '../ledger/index.js';
import type { Json, JsonObject } from '../ledger/core/index.js';
import { base64url, eraseFields, sealFields, VitrineError } from '../ledger/core/index.js';
import { closeEnvelope, type Random } from './envelope.js';
import type { RecordHead, Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import { erasedOf } from './open.js';
import type { Salts, SealedRecord, SealingKeys } from './seal.js';
import { saltFields, sealedRows } from './seal.js';
import { sealedFieldsOf } from './sealed-fields.js';
import type { SealedVersion } from './versions.js';

const SALT_BYTES = 16;
const RESEALED_COLUMNS = { version_entry: 'bigint', nonce: 'bytea', bytes: 'bytea' };

/** A sealed erasure: as every version, and what it does to those before. */
export interface SealedErasure extends SealedRecord {
  readonly rewraps: readonly Rewrap[];
  /** What the entry's opening says of it. */
  readonly detail: JsonObject;
  /** The head of the new version: without its label when everything is erased. */
  readonly head: RecordHead;
  /** The values of the new version, null where one was erased. */
  readonly values: object;
}

/** What is to be erased. */
export interface ErasureOf {
  /** The current version. */
  readonly base: Unrelated<object>;
  /** Names of the fields to erase. */
  readonly names: readonly string[];
  /** Every version of the record, the current one last. */
  readonly versions: readonly SealedVersion[];
}

/** The names of all fields of a kind that erasing the whole record takes. */
export function erasableFields(kind: AnyKind): readonly string[] {
  if (kind.keeps === undefined) return [];
  const kept: Readonly<Record<string, true>> = kind.keeps;
  return Object.keys(kind.fields).filter((name) => !Object.hasOwn(kept, name));
}

/** Seals the version that erases, and the versions before it anew. */
export async function sealErasure(
  kind: AnyKind,
  { base, names, versions }: ErasureOf,
  keys: SealingKeys,
  random: Random,
  salts: Salts = () => random(SALT_BYTES),
): Promise<SealedErasure> {
  const newest = versions.at(-1);
  if (newest?.entry.index !== base.anchor.index)
    throw new VitrineError('CONFLICT', `the ${kind.name} was changed meanwhile`);
  const taken = new Set(names);
  const left = eraseFields(base.head, sealedFieldsOf(base), taken, nativeHash);
  const whole = erasedOf(kind, left)?.whole === true;
  // What a label says of a person goes with the values that it was about.
  const unlabelled = (head: RecordHead): RecordHead => (whole ? { ...head, label: null } : head);
  const head = unlabelled({ ...base.head, version: base.head.version + 1 });
  const leaves = new Map(
    Object.entries(left).flatMap(([name, field]) => ('erased' in field ? [[name, field.erased]] : [])),
  );
  const values: Record<string, Json> = {};
  for (const [name, field] of Object.entries(left)) values[name] = 'erased' in field ? null : field.value;
  const fields = saltFields(values, leaves, salts);
  const sealed = await sealedRows(kind, head, values, sealFields(head, fields, nativeHash), keys, random);
  const before: { contents: Uint8Array[]; rows: RowWrite[]; rewraps: Rewrap[] } = {
    contents: [],
    rows: [],
    rewraps: [],
  };
  // Of who keeps the record now, whoever kept it then.
  const key = await keys.custodianKey(base.head.custodian);
  for (const version of versions) {
    const again = sealFields(
      unlabelled(version.head),
      eraseFields(version.head, version.fields, taken, nativeHash),
      nativeHash,
    );
    const { nonce, bytes, wrapped } = closeEnvelope(again.plaintext, again.content, key, random);
    before.contents.push(again.content);
    before.rows.push({
      table: 'resealed',
      mode: 'insert',
      columns: RESEALED_COLUMNS,
      values: { version_entry: version.entry.index, nonce, bytes },
    });
    before.rewraps.push({ entry: version.entry.index, keyId: key.id, wrapped });
  }
  return {
    ...sealed,
    rows: [...sealed.rows, ...before.rows],
    rewraps: before.rewraps,
    detail: { erased: [...taken].sort(), resealed: before.contents.map(base64url) },
    head,
    values,
  };
}

/** Erased fields of a base version to which the next version gives no value: they stay erased. */
export function stillErased(base: Unrelated<object> | null, values: object): ReadonlyMap<string, Uint8Array> {
  const leaves = new Map<string, Uint8Array>();
  if (base?.erased === undefined) return leaves;
  for (const [name, field] of Object.entries(sealedFieldsOf(base))) {
    const value = (values as Readonly<Record<string, Json>>)[name] ?? null;
    const empty = value === null || (Array.isArray(value) && value.length === 0);
    if ('erased' in field && empty) leaves.set(name, field.erased);
  }
  return leaves;
}
