/** Opens the system of a deployment: database, log, records. No network side yet. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Database } from '../database/index.js';
import { openDatabase } from '../database/index.js';
import { KINDS, OPERATIONS } from '../federation/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Ledger, LedgerOptions, WitnessSettings } from '../ledger/index.js';
import { initLedger, isInitialised, nativeHash, openLedger, readPolicy } from '../ledger/index.js';
import type { GenesisFacts } from '../uploads/index.js';
import { genesisRecords, newId } from '../uploads/index.js';
import { genesisTerms } from '../viewing/index.js';
import { replayErasures } from './erasures.js';
import { Closing } from './lifecycle.js';
import type { Logger } from './log.js';
import { lookupsFor } from './lookups.js';
import type { Config } from './settings.js';
import { System, type SystemDependencies } from './system.js';

export interface OpenOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: () => Date;
  /** Believe a database that is there without a pin, once. */
  readonly trustFirst?: boolean;
  /** Begins the log when the base is empty; without it an empty base is refused. */
  readonly genesis?: GenesisFacts;
  /** Told of every rule that refused a mutation, and what became of the denial. */
  readonly onDenial?: NonNullable<SystemDependencies['onDenial']>;
  /** Told of every alert about unusual access that this process raised. */
  readonly onAlert?: NonNullable<SystemDependencies['onAlert']>;
  /** How the log is opened, where a test has it die or take snapshots early. No command passes any. */
  readonly ledgerOptions?: Pick<LedgerOptions, 'faults' | 'snapshotEvery'>;
}

export interface OpenSystem {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly system: System;
  /** The log was begun just now. */
  readonly begun: boolean;
  readonly closing: Closing;
}

/** The ministry of the development default; `vitrine init` asks for the real one. */
export const DEVELOPMENT_GENESIS: GenesisFacts = {
  ministry: { name: 'Ministry of Health', region: 'capital' },
  member: { name: 'Regulator One', subject: 'regulator.one' },
};

/** Opens the database alone, as `verify` (`readOnly`) and the log both need it. */
export function openBase(config: Config, log: Logger, readOnly = false): Promise<Database> {
  return openDatabase({
    url: config.databaseUrl ?? undefined,
    ownerUrl: config.databaseOwnerUrl ?? undefined,
    dataDir: config.dataDir,
    readOnly,
    log,
  });
}

/** The witnesses of the settings. Throws NOT_CONFIGURED when the policy can't be read. */
async function witnessesOf({ witnessPolicy: path }: Config): Promise<{ witnesses?: WitnessSettings }> {
  if (path === null) return {};
  const text = await readFile(path).catch((cause: unknown) => {
    throw new VitrineError('NOT_CONFIGURED', `WITNESS_POLICY: ${path} can't be read`, { cause });
  });
  return { witnesses: { policy: readPolicy(text, `WITNESS_POLICY: ${path}`) } };
}

/** Begins the log with the ministry and its first member. Throws CONFLICT when there is one. */
export async function beginLedger(
  options: Pick<OpenOptions, 'config' | 'log' | 'clock'>,
  database: Database,
  facts: GenesisFacts,
): Promise<Ledger> {
  const { config, log, clock } = options;
  const ministry = { institution: newId(), member: newId() };
  return initLedger({
    database,
    dataDir: config.dataDir,
    keysDir: config.keysDir,
    log,
    clock,
    origin: config.logOrigin,
    ...(await witnessesOf(config)),
    ministry,
    parameters: { access: genesisTerms() },
    genesis: ({ keys, origin, by, request }) =>
      genesisRecords({ keys, origin, hash: nativeHash, clock }, by, facts, randomBytes, {
        ...ministry,
        request,
      }),
  });
}

/** Begins the log of an empty base; null when there is one, also when another process was faster. */
async function beginUnlessBegun(
  options: OpenOptions,
  database: Database,
  facts: GenesisFacts,
): Promise<Ledger | null> {
  if (await isInitialised(database.prisma)) return null;
  try {
    return await beginLedger(options, database, facts);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'CONFLICT') return null;
    throw error;
  }
}

/** The system over a ledger that is open. */
export function systemOver(
  database: Database,
  ledger: Ledger,
  clock: () => Date,
  more: Pick<SystemDependencies, 'uploads' | 'views' | 'onDenial' | 'onAlert' | 'onFailure'> = {},
): System {
  const onViolation = (error: VitrineError): void => ledger.raise(error);
  return new System({
    database,
    ledger,
    kinds: KINDS,
    operations: OPERATIONS,
    lookups: lookupsFor(clock),
    clock,
    onViolation,
    ...more,
  });
}

/**
 * Opens everything, in the order in which it must be closed again.
 *
 * @throws VitrineError NOT_CONFIGURED, ROLLBACK_DETECTED, INTEGRITY_VIOLATION, UNAVAILABLE; nothing stays open then
 */
export async function openSystem(options: OpenOptions): Promise<OpenSystem> {
  const { config, log, clock, genesis } = options;
  const closing = new Closing();
  try {
    const database = await openBase(config, log);
    closing.add('database', () => database.close());
    const began = genesis === undefined ? null : await beginUnlessBegun(options, database, genesis);
    const begun = began !== null;
    const ledger =
      began ??
      (await openLedger({
        database,
        dataDir: config.dataDir,
        keysDir: config.keysDir,
        log,
        clock,
        trustFirst: options.trustFirst ?? false,
        ...(await witnessesOf(config)),
        ...options.ledgerOptions,
      }));
    closing.add('log', () => ledger.close());
    const system = systemOver(database, ledger, clock, {
      uploads: config.uploads,
      ...(options.onDenial === undefined ? {} : { onDenial: options.onDenial }),
      ...(options.onAlert === undefined ? {} : { onAlert: options.onAlert }),
      views: config.views,
      onFailure: (err, message) => log.warn({ err }, message),
    });
    closing.add('spent', () => system.spent.close());
    closing.add('pages', () => system.pages.close());
    await replayErasures({ system, dataDir: config.dataDir, clock, log });
    return { database, ledger, system, begun, closing };
  } catch (error) {
    await closing.close().catch((failed: unknown) => log.error({ err: failed }, 'closing failed'));
    throw error;
  }
}
