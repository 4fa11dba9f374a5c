/** Processor time, of this process and of PostgreSQL's: on a busy machine it says more than the clock. */
import { readdirSync, readFileSync } from 'node:fs';
/** Ticks a second of Linux's /proc (USER_HZ). */
const HERTZ = 100;
export function cpuTime() {
    const { user, system } = process.cpuUsage();
    return { node: (user + system) / 1000, postgres: childrenTime() };
}
/** Time of all processes below the postmasters that this process started. */
function childrenTime() {
    try {
        const all = readdirSync('/proc')
            .filter((name) => /^\d+$/.test(name))
            .flatMap(statOf);
        const below = new Set([process.pid]);
        // A child may have a lower number than its parent, so until nothing is added.
        for (let before = 0; before !== below.size;) {
            before = below.size;
            for (const { pid, parent } of all)
                if (below.has(parent))
                    below.add(pid);
        }
        const mine = all.filter(({ pid, name }) => name === 'postgres' && below.has(pid));
        return (mine.reduce((sum, { ticks }) => sum + ticks, 0) * 1000) / HERTZ;
    }
    catch {
        return Number.NaN;
    }
}
function statOf(pid) {
    try {
        const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
        const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
        // proc(5): after the name come state, parent, …; 14 to 17 are utime, stime and those of waited-for children.
        const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
        return [{ pid: Number(pid), parent: Number(fields[1]), name, ticks }];
    }
    catch {
        return []; // ended meanwhile
    }
}
