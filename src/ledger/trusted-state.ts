/**
 * What a process remembers of the log it verified: the tree's right edge, the chain of headers, and where each subject,
 * thread, key and counter stands. All the state there is, in one place, so that it can be written out and read again.
 */
import {
  type MovedCounter,
  type NoteKey,
  type Opening,
  RightEdge,
  thumbprint,
  TILE_WIDTH,
} from './core/index.js';
import { Arrivals } from './arrivals.js';
import { Bits } from './bits.js';
import { type Head, HeadMap, uuidBytes } from './head-map.js';
import { HashList } from './hash-list.js';
import { type KeyFacts, KeyHistory, type KeyStep, type LogName } from './key-history.js';
import { type KeyNews, KeyRegistry, type RegisteredKey } from './key-registry.js';
import { LeafHashes } from './leaf-hashes.js';
import { ListSums, type ListSum } from './list-sums.js';
import { type CounterMark, Marks } from './marks.js';
import { moveOf } from './move-entry.js';
import { nativeHash } from './native.js';
import { type RequestPart, RequestSet } from './request-set.js';
import { malformed, type Section } from './section.js';
import { anchoredSize } from './system-entry.js';
import { isErasure } from './erasure-entry.js';

export type { CounterMark } from './marks.js';

/** Where things stand on the log; a draft of further entries lies over the state in the same form. */
export interface LogView {
  /** The deployment's own keys. */
  readonly names: KeyFacts;
  /** Newest entry and version of a record. */
  subject(kind: string, id: string): Head | undefined;
  /** Newest entry and length of a thread. */
  thread(id: string): Head | undefined;
  /** How many records of a kind are on the list of a thread: began there, or moved there. */
  began(kind: string, thread: string): number;
  /** Whether a record of any kind, or a thread, has this id. */
  holds(id: string): boolean;
  key(thumbprint: string): RegisteredKey | undefined;
  counter(id: string): CounterMark | undefined;
}

/** What applying an entry needs to know of it. */
export interface Applied {
  readonly index: bigint;
  readonly leafHash: Uint8Array;
  readonly supersedes: bigint | null;
  readonly institution: string | null;
  readonly opening: Opening;
  readonly keys: KeyNews;
  /** What it changes about the deployment's own keys. */
  readonly step: KeyStep | null;
}

/** Who signs the checkpoint of a size. */
export interface Signers {
  /** Name and key without whose signature it isn't the log's. */
  readonly name: LogName;
  /** Keys before it that aren't retired: they sign too, so that whoever knows one of them can follow. */
  readonly beside: readonly NoteKey[];
}

/** Threads share one map with subjects; kinds are numbered from 1. */
const THREAD_TAG = 0;

export class TrustedState implements LogView {
  edge = new RightEdge(nativeHash);
  /** Hash of each block's header, by height. */
  readonly headers = new HashList();
  readonly leaves: LeafHashes;
  readonly registry = new KeyRegistry();
  readonly names = new KeyHistory();
  private readonly superseded = new Bits();
  private readonly heads: HeadMap;
  private readonly requests: RequestSet;
  private readonly marks = new Marks();
  private readonly lists: ListSums;
  /** Records that moved from list to list. */
  readonly arrivals = new Arrivals();
  /** Entries that erased something, as far as this process applied them: not part of a snapshot. */
  readonly erasures: bigint[] = [];

  /** `seed`: 32 random bits. `listKey`: 32 secret bytes, under which lists are summed up. */
  constructor(
    readonly seed: number,
    listKey: Uint8Array,
    tiles?: number,
  ) {
    this.lists = new ListSums(listKey, seed);
    this.heads = new HeadMap(seed);
    this.requests = new RequestSet(seed);
    this.leaves = new LeafHashes(tiles);
  }

  get size(): bigint {
    return this.edge.size;
  }

  /** Height of the newest block; -1 before the first. */
  get height(): bigint {
    return BigInt(this.headers.length - 1);
  }

  /** Time of the newest block; empty before the first. */
  get time(): string {
    return this.marks.time;
  }

  /** Size of the newest snapshot that the log anchors; 0 before the first. */
  get snapshotSize(): bigint {
    return this.marks.snapshotSize;
  }

  /** Everything that a snapshot keeps, by name, in the order in which it is written. */
  sections(): ReadonlyMap<string, Section> {
    return new Map<string, Section>([
      ['marks', this.marks],
      ['headers', this.headers],
      ['tiles', this.leaves.tileHashes],
      ['tail', this.leaves],
      ['keys', this.registry],
      ['names', this.names],
      ['superseded', this.superseded],
      ['heads', this.heads],
      ['requests', this.requests],
      ['lists', this.lists],
      ['arrivals', this.arrivals],
    ]);
  }

  /** After the sections were loaded: the edge follows from the leaves, so that its root proves them. */
  restoreEdge(): void {
    const tiles = new RightEdge(nativeHash);
    const { tileHashes } = this.leaves;
    for (let tile = 0; tile < tileHashes.length; tile++)
      tiles.append(tileHashes.at(tile) ?? new Uint8Array());
    this.edge = RightEdge.from(tiles.size * BigInt(TILE_WIDTH), tiles.hashes, nativeHash);
    for (const leafHash of this.leaves.openTail()) this.edge.append(leafHash);
    if (this.heads.highest >= this.size) throw malformed('expected heads below the size');
  }

  subject(kind: string, id: string): Head | undefined {
    const tag = this.marks.kinds.get(kind);
    return tag === undefined ? undefined : this.heads.get(tag, id);
  }

  thread(id: string): Head | undefined {
    return this.heads.get(THREAD_TAG, id);
  }

  holds(id: string): boolean {
    const tags = [THREAD_TAG, ...this.marks.kinds.values()];
    return tags.some((tag) => this.heads.get(tag, id) !== undefined);
  }

  began(kind: string, thread: string): number {
    return this.list(kind, thread, this.size)?.count ?? 0;
  }

  /** The records of a kind on the list of a thread, as of a size; undefined when too much came after it to tell. */
  list(kind: string, thread: string, size: bigint): ListSum | undefined {
    const tag = this.marks.kinds.get(kind);
    return tag === undefined ? { count: 0, sum: 0n } : this.lists.at(tag, uuidBytes(thread), size);
  }

  /** The sum that a list of these ids has, 16 bytes each. */
  sumOf(thread: string, ids: Uint8Array): bigint {
    return this.lists.sumOf(uuidBytes(thread), ids);
  }

  key(thumbprint: string): RegisteredKey | undefined {
    return this.registry.find(thumbprint);
  }

  counter(id: string): CounterMark | undefined {
    return this.marks.counters.get(id);
  }

  /** Who signs the checkpoint of a size; undefined before the genesis. */
  signersOf(size: bigint): Signers | undefined {
    const name = this.names.nameAt(size);
    if (name === undefined) return undefined;
    const before = this.names.all.filter(({ from, origin }) => from < name.from && origin === name.origin);
    const beside = before
      .map(({ key }) => key)
      .filter((key) => this.key(thumbprint(key.publicKey))?.revoked === null);
    return { name, beside };
  }

  allCounters(): ReadonlyMap<string, CounterMark> {
    return this.marks.counters;
  }

  /** The log holds this part of this request. */
  hasRequest(request: RequestPart): boolean {
    return this.requests.has(request);
  }

  isSuperseded(index: bigint): boolean {
    return this.superseded.has(index);
  }

  /** Adds the leaf of an entry that can't be read any further: an audit goes on behind it. */
  applyLeaf(leafHash: Uint8Array): void {
    this.leaves.append(leafHash, this.edge.append(leafHash));
  }

  /** Adds an entry that was checked. */
  applyEntry(entry: Applied): void {
    this.applyLeaf(entry.leafHash);
    const { subject, threads, counters, actor, request, part } = entry.opening;
    const head = { index: entry.index, count: subject.version };
    const tag = this.marks.tagOf(subject.kind);
    this.heads.set(tag, subject.id, head);
    for (const { id, seq } of threads) {
      this.heads.set(THREAD_TAG, id, { index: entry.index, count: Number(seq) });
      // A record's own thread needs no list: it is the one record.
      if (subject.version === 1 && id !== subject.id) this.lists.join(entry.index, tag, id, subject.id);
    }
    const move = moveOf(entry.opening);
    if (move !== null) {
      this.lists.leave(entry.index, tag, move.from, subject.id);
      this.lists.join(entry.index, tag, move.to, subject.id);
      this.arrivals.add(move.to, subject.id);
    }
    this.requests.add({ institution: entry.institution, member: actor, request, part });
    if (entry.supersedes !== null) this.superseded.set(entry.supersedes);
    this.registry.apply(entry.index, entry.keys);
    if (entry.step !== null) this.names.apply(entry.step);
    for (const counter of counters ?? []) this.applyCounter(entry.index, counter);
    if (isErasure(entry.opening)) this.erasures.push(entry.index);
    const anchored = anchoredSize(entry.opening);
    if (anchored !== null) this.marks.snapshotSize = anchored;
  }

  applyHeader(hash: Uint8Array, time: string): void {
    this.headers.push(hash);
    this.marks.time = time;
  }

  private applyCounter(entry: bigint, counter: MovedCounter): void {
    this.marks.counters.set(counter.id, { entry, mac: counter.mac });
  }
}
