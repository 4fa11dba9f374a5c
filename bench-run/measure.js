/** Small measures for benchmarks: medians and ratios; the machines are noisy. */
export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
/** Milliseconds of each of `rounds` runs, one after the other, after a few that don't count. */
export async function timed(rounds, run, before = 5) {
    for (let warm = 0; warm < before; warm += 1)
        await run();
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
        const started = performance.now();
        await run();
        times.push(performance.now() - started);
    }
    return times;
}
/** Median milliseconds of each of two, run in turn, so that what disturbs the machine meets both. */
export async function inTurn(rounds, one, other) {
    const times = [[], []];
    for (let round = 0; round < rounds; round += 1) {
        times[0].push(...(await timed(1, one, 0)));
        times[1].push(...(await timed(1, other, 0)));
    }
    return [median(times[0]), median(times[1])];
}
/** Runs `count` times with `width` at a time. */
export async function inFlight(width, count, run) {
    const times = [];
    let left = count;
    const started = performance.now();
    const worker = async () => {
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
export function row(what, measured, baseline = '', ratio) {
    const tail = ratio === undefined ? '' : `  (${baseline}; ratio ${ratio.toFixed(2)})`;
    console.log(`  ${what.padEnd(28)} ${measured}${tail}`);
}
