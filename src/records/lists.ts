/** Holds lists against the log as they are read: first that no id is missing, then that no column lied. */
import type { TrustedLog } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import {
  type Claim,
  incomplete,
  isNarrowed,
  type ListLine,
  MOST_VERIFIED,
  parseList,
  VerifiedRows,
} from './complete.js';
import type { Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import { violation } from './open.js';
import type { Query } from './query.js';

/** What is read with a list to prove it. */
export interface ListPlan {
  readonly kind: AnyKind;
  readonly claim: Claim | undefined;
  /** Rows are left out by more than their ids, so their columns count. */
  readonly narrowed: boolean;
  /** Rows are left out by their search words. */
  readonly words: boolean;
}

/** A list whose ids were held against the log. */
export interface HeldList {
  readonly plan: ListPlan;
  readonly lines: readonly ListLine[];
  /** The log's size that the list is of. */
  readonly head: bigint;
}

type Row = Readonly<Record<string, unknown>>;

export interface ListsDependencies {
  readonly trusted: TrustedLog;
  /** The keyed hash of a search word. */
  readonly mac: (scope: string, value: string) => string;
  /** Opens rows and lets {@link Lists.learn} see each; throws what doesn't verify. */
  readonly open: (plan: ListPlan, ids: readonly string[]) => Promise<void>;
  readonly reported: (error: VitrineError) => VitrineError;
}

/** Rows that are opened with one statement. */
const AT_ONCE = 200;

export class Lists {
  readonly #verified = new VerifiedRows();

  constructor(private readonly deps: ListsDependencies) {}

  /** How a query's claim is proven; undefined when it claims nothing. */
  planOf(kind: AnyKind, query: Query): ListPlan | undefined {
    const { claim, words = [] } = query;
    if (claim === undefined) return undefined;
    const short = this.deps.trusted.listLength(kind.name, claim.thread) <= MOST_VERIFIED;
    const narrowed = short && isNarrowed(query, claim);
    return { kind, claim, narrowed, words: narrowed && words.length > 0 };
  }

  /**
   * Compares the ids that were read with those that the log knows, as of the same size.
   * @throws VitrineError INTEGRITY_VIOLATION when one is missing, or one is there that doesn't belong
   */
  requireWhole(
    { kind, claim, ...plan }: ListPlan,
    list: unknown,
    head: bigint,
  ): HeldList | 'overtaken' | undefined {
    if (claim === undefined) return undefined;
    const bytes = list instanceof Uint8Array ? list : new Uint8Array();
    const { ids, lines } = parseList(bytes, plan.narrowed);
    const check = this.deps.trusted.checkList(kind.name, claim.thread, head, ids);
    if (check === undefined) return 'overtaken';
    if (!check.holds) throw this.deps.reported(incomplete(kind, claim));
    return { plan: { kind, claim, ...plan }, lines, head };
  }

  /** Remembers a row that was opened; gives what became of it. */
  learn<T extends Unrelated<object> | VitrineError | 'overtaken'>(
    { kind, narrowed, words }: ListPlan,
    row: Row,
    outcome: T,
  ): T | VitrineError {
    const digest = row['@digest'];
    if (!narrowed || outcome === 'overtaken' || outcome instanceof VitrineError) return outcome;
    if (words && (row['@words'] ?? '') !== this.#wordsOf(kind, outcome)) {
      const { head, anchor } = outcome;
      return violation(kind, head.id, 'its search words are not what was sealed', anchor.index);
    }
    if (digest instanceof Uint8Array) this.#verified.add(Buffer.from(digest).toString('latin1'));
    return outcome;
  }

  /**
   * Verifies the columns of the rows that aren't shown: a filter that they don't meet, or an order in which they stand
   * elsewhere, is then one of sealed values. False when commits overtook it.
   * @throws VitrineError INTEGRITY_VIOLATION at the first that doesn't verify
   */
  async requireColumns({ plan, lines, head }: HeldList, shown: readonly Row[]): Promise<boolean> {
    const ids = new Set(shown.map((row) => String(row['c_id'])));
    const unshown = lines.filter(({ id }) => !ids.has(id));
    for (const line of unshown) this.#requireNewest(plan.kind, line, head);
    const unknown = unshown.filter(({ digest }) => !this.#verified.has(digest));
    for (let at = 0; at < unknown.length; at += AT_ONCE)
      await this.deps.open(
        plan,
        unknown.slice(at, at + AT_ONCE).map(({ id }) => id),
      );
    return unknown.every(({ digest }) => this.#verified.has(digest));
  }

  /** A row that was verified once may have been replaced since. What came after the list was read says nothing of it. */
  #requireNewest(kind: AnyKind, { id, entry }: ListLine, head: bigint): void {
    const newest = this.deps.trusted.subject(kind.name, id)?.index;
    if (newest === undefined || newest >= head || newest === entry) return;
    throw this.deps.reported(violation(kind, id, 'a later entry replaced this version', entry));
  }

  #wordsOf(kind: AnyKind, { values, head }: Unrelated<object>): string {
    const words = kind.searchWords?.(values, head) ?? [];
    const lines = words.map(({ scope, value }) => `${scope} ${this.deps.mac(scope, value)}`);
    return [...new Set(lines)].sort().join(',');
  }
}
