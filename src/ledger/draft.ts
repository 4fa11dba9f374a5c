/** Entries that are placed but not committed, over the verified log. A refused group's draft is just dropped. */
import { VitrineError } from './core/index.js';
import { KeyDraft } from './key-history.js';
import type { Head } from './head-map.js';
import type { RegisteredKey } from './key-registry.js';
import { moveOf } from './move-entry.js';
import type { Applied, CounterMark, LogView } from './trusted-state.js';

export class Draft implements LogView {
  readonly names: KeyDraft;
  private readonly subjects = new Map<string, Head>();
  private readonly threads = new Map<string, Head>();
  /** Records that joined lists here, less those that left them, by kind and thread. */
  private readonly joined = new Map<string, number>();
  /** Ids of `subjects` and `threads`. */
  private readonly ids = new Set<string>();
  private readonly keys = new Map<string, RegisteredKey>();
  private readonly marks = new Map<string, CounterMark>();
  private readonly values = new Map<string, bigint>();

  constructor(private readonly below: LogView) {
    this.names = new KeyDraft(below.names);
  }

  subject(kind: string, id: string): Head | undefined {
    return this.subjects.get(`${kind}/${id}`) ?? this.below.subject(kind, id);
  }

  thread(id: string): Head | undefined {
    return this.threads.get(id) ?? this.below.thread(id);
  }

  began(kind: string, thread: string): number {
    return (this.joined.get(`${kind}/${thread}`) ?? 0) + this.below.began(kind, thread);
  }

  holds(id: string): boolean {
    return this.ids.has(id) || this.below.holds(id);
  }

  key(thumbprint: string): RegisteredKey | undefined {
    return this.keys.get(thumbprint) ?? this.below.key(thumbprint);
  }

  counter(id: string): CounterMark | undefined {
    return this.marks.get(id) ?? this.below.counter(id);
  }

  /** A counter's value after the moves of this draft, or undefined when it moved none. */
  value(id: string): bigint | undefined {
    return this.values.get(id) ?? (this.below instanceof Draft ? this.below.value(id) : undefined);
  }

  /** Every counter that moved, with its last value and the entry that moved it. */
  moved(): { readonly id: string; readonly value: bigint; readonly entry: bigint }[] {
    return [...this.values].map(([id, value]) => ({ id, value, entry: this.marks.get(id)?.entry ?? 0n }));
  }

  move(id: string, value: bigint): void {
    this.values.set(id, value);
  }

  apply({ index, opening, keys, step }: Applied): void {
    if (step !== null) this.names.steps.push(step);
    const { kind, id, version } = opening.subject;
    this.subjects.set(`${kind}/${id}`, { index, count: version });
    this.ids.add(id);
    for (const thread of opening.threads) {
      this.threads.set(thread.id, { index, count: Number(thread.seq) });
      this.ids.add(thread.id);
      if (version === 1 && thread.id !== id) add(this.joined, `${kind}/${thread.id}`, 1);
    }
    const move = moveOf(opening);
    if (move !== null) {
      add(this.joined, `${kind}/${move.from}`, -1);
      add(this.joined, `${kind}/${move.to}`, 1);
    }
    for (const key of keys.registered) this.keys.set(key.thumbprint, key);
    for (const thumbprint of keys.revoked) {
      const key = this.key(thumbprint);
      if (key !== undefined) this.keys.set(thumbprint, { ...key, revoked: key.revoked ?? index });
    }
    for (const { id: counter, mac } of opening.counters ?? []) this.marks.set(counter, { entry: index, mac });
  }

  /** Makes this draft's entries those of the draft below. */
  keep(): void {
    const { below } = this;
    if (!(below instanceof Draft)) throw new VitrineError('INTERNAL', 'a draft is kept in a draft');
    below.names.steps.push(...this.names.steps);
    for (const [key, head] of this.subjects) below.subjects.set(key, head);
    for (const [id, head] of this.threads) below.threads.set(id, head);
    for (const [list, count] of this.joined) add(below.joined, list, count);
    for (const id of this.ids) below.ids.add(id);
    for (const [thumbprint, key] of this.keys) below.keys.set(thumbprint, key);
    for (const [id, mark] of this.marks) below.marks.set(id, mark);
    for (const [id, value] of this.values) below.values.set(id, value);
  }
}

function add(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
