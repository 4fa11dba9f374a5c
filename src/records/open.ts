/** Opening: from a row and its verified entry to values, by read checks 1, 2 and 3 (design: ledger). */
import type { VerifiedEntry, WrappingKey } from '../ledger/index.js';
import { isKeyOf, nativeHash } from '../ledger/index.js';
import type { SealedFields } from '../ledger/core/index.js';
import { contentHash, equal, openPlaintext, VitrineError } from '../ledger/core/index.js';
import { columnTexts } from './columns.js';
import { openEnvelope } from './envelope.js';
import type { Erased, RecordHead, Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import { keepSealed } from './sealed-fields.js';

/** A current row with its sealed bytes, as read; whoever can write the database controls all of it. */
export interface SealedRow {
  /** Every column of the row in its text form, by TypeScript name. */
  readonly columns: ReadonlyMap<string, string | null>;
  readonly nonce: Uint8Array;
  readonly bytes: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** A key stays under another institution's than the one that keeps the record: that institution's key would open it. */
export const UNWRAPPED = 'its key is not wrapped for its custodian';

/** An INTEGRITY_VIOLATION that says what is wrong with which record, since which entry. */
export function violation(kind: AnyKind, id: string, what: string, index?: bigint): VitrineError {
  const where = index === undefined ? '' : `, anchored by entry ${index}`;
  return new VitrineError('INTEGRITY_VIOLATION', `${kind.name} ${id}${where}: ${what}`, {
    details: { kind: kind.name, id, what, ...(index === undefined ? {} : { index: index.toString() }) },
  });
}

/**
 * Opens a row under its custodian's key and checks it against its entry.
 * @throws VitrineError INTEGRITY_VIOLATION naming the first thing that doesn't hold.
 */
export function openRow(
  kind: AnyKind,
  row: SealedRow,
  entry: VerifiedEntry,
  custodianKey: WrappingKey,
): Unrelated<object> {
  const id = row.columns.get('id') ?? '';
  const fail = (what: string): VitrineError => violation(kind, id, what, entry.index);
  const { content } = entry.leaf;
  const { subject } = entry.opening;
  if (content === null) throw fail('its entry seals no record');
  if (subject.kind !== kind.name || subject.id !== id) throw fail('its entry is about another record');
  const { head, values, erased } = openSealed(kind, row, content, custodianKey, fail);
  if (head.kind !== kind.name || head.id !== id || head.version !== subject.version)
    throw fail('the sealed head names another record or version');
  if (!isKeyOf(custodianKey.id, head.custodian)) throw fail(UNWRAPPED);
  for (const [name, sealed] of columnTexts(kind, values, head)) {
    if (row.columns.get(name) !== sealed) throw fail(`column ${name} is not what was sealed`);
  }
  return {
    kind: kind.name,
    head,
    values,
    ...(erased !== null && { erased }),
    anchor: {
      index: entry.index,
      block: entry.leaf.block,
      time: entry.leaf.time,
      leafHash: entry.leafHash,
      actor: entry.opening.actor,
    },
  };
}

/** Decrypts, recomputes `content` and splits the plaintext. Used for the current and for earlier versions. */
export function openSealed(
  kind: AnyKind,
  row: Pick<SealedRow, 'nonce' | 'bytes' | 'wrapped'>,
  content: Uint8Array,
  custodianKey: WrappingKey,
  fail: (what: string) => VitrineError,
): { head: RecordHead; values: object; erased: Erased | null } {
  const opened = openFields(row, content, custodianKey, fail);
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(kind.fields)) {
    const field = opened.fields[name];
    values[name] = field !== undefined && 'value' in field ? field.value : null;
  }
  keepSealed(values, opened.fields);
  return { head: opened.head, values, erased: erasedOf(kind, opened.fields) };
}

/** Decrypts and recomputes `content`: head and fields, with their salts. */
export function openFields(
  row: Pick<SealedRow, 'nonce' | 'bytes' | 'wrapped'>,
  content: Uint8Array,
  custodianKey: WrappingKey,
  fail: (what: string) => VitrineError,
): { readonly head: RecordHead; readonly fields: SealedFields } {
  let plaintext: Uint8Array;
  try {
    plaintext = openEnvelope(row, content, custodianKey);
  } catch {
    throw fail('the sealed bytes do not open under its entry');
  }
  if (!equal(contentHash(plaintext, nativeHash), content))
    throw fail('the sealed bytes are not what its entry commits to');
  return openPlaintext(plaintext);
}

/** What of a record's fields was erased; null for nothing. */
export function erasedOf(kind: Pick<AnyKind, 'keeps'>, sealed: SealedFields): Erased | null {
  const kept: Readonly<Record<string, true>> = kind.keeps ?? {};
  const names = Object.keys(sealed).sort();
  const fields = names.filter((name) => sealed[name] !== undefined && 'erased' in sealed[name]);
  if (fields.length === 0) return null;
  return { fields, whole: names.every((name) => fields.includes(name) || Object.hasOwn(kept, name)) };
}
