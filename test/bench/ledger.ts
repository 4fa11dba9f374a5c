/**
 * What the log costs: appends beside bare transactions, verification of the whole log beside plain hashing of the same
 * bytes, and proofs, verified reads and starts as the log grows. Everything on one machine, PostgreSQL included.
 */
import { createHash, randomBytes } from 'node:crypto';
import { encounterKind } from '../../src/clinical/encounter.kind.js';
import { TrustedLog } from '../../src/ledger/index.js';
import { readEntries } from '../../src/ledger/log-reader.js';
import { bare } from './anchoring.js';
import { cpuTime } from './cpu.js';
import { fillLog } from './large-log.js';
import type { BenchOptions } from './main.js';
import { inFlight, median, row, timed } from './measure.js';
import { openScene, type Scene } from './scene.js';
import { measureStart } from './start.js';

/** What the log aims at (in the project's own words: README, "Measuring"). */
const AIM = { appends: 3000, growth: 1.2, verification: 4, startSeconds: 5, memoryMiB: 400 };

const MIB = 2 ** 20;
/** Entries at most that verification is measured over: the cost of one doesn't depend on how many there are. */
const VERIFIED = 100_000;

export async function ledger({ quick }: BenchOptions): Promise<void> {
  await inScene((scene) => appends(scene, quick ? 600 : 4000));
  await inScene((scene) => growth(scene, quick ? [1000, 10_000] : [1000, 10_000, 100_000, 1_000_000], quick));
}

async function inScene(run: (scene: Scene) => Promise<void>): Promise<void> {
  const scene = await openScene();
  try {
    await run(scene);
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
async function growth(scene: Scene, sizes: readonly number[], quick: boolean): Promise<void> {
  const { open, author, record } = scene;
  let first: Latencies | undefined;
  const made: string[] = [];
  for (const size of sizes) {
    // Records all along the log, between entries whose records nobody reads.
    await inFlight(16, 100, async () => void made.push(await record()));
    await fillLog(open, author, size);
    const found = await latencies(scene, made, quick ? 100 : 300);
    first ??= found;
    const grown = `at ${sizes[0]} entries`;
    row(
      `verified read, ${size} entries`,
      `median ${found.read.toFixed(2)} ms`,
      grown,
      found.read / first.read,
    );
    row(
      `inclusion proof, ${size} entries`,
      `median ${found.proof.toFixed(2)} ms`,
      grown,
      found.proof / first.proof,
    );
    if (size === sizes.at(-1)) row('', aim(found.read / first.read <= AIM.growth, `within ${AIM.growth} x`));
    if (size === Math.min(VERIFIED, sizes.at(-1) ?? 0)) await verification(scene);
  }
  await starts(scene, quick ? 1 : 3);
}

/** Medians in milliseconds. */
interface Latencies {
  readonly read: number;
  readonly proof: number;
}

async function latencies({ open }: Scene, made: readonly string[], rounds: number): Promise<Latencies> {
  const pick = (): string => made[Math.floor(Math.random() * made.length)] ?? '';
  const at = await open.ledger.sync();
  const index = (): bigint => BigInt(Math.floor(Math.random() * Number(at)));
  return {
    read: median(await timed(rounds, () => open.system.store.load(encounterKind, [pick()]))),
    proof: median(await timed(rounds, () => open.ledger.proofs.inclusion(index(), at))),
  };
}

async function starts({ dataDir }: Scene, rounds: number): Promise<void> {
  const { size, milliseconds, rss, heapUsed, peak } = await measureStart(dataDir, rounds);
  const [seconds, held, most] = [milliseconds / 1000, rss / MIB, peak / MIB];
  row(`start, ${size} entries`, `${seconds.toFixed(2)} s`);
  row('', aim(seconds < AIM.startSeconds, `below ${AIM.startSeconds} s`));
  row(
    'memory after the start',
    `${held.toFixed(0)} MiB, heap ${(heapUsed / MIB).toFixed(0)}, peak ${most.toFixed(0)}`,
  );
  row('', aim(held < AIM.memoryMiB, `below ${AIM.memoryMiB} MiB`));
}

/** The whole log from its first entry by a log that knows nothing, against hashing the same bytes natively. */
async function verification(scene: Scene): Promise<void> {
  const { ledger } = scene.open;
  const size = Number(await ledger.sync());
  const { reading, hashing } = await plain(scene, size);
  const statement = await verified(scene, 'statement');
  const full = await verified(scene, 'full');
  const perSecond = (ms: number): string => `${((size * 1000) / ms).toFixed(0)} entries/s`;
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
async function plain({ open }: Scene, size: number): Promise<{ reading: number; hashing: number }> {
  let [reading, hashing] = [0, 0];
  for (let from = 0; from < size; from += AT_ONCE) {
    const begun = process.cpuUsage();
    const rows = await readEntries(
      open.database.prisma,
      BigInt(from),
      BigInt(Math.min(from + AT_ONCE, size)),
    );
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
async function verified({ open }: Scene, kind: 'statement' | 'full'): Promise<number> {
  const { size, root } = open.ledger.trusted;
  const log = new TrustedLog({
    origin: open.ledger.origin,
    query: open.database.prisma,
    onAlarm: (error) => {
      throw error;
    },
    random: (length) => randomBytes(length),
    pin: { size, root },
    verifySignaturesBelowPin: kind === 'full',
  });
  const begun = process.cpuUsage();
  await log.sync();
  return since(begun);
}

function since(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}
