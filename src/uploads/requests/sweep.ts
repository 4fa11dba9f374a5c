/**
 * What time does to requests though nobody asks: those whose waiting time is over are confirmed, those whose end has come
 * expire. Each process sweeps; the head lock gives each request one outcome.
 */
import { VitrineError } from '../../ledger/core/index.js';
import type { Condition, RecordStore } from '../../records/index.js';
import type { Desk } from './desk.js';
import { uploadKind } from './upload.kind.js';

/** Requests taken at once. */
const PAGE = 100;

export interface SweepDependencies {
  readonly desk: Desk;
  readonly store: Pick<RecordStore, 'find'>;
  readonly clock: () => Date;
}

/**
 * Settles every request whose time has come.
 * @returns how many were looked at
 * @throws VitrineError INTEGRITY_VIOLATION, UNAVAILABLE
 */
export async function sweepUploads({ desk, store, clock }: SweepDependencies): Promise<number> {
  const now = clock().toISOString();
  const open = ['VALIDATING', 'CONFIRMED'];
  const due: readonly (readonly Condition[])[] = [
    [
      { column: 'state', op: 'in', value: open },
      { column: 'expiresAt', op: 'lte', value: now },
    ],
    [
      { column: 'state', op: 'eq', value: 'VALIDATING' },
      { column: 'confirmableFrom', op: 'lte', value: now },
    ],
  ];
  let looked = 0;
  for (const where of due) looked += await settleAll(desk, store, where);
  return looked;
}

async function settleAll(
  desk: Desk,
  store: Pick<RecordStore, 'find'>,
  where: readonly Condition[],
): Promise<number> {
  let looked = 0;
  let after: string | null = null;
  do {
    const listed = await store.find(uploadKind, { where, first: PAGE, after });
    for (const { outcome } of listed.slice(0, PAGE)) {
      if (outcome instanceof VitrineError) throw outcome;
      await desk.settled(outcome.head.id);
      looked += 1;
    }
    // What was settled leaves the list, so the next page begins behind the last one that was seen.
    after = listed.length > PAGE ? (listed[PAGE - 1]?.cursor ?? null) : null;
  } while (after !== null);
  return looked;
}

/** Sweeps again and again until it is stopped. */
export class Sweep {
  readonly #run: () => Promise<number>;
  readonly #everyMs: number;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(run: () => Promise<number>, everyMs: number, onFailure: (error: unknown) => void) {
    this.#run = run;
    this.#everyMs = everyMs;
    this.#onFailure = onFailure;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#once().finally(() => this.start());
    }, this.#everyMs).unref();
  }

  /** Starts nothing more and waits for what runs. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #once(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
