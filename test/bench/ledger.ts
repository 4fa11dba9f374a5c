/**
 * What the log costs: appends beside bare transactions, verification of the whole log beside plain hashing of the same
 * bytes, and proofs, verified reads and starts as the log grows. Everything on one machine, PostgreSQL included.
 */
import { encounterKind } from '../../src/clinical/encounter.kind.js';
import { bare } from './anchoring.js';
import { cpuTime } from './cpu.js';
import { fillLog } from './large-log.js';
import type { BenchOptions } from './main.js';
import { inFlight, inTurn, row } from './measure.js';
import { openScene, PATIENTS, type Scene } from './scene.js';
import { measureStart } from './start.js';
import { measureVerification } from './verification.js';

/** What the log aims at (in the project's own words: README, "Measuring"). */
const AIM = { appends: 3000, growth: 1.2, verification: 4, startSeconds: 5, memoryMiB: 400 };

const MIB = 2 ** 20;
/** Entries at most that verification is measured over: the cost of one doesn't depend on how many there are. */
const VERIFIED = 100_000;

export async function ledger({ quick }: BenchOptions): Promise<void> {
  await inScene((scene) => appends(scene, quick ? 600 : 4000));
  const sizes = quick ? [10_000] : [10_000, 100_000, 1_000_000];
  // The short log stays open beside the growing one: what the machine does otherwise meets both alike.
  await inScene((short) => inScene((long) => growth(short, long, sizes, quick)));
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

async function appends({ open, record, recordBatch }: Scene, count: number): Promise<void> {
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

interface Appends {
  readonly width: number;
  readonly requests: number;
  /** Mutations a request. */
  readonly each: number;
  readonly run: () => Promise<unknown>;
  readonly baseline: { readonly perSecond: number };
}

async function measureAppends(
  what: string,
  { width, requests, each, run, baseline }: Appends,
): Promise<void> {
  const before = cpuTime();
  const { perSecond, medianMs } = await inFlight(width, requests, run);
  const after = cpuTime();
  const cost = (of: 'node' | 'postgres'): string =>
    (((after[of] - before[of]) * 1000) / (requests * each)).toFixed(0);
  const rate = perSecond * each;
  row(
    what,
    `${rate.toFixed(0)}/s, median ${medianMs.toFixed(1)} ms, ` +
      `processor ${cost('node')} us here and ${cost('postgres')} us in PostgreSQL`,
    `bare transactions of 3 creates ${baseline.perSecond.toFixed(0)}/s`,
    rate / baseline.perSecond,
  );
  if (width * each >= 64) row('', aim(rate >= AIM.appends, `${AIM.appends} appends/s`));
}

const SHORT = 1000;

/** Medians at each size beside those of a log of 1,000 entries, taken in turn. */
async function growth(short: Scene, long: Scene, sizes: readonly number[], quick: boolean): Promise<void> {
  const old = await lengthen(short, [], SHORT);
  let made: readonly string[] = [];
  for (const size of sizes) {
    made = await lengthen(long, made, size);
    const rounds = quick ? 100 : 300;
    const reads = await inTurn(rounds, reading(short, old), reading(long, made));
    const proofs = await inTurn(rounds, proving(short), proving(long));
    const beside = `at ${SHORT} entries`;
    row(`verified read, ${size} entries`, `median ${reads[1].toFixed(2)} ms`, beside, reads[1] / reads[0]);
    row(
      `inclusion proof, ${size} entries`,
      `median ${proofs[1].toFixed(2)} ms`,
      beside,
      proofs[1] / proofs[0],
    );
    if (size === sizes.at(-1)) row('', aim(reads[1] / reads[0] <= AIM.growth, `within ${AIM.growth} x`));
    if (size === Math.min(VERIFIED, sizes.at(-1) ?? 0)) await verification(long);
  }
  await starts(long, quick ? 1 : 3);
}

/** Lets a log grow to a size, and adds records along the way, between entries whose records nobody reads. */
async function lengthen(
  { open, author, record }: Scene,
  made: readonly string[],
  size: number,
): Promise<readonly string[]> {
  const added = Array.from({ length: 100 }, () => record());
  const all = [...made, ...(await Promise.all(added))];
  await fillLog(open, author, size);
  return all;
}

function reading({ open }: Scene, made: readonly string[]): () => Promise<unknown> {
  const pick = (): string => made[Math.floor(Math.random() * made.length)] ?? '';
  return () => open.system.store.load(encounterKind, [pick()]);
}

function proving({ open }: Scene): () => Promise<unknown> {
  const size = open.ledger.trusted.size;
  const index = (): bigint => BigInt(Math.floor(Math.random() * Number(size)));
  return () => open.ledger.proofs.inclusion(index(), size);
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
async function verification({ dataDir }: Scene): Promise<void> {
  const { size, reading, hashing, once, statement, cold, full } = await measureVerification(dataDir);
  const perSecond = (ms: number): string => `${((size * 1000) / ms).toFixed(0)} entries/s`;
  const each = (ms: number): string => `${((ms * 1000) / size).toFixed(1)} us an entry`;
  const beside = `SHA-256 of the same bytes ${each(hashing)}`;
  const checking = statement - reading;
  row('reading the log', each(reading), beside, reading / hashing);
  row('verification, no signatures', `${each(checking)}, ${perSecond(checking)}`, beside, checking / hashing);
  row('', aim(checking / hashing <= AIM.verification, `within ${AIM.verification} x`));
  row('', each(checking), `SHA-256 by the one-shot function ${each(once)}`, checking / once);
  row('the same with the reading', perSecond(statement), beside, statement / hashing);
  row('the same, code still cold', perSecond(cold), beside, cold / hashing);
  row('signatures', each(full - statement));
}
