/**
 * The openings that a peer keeps: its own institution's, or all. Each is held against its leaf and its signature. One
 * that doesn't come is asked for again, ever more seldom.
 */
import {
  type Leaf,
  type Opening,
  originAt,
  parseLeaf,
  TILE_WIDTH,
  VitrineError,
} from '../../ledger/core/index.js';
import type { RegisteredKey } from '../../ledger/key-registry.js';
import type { Monitor } from '../monitor/monitor.js';
import type { VerifiedLeaf } from '../replica/leaf-rules.js';
import type { LeafStore } from '../replica/leaf-store.js';
import { type Ask, type AskedOpening, PAGE, WINDOW } from './ask.js';
import { linked, refuseForeign, refuseSignature, registrationOf, requireLinked } from './opening-check.js';
import type { HeldOpening, OpeningStore } from './opening-store.js';

export interface OpeningsOptions {
  readonly origin: string;
  readonly institution: string | null;
  /** Openings of every entry, not of the institution's alone. */
  readonly all: boolean;
  readonly ownKeys: ReadonlySet<string> | null;
  readonly ask: Ask;
  readonly store: OpeningStore;
  readonly leaves: LeafStore;
  readonly monitor: Monitor;
  readonly clock: () => Date;
  /** Milliseconds after which a missing opening, where others came, is told. */
  readonly lateMs: number;
  /** Least and most milliseconds between two askings for what is missing. */
  readonly retryMs: { readonly least: number; readonly most: number };
  /** Told of every opening that is held, at start too, once its leaf links to it. */
  readonly onOpening?: (index: bigint, opening: Opening) => void;
}

/** What is known of an entry's opening; a byte an entry. */
const NONE = 0;
const WANTED = 1;
/** Asked for and not given. */
const MISSING = 2;
/** Held; its key's registration isn't. */
const UNCHECKED = 3;
const DONE = 4;

const WIDTH = BigInt(TILE_WIDTH);

export class Openings {
  private states = new Uint8Array(4096);
  private readonly keys = new Map<string, RegisteredKey>();
  private readonly registrations = new Map<bigint, Opening>();
  private missingSince: number | undefined;
  private retryAt = 0;
  private retryDelay: number;

  constructor(private readonly options: OpeningsOptions) {
    this.retryDelay = options.retryMs.least;
  }

  /** Entries whose opening is wanted and not held. */
  get missing(): number {
    return this.count(WANTED) + this.count(MISSING);
  }

  /** Openings that are held, and whose signature can't be looked at: their key's registration isn't given. */
  get unchecked(): number {
    return this.count(UNCHECKED);
  }

  /** Whether an entry's opening is held. */
  isHeld(index: bigint): boolean {
    const state = this.stateOf(index);
    return state === DONE || state === UNCHECKED;
  }

  /** Takes note of an entry under a verified root. */
  want({ index, leaf }: VerifiedLeaf): void {
    const { all, institution } = this.options;
    if (leaf === null || (!all && (institution === null || leaf.institution !== institution))) return;
    if (this.stateOf(index) === NONE) this.mark(index, WANTED);
  }

  /** Finds what is held already. One that its leaf doesn't link to any more is dropped, and fetched again. */
  async load(): Promise<void> {
    const { store, leaves } = this.options;
    for (const bundle of await store.bundles()) {
      const held = await store.bundle(bundle);
      const bytes = await leaves.leaves(bundle);
      const sound = [...held.values()].filter((one) => {
        const leaf = bytes[Number(one.index % WIDTH)];
        const opening = leaf === undefined ? undefined : linked(parseLeaf(leaf), one);
        if (opening !== undefined) this.options.onOpening?.(one.index, opening);
        return opening !== undefined;
      });
      for (const { index, checked } of sound) this.mark(index, checked ? DONE : UNCHECKED);
      if (sound.length < held.size) await store.replace(bundle, sound);
    }
  }

  /** Asks for what is new, and at times for what is missing. Throws as `ask` does. */
  async sync(): Promise<void> {
    const now = this.options.clock().getTime();
    const gained = await this.sweep(WANTED);
    if (now >= this.retryAt) {
      const late = (await this.sweep(MISSING)) + (await this.recheck());
      this.retryDelay =
        late > 0 ? this.options.retryMs.least : Math.min(2 * this.retryDelay, this.options.retryMs.most);
      this.retryAt = now + this.retryDelay;
      if (late > 0) this.missingSince = undefined;
    }
    await this.tellLate(gained > 0);
  }

  /** Asks for every entry in this state. Returns how many openings came. */
  private async sweep(state: number): Promise<number> {
    const { ask, all, institution, leaves } = this.options;
    let gained = 0;
    let at = this.next(state, 0n);
    while (at !== undefined) {
      const end = at + WINDOW < leaves.size ? at + WINDOW : leaves.size;
      const page = await ask({ institution: all ? null : institution, from: at, to: end });
      const covered = page.length < PAGE ? end : (page.at(-1)?.index ?? end) + 1n;
      gained += await this.take(page, at, covered, state);
      // A server whose answer goes back would otherwise be asked for ever.
      at = this.next(state, covered > at ? covered : end);
    }
    return gained;
  }

  /** Keeps what came of the entries from `from` up to `to` that are in this state. */
  private async take(
    page: readonly AskedOpening[],
    from: bigint,
    to: bigint,
    state: number,
  ): Promise<number> {
    const came = new Map(page.map((one) => [one.index, one.opening]));
    const sound: HeldOpening[] = [];
    for (let index = this.next(state, from); index !== undefined && index < to;) {
      const opening = came.get(index) ?? null;
      const held =
        opening && (await this.judge({ index, salt: opening.salt, opening: opening.bytes, checked: false }));
      if (held === null) this.mark(index, MISSING);
      else sound.push(held);
      index = this.next(state, index + 1n);
    }
    await this.keep(sound);
    return sound.length;
  }

  private async keep(sound: readonly HeldOpening[]): Promise<void> {
    const bundles = new Set(sound.map(({ index }) => index / WIDTH));
    for (const bundle of bundles) {
      const some = sound.filter(({ index }) => index / WIDTH === bundle);
      await this.options.store.add(bundle, some);
      for (const { index, checked } of some) this.mark(index, checked ? DONE : UNCHECKED);
    }
  }

  /** Holds an opening against its leaf and checks it. Null when the leaf doesn't link to it. */
  private async judge(held: HeldOpening): Promise<HeldOpening | null> {
    const { monitor } = this.options;
    const { index } = held;
    const leaf = await this.leafOf(index);
    try {
      this.options.onOpening?.(index, requireLinked(leaf, held.opening, held.salt));
    } catch (cause) {
      if (!(cause instanceof VitrineError)) throw cause;
      const message = `the API's opening of entry ${index} isn't the one on the log: ${cause.message}`;
      await monitor.raise('opening', index.toString(), 'critical', message, { index: index.toString() });
      return null;
    }
    await monitor.clear('opening', index.toString());
    return { ...held, checked: await this.check(held, leaf) };
  }

  /** Looks at the signature, and raises the alarm when it isn't who it should be. False when that can't be told yet. */
  private async check(held: HeldOpening, leaf: Leaf): Promise<boolean> {
    const { institution, monitor } = this.options;
    const { index } = held;
    const opening = requireLinked(leaf, held.opening, held.salt);
    const refusal = await this.refusal(index, leaf, opening);
    if (refusal === undefined) return false;
    if (refusal === null) return true;
    const mine = institution !== null && leaf.institution === institution;
    const message = mine
      ? `entry ${index} claims this institution and isn't its own: ${refusal}`
      : `entry ${index} isn't validly signed: ${refusal}`;
    const details = { index: index.toString(), op: opening.op, key: opening.by.key };
    await monitor.raise(mine ? 'foreign' : 'opening', index.toString(), 'critical', message, details);
    return true;
  }

  /** Why the entry isn't of whom it claims; null when it is, undefined while its key's registration isn't at hand. */
  private async refusal(index: bigint, leaf: Leaf, opening: Opening): Promise<string | null | undefined> {
    const { origin, institution, ownKeys, leaves } = this.options;
    const { by } = opening;
    const foreign = refuseForeign(leaf, opening, { institution, ownKeys });
    if (foreign !== null) return foreign;
    if (by.entry > index) return `it names a key that entry ${by.entry} registers, later`;
    const registering = by.entry === index ? opening : await this.registration(by.entry);
    if (registering === undefined) return undefined;
    const key = this.keys.get(by.key) ?? registrationOf(by.key, by.entry, registering);
    if (key === undefined) return `it was signed by key ${by.key}, which entry ${by.entry} doesn't register`;
    this.keys.set(by.key, key);
    const superseded = leaf.supersedes === null ? null : await leaves.leafHash(leaf.supersedes);
    return refuseSignature(leaf, opening, { origin: originAt(origin, index), key, superseded });
  }

  /** The opening that registers keys. It is kept too, for the next start. Undefined while it isn't given. */
  private async registration(entry: bigint): Promise<Opening | undefined> {
    const { store, ask } = this.options;
    const known = this.registrations.get(entry);
    if (known !== undefined) return known;
    const leaf = await this.leafOf(entry);
    let held = await store.read(entry);
    if (held === undefined) {
      const [found] = await ask({ institution: null, from: entry, to: entry + 1n });
      if (found?.index !== entry || found.opening === null) return undefined;
      held = { index: entry, salt: found.opening.salt, opening: found.opening.bytes, checked: true };
      if (linked(leaf, held) === undefined) return undefined;
      if (this.stateOf(entry) === NONE) {
        await store.add(entry / WIDTH, [held]); // not one of those that are judged
        this.mark(entry, DONE);
      }
    }
    const opening = requireLinked(leaf, held.opening, held.salt);
    this.options.onOpening?.(entry, opening);
    this.registrations.set(entry, opening);
    return opening;
  }

  /** Checks what couldn't be checked before. Returns how many can be now. */
  private async recheck(): Promise<number> {
    const { store } = this.options;
    let checked = 0;
    for (let at = this.next(UNCHECKED, 0n); at !== undefined; at = this.next(UNCHECKED, at + 1n)) {
      const held = await store.read(at);
      if (held === undefined) this.mark(at, WANTED);
      else if (await this.check(held, await this.leafOf(at))) {
        await store.add(at / WIDTH, [{ ...held, checked: true }]);
        this.mark(at, DONE);
        checked++;
      }
    }
    return checked;
  }

  /** An opening that doesn't come while others do is told. It may be that the token's member may not read it. */
  private async tellLate(others: boolean): Promise<void> {
    const { monitor, clock, lateMs } = this.options;
    const first = this.next(MISSING, 0n) ?? this.next(UNCHECKED, 0n);
    if (first === undefined) {
      this.missingSince = undefined;
      return monitor.clear('withheld', '');
    }
    const now = clock().getTime();
    this.missingSince ??= now;
    const some = others || this.states.includes(DONE);
    if (!some || now - this.missingSince < lateMs) return;
    const message =
      `${this.missing} openings don't come while others do, the first of entry ${first}, or its key's registration: ` +
      "they are withheld, or the token's member may not read them";
    await monitor.raise('withheld', '', 'warning', message, { first: first.toString() });
  }

  private async leafOf(index: bigint): Promise<Leaf> {
    const leaf = (await this.options.leaves.leaves(index / WIDTH))[Number(index % WIDTH)];
    if (leaf === undefined) throw new VitrineError('INTERNAL', `entry ${index} isn't held`);
    return parseLeaf(leaf);
  }

  private count(wanted: number): number {
    return this.states.reduce((count, state) => (state === wanted ? count + 1 : count), 0);
  }

  private next(state: number, from: bigint): bigint | undefined {
    const found = this.states.indexOf(state, Number(from));
    return found < 0 ? undefined : BigInt(found);
  }

  private stateOf(index: bigint): number {
    return this.states[Number(index)] ?? NONE;
  }

  private mark(index: bigint, state: number): void {
    const at = Number(index);
    if (at >= this.states.length) {
      const wider = new Uint8Array(Math.max(at + 1, 2 * this.states.length));
      wider.set(this.states);
      this.states = wider;
    }
    this.states[at] = state;
  }
}
