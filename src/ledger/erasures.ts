/** What follows an erasure's commit: its line in the file beside the pin, and the vacuum of what it left behind. */
import type { PrismaClient } from '../database/index.js';
import { VitrineError } from './core/index.js';
import type { VerifiedEntry } from './check-entry.js';
import type { LedgerLog } from './contract.js';
import { readErasure } from './erasure-entry.js';
import { ErasureFile } from './erasure-file.js';
import type { TrustedLog } from './trusted-log.js';

export interface ErasuresOptions {
  readonly prisma: PrismaClient;
  readonly trusted: TrustedLog;
  readonly dataDir: string;
  readonly log: LedgerLog;
}

/** The tables that this role may vacuum: those whose old rows say something of an erased value. */
const LEFT_BEHIND = `
  SELECT quote_ident(relname) AS name FROM pg_class
  WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
    AND CASE WHEN current_setting('server_version_num')::int >= 170000 THEN has_table_privilege(oid, 'MAINTAIN') END
  ORDER BY relname`;

export class Erasures {
  #file: ErasureFile | undefined;
  /** How many of the trusted log's erasures the file is known to have. */
  #covered = 0;
  #covering: Promise<void> | undefined;
  #vacuuming: Promise<void> | undefined;
  /** Something was erased since the newest vacuum began: what it has passed by is to be vacuumed again. */
  #leftBehind = false;

  constructor(private readonly options: ErasuresOptions) {}

  /** At start: what the log has and the file hasn't, because a process died between the two. */
  async open(): Promise<void> {
    const { prisma, dataDir } = this.options;
    this.#file = await ErasureFile.open(dataDir);
    const rows = await prisma.$queryRawUnsafe<{ entry: bigint }[]>(
      'SELECT DISTINCT entry FROM resealed ORDER BY entry',
    );
    await this.#write(rows.map(({ entry }) => entry));
    await this.cover();
  }

  /** Returns when every erasure that the trusted log knows stands in the file: until then none is acknowledged. */
  async cover(): Promise<void> {
    if (this.#file === undefined) return;
    while (this.#covered < this.options.trusted.state.erasures.length) {
      this.#covering ??= this.#coverNew().finally(() => (this.#covering = undefined));
      await this.#covering;
    }
  }

  /** Waits for a vacuum that is under way. */
  async close(): Promise<void> {
    await this.#vacuuming;
  }

  async #coverNew(): Promise<void> {
    const { erasures } = this.options.trusted.state;
    const upTo = erasures.length;
    await this.#write(erasures.slice(this.#covered, upTo));
    this.#covered = upTo;
    this.#leftBehind = true;
    this.#vacuuming ??= this.#vacuumAll();
  }

  async #vacuumAll(): Promise<void> {
    while (this.#leftBehind) {
      this.#leftBehind = false;
      await this.#vacuum();
    }
    this.#vacuuming = undefined;
  }

  async #write(indexes: readonly bigint[]): Promise<void> {
    const { trusted, prisma } = this.options;
    const entries: VerifiedEntry[] = [];
    for (const index of indexes)
      for await (const entry of trusted.entries(index, index + 1n, prisma))
        if (this.#isWhole(entry)) entries.push(entry);
    try {
      await this.#file?.cover(entries);
    } catch (cause) {
      if (cause instanceof VitrineError) throw cause;
      const message = "the erasure can't be written down beside the pin: repeat the same request";
      throw new VitrineError('UNAVAILABLE', message, { cause });
    }
  }

  /** One that doesn't say what it erased can't be executed again; it must not hold up everything else. */
  #isWhole(entry: VerifiedEntry): boolean {
    try {
      readErasure(entry);
      return true;
    } catch (error) {
      this.options.log.error({ err: error }, 'an erasure on the log is malformed');
      return false;
    }
  }

  /**
   * Old rows stay until a vacuum. From PostgreSQL 17 on the application's role may run one (prisma/migrations, guards);
   * before, the operator does (README, "Erasure").
   */
  async #vacuum(): Promise<void> {
    const { prisma, log } = this.options;
    try {
      const tables = await prisma.$queryRawUnsafe<{ name: string }[]>(LEFT_BEHIND);
      for (const { name } of tables) await prisma.$executeRawUnsafe(`VACUUM (TRUNCATE FALSE) ${name}`);
    } catch (error) {
      log.warn({ err: error }, 'the old rows of an erasure were not vacuumed');
    }
  }
}
