/**
 * The moment for which a change's values are made. A change that was asked for and is loaded later, and one whose
 * statement was signed elsewhere, is made again with the moment of the asking, so that the values that hold a time are
 * those that were committed to. Kept per call, since several submissions of one request run at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const moments = new AsyncLocalStorage<Date>();

/** Runs `make` as of a moment: clocks of `momentary` stand still in it. */
export function asOf<T>(moment: Date, make: () => Promise<T>): Promise<T> {
  return moments.run(moment, make);
}

/** A clock that says the moment for which a change is made, or else the time. */
export function momentary(clock: () => Date): () => Date {
  return () => {
    const moment = moments.getStore();
    return moment === undefined ? clock() : new Date(moment);
  };
}
