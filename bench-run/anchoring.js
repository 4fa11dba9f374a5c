/**
 * What anchoring costs: mutations through the service layer beside bare inserts of as many rows by the same Prisma
 * client, and verified reads beside bare ones. Everything on one machine, PostgreSQL included.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { parseConfig } from '/work/wt/appends/dist/config.js';
import { createLog, DEVELOPMENT_GENESIS, openSystem } from '/work/wt/appends/dist/server/index.js';
import { institutionKind } from '/work/wt/appends/dist/standing/index.js';
import { creation, firstHead, newId } from '/work/wt/appends/dist/uploads/index.js';
import { inFlight, median, row, timed } from './measure.js';
const BEARER = { subject: 'regulator.one', expires: Number.MAX_SAFE_INTEGER / 1000 };
export async function anchoring({ quick }) {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
    // PostgreSQL doesn't run as root: its own user has to get in.
    await chmod(folder, 0o711);
    const log = createLog('silent');
    const config = parseConfig({ NODE_ENV: 'test', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'silent' });
    const open = await openSystem({ config, log, clock: () => new Date(), genesis: DEVELOPMENT_GENESIS });
    try {
        await mutations(open, quick);
        await reads(open, quick);
        const { rss } = process.memoryUsage();
        row('memory of the process', `${Math.round(rss / 2 ** 20)} MiB`);
    }
    finally {
        await open.closing.close();
        await rm(folder, { recursive: true, force: true });
    }
}
/** Registers an institution: the pipeline with standing, seal, signature and commit. */
async function register({ system }) {
    const ctx = await system.contextOf(BEARER, createLog('silent'));
    const requestId = newId();
    const id = newId();
    const values = institutionKind.values.parse({
        name: 'Institution of the benchmark',
        kind: 'CLINIC',
        ownership: 'PUBLIC',
        region: 'north',
        identifiers: [{ system: 'urn:bench', value: id }],
        licence: { number: '1' },
    });
    await ctx.uploads.submit({ requestId, input: { id } }, () => Promise.resolve([
        creation(institutionKind, firstHead(institutionKind, id, { custodian: id }), values, {
            op: 'institution.register',
            permission: { roles: ['REGULATOR'], relations: [] },
            licensed: false,
        }),
    ]));
    return id;
}
/** The baseline: a transaction of three creates, which is what storing a thing with its log line costs without us. */
export async function bare({ database }) {
    const text = 'x'.repeat(900);
    await database.prisma.$transaction(async (tx) => {
        for (let part = 0; part < 3; part += 1)
            await tx.alarm.create({ data: { code: 'BENCH', what: `${text}${part}` } });
    });
}
async function mutations(open, quick) {
    const count = quick ? 400 : 4000;
    await inFlight(8, 100, () => register(open));
    for (const width of [1, 8, 64]) {
        const baseline = await inFlight(width, count / 2, () => bare(open));
        const anchored = await inFlight(width, width === 1 ? count / 4 : count, () => register(open));
        row(`mutations, ${width} in flight`, `${anchored.perSecond.toFixed(0)}/s, median ${anchored.medianMs.toFixed(1)} ms`, `bare transactions of 3 creates ${baseline.perSecond.toFixed(0)}/s`, anchored.perSecond / baseline.perSecond);
    }
}
async function reads(open, quick) {
    const ids = [];
    await inFlight(32, 200, async () => {
        ids.push(await register(open));
    });
    const rounds = quick ? 30 : 200;
    const plain = await timed(rounds, () => open.database.prisma.institution.findMany({ where: { id: { in: ids.slice(0, 100) } } }));
    const verified = await timed(rounds, () => open.system.store.load(institutionKind, ids.slice(0, 100)));
    row('100 verified records', `median ${median(verified).toFixed(2)} ms`, `bare findMany ${median(plain).toFixed(2)} ms`, median(verified) / median(plain));
    const [one = uuidv7()] = ids;
    const plainOne = await timed(rounds * 5, () => open.database.prisma.institution.findUnique({ where: { id: one } }));
    const verifiedOne = await timed(rounds * 5, () => open.system.store.load(institutionKind, [one]));
    row('one verified record', `median ${median(verifiedOne).toFixed(2)} ms`, `bare findUnique ${median(plainOne).toFixed(2)} ms`, median(verifiedOne) / median(plainOne));
}
