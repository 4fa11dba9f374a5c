/** Which records came to the list of a thread by a move (move-entry.ts), since the log began: 32 bytes a move. */
import { uuidBytes, uuidText } from './head-map.js';
import { HashList } from './hash-list.js';
import { concat } from './core/index.js';
import type { FrozenSection, Section, SectionReader } from './section.js';

export class Arrivals implements Section {
  /** Thread and record of each move, in the order of the log. */
  private readonly rows = new HashList();

  /** Moves so far. */
  get length(): number {
    return this.rows.length;
  }

  add(thread: string, record: string): void {
    this.rows.push(concat(uuidBytes(thread), uuidBytes(record)));
  }

  /** The records that ever came to a thread's list, each once; they may have gone on since. */
  at(thread: string): readonly string[] {
    const start = uuidBytes(thread);
    const found = this.rows.beginningWith(start).map((row) => uuidText(row.subarray(start.length)));
    return [...new Set(found)];
  }

  freeze(): FrozenSection {
    return this.rows.freeze();
  }

  load(from: SectionReader): Promise<void> {
    return this.rows.load(from);
  }
}
