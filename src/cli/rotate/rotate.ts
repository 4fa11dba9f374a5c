/** The rotation of keys over an open log, beside servers that run. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../../database/index.js';
import { formatVkey } from '../../ledger/core/index.js';
import {
  dropRevokedKeys,
  type Ledger,
  openLedger,
  prepareLogKey,
  retireLogKey,
  retireMaster,
  rotateInstitution,
  rotateLogKey,
  rotateMaster,
  type RotationFaults,
} from '../../ledger/index.js';
import { countOlder, type Rewrapped, rewrapRecords } from '../../records/index.js';
import { type Config, openBase } from '../../server/index.js';
import { delegationEnds } from '../../uploads/index.js';

type Log = Parameters<typeof openBase>[1];

export interface RotateOptions {
  readonly config: Config;
  readonly log: Log;
  readonly what: 'log' | 'institution' | 'master';
  readonly institution: string | null;
  readonly step: 'prepare' | 'rotate' | 'retire';
  readonly onProgress: (done: number, total: number) => void;
  /** For tests of interruptions. */
  readonly faults?: RotationFaults;
}

interface Outcome {
  /** The entry that was appended, or null when there was nothing to append. */
  readonly entry: bigint | null;
  /** Entries of records whose key doesn't open: left as they are. */
  readonly refused: readonly bigint[];
}

/** What was done. */
export type Rotated =
  | (Outcome & {
      readonly what: 'log';
      /** Verifier keys: the one in force, and those that sign beside it. */
      readonly key: string;
      readonly older: readonly string[];
      readonly prepared: boolean;
    })
  | (Outcome & {
      readonly what: 'master';
      readonly key: string;
      readonly older: readonly string[];
      readonly rewrapped: number;
    })
  | (Outcome & {
      readonly what: 'institution';
      readonly institution: string;
      /** Thumbprint of the delegated key, and number of the wrapping key; null when nothing was rotated. */
      readonly key: string | null;
      readonly wrapping: number | null;
      readonly rewrapped: number;
    });

/**
 * Rotates, prepares or retires. An interrupted one is gone on with.
 *
 * @throws VitrineError as `openLedger`; CONFLICT when another rotation was faster or the old master key is still needed,
 *   NOT_FOUND for an institution without keys here
 */
export async function rotateKeys(options: RotateOptions): Promise<Rotated> {
  const { config, log } = options;
  const database = await openBase(config, log);
  try {
    const { dataDir, keysDir } = config;
    const ledger = await openLedger({ database, dataDir, keysDir, log });
    try {
      if (options.what === 'log') return await rotateLog(ledger, options);
      if (options.what === 'master') return await rotateMasterKey(ledger, database, options);
      return await rotateInstitutionKeys(ledger, database, options);
    } finally {
      await ledger.close();
    }
  } finally {
    await database.close();
  }
}

async function rotateLog(ledger: Ledger, { step, faults }: RotateOptions): Promise<Rotated> {
  const base = { what: 'log', refused: [] } as const;
  if (step === 'prepare') {
    const key = formatVkey(await prepareLogKey(ledger));
    return { ...base, entry: null, key, older: [], prepared: true };
  }
  const run = step === 'retire' ? retireLogKey : rotateLogKey;
  const { entry, key, beside } = await run(ledger, faults);
  return { ...base, entry, key: formatVkey(key), older: beside.map(formatVkey), prepared: false };
}

async function rotateMasterKey(
  ledger: Ledger,
  { prisma: query }: Database,
  { step, faults }: RotateOptions,
): Promise<Rotated> {
  const run = step === 'retire' ? retireMaster : rotateMaster;
  const done = await run({ ledger, query, ...(faults && { faults }) });
  return { ...done, what: 'master', refused: [] };
}

async function rotateInstitutionKeys(
  ledger: Ledger,
  { prisma }: Database,
  { institution, onProgress, faults }: RotateOptions,
): Promise<Rotated> {
  const custodian = institution ?? '';
  await ledger.sync();
  const rewrap = async (): Promise<Rewrapped> => {
    const total = await countOlder({ prisma, ledger, custodian });
    if (total === 0) return { done: 0, refused: [] };
    const onBatch = async (done: number): Promise<void> => {
      onProgress(done, total);
      await faults?.('batch-rewrapped');
    };
    return rewrapRecords({ prisma, ledger, custodian, onBatch });
  };
  const base = { what: 'institution', institution: custodian } as const;
  await dropRevokedKeys({ query: prisma }, ledger, custodian);
  // What an interrupted run left. Keys that were tampered with stay, and don't stand in the way of the next rotation.
  const before = await rewrap();
  if (before.done > 0)
    return {
      ...base,
      entry: null,
      key: null,
      wrapping: null,
      rewrapped: before.done,
      refused: before.refused,
    };
  const made = await rotateInstitution({
    ledger,
    query: prisma,
    random: randomBytes,
    institution: custodian,
    expires: delegationEnds(new Date()),
    ...(faults && { faults }),
  });
  await dropRevokedKeys({ query: prisma }, ledger, custodian);
  const { done, refused } = await rewrap();
  return { ...base, ...made, rewrapped: done, refused };
}
