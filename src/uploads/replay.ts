/**
 * Erasures on a restored database (schema/ledger.md, "Erasure"): a backup brings back what was erased after it was taken,
 * so what stands in the file beside the pin is executed again, by the deployment itself.
 */
import type { ErasureLine, Ledger } from '../ledger/index.js';
import { isErasure, readErasure, StaleAuthority } from '../ledger/index.js';
import { equal, fromHex, base64url, type JsonObject, VitrineError } from '../ledger/core/index.js';
import type {
  AnyKind,
  KindRegistry,
  Random,
  RecordStore,
  SealedVersion,
  Unrelated,
} from '../records/index.js';
import { sealErasure } from '../records/index.js';
import { deploymentEntry } from './deployment.js';

export interface ReplayDependencies {
  readonly ledger: Ledger;
  readonly store: RecordStore;
  readonly kinds: KindRegistry;
  readonly random: Random;
  readonly clock: () => Date;
}

/**
 * `replayed`: it was executed now. `standing`: the log has the erasure, or one that executed it again, or nothing is left
 * of what the fields held then. `absent`: the log knows no such record.
 */
export type Replayed = 'replayed' | 'standing' | 'absent';

/** How often it is looked at again what a record is, because another process changed it meanwhile. */
const ATTEMPTS = 5;

/**
 * Executes an erasure again, as an operation of the deployment under its service key. Doing it twice, or while another
 * process does, is doing it once. Holds and retention aren't asked again: two persons decided, and the values were gone.
 *
 * For `restore`: call it for each of `readErasures(dataDir)`, in order, before anything of the database is served.
 *
 * @throws VitrineError INTEGRITY_VIOLATION when the record doesn't verify, CONFLICT when it changes meanwhile, UNAVAILABLE
 */
export async function replayErasure(deps: ReplayDependencies, line: ErasureLine): Promise<Replayed> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await replayOnce(deps, line);
    } catch (error) {
      const moved =
        error instanceof StaleAuthority || (error instanceof VitrineError && error.code === 'CONFLICT');
      if (!moved || attempt === ATTEMPTS) throw error;
    }
  }
}

async function replayOnce(deps: ReplayDependencies, line: ErasureLine): Promise<Replayed> {
  const { ledger, store, kinds } = deps;
  const kind = kinds.require(line.kind);
  await ledger.sync();
  if (!ledger.trusted.hasSubject(line.kind, line.id)) return 'absent';
  const versions = await store.versions(kind, line.id);
  const original = fromHex(line.leafHash);
  if (versions.some((version) => executes(version, original))) return 'standing';
  const record = (await store.load(kind, [line.id])).get(line.id);
  if (record instanceof VitrineError) throw record;
  if (record === null || record === undefined) return 'absent';
  const gone = new Set(record.erased?.fields);
  const held = heldBy(versions, line.time);
  const names = line.fields.filter((name) => held.has(name) && !gone.has(name));
  if (names.length === 0) return 'standing';
  await append(deps, kind, { base: record, names, versions }, original);
  return 'replayed';
}

/**
 * The fields that hold something in a version up to a moment. What was written after an erasure isn't what it destroyed:
 * a line that found nothing left to do would take it at the next start.
 */
function heldBy(versions: readonly SealedVersion[], time: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { entry, fields } of versions)
    if (entry.leaf.time <= time)
      for (const [name, field] of Object.entries(fields)) if ('value' in field) names.add(name);
  return names;
}

/** Whether a version is the erasure itself, or executed it again. */
function executes({ entry }: SealedVersion, original: Uint8Array): boolean {
  if (equal(entry.leafHash, original)) return true;
  const replays = isErasure(entry.opening) ? readErasure(entry).replays : null;
  return replays !== null && equal(replays, original);
}

interface Erasing {
  readonly base: Unrelated<object>;
  readonly names: readonly string[];
  readonly versions: readonly SealedVersion[];
}

async function append(
  deps: ReplayDependencies,
  kind: AnyKind,
  erasing: Erasing,
  original: Uint8Array,
): Promise<void> {
  const { ledger, random } = deps;
  const { head, values, detail: erased, ...sealed } = await sealErasure(kind, erasing, ledger.keys, random);
  const detail: JsonObject = { ...erased, replays: base64url(original) };
  const version = { op: `${kind.noun}.erase`, kind, head, values, base: erasing.base, detail };
  await ledger.append([await deploymentEntry(deps, version, sealed)]);
}
