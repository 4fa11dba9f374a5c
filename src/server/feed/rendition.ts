/**
 * What subscribers of one group are given: answers to entries as bytes, made once for all who ask for the same in the
 * same standing. Who exactly a caller is stays out of it: an answer that looked at that is for that caller alone.
 */
import { execute, type ExecutionArgs, type ExecutionResult, type FormattedExecutionResult } from 'graphql';
import { chosenOf, type Trail } from '../../api/index.js';
import type { Caller, Looked } from '../../records/index.js';
import type { RecentEntries } from './entries.js';

/** Entries of one run: their records are loaded together. Runs end at its multiples, so that many share them. */
const RUN = 32n;

/** Milliseconds for which a run may be given to others: what was answered earlier is told as if it had been on its way. */
const FRESH_MS = 10_000;

/** An event: a GraphQL answer in JSON. */
export interface Message {
  readonly index: bigint;
  readonly payload: Buffer;
}

/** Answers to all chosen entries with from <= index < to. */
export interface Run {
  readonly from: bigint;
  readonly to: bigint;
  readonly messages: readonly Message[];
  /** Why there are none; whoever the run is for ends with it. */
  readonly failure: { readonly error: unknown } | null;
  readonly looked: Readonly<Looked>;
  readonly bytes: number;
}

const NOTHING: Readonly<Looked> = { personal: false, compared: new Set() };

/** Bytes that a run costs beside its payloads, about. */
const OVERHEAD = 512;

interface Kept {
  readonly from: bigint;
  readonly to: bigint;
  /** Entries that the process knew when it was begun. */
  readonly size: bigint;
  readonly begun: number;
  readonly run: Promise<Run>;
}

export interface RenditionOptions {
  readonly args: ExecutionArgs;
  /** Made for the trail's caller alone; else for anyone of its standing. */
  readonly isOwn: boolean;
  readonly entries: RecentEntries;
  readonly format: (result: ExecutionResult) => FormattedExecutionResult;
  /** Told of each run that is kept, and what lets go of it. */
  readonly onKept: (bytes: number, drop: () => void) => void;
}

export class Rendition {
  /** Subscribers that use it. */
  users = 0;
  /** Answers look at who exactly the caller is, so nothing can be shared. */
  isPersonal = false;
  readonly #options: RenditionOptions;
  /** By their page of `RUN` entries. */
  readonly #kept = new Map<bigint, Kept[]>();

  constructor(options: RenditionOptions) {
    this.#options = options;
  }

  /**
   * A run that holds `position`, which is on the log, for a subscriber that began when the log had `since` entries; made
   * by what `trail` chooses.
   */
  at(position: bigint, trail: Trail, since: bigint): Promise<Run> {
    const page = position / RUN;
    const now = performance.now();
    const found = this.#kept
      .get(page)
      ?.find(
        ({ from, to, size, begun }) =>
          from <= position && position < to && size >= since && now - begun < FRESH_MS,
      );
    if (found !== undefined) return found.run;
    const { size } = trail.context.log.trusted;
    const end = (page + 1n) * RUN;
    const to = end < size ? end : size;
    const kept: Kept = { from: position, to, size, begun: now, run: this.#make(position, to, trail) };
    this.#keep(page, kept);
    return kept.run;
  }

  #keep(page: bigint, kept: Kept): void {
    const drop = (): void => {
      const others = this.#kept.get(page)?.filter((one) => one !== kept) ?? [];
      if (others.length > 0) this.#kept.set(page, others);
      else this.#kept.delete(page);
    };
    this.#kept.set(page, [...(this.#kept.get(page) ?? []), kept]);
    void kept.run.then(({ bytes, failure, looked }) => {
      if (looked.personal) this.isPersonal = true;
      if (failure === null) this.#options.onKept(bytes, drop);
      else drop();
    });
  }

  async #make(from: bigint, to: bigint, trail: Trail): Promise<Run> {
    let looked: Readonly<Looked> = NOTHING;
    try {
      const watched = this.#options.isOwn
        ? { context: await trail.context.renew(), looked }
        : trail.context.watched();
      ({ looked } = watched);
      const { context } = watched;
      const choice = await trail.options.choose(context);
      const chosen = await chosenOf(await this.#options.entries.read(from, to), choice);
      const messages = await Promise.all(
        chosen.map(async (entry) => {
          const { args, format } = this.#options;
          const result = await execute({ ...args, rootValue: entry, contextValue: context });
          const answer = { ...format(result), extensions: { after: entry.index.toString() } };
          return { index: entry.index, payload: Buffer.from(JSON.stringify(answer)) };
        }),
      );
      // What is shared shows no patient (`viewing/reads`), and goes to nobody where it does.
      if (this.#options.isOwn) await context.reads.settle();
      const bytes = messages.reduce((sum, { payload }) => sum + payload.length, OVERHEAD);
      return { from, to, messages, failure: null, looked, bytes };
    } catch (error) {
      return { from, to, messages: [], failure: { error }, looked, bytes: 0 };
    }
  }
}

/** Whether a run that was made for another caller of the same standing is this one's, too. */
export function isFor({ looked }: Run, caller: Caller): boolean {
  return caller === null || (!looked.personal && !looked.compared.has(caller.id));
}
