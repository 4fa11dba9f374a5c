/** What opening a long log takes: time until it answers, and memory, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './measure.js';
const CHILD = fileURLToPath(new URL('start-child.mjs', import.meta.url));
const LONGEST_MS = 300_000;
/** The start with the median time of a few. The database runs already: its own start isn't the log's. */
export async function measureStart(dataDir, rounds) {
    const starts = [];
    for (let round = 0; round < rounds; round += 1) {
        const { stdout } = await promisify(execFile)(process.execPath, [CHILD, dataDir], { timeout: LONGEST_MS });
        starts.push(JSON.parse(stdout));
    }
    const middle = median(starts.map(({ milliseconds }) => milliseconds));
    const start = starts.find(({ milliseconds }) => milliseconds === middle);
    if (start === undefined)
        throw new Error('no start was measured');
    return start;
}
