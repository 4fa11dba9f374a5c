/** The small facts of the trusted state: time, counters, the kinds' numbers. */
import { base64url, canonical, type Json, parseCanonical } from './core/index.js';
import * as strict from './core/strict.js';
import { type FrozenSection, frozenBytes, malformed, type Section, type SectionReader } from './section.js';

/** A counter's last move. */
export interface CounterMark {
  readonly entry: bigint;
  readonly mac: Uint8Array;
}

const MEMBERS = ['time', 'kinds', 'counters', 'snapshotSize'] as const;
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
const MAC_LENGTH = 32;

export class Marks implements Section {
  /** Time of the newest block; empty before the first. */
  time = '';
  snapshotSize = 0n;
  /** Number of each kind of record, from 1. */
  readonly kinds = new Map<string, number>();
  readonly counters = new Map<string, CounterMark>();

  /** The number of a kind, which gets one when it is new. */
  tagOf(kind: string): number {
    const known = this.kinds.get(kind);
    if (known !== undefined) return known;
    const tag = this.kinds.size + 1;
    if (tag > 0xffff) throw new RangeError('more than 65535 record kinds');
    this.kinds.set(kind, tag);
    return tag;
  }

  freeze(): FrozenSection {
    return frozenBytes(
      canonical({
        time: this.time,
        kinds: [...this.kinds.keys()],
        counters: [...this.counters].map(([id, { entry, mac }]) => [id, entry.toString(), base64url(mac)]),
        snapshotSize: this.snapshotSize.toString(),
      }),
    );
  }

  async load(from: SectionReader): Promise<void> {
    const stored = strict.object(parseCanonical(await from.take(from.left)), 'marks', MEMBERS);
    this.time = strict.instant(stored.time, 'time');
    this.snapshotSize = numberOf(stored.snapshotSize);
    for (const kind of strict.array(stored.kinds, 'kinds')) this.tagOf(textOf(kind));
    if (this.kinds.size !== strict.array(stored.kinds, 'kinds').length)
      throw malformed('expected each kind once');
    for (const counter of strict.array(stored.counters, 'counters')) {
      const [id, entry, mac] = strict.array(counter, 'counter');
      this.counters.set(textOf(id), { entry: numberOf(entry), mac: strict.bytesOf(mac, 'mac', MAC_LENGTH) });
    }
  }
}

function numberOf(value: Json | undefined): bigint {
  return BigInt(strict.text(value, 'number', NUMBER, 'a whole number'));
}

function textOf(value: Json | undefined): string {
  return strict.text(value, 'name', /^/, 'a text');
}
