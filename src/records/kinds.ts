/** The kinds that a deployment knows, by name. Built once at start from what the domains export. */
import { VitrineError } from '../ledger/core/index.js';
import { requireNamed } from './complete.js';
import type { RecordKind } from './kind.js';

/** A kind whose values' type is not known to the reader. */
export type AnyKind = RecordKind;

export class KindRegistry {
  readonly #byName = new Map<string, AnyKind>();

  constructor(kinds: readonly AnyKind[]) {
    for (const kind of kinds) {
      if (this.#byName.has(kind.name)) throw new Error(`record kind ${kind.name} is declared twice`);
      requireNamed(kind);
      this.#byName.set(kind.name, kind);
    }
  }

  get all(): readonly AnyKind[] {
    return [...this.#byName.values()];
  }

  /** @throws VitrineError INTERNAL when no kind has this name. */
  require(name: string): AnyKind {
    const kind = this.#byName.get(name);
    if (kind === undefined) throw new VitrineError('INTERNAL', `no record kind is named ${name}`);
    return kind;
  }

  find(name: string): AnyKind | undefined {
    return this.#byName.get(name);
  }
}
