/**
 * Verified records kept in memory, for decisions that the commit checks again: what a change relies on, never what a
 * client is shown. A version is current as long as the log knows no later one, so a row needs no second look for it.
 */
import type { TrustedLog } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { RecordKind, Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import type { Holder, Outcome } from './store.js';

/** Where facts are read when they aren't kept. */
export interface FactSource {
  readonly trusted: TrustedLog;
  load(kind: AnyKind, ids: readonly string[]): Promise<Map<string, Outcome | null>>;
}

/** Records kept at most, and as many keys; beyond, the one that was used longest ago is read again. */
const KEPT = 2048;

export class Facts {
  readonly #kept = new Map<string, Unrelated<object>>();
  readonly #reading = new Map<string, Promise<Outcome | null>>();
  /** Who held a unique key when it was looked up last. */
  readonly #holders = new Map<string, Omit<Holder, 'head'>>();

  constructor(private readonly source: FactSource) {}

  /**
   * The newest version that the log has of a record, opened and verified once; null when there is none.
   * @throws VitrineError INTEGRITY_VIOLATION when its row, read for the first time, doesn't verify
   */
  async newest<V extends object>(kind: RecordKind<V>, id: string): Promise<Unrelated<V> | null> {
    const key = `${kind.name}/${id}`;
    const { erasures } = this.source.trusted;
    // What the log doesn't know isn't looked for, so it costs what is kept does.
    if (this.source.trusted.alarm === undefined && !this.source.trusted.hasSubject(kind.name, id))
      return null;
    const outcome = this.#current(kind, id) ?? (await this.#read(key, kind, id));
    if (outcome instanceof VitrineError) throw outcome;
    // What an erasure overtook may hold what was erased.
    const isWhole = erasures === this.source.trusted.erasures;
    if (outcome !== null && isWhole && this.#isNewest(outcome)) keep(this.#kept, key, outcome);
    return outcome as Unrelated<V> | null; // the kind tells what its values are
  }

  /** The record that holds a unique key, when it is known and the log says that it holds it still; else undefined. */
  async holderOf<V extends object>(
    kind: RecordKind<V>,
    scope: string,
    value: string,
  ): Promise<Unrelated<V> | undefined> {
    const holder = this.#holders.get(keyOf(scope, value));
    const record = holder?.kind === kind.name ? await this.newest(kind, holder.id) : null;
    if (record === null) return undefined;
    const keys = kind.uniqueKeys?.(record.values, record.head) ?? [];
    return keys.some((key) => key.scope === scope && key.value === value) ? record : undefined;
  }

  /** Remembers a verified holder of a unique key. */
  rememberHolder(scope: string, value: string, record: Unrelated<object>): void {
    keep(this.#holders, keyOf(scope, value), { kind: record.kind, id: record.head.id });
    keep(this.#kept, `${record.kind}/${record.head.id}`, record);
  }

  /** Drops what is kept. */
  clear(): void {
    this.#kept.clear();
    this.#holders.clear();
  }

  /** A reading that an erasure overtook isn't kept. */
  #isNewest({ kind, head, anchor }: Unrelated<object>): boolean {
    return this.source.trusted.subject(kind, head.id)?.index === anchor.index;
  }

  #current(kind: AnyKind, id: string): Unrelated<object> | undefined {
    const { trusted } = this.source;
    if (trusted.alarm !== undefined) throw trusted.alarm;
    const kept = this.#kept.get(`${kind.name}/${id}`);
    return kept !== undefined && trusted.subject(kind.name, id)?.index === kept.anchor.index
      ? kept
      : undefined;
  }

  /** Those who ask for one record at a time share the reading of it. */
  #read(key: string, kind: AnyKind, id: string): Promise<Outcome | null> {
    const underWay = this.#reading.get(key);
    if (underWay !== undefined) return underWay;
    const reading = this.source
      .load(kind, [id])
      .then((found) => found.get(id) ?? null)
      .finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }
}

/** Puts an entry at the end of a map and drops its first beyond the bound: what was used last goes last. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > KEPT && oldest !== undefined) map.delete(oldest);
}

function keyOf(scope: string, value: string): string {
  return `${scope}\u0000${value}`;
}
