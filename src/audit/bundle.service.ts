/**
 * Proof bundles of records: exactly the fields that the caller may copy, decided as the shield decides on them, with the
 * opening and the key's registration where the caller reads those too (schema/ledger.md, "Proof bundle").
 */
import { forbidden, noteRead, refusalOf, visible } from '../access/index.js';
import type { RequestContext } from '../api/index.js';
import {
  type BundleRegistration,
  equal,
  fieldHashes,
  merkleRoot,
  parseCheckpoint,
  parseNote,
  type ProofBundle,
  type SealedFields,
  VitrineError,
} from '../ledger/core/index.js';
import { nativeHash, type VerifiedEntry } from '../ledger/index.js';
import { type AnyKind, type FieldClass, type Loaded, sealedFieldsOf } from '../records/index.js';
import { entryAt } from './log.service.js';
import { openingFor } from './opening.service.js';

/** A bundle, and where its entry stands. */
export interface MadeBundle {
  readonly bundle: ProofBundle;
  readonly index: bigint;
  /** Size of the checkpoint that it is proved under. */
  readonly size: bigint;
}

/**
 * The bundle of a record for this caller.
 *
 * @param asked names of sealed fields; all that the caller may copy when absent
 * @throws VitrineError BAD_USER_INPUT for a name that the kind doesn't have; FORBIDDEN, VIEW_ONLY or UNAUTHENTICATED for a
 *   field that the caller may not copy, as the field itself would; ERASED for one that was erased.
 */
export async function bundleOf(
  ctx: RequestContext,
  record: Loaded<object>,
  asked?: readonly string[] | null,
): Promise<MadeBundle> {
  const kind = ctx.kinds.require(record.kind);
  if (asked !== undefined && asked !== null) requireNames(kind, asked);
  const sealed = sealedFieldsOf(record);
  const shown = await shownOf(ctx, kind, record, sealed, asked ?? null);
  const { relations, head } = record;
  for (const name of shown) noteRead(ctx, { relations, patient: head.patient }, classOf(kind, name));
  const entry = await requireEntry(ctx, record.anchor.index);
  const leaves = fieldHashes(record.head, sealed, nativeHash);
  const { fields: root } = entry.leaf;
  if (root === null || !equal(merkleRoot(leaves, nativeHash), root))
    throw new VitrineError('INTEGRITY_VIOLATION', `entry ${entry.index} commits to other fields`);
  const note = await ctx.log.checkpointOver(entry.index);
  const { size } = parseCheckpoint(parseNote(note).text);
  const { kind: name, schema, id, version, custodian, jurisdiction } = record.head;
  const bundle: ProofBundle = {
    head: { kind: name, schema, id, version, custodian, jurisdiction },
    fields: disclosed(sealed, shown),
    leaves,
    leaf: entry.leafBytes,
    ...(await openingOf(ctx, entry, size)),
    proof: await ctx.log.proofs.text(entry.index, note),
  };
  return { bundle, index: entry.index, size };
}

function requireNames(kind: AnyKind, asked: readonly string[]): void {
  const path = ['fields'];
  if (asked.length === 0)
    throw new VitrineError('BAD_USER_INPUT', 'expected at least one field, or no list for all', { path });
  asked.forEach((name, place) => {
    if (!Object.hasOwn(kind.fields, name)) {
      const names = Object.keys(kind.fields).sort().join(', ');
      throw new VitrineError('BAD_USER_INPUT', `expected a field of ${kind.name}: ${names}`, {
        path: [...path, place],
      });
    }
    if (asked.indexOf(name) !== place)
      throw new VitrineError('BAD_USER_INPUT', 'expected each field once', { path: [...path, place] });
  });
}

/** The names of the fields to show. Asked for by name, each must be for the caller; else what isn't is left out. */
async function shownOf(
  ctx: RequestContext,
  kind: AnyKind,
  record: Loaded<object>,
  sealed: SealedFields,
  asked: readonly string[] | null,
): Promise<ReadonlySet<string>> {
  const shown = new Set<string>();
  let first: VitrineError | undefined;
  for (const name of asked ?? Object.keys(kind.fields)) {
    const refusal = (await refuse(ctx, kind, record, name)) ?? refuseErased(sealed, name);
    if (refusal !== null && asked !== null) throw refusal;
    first ??= refusal ?? undefined;
    if (refusal === null) shown.add(name);
  }
  if (shown.size === 0) throw first ?? forbidden('DIRECTORY');
  return shown;
}

/** Why the caller doesn't get a field's raw value. */
async function refuse(
  ctx: RequestContext,
  kind: AnyKind,
  record: Loaded<object>,
  name: string,
): Promise<VitrineError | null> {
  const fieldClass = classOf(kind, name);
  const refusal = refusalOf(ctx.caller, record.relations, fieldClass);
  if (refusal !== null) return refusal;
  const referred = (kind.refers as Readonly<Record<string, string>> | undefined)?.[name];
  const id = (record.values as Readonly<Record<string, unknown>>)[name];
  if (referred === undefined || typeof id !== 'string') return null;
  return (await mayKnow(ctx, referred, id)) ? null : forbidden(fieldClass);
}

function classOf(kind: AnyKind, name: string): FieldClass {
  const fieldClass = (kind.fields as Readonly<Record<string, FieldClass>>)[name];
  if (fieldClass === undefined) throw new VitrineError('INTERNAL', `${kind.name} has no field ${name}`);
  return fieldClass;
}

/** Whether the caller may know a record that a field names: the API answers with it, and not with its id. */
async function mayKnow(ctx: RequestContext, kind: string, id: string): Promise<boolean> {
  const known = ctx.kinds.require(kind);
  try {
    const record = await ctx.records.load(known, id);
    return record !== null && visible(ctx.caller, known, record);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'INTEGRITY_VIOLATION') return false;
    throw error;
  }
}

function refuseErased(sealed: SealedFields, name: string): VitrineError | null {
  const field = sealed[name];
  if (field !== undefined && 'value' in field) return null;
  const path = ['fields'];
  if (field === undefined)
    return new VitrineError('NOT_FOUND', `this version has no field ${name}`, { path });
  return new VitrineError('ERASED', `the field ${name} was erased: its value can no longer be proved`, {
    path,
  });
}

function disclosed(sealed: SealedFields, shown: ReadonlySet<string>): ProofBundle['fields'] {
  // In name order, as their leaves stand (`fieldHashes`).
  return Object.keys(sealed)
    .sort()
    .flatMap((name, index) => {
      const field = sealed[name];
      if (!shown.has(name) || field === undefined || 'erased' in field) return [];
      return [{ index, name, salt: field.salt, value: field.value }];
    });
}

/** The entry's opening, and its key's registration, each where the matrix gives it to the caller. */
async function openingOf(
  ctx: RequestContext,
  entry: VerifiedEntry,
  size: bigint,
): Promise<Pick<ProofBundle, 'opening' | 'registration'>> {
  const found = await openingFor(ctx, entry);
  if (found === null) return { opening: null, registration: null };
  const { by } = entry.opening;
  const key = ctx.log.trusted.key(by.key);
  if (key === undefined)
    throw new VitrineError('INTEGRITY_VIOLATION', `key ${by.key} of entry ${entry.index} isn't registered`);
  return {
    opening: { bytes: found.bytes, salt: found.salt, key: key.publicKey },
    registration: await registrationOf(ctx, by, size),
  };
}

/**
 * Who may read what a member signed with its own key may see whose key that is: its registration goes with the opening,
 * or nobody but its institution could show who signed.
 */
async function registrationOf(
  ctx: RequestContext,
  { entry: index, mode }: VerifiedEntry['opening']['by'],
  size: bigint,
): Promise<BundleRegistration | null> {
  const entry = await requireEntry(ctx, index);
  if (mode !== 'own' && (await openingFor(ctx, entry)) === null) return null;
  return registrationAt(ctx, entry, size);
}

/** The registration of a key by an entry, proved under the checkpoint of a size. */
export async function registrationAt(
  ctx: RequestContext,
  { index, leafBytes: leaf, openingBytes: bytes, salt }: VerifiedEntry,
  size: bigint,
): Promise<BundleRegistration> {
  const { hashes } = await ctx.log.proofs.inclusion(index, size);
  return { leaf, opening: { bytes, salt }, hashes };
}

export async function requireEntry(ctx: RequestContext, index: bigint): Promise<VerifiedEntry> {
  const entry = await entryAt(ctx, index);
  if (entry !== null) return entry;
  throw new VitrineError('INTEGRITY_VIOLATION', `entry ${index} is missing from the log`);
}
