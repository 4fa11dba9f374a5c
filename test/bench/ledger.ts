/**
 * What the log costs: appends beside bare transactions, verification of the whole log beside plain hashing of the same
 * bytes, and proofs and verified reads as the log grows. Everything on one machine, PostgreSQL included.
 */
import { createHash, randomBytes } from 'node:crypto';
import { encounterKind } from '../../src/clinical/encounter.kind.js';
import { TrustedLog } from '../../src/ledger/index.js';
import { bare } from './anchoring.js';
import { cpuTime } from './cpu.js';
import type { BenchOptions } from './main.js';
import { inFlight, median, row, timed } from './measure.js';
import { openScene, type Scene } from './scene.js';

/** What the log aims at (in the project's own words: README, "Measuring"). */
const AIM = { appends: 3000, growth: 1.2, verification: 4, memoryMiB: 400 };

export async function ledger({ quick }: BenchOptions): Promise<void> {
  const scene = await openScene();
  try {
    await appends(scene, quick ? 600 : 4000);
    await growth(scene, quick ? [2000, 4000] : [8000, 16_000, 64_000], quick ? 100 : 300);
    await verification(scene);
    const { rss, heapUsed } = process.memoryUsage();
    const resident = rss / 2 ** 20;
    const verdict = aim(resident < AIM.memoryMiB, `below ${AIM.memoryMiB} MiB`);
    row(
      'memory of the process',
      `${resident.toFixed(0)} MiB, heap ${(heapUsed / 2 ** 20).toFixed(0)}; ${verdict}`,
    );
  } finally {
    await scene.close();
  }
}

const aim = (reached: boolean, text: string): string => `aim ${text}: ${reached ? 'reached' : 'missed'}`;

async function appends({ open, record }: Scene, count: number): Promise<void> {
  await inFlight(64, count, record);
  for (const width of [1, 8, 64]) {
    const n = width === 1 ? Math.ceil(count / 5) : count;
    const baseline = await inFlight(width, Math.ceil(n / 2), () => bare(open));
    const before = cpuTime();
    const anchored = await inFlight(width, n, record);
    const after = cpuTime();
    const each = (of: 'node' | 'postgres'): string => (((after[of] - before[of]) * 1000) / n).toFixed(0);
    row(
      `appends, ${width} in flight`,
      `${anchored.perSecond.toFixed(0)}/s, median ${anchored.medianMs.toFixed(1)} ms, ` +
        `processor ${each('node')} us here and ${each('postgres')} us in PostgreSQL`,
      `bare transactions of 3 creates ${baseline.perSecond.toFixed(0)}/s`,
      anchored.perSecond / baseline.perSecond,
    );
    if (width === 64) row('', aim(anchored.perSecond >= AIM.appends, `${AIM.appends} appends/s`));
  }
}

/** Medians at each size; the first size is the baseline of the others. */
async function growth({ open, record }: Scene, sizes: readonly number[], rounds: number): Promise<void> {
  let first: { read: number; proof: number } | undefined;
  const made = [await record()];
  for (const size of sizes) {
    const missing = size - Number(await open.ledger.sync());
    if (missing > 0) await inFlight(64, missing, async () => void (made[made.length] = await record()));
    const pick = (): string => made[Math.floor(Math.random() * made.length)] ?? '';
    const at = await open.ledger.sync();
    const read = median(await timed(rounds, () => open.system.store.load(encounterKind, [pick()])));
    const index = (): bigint => BigInt(Math.floor(Math.random() * Number(at)));
    const proof = median(await timed(rounds, () => open.ledger.proofs.inclusion(index(), at)));
    first ??= { read, proof };
    const grown = `at ${sizes[0]} entries`;
    row(`verified read, ${at} entries`, `median ${read.toFixed(2)} ms`, grown, read / first.read);
    row(`inclusion proof, ${at} entries`, `median ${proof.toFixed(2)} ms`, grown, proof / first.proof);
    if (size === sizes.at(-1)) row('', aim(read / first.read <= AIM.growth, `within ${AIM.growth} x`));
  }
}

/** The whole log from its first entry by a log that knows nothing, against hashing the same bytes natively. */
async function verification({ open }: Scene): Promise<void> {
  const { prisma } = open.database;
  const size = await open.ledger.sync();
  const rows = await prisma.entry.findMany({ select: { leaf: true, opening: true } });
  const hashed = processorTime(() => {
    for (const { leaf, opening } of rows) {
      createHash('sha256').update(leaf).digest();
      createHash('sha256').update(opening).digest();
    }
  });
  const pin = { size, root: open.ledger.trusted.root };
  const times = { statement: 0, full: 0 };
  for (const kind of ['statement', 'full'] as const) {
    const log = new TrustedLog({
      origin: open.ledger.origin,
      query: prisma,
      onAlarm: (error) => {
        throw error;
      },
      random: (length) => randomBytes(length),
      pin,
      verifySignaturesBelowPin: kind === 'full',
    });
    const before = process.cpuUsage();
    await log.sync();
    const { user, system } = process.cpuUsage(before);
    times[kind] = (user + system) / 1000;
  }
  const perSecond = (ms: number): string => `${((Number(size) * 1000) / ms).toFixed(0)} entries/s`;
  const beside = `SHA-256 of the same bytes ${perSecond(hashed)}`;
  row('verification, no signatures', perSecond(times.statement), beside, times.statement / hashed);
  row('', aim(times.statement / hashed <= AIM.verification, `within ${AIM.verification} x`));
  row('signatures', `${(((times.full - times.statement) * 1000) / Number(size)).toFixed(0)} us an entry`);
}

/** Milliseconds of processor time that this takes. */
function processorTime(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
