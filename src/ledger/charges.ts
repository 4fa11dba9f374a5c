/**
 * Charges: how many different things somebody may have within windows of time (design: access, "Budgets"). Decided under
 * the head lock, so that requests at the same time can't have more together than one after the other.
 *
 * All of it is held by counters, so every value is anchored by the entry that moved it. A window's counter holds the window
 * and how many things were had in it, so a new window begins at 0 without anyone writing that. A thing's own counter holds
 * when it was charged last: had again in the same window it costs nothing. So there are as many counters as there are
 * different things, however often they are had.
 */
import { type MovedCounter, VitrineError } from './core/index.js';
import type { Draft } from './draft.js';
import type { Charge, ChargeWindow } from './pending.js';

const SECOND_MS = 1000;
/** What a window's number is multiplied by: more things than one window can hold. */
const SPAN = 2n ** 32n;

/** Reads a counter as of the draft, held against what anchored it. */
export type ReadCounter = (id: string) => bigint;

/** Name of the counter of a window. */
export function windowCounter(id: string, { seconds }: Pick<ChargeWindow, 'seconds'>): string {
  return `${id}/${seconds}`;
}

/** Every counter that the charges may look at or move. */
export function countersOf(charges: readonly Charge[]): string[] {
  return charges.flatMap((charge) => [
    itemCounter(charge),
    ...charge.windows.map((window) => windowCounter(charge.id, window)),
  ]);
}

/** How many things were had in the window that a moment falls into, by the value of its counter. */
export function usedIn(value: bigint, { seconds }: Pick<ChargeWindow, 'seconds'>, time: Date): number {
  return value / SPAN === windowOf(secondsOf(time), seconds) ? Number(value % SPAN) : 0;
}

/** When the window that a moment falls into is over. */
export function refillsAt({ seconds }: Pick<ChargeWindow, 'seconds'>, time: Date): Date {
  return new Date(Number(windowOf(secondsOf(time), seconds) + 1n) * seconds * SECOND_MS);
}

/**
 * Moves the counters of an entry's charges in the draft.
 * @param time of the block
 * @throws VitrineError BUDGET_EXHAUSTED at the first window that is used up
 */
export function moveCharges(
  draft: Draft,
  charges: readonly Charge[],
  time: string,
  read: ReadCounter,
  mac: (id: string, value: bigint) => Uint8Array,
): readonly MovedCounter[] {
  const now = new Date(time);
  const moved = new Map<string, bigint>();
  for (const charge of charges) {
    const last = read(itemCounter(charge));
    const due = charge.windows.filter(({ seconds }) => !isSame(last, secondsOf(now), seconds));
    for (const window of due) {
      const id = windowCounter(charge.id, window);
      const used = usedIn(read(id), window, now);
      if (BigInt(used) >= window.most) throw exhausted(charge, window, now);
      moved.set(id, windowOf(secondsOf(now), window.seconds) * SPAN + BigInt(used + 1));
      draft.move(id, moved.get(id) ?? 0n);
    }
    if (due.length === 0) continue;
    moved.set(itemCounter(charge), secondsOf(now));
    draft.move(itemCounter(charge), secondsOf(now));
  }
  return [...moved].map(([id, value]) => ({ id, mac: mac(id, value) }));
}

function itemCounter({ id, item }: Charge): string {
  return `${id}/${item}`;
}

function secondsOf(time: Date): bigint {
  return BigInt(Math.floor(time.getTime() / SECOND_MS));
}

function windowOf(second: bigint, seconds: number): bigint {
  return second / BigInt(seconds);
}

/** A thing that was never charged has no second: 0. */
function isSame(last: bigint, now: bigint, seconds: number): boolean {
  return last !== 0n && windowOf(last, seconds) === windowOf(now, seconds);
}

function exhausted({ what }: Charge, window: ChargeWindow, now: Date): VitrineError {
  const refills = refillsAt(window, now).toISOString();
  return new VitrineError(
    'BUDGET_EXHAUSTED',
    `expected at most ${window.most} ${what} in ${window.seconds / 3600} h: ask again from ${refills} on`,
    { details: { rule: 'budget', what, most: Number(window.most), seconds: window.seconds, refills } },
  );
}
