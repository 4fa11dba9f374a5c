/** When a standing ends by itself, without an entry on the log: with the token, or with the day that a licence ends on. */

const DAY_MS = 86_400_000;

/** Longest that a timer can be set for. */
const LONGEST_MS = 2 ** 31 - 1;

export interface StandingClockOptions {
  readonly clock: () => Date;
  /** When the token ends, milliseconds since 1970; null: there is none. */
  readonly expires: number | null;
  /** Called when the token has ended, and at the beginning of each day in UTC. */
  readonly look: () => void;
}

/** Calls `look` at each such moment until it is stopped by what it gives. */
export function watchStanding({ clock, expires, look }: StandingClockOptions): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const now = clock().getTime();
    const midnight = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
    const next = expires !== null && expires > now ? Math.min(expires, midnight) : midnight;
    // Timers may be a little early.
    timer = setTimeout(fire, Math.min(next - now + 1, LONGEST_MS)).unref();
  };
  const fire = (): void => {
    arm();
    look();
  };
  arm();
  return () => clearTimeout(timer);
}
