/** Small measures for benchmarks: medians and ratios; the machines are noisy. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Milliseconds of each of `rounds` runs, one after the other, after a few that don't count. */
export async function timed(rounds: number, run: () => Promise<unknown>, before = 5): Promise<number[]> {
  for (let warm = 0; warm < before; warm += 1) await run();
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    await run();
    times.push(performance.now() - started);
  }
  return times;
}

/** Median milliseconds of each of two, run in turn, so that what disturbs the machine meets both. */
export async function inTurn(
  rounds: number,
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    times[0].push(...(await timed(1, one, 0)));
    times[1].push(...(await timed(1, other, 0)));
  }
  return [median(times[0]), median(times[1])];
}

/** Runs `count` times with `width` at a time. */
export async function inFlight(
  width: number,
  count: number,
  run: () => Promise<unknown>,
): Promise<{ readonly perSecond: number; readonly medianMs: number }> {
  const times: number[] = [];
  let left = count;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const one = performance.now();
      await run();
      times.push(performance.now() - one);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { perSecond: (count * 1000) / (performance.now() - started), medianMs: median(times) };
}

/** Prints one line: what, how much, beside which baseline, and the ratio. */
export function row(what: string, measured: string, baseline = '', ratio?: number): void {
  const tail = ratio === undefined ? '' : `  (${baseline}; ratio ${ratio.toFixed(2)})`;
  console.log(`  ${what.padEnd(28)} ${measured}${tail}`);
}
