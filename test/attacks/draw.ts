/** Draws: whatever is random here follows from them, so that a seed brings it back. */

export interface Draw {
  readonly nat: (below: number) => number;
  readonly one: <T>(from: readonly T[]) => T;
}

/** Draws over a source of natural numbers. */
export function drawing(nat: Draw['nat']): Draw {
  return {
    nat,
    one: (from) => {
      const found = from[nat(from.length)];
      if (found === undefined) throw new Error('expected something to draw from');
      return found;
    },
  };
}

/** Draws that follow from a seed (mulberry32). */
export function seeded(seed: number): Draw {
  let state = seed;
  return drawing((below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  });
}

/** A UUID of the draw's. */
export function drawnUuid({ nat }: Draw): string {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => nat(16).toString(16)).join('');
  return `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`;
}
