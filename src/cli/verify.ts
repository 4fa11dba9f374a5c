/** `vitrine verify`: checks everything again, from zero: the log, and every row against its entry. */
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import type { Database } from '../database/index.js';
import { KINDS } from '../federation/index.js';
import { base64, VitrineError } from '../ledger/core/index.js';
import { auditLog, isInitialised, openKeyStore, openLedger, openPin, systemRandom } from '../ledger/index.js';
import { auditRows } from '../records/index.js';
import { createLog, openBase } from '../server/index.js';
import type { Config } from '../server/index.js';
import { EXIT } from './exit.js';
import { progress, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { isOffline, verifyOffline, type OfflineOptions } from './verify-offline.js';

/** One thing that doesn't hold: what, where, since which entry. */
export interface Finding {
  readonly what: string;
  readonly where: string;
  /** Position on the log, or null where none is known. */
  readonly entry: string | null;
}

export interface Verification {
  readonly entries: bigint;
  readonly blocks: bigint;
  /** RFC 6962 root of the entries in base64; null when the log can't be read to its end. */
  readonly root: string | null;
  readonly rows: number;
  readonly findings: readonly Finding[];
}

type LogFacts = Pick<Verification, 'entries' | 'blocks' | 'root'>;

interface Check {
  readonly config: Config;
  /** Whether the pin counts: a restored database may rightly be behind it. */
  readonly pinned: boolean;
  readonly database: Database;
  readonly report: (finding: Finding) => void;
  readonly progress: (done: number, total: number, what: string) => void;
}

/** Longer than any audit takes. */
const LONGEST_MS = 24 * 3_600_000;

/** A cut-off log verifies as well as a whole one; only what is pinned elsewhere tells them apart. */
const NO_PIN = 'there is no pin: nothing outside the database says that this is all of the log';

/** The log by itself: chain, root, signatures, checkpoints, pin, threads, counters. */
async function checkLog(check: Check): Promise<LogFacts> {
  try {
    return await auditWholeLog(check);
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== 'INTEGRITY_VIOLATION') throw error;
    check.report({ what: `the log cannot be read further: ${error.message}`, where: 'log', entry: null });
    return { entries: 0n, blocks: 0n, root: null };
  }
}

async function auditWholeLog({ config, pinned, database, report, progress }: Check): Promise<LogFacts> {
  const keys = await openKeyStore(config.keysDir, {
    query: database.prisma,
    random: systemRandom,
  });
  const pin = pinned ? await openPin(config.dataDir, keys).read() : undefined;
  if (pinned && pin === undefined) report({ what: NO_PIN, where: `${config.dataDir}/pin`, entry: null });
  // One snapshot: on a log that grows meanwhile, its end would otherwise be another at each look. The pin was read before.
  const { entries, blocks, root } = await database.prisma.$transaction(
    (query) =>
      auditLog({
        query,
        keys,
        ...(pin === undefined ? {} : { pin }),
        onFinding: ({ what, message, index, block }) =>
          report({
            what: `${what}: ${message}`,
            where: index !== null ? `entry ${index}` : block !== null ? `block ${block}` : 'log',
            entry: index === null ? null : index.toString(),
          }),
        onProgress: (done, total) => progress(Number(done), Number(total), 'entries'),
      }),
    { isolationLevel: 'RepeatableRead', timeout: LONGEST_MS },
  );
  return { entries, blocks, root: base64(root) };
}

/** Every row against its entry. It needs a log that can be trusted. */
async function checkRows({ config, pinned, database, report, progress }: Check): Promise<number> {
  const log = createLog('silent');
  try {
    // The pin, or that there is none, was reported; nothing is signed or pinned here.
    const { dataDir, keysDir } = config;
    const options = { dataDir, keysDir, trustFirst: true, withoutPin: !pinned, readOnly: true };
    const ledger = await openLedger({ database, log, ...options });
    try {
      const { rows } = await auditRows({
        database,
        ledger,
        kinds: KINDS,
        onFinding: report,
        onProgress: (done, total, what) => progress(done, total, `rows, ${what}`),
      });
      return rows;
    } finally {
      await ledger.close();
    }
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error;
    const index = error.details['index'];
    const entry = index === undefined ? null : String(index);
    report({ what: `rows cannot be checked: ${error.message}`, where: 'log', entry });
    return 0;
  }
}

/**
 * Checks everything, and collects what doesn't hold. Not `pinned`: without comparing it with the pin.
 *
 * @throws VitrineError NOT_CONFIGURED without a log or its keys, UNAVAILABLE without its database.
 */
export async function verifyAll(
  config: Config,
  onFinding: (finding: Finding) => void,
  onProgress: Check['progress'],
  { pinned = true }: { readonly pinned?: boolean } = {},
): Promise<Verification> {
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const database = await openBase(config, log, true);
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    findings.push(finding);
    onFinding(finding);
  };
  try {
    if (!(await isInitialised(database.prisma))) {
      throw new VitrineError('NOT_CONFIGURED', 'the database holds no log: begin one with `vitrine init`');
    }
    const check: Check = { config, pinned, database, report, progress: onProgress };
    const { entries, blocks, root } = await checkLog(check);
    const rows = await checkRows(check);
    return { entries, blocks, root, rows, findings };
  } finally {
    await database.close();
  }
}

/** Adds `verify`. */
export function addVerify(program: Command, finish: Finish): void {
  program
    .command('verify')
    .description(
      'check everything again: the block chain, the root, signatures, and every row against its entry; ' +
        'with --policy instead what you have in hand, offline: a proof bundle, a receipt, two checkpoints',
    )
    .option('--json', 'print the outcome as JSON')
    .option('--policy <file>', 'C2SP tlog-policy: the keys of the log and of the witnesses that you trust')
    .option(
      '--bundle <files...>',
      'check a proof bundle, as `proof { bundle }` of a record gave it; or the parts of a log of accesses, in their order',
    )
    .option('--receipt <file>', 'check a C2SP tlog-proof, as `receipt { proof }` gave it')
    .option('--leaf <file>', 'the leaf that the receipt is for, byte for byte')
    .option('--leaf-hash <hex>', 'or its hash, 64 hexadecimal digits')
    .option('--checkpoints <files...>', 'check that a log only grew: an older and a newer signed checkpoint')
    .option('--proof <file>', 'the consistency proof between them: a hash a line, hexadecimal or base64')
    .addHelpText(
      'after',
      '\nExit code 0 when everything holds, 1 when anything does not; each finding names what, where, since which ' +
        'entry. 2 when it was called wrongly, or the policy or a file cannot be read. With --policy neither a ' +
        'database nor a setting is needed.',
    )
    .action(async ({ json = false, ...offline }: { json?: boolean } & OfflineOptions) => {
      if (isOffline(offline)) {
        finish(await verifyOffline(offline, json));
        return;
      }
      const bar = progress('verify', json);
      const line = ({ what, where, entry }: Finding): void => {
        if (!json) say(`FINDING ${where}: ${what}${entry === null ? '' : ` (entry ${entry})`}`);
      };
      const outcome = await verifyAll(loadConfig(), line, (done, total, what) =>
        bar.update(done, total, what),
      ).finally(() => bar.stop());
      if (json) sayJson(outcome);
      else {
        const { entries, blocks, rows, findings } = outcome;
        const verdict = findings.length === 0 ? 'everything holds' : `${findings.length} findings`;
        say(`${entries} entries in ${blocks} blocks, ${rows} rows: ${verdict}`);
      }
      finish(outcome.findings.length === 0 ? EXIT.OK : EXIT.FAILED);
    });
}
