/**
 * What the log costs: appends beside bare transactions, verification of the whole log beside plain hashing of the same
 * bytes, and proofs, verified reads and starts as the log grows. Everything on one machine, PostgreSQL included.
 */
import { createHash, randomBytes } from 'node:crypto';
import { encounterKind } from '/work/wt/appends/dist/clinical/encounter.kind.js';
import { TrustedLog } from '/work/wt/appends/dist/ledger/index.js';
import { readEntries } from '/work/wt/appends/dist/ledger/log-reader.js';
import { bare } from './anchoring.js';
import { cpuTime } from './cpu.js';
import { fillLog } from './large-log.js';
import { inFlight, inTurn, row } from './measure.js';
import { openScene, PATIENTS } from './scene.js';
import { measureStart } from './start.js';
/** What the log aims at (in the project's own words: README, "Measuring"). */
const AIM = { appends: 3000, growth: 1.2, verification: 4, startSeconds: 5, memoryMiB: 400 };
const MIB = 2 ** 20;
/** Entries at most that verification is measured over: the cost of one doesn't depend on how many there are. */
const VERIFIED = 100_000;
export async function ledger({ quick }) {
    await inScene((scene) => appends(scene, quick ? 600 : 4000));
    const sizes = quick ? [10_000] : [10_000, 100_000, 1_000_000];
    // The short log stays open beside the growing one: what the machine does otherwise meets both alike.
    await inScene((short) => inScene((long) => growth(short, long, sizes, quick)));
}
async function inScene(run) {
    const scene = await openScene();
    try {
        await run(scene);
    }
    finally {
        await scene.close();
    }
}
const aim = (reached, text) => `aim ${text}: ${reached ? 'reached' : 'missed'}`;
async function appends({ open, record, recordBatch }, count) {
    await inFlight(64, count, record);
    for (const width of [1, 8, 64]) {
        const n = width === 1 ? Math.ceil(count / 5) : count;
        const baseline = await inFlight(width, Math.ceil(n / 2), () => bare(open));
        await measureAppends(`appends, ${width} in flight`, {
            width,
            requests: n,
            each: 1,
            run: record,
            baseline,
        });
    }
    const baseline = await inFlight(64, count, () => bare(open));
    const batches = {
        width: 4,
        requests: Math.ceil(count / PATIENTS),
        each: PATIENTS,
        run: recordBatch,
        baseline,
    };
    await measureAppends(`the same, batches of ${PATIENTS}`, batches);
}
async function measureAppends(what, { width, requests, each, run, baseline }) {
    const before = cpuTime();
    const { perSecond, medianMs } = await inFlight(width, requests, run);
    const after = cpuTime();
    const cost = (of) => (((after[of] - before[of]) * 1000) / (requests * each)).toFixed(0);
    const rate = perSecond * each;
    row(what, `${rate.toFixed(0)}/s, median ${medianMs.toFixed(1)} ms, ` +
        `processor ${cost('node')} us here and ${cost('postgres')} us in PostgreSQL`, `bare transactions of 3 creates ${baseline.perSecond.toFixed(0)}/s`, rate / baseline.perSecond);
    if (width * each >= 64)
        row('', aim(rate >= AIM.appends, `${AIM.appends} appends/s`));
}
const SHORT = 1000;
/** Medians at each size beside those of a log of 1,000 entries, taken in turn. */
async function growth(short, long, sizes, quick) {
    const old = await lengthen(short, [], SHORT);
    let made = [];
    for (const size of sizes) {
        made = await lengthen(long, made, size);
        const rounds = quick ? 100 : 300;
        const reads = await inTurn(rounds, reading(short, old), reading(long, made));
        const proofs = await inTurn(rounds, proving(short), proving(long));
        const beside = `at ${SHORT} entries`;
        row(`verified read, ${size} entries`, `median ${reads[1].toFixed(2)} ms`, beside, reads[1] / reads[0]);
        row(`inclusion proof, ${size} entries`, `median ${proofs[1].toFixed(2)} ms`, beside, proofs[1] / proofs[0]);
        if (size === sizes.at(-1))
            row('', aim(reads[1] / reads[0] <= AIM.growth, `within ${AIM.growth} x`));
        if (size === Math.min(VERIFIED, sizes.at(-1) ?? 0))
            await verification(long);
    }
    await starts(long, quick ? 1 : 3);
}
/** Lets a log grow to a size, and adds records along the way, between entries whose records nobody reads. */
async function lengthen({ open, author, record }, made, size) {
    const added = Array.from({ length: 100 }, () => record());
    const all = [...made, ...(await Promise.all(added))];
    await fillLog(open, author, size);
    return all;
}
function reading({ open }, made) {
    const pick = () => made[Math.floor(Math.random() * made.length)] ?? '';
    return () => open.system.store.load(encounterKind, [pick()]);
}
function proving({ open }) {
    const size = open.ledger.trusted.size;
    const index = () => BigInt(Math.floor(Math.random() * Number(size)));
    return () => open.ledger.proofs.inclusion(index(), size);
}
async function starts({ dataDir }, rounds) {
    const { size, milliseconds, rss, heapUsed, peak } = await measureStart(dataDir, rounds);
    const [seconds, held, most] = [milliseconds / 1000, rss / MIB, peak / MIB];
    row(`start, ${size} entries`, `${seconds.toFixed(2)} s`);
    row('', aim(seconds < AIM.startSeconds, `below ${AIM.startSeconds} s`));
    row('memory after the start', `${held.toFixed(0)} MiB, heap ${(heapUsed / MIB).toFixed(0)}, peak ${most.toFixed(0)}`);
    row('', aim(held < AIM.memoryMiB, `below ${AIM.memoryMiB} MiB`));
}
/** The whole log from its first entry by a log that knows nothing, against hashing the same bytes natively. */
async function verification(scene) {
    const { ledger } = scene.open;
    const size = Number(await ledger.sync());
    const { reading, hashing } = await plain(scene, size);
    const statement = await verified(scene, 'statement');
    const full = await verified(scene, 'full');
    const perSecond = (ms) => `${((size * 1000) / ms).toFixed(0)} entries/s`;
    const beside = `SHA-256 of the same bytes ${perSecond(hashing)}`;
    row('reading the log', perSecond(reading), beside, reading / hashing);
    const checking = statement - reading;
    row('verification, no signatures', perSecond(checking), beside, checking / hashing);
    row('', aim(checking / hashing <= AIM.verification, `within ${AIM.verification} x`));
    row('the same with the reading', perSecond(statement), beside, statement / hashing);
    row('signatures', `${(((full - statement) * 1000) / size).toFixed(0)} us an entry`);
}
const AT_ONCE = 2048;
/** Milliseconds of processor time for reading the rows, and for hashing their bytes. */
async function plain({ open }, size) {
    let [reading, hashing] = [0, 0];
    for (let from = 0; from < size; from += AT_ONCE) {
        const begun = process.cpuUsage();
        const rows = await readEntries(open.database.prisma, BigInt(from), BigInt(Math.min(from + AT_ONCE, size)));
        reading += since(begun);
        const hashed = process.cpuUsage();
        for (const { leaf, opening } of rows) {
            createHash('sha256').update(leaf).digest();
            createHash('sha256').update(opening).digest();
        }
        hashing += since(hashed);
    }
    return { reading, hashing };
}
/** Milliseconds of processor time for verifying everything, the reading included. */
async function verified({ open }, kind) {
    const { size, root } = open.ledger.trusted;
    const log = new TrustedLog({
        origin: open.ledger.origin,
        query: open.database.prisma,
        onAlarm: (error) => {
            throw error;
        },
        random: (length) => randomBytes(length),
        listKey: randomBytes(32),
        pin: { size, root },
        verifySignaturesBelowPin: kind === 'full',
    });
    const begun = process.cpuUsage();
    await log.sync();
    return since(begun);
}
function since(begun) {
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
}
