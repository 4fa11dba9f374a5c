/**
 * What time does to requests though nobody asks: those whose waiting time is over are confirmed, those whose end has come
 * expire. Each process sweeps; the head lock gives each request one outcome.
 */
import { VitrineError } from '../../ledger/core/index.js';
import type { Condition, RecordStore } from '../../records/index.js';
import type { Desk, Upload } from './desk.js';
import { uploadKind } from './upload.kind.js';

/** Requests taken at once. */
const PAGE = 100;

export interface SweepDependencies {
  readonly desk: Desk;
  readonly store: Pick<RecordStore, 'find'>;
  readonly clock: () => Date;
}

/**
 * Settles every request whose time has come. One that doesn't verify holds up none of the others.
 * @returns how many were looked at
 * @throws VitrineError UNAVAILABLE; INTEGRITY_VIOLATION of the first that doesn't verify, once the others are settled
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
  const done: Done = { looked: 0, broken: null };
  for (const where of due) await settleAll(desk, store, where, done);
  if (done.broken !== null) throw done.broken;
  return done.looked;
}

interface Done {
  looked: number;
  broken: VitrineError | null;
}

async function settleAll(
  desk: Desk,
  store: Pick<RecordStore, 'find'>,
  where: readonly Condition[],
  done: Done,
): Promise<void> {
  let after: string | null = null;
  do {
    const listed = await store.find(uploadKind, { where, first: PAGE, after });
    for (const { outcome } of listed.slice(0, PAGE)) {
      const broken = await settle(desk, outcome);
      done.broken ??= broken;
      done.looked += 1;
    }
    // What was settled leaves the list, so the next page begins behind the last one that was seen.
    after = listed.length > PAGE ? (listed[PAGE - 1]?.cursor ?? null) : null;
  } while (after !== null);
}

/** What doesn't verify of a request, or of what decides on it; null when it is settled. */
async function settle(
  desk: Desk,
  outcome: VitrineError | Pick<Upload, 'head'>,
): Promise<VitrineError | null> {
  if (outcome instanceof VitrineError) return outcome;
  try {
    await desk.settled(outcome.head.id);
    return null;
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'INTEGRITY_VIOLATION') return error;
    throw error;
  }
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

  /** @param options `atOnce`: the first time without waiting */
  start({ atOnce = false }: { readonly atOnce?: boolean } = {}): void {
    if (this.#stopped) return;
    const wait = atOnce ? 0 : this.#everyMs;
    this.#timer = setTimeout(() => {
      this.#running = this.#once().finally(() => this.start());
    }, wait).unref();
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
