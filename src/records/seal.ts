/** Sealing: from a change's values to commitments and to the rows that commit with its entry. */
import type { PendingEntry, RowWrite, UniqueClaim, WordClaim, WrappingKey } from '../ledger/index.js';
import { nativeHash } from '../ledger/index.js';
import type { Json, SealedFields, SealedPlaintext } from '../ledger/core/index.js';
import { sealFields, sealPlaintext } from '../ledger/core/index.js';
import { columnTexts, HEAD_COLUMNS, sqlName, SQL_TYPES } from './columns.js';
import type { Random } from './envelope.js';
import { closeEnvelope } from './envelope.js';
import type { RecordHead, RecordKind } from './kind.js';

const SALT_BYTES = 16;
const SEALED_COLUMNS = {
  kind: 'text',
  id: 'uuid',
  version: 'integer',
  nonce: 'bytea',
  bytes: 'bytea',
};
const WRAPPED_COLUMNS = { key_id: 'text', wrapped: 'bytea' };

/** What sealing needs of the key store. */
export interface SealingKeys {
  /** The key under which the custodian's record keys are wrapped; of the system itself for null. */
  custodianKey(custodian: string | null): Promise<WrappingKey>;
  readonly blindKey: { readonly id: string; readonly mac: (scope: string, value: string) => string };
}

export type SealedRecord = Pick<PendingEntry, 'content' | 'fields' | 'rows' | 'unique' | 'words'>;

/** Fields of the version before that were erased and got no new value: their leaf hashes stay in their place. */
export type ErasedLeaves = ReadonlyMap<string, Uint8Array>;

/** The salt of each field, 16 bytes: fresh and random, or what an uploader made of its seed. */
export type Salts = (name: string) => Uint8Array;

/**
 * Seals one record version.
 * @returns both commitments, the rows (sealed bytes, wrapped key, current row) and the hashed keys and words.
 */
export async function sealRecord<V extends object>(
  kind: RecordKind<V>,
  head: RecordHead,
  values: V,
  keys: SealingKeys,
  random: Random,
  erased: ErasedLeaves = new Map(),
  salt: Salts = () => random(SALT_BYTES),
): Promise<SealedRecord> {
  const leaves = leafValues(kind, values);
  const sealed =
    erased.size === 0
      ? sealPlaintext(head, leaves, salt, nativeHash)
      : sealFields(head, saltFields(leaves, erased, salt), nativeHash);
  return sealedRows(kind, head, values, sealed, keys, random);
}

/** Each value under a salt of its own, and the leaf hash of each that was erased. */
export function saltFields(
  values: Readonly<Record<string, Json>>,
  erased: ErasedLeaves,
  salt: Salts,
): SealedFields {
  const fields = Object.entries(values).map(([name, value]) => {
    const leaf = erased.get(name);
    return [name, leaf === undefined ? { salt: salt(name), value } : { erased: leaf }] as const;
  });
  return Object.fromEntries(fields);
}

/** The rows, keys and words of a version whose plaintext is made. */
export async function sealedRows<V extends object>(
  kind: RecordKind<V>,
  head: RecordHead,
  values: V,
  { plaintext, content, fields }: SealedPlaintext,
  keys: SealingKeys,
  random: Random,
): Promise<SealedRecord> {
  const custodianKey = await keys.custodianKey(head.custodian);
  const envelope = closeEnvelope(plaintext, content, custodianKey, random);
  const { id: keyId } = keys.blindKey;
  const unique: UniqueClaim[] = (kind.uniqueKeys?.(values, head) ?? []).map((claim) => ({
    scope: claim.scope,
    key: keys.blindKey.mac(claim.scope, claim.value),
    keyId,
    path: claim.path,
  }));
  const words: WordClaim[] = (kind.searchWords?.(values, head) ?? []).map((word) => ({
    scope: word.scope,
    word: keys.blindKey.mac(word.scope, word.value),
    keyId,
  }));
  const rows: RowWrite[] = [
    currentRow(kind, values, head),
    {
      table: 'sealed',
      mode: 'insert',
      columns: SEALED_COLUMNS,
      values: {
        kind: head.kind,
        id: head.id,
        version: head.version,
        nonce: envelope.nonce,
        bytes: envelope.bytes,
      },
    },
    {
      table: 'wrapped_key',
      mode: 'insert',
      columns: WRAPPED_COLUMNS,
      values: { key_id: custodianKey.id, wrapped: envelope.wrapped },
    },
  ];
  return { content, fields, rows, unique, words };
}

/** One leaf for every declared field; an absent optional field is a null leaf. */
export function leafValues<V extends object>(kind: RecordKind<V>, values: V): Record<string, Json> {
  const leaves: Record<string, Json> = {};
  for (const name of Object.keys(kind.fields) as (keyof V & string)[]) {
    // The kind's schema has just validated `values`, and its output is JSON.
    leaves[name] = values[name] ?? null;
  }
  return leaves;
}

/** Columns of each kind's table with their types: the same object for all its rows. */
const tableColumns = new WeakMap<object, Readonly<Record<string, string>>>();

function columnsOf(kind: Pick<RecordKind, 'columns'>): Readonly<Record<string, string>> {
  const known = tableColumns.get(kind.columns);
  if (known !== undefined) return known;
  const columns: Record<string, string> = {};
  for (const [name, type] of Object.entries(HEAD_COLUMNS)) columns[sqlName(name)] = SQL_TYPES[type];
  for (const [name, column] of Object.entries(kind.columns)) columns[sqlName(name)] = SQL_TYPES[column.type];
  tableColumns.set(kind.columns, columns);
  return columns;
}

function currentRow<V extends object>(kind: RecordKind<V>, values: V, head: RecordHead): RowWrite {
  const row: Record<string, string | null> = {};
  for (const [name, text] of columnTexts(kind, values, head)) row[sqlName(name)] = text;
  return { table: kind.table, mode: 'current', columns: columnsOf(kind), values: row };
}
