/** Where one subscriber takes its runs from: what its standing shares, and its own where that can't be shared. */
import type { RequestContext, Trail } from '../../api/index.js';
import { standingOf } from '../../records/index.js';
import { isFor, type Rendition, type Run } from './rendition.js';

export interface Door {
  /** The rendition of a key, which counts one user more until `leave`. */
  readonly enter: (key: string, isOwn: boolean) => Rendition;
  readonly leave: (key: string) => void;
}

interface Place {
  readonly key: string;
  readonly rendition: Rendition;
}

export class Group {
  #context: RequestContext | null = null;
  #shared: Place | null = null;
  #own: Place | null = null;
  #left = false;

  /** @param document what is asked for, with its variables */
  constructor(
    private readonly trail: Trail,
    private readonly document: string,
    private readonly door: Door,
  ) {}

  /** The run that holds a position, for the trail's caller as its standing was found last. */
  async runAt(position: bigint, since: bigint): Promise<Run> {
    const { context } = this.trail;
    const { caller } = context;
    if (this.#shared === null || this.#context !== context) this.#enter(context);
    const shared = this.#shared?.rendition;
    if (shared?.isPersonal === false) {
      const run = await shared.at(position, this.trail, since);
      if (isFor(run, caller) || this.#left) return run;
    }
    this.#own ??= this.#place(`${this.document} ${standingOf(caller)} ${caller?.id}`, true);
    return this.#own.rendition.at(position, this.trail, since);
  }

  leave(): void {
    this.#left = true;
    for (const place of [this.#shared, this.#own]) if (place !== null) this.door.leave(place.key);
    this.#shared = this.#own = null;
  }

  /** Joins those of the same standing; it may be another one than before. */
  #enter(context: RequestContext): void {
    const left = [this.#shared, this.#own];
    this.#context = context;
    this.#own = null;
    this.#shared = this.#place(`${this.document} ${standingOf(context.caller)}`, false);
    for (const place of left) if (place !== null) this.door.leave(place.key);
  }

  #place(key: string, isOwn: boolean): Place {
    return { key, rendition: this.door.enter(key, isOwn) };
  }
}
