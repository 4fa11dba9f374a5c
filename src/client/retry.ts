/** When and how long to wait before a request is sent again. */

/** How often and how patiently a request is sent again. */
export interface RetryOptions {
  /** Times that a request is sent at most; 1: never again. Default 6. */
  readonly attempts?: number;
  /** Milliseconds before the second time; doubled each time after. Default 200. */
  readonly firstDelay?: number;
  /** Most milliseconds between two times. Default 10,000. */
  readonly longestDelay?: number;
}

/** Waits; ends early when the signal aborts. */
export type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;

/** The default {@link Sleep}: by a timer. */
export const sleep: Sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });

/**
 * Milliseconds before attempt number `attempt` + 1: twice as long each time, half of it by chance, so that many clients
 * don't come back at once. What the server asks for (`asked`) is kept, up to the longest delay.
 */
export function delayAfter(
  attempt: number,
  options: Required<RetryOptions>,
  asked: number,
  random: () => number,
): number {
  const grown = Math.min(options.firstDelay * 2 ** (attempt - 1), options.longestDelay);
  return Math.min(Math.max(asked, grown / 2 + (grown / 2) * random()), options.longestDelay);
}

/** Milliseconds that a `Retry-After` header in seconds asks for; 0 for none, and for the form of it that is a date. */
export function askedDelay(header: string | null): number {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : 0;
}

/** HTTP statuses that say "not now" (RFC 9110, RFC 6585). */
export const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);
