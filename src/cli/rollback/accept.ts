/**
 * `accept-rollback` without its words: who consents, what was lost, and the entry that says so. Nothing serves meanwhile,
 * since nothing starts on a database that is behind its pin.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '../../database/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { AcceptedPosition, Consent, LostEvidence } from '../../ledger/index.js';
import { CONSENTS, ErasureFile, RolledBackLog } from '../../ledger/index.js';
import type { Config, Logger } from '../../server/index.js';
import { openBase, signInOf, systemOver } from '../../server/index.js';
import { LostCopy, type LostSummary, writeReport } from './lost.js';

export interface AcceptOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Files, each with the access token of a regulator. */
  readonly tokenFiles: readonly string[];
  readonly reason: string;
  /** A peer's address or the folder of its copy. */
  readonly lostFrom?: string;
  /** A file with the newest signed checkpoint that anyone has. */
  readonly lostCheckpoint?: string;
  /** Where the report of what was lost goes; by default into the data folder. */
  readonly report?: string;
  readonly clock?: () => Date;
}

/** What was lost, where it is told, and how many erasures among it are done again at the next start. */
export interface LostReport extends Omit<LostSummary, 'erasures'> {
  readonly path: string;
  readonly erasures: number;
}

export interface Accepted extends AcceptedPosition {
  /** Entries that the log was restored with, and that it had had at least. */
  readonly restored: bigint;
  readonly known: bigint;
  /** The entry was there already: an earlier run was cut off behind it. */
  readonly repeated: boolean;
  readonly report: LostReport | null;
  readonly members: readonly string[];
}

/**
 * Accepts the loss of what came after the restored database.
 *
 * @throws VitrineError BAD_USER_INPUT without evidence of a loss or without two regulators, CONFLICT when nothing was
 *   lost, UNAUTHENTICATED and FORBIDDEN as the tokens are, INTEGRITY_VIOLATION for a copy that doesn't verify
 */
export async function acceptRollback(options: AcceptOptions): Promise<Accepted> {
  const { config, log, clock = () => new Date() } = options;
  const database = await openBase(config, log);
  try {
    const { dataDir, keysDir } = config;
    const restored = await RolledBackLog.open({ database, dataDir, keysDir, log, clock });
    try {
      return await acceptOn(restored, database, { ...options, clock });
    } finally {
      await restored.close();
    }
  } finally {
    await database.close();
  }
}

async function acceptOn(
  restored: RolledBackLog,
  database: Database,
  options: AcceptOptions & { readonly clock: () => Date },
): Promise<Accepted> {
  const copy = options.lostFrom === undefined ? null : await LostCopy.open(options.lostFrom);
  const lost = await evidenceOf(restored, copy, options);
  const consents = await consentsOf(restored, database, options);
  const accepted = restored.accepted(lost);
  const report =
    accepted === undefined && copy !== null ? await reportLost(restored, copy, lost, options) : null;
  const size = accepted ?? restored.ledger.trusted.size;
  if (accepted === undefined) {
    const { reason } = options;
    await restored.accept(lost, { proven: report !== null, reason, consents });
  }
  const position = await restored.finish(size);
  const members = consents.map(({ member }) => member);
  return { ...position, restored: size, known: lost.size, repeated: accepted !== undefined, report, members };
}

/** The newest signed word on the lost log: of the pin, of the copy, of a file. */
async function evidenceOf(
  restored: RolledBackLog,
  copy: LostCopy | null,
  { lostCheckpoint }: AcceptOptions,
): Promise<LostEvidence> {
  const notes = [
    await restored.pinned(),
    await copy?.checkpoint(),
    lostCheckpoint === undefined ? undefined : await readText(lostCheckpoint, '--lost-checkpoint'),
  ].filter((note) => note !== undefined);
  const newest = restored.newest(notes);
  if (newest !== undefined) return newest;
  throw new VitrineError(
    'BAD_USER_INPUT',
    'there is no pin, so nothing here says that anything was lost: give the newest checkpoint that a peer or witness ' +
      'has by --lost-from or --lost-checkpoint',
  );
}

/** Two regulators of the state, by their tokens and by the verified records of the restored log. */
async function consentsOf(
  { ledger }: RolledBackLog,
  database: Database,
  { config, log, clock, tokenFiles }: AcceptOptions & { readonly clock: () => Date },
): Promise<readonly Consent[]> {
  const { tokens } = await signInOf(config, log, clock);
  const { standing } = systemOver(database, ledger, clock);
  const consents = new Map<string, Consent>();
  for (const file of tokenFiles) {
    const token = (await readText(file, '--token-file')).trim();
    if (token === '') throw new VitrineError('UNAUTHENTICATED', `${file} holds no token`);
    // Whoever bears it isn't asked to prove it: this machine holds the keys of the log itself.
    const claims = await tokens.read(token);
    const member = await standing.callerOf(claims.subject);
    const [entry] = member.authority;
    if (!member.state || member.institution === null || entry === undefined)
      throw new VitrineError(
        'FORBIDDEN',
        `the token in ${file} is of nobody who is a REGULATOR of the state`,
      );
    const hash = createHash('sha256').update(token).digest('base64url');
    consents.set(member.id, { member: member.id, institution: member.institution, entry, token: hash });
  }
  if (consents.size >= CONSENTS) return [...consents.values()];
  throw new VitrineError(
    'BAD_USER_INPUT',
    `expected the tokens of ${CONSENTS} regulators of the state, got those of ${consents.size}`,
  );
}

async function reportLost(
  { ledger }: RolledBackLog,
  copy: LostCopy,
  lost: LostEvidence,
  { config, report }: AcceptOptions,
): Promise<LostReport> {
  const { edge, size } = ledger.trusted.state;
  const path = report ?? join(config.dataDir, `lost-${size}-${lost.size}.jsonl`);
  const summary = await writeReport(path, copy.entries(edge, lost));
  // The next start does them again, before it serves; the file may have been lost with the machine.
  await (await ErasureFile.open(config.dataDir)).cover(summary.erasures);
  return { path, ...summary, erasures: summary.erasures.length };
}

async function readText(path: string, option: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new VitrineError('BAD_USER_INPUT', `${option} ${path}: can't be read`, { cause });
  }
}
