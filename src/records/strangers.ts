/**
 * Records of nobody's, in the shape of real ones. What is asked for by an id that nothing has is worked on as a record that is
 * there and hidden: one is opened, and it is asked what the caller is to it. So the time of an answer doesn't tell the two apart.
 */
import { randomUUID } from 'node:crypto';
import type { Ledger } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Unrelated } from './kind.js';
import type { AnyKind } from './kinds.js';
import { entryOf, type RawRow, sealedIn } from './raw-row.js';

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

export class Strangers {
  /** The row of each kind that was read last, sealed as it is. */
  readonly #rows = new Map<string, RawRow>();

  constructor(private readonly ledger: Pick<Ledger, 'trusted' | 'keys'>) {}

  /** Remembers a row that was opened. */
  keep(kind: AnyKind, row: RawRow): void {
    this.#rows.set(kind.name, row);
  }

  /** Somebody whom nobody knows; null when this process has read no record of the kind yet. */
  async of(kind: AnyKind): Promise<Unrelated<object> | null> {
    const row = this.#rows.get(kind.name);
    const record = row === undefined ? null : await this.#open(kind, row);
    return record === null ? null : renamed(record);
  }

  /** Drops what is kept. */
  clear(): void {
    this.#rows.clear();
  }

  async #open(kind: AnyKind, row: RawRow): Promise<Unrelated<object> | null> {
    try {
      const entry = await entryOf(this.ledger, row);
      const outcome = entry === null ? null : await sealedIn(this.ledger, kind, row, entry);
      if (outcome !== null && !(outcome instanceof VitrineError)) return outcome;
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
    }
    // Its key was changed since. The next one that is read takes its place.
    this.#rows.delete(kind.name);
    return null;
  }
}

/** The record with ids of nothing in the place of its own and of all that it names. */
function renamed({ head, values, anchor, ...rest }: Unrelated<object>): Unrelated<object> {
  const names = new Map<string, string>();
  const text = JSON.stringify({ head, values }).replace(UUID, (id) => {
    const name = names.get(id) ?? randomUUID();
    names.set(id, name);
    return name;
  });
  // The same values but for their ids, so still what the kind says they are.
  const named = JSON.parse(text) as Pick<Unrelated<object>, 'head' | 'values'>;
  return { ...rest, ...named, anchor: { ...anchor, actor: randomUUID() } };
}
