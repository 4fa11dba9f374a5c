/** Begins a log: keys, and block 0 with the genesis and the ministry's first records. */
import { randomUUID } from 'node:crypto';
import { VitrineError, type JsonObject } from './core/index.js';
import { buildGenesis, type GenesisOptions } from './genesis.js';
import { createKeyStore, type KeyStore } from './key-store.js';
import type { Ledger, LedgerOptions } from './contract.js';
import { keyFolder, OpenLedger, openPin } from './ledger.js';
import { systemRandom } from './random.js';
import type { PendingEntry, SignedBy } from './pending.js';
import { isInitialised, requireRestored } from './start.js';

/** What the caller needs to build the entries beside the genesis. */
export interface GenesisContext {
  readonly keys: KeyStore;
  readonly origin: string;
  /** How entries of block 0 are signed. */
  readonly by: SignedBy;
  /** The request that they belong to; the genesis is part 0. */
  readonly request: string;
}

export interface InitOptions extends Omit<LedgerOptions, 'trustFirst' | 'verifySignaturesBelowPin'> {
  /** The log's name, like a schema-less URL: `vitrine.example/log`. It can't be changed later. */
  readonly origin: string;
  /** Record ids of the ministry's institution and its first member. */
  readonly ministry: GenesisOptions['ministry'];
  /** What holds from the beginning on: stands in entry 0 as it is given. */
  readonly parameters?: JsonObject;
  /** Entries that stand in block 0 beside the genesis: the ministry's institution and its first member. */
  readonly genesis: (context: GenesisContext) => Promise<readonly PendingEntry[]>;
}

/** Begins the log and opens it. Throws CONFLICT when there is one; keys that are there already are kept. */
export async function initLedger(options: InitOptions): Promise<Ledger> {
  const { database, dataDir, origin, ministry } = options;
  const { prisma } = database;
  await requireRestored(prisma);
  if (await isInitialised(prisma)) throw begun();
  const random = options.random ?? systemRandom;
  const keys = await createKeyStore(options.keysDir ?? keyFolder(dataDir), origin, {
    query: prisma,
    random,
  });
  if (keys.genesisOrigin !== origin) {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `the keys in the data folder are those of the log ${keys.genesisOrigin}`,
    );
  }
  const pinFile = openPin(dataDir, keys);
  if ((await pinFile.read()) !== undefined) {
    // A pin is written after the commit that it is about: looked at again, another process may have begun the log.
    if (await isInitialised(prisma)) throw begun();
    const message = `${dataDir} holds the pin of a log that isn't in this database: it was lost or rolled back`;
    throw new VitrineError('ROLLBACK_DETECTED', message);
  }
  await prisma.$executeRawUnsafe(
    'INSERT INTO log_head (id, size, height) VALUES (1, 0, -1) ON CONFLICT (id) DO NOTHING',
  );
  const request = randomUUID();
  const by = { key: keys.serviceKey.thumbprint, entry: 0n, mode: 'service' } as const;
  const { parameters = {} } = options;
  const genesis = await buildGenesis({ keys, ministry, id: randomUUID(), request, parameters });
  const others = await options.genesis({ keys, origin, by, request });
  const ledger = new OpenLedger(options, keys, pinFile, undefined);
  try {
    await ledger.append([genesis, ...others]);
    await ledger.start({ pinned: true, believed: true });
    return ledger;
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

function begun(): VitrineError {
  return new VitrineError('CONFLICT', 'the database holds a log already');
}
