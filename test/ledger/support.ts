/** Ledgers on a database of their own, and entries to append to them. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/database/index.js';
import {
  base64url,
  canonical,
  compactJws,
  signatureInput,
  statedDetail,
  statementBytes,
  utf8,
} from '../../src/ledger/core/index.js';
import {
  auditLog,
  type Finding,
  initLedger,
  type InitOptions,
  type KeyStore,
  type Ledger,
  type LedgerOptions,
  nativeHash,
  openLedger,
  type PendingEntry,
} from '../../src/ledger/index.js';
import { freshDatabase, silent, type TestDatabase } from '../support/database.js';

export const ORIGIN = 'test.example/log';
export const INSTITUTION = '11111111-1111-4111-8111-111111111111';
export const MEMBER = '22222222-2222-4222-8222-222222222222';

/** A database with a log in it, and whatever was opened on it. */
export class Bench {
  private readonly opened: Ledger[] = [];
  private readonly databases: Database[] = [];
  private shared: Promise<Database> | undefined;

  private constructor(
    readonly test: TestDatabase,
    readonly dataDir: string,
  ) {}

  static async create(options: Partial<InitOptions> = {}): Promise<{ bench: Bench; ledger: Ledger }> {
    const bench = new Bench(await freshDatabase(), await mkdtemp(join(tmpdir(), 'vitrine-ledger-')));
    const ledger = await initLedger({
      ...(await bench.settings()),
      origin: ORIGIN,
      ministry: { institution: INSTITUTION, member: MEMBER },
      genesis: async ({ keys, by, request }) => {
        const key = await keys.createDelegatedKey(INSTITUTION);
        const published = {
          use: 'delegated',
          thumbprint: key.thumbprint,
          publicKey: base64url(key.publicKey),
          institution: INSTITUTION,
          member: null,
          expires: null,
        };
        const subject = { kind: 'Institution', id: INSTITUTION, version: 1 };
        const detail = { keys: [published] };
        const entry = { op: 'institution.register', subject, by, detail, request, part: 1 };
        return [await sign(keys, { ...entry, institution: null, rows: [key.wrappedRow] })];
      },
      ...options,
    });
    bench.opened.push(ledger);
    return { bench, ledger };
  }

  /** Settings of another process on the same database and data folder. */
  async settings(): Promise<Pick<LedgerOptions, 'dataDir' | 'log'> & { database: Database }> {
    const { url, ownerUrl } = this.test;
    const database = await openDatabase({ url, ownerUrl, dataDir: this.dataDir, log: silent, poolSize: 4 });
    this.databases.push(database);
    return { database, dataDir: this.dataDir, log: silent };
  }

  /** Opens the log as a fresh process would. */
  async open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
    const ledger = await openLedger({ ...(await this.settings()), ...options });
    this.opened.push(ledger);
    return ledger;
  }

  /** SQL by the owner of the tables with its triggers off: what an attacker inside the database can do. */
  async tamper(sql: string, ...values: unknown[]): Promise<void> {
    const client = new pg.Client({ connectionString: this.test.ownerUrl });
    await client.connect();
    try {
      await client.query('SET session_replication_role = replica');
      await client.query(sql, values);
    } finally {
      await client.end();
    }
  }

  /** One more connection, for audits and for reading what stands there. */
  database(): Promise<Database> {
    this.shared ??= this.settings().then(({ database }) => database);
    return this.shared;
  }

  async audit(ledger: Ledger): Promise<Finding[]> {
    const findings: Finding[] = [];
    const { prisma: query } = await this.database();
    await auditLog({ query, keys: ledger.keys, onFinding: (one) => findings.push(one) });
    return findings;
  }

  async drop(): Promise<void> {
    for (const ledger of this.opened) await ledger.close().catch(() => undefined);
    for (const database of this.databases) await database.close();
    await this.test.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

type Wish = Partial<PendingEntry> & Pick<PendingEntry, 'by'>;

/** A form's entry, signed by the institution's delegated key, with its row. */
export function entry(ledger: Ledger, wish: Partial<PendingEntry> = {}): Promise<PendingEntry> {
  const key = ledger.trusted.latestKey(INSTITUTION, 'delegated');
  if (key === undefined) throw new Error('no delegated key');
  const subject = wish.subject ?? { kind: 'Form', id: randomUUID(), version: 1 };
  const rows = [formRow(subject.id, subject.version)];
  const by = { key: key.thumbprint, entry: key.entry, mode: 'delegated' } as const;
  return sign(ledger.keys, { by, subject, rows, ...wish }, ledger);
}

/** The next version of a record. */
export async function amendment(ledger: Ledger, of: PendingEntry, index: bigint): Promise<PendingEntry> {
  const subject = { ...of.subject, version: of.subject.version + 1 };
  return entry(ledger, { subject, supersedes: index, threads: of.threads });
}

async function sign(keys: KeyStore, wish: Wish, ledger?: Ledger): Promise<PendingEntry> {
  const id = randomUUID();
  const unsigned = {
    op: 'form.publish',
    actor: MEMBER,
    institution: INSTITUTION,
    subject: { kind: 'Form', id, version: 1 },
    supersedes: null,
    content: nativeHash(canonical(id)),
    fields: nativeHash(canonical([id])),
    threads: [wish.subject?.id ?? id],
    request: randomUUID(),
    part: 0,
    detail: null,
    authority: [],
    rows: [],
    unique: [],
    words: [],
    counters: [],
    inputHash: keys.inputMac(canonical(wish.subject?.id ?? id)),
    ...wish,
  };
  const { op, subject, content, fields, request, part, detail } = unsigned;
  const stated = statedDetail(detail);
  const payload = statementBytes({
    origin: keys.origin,
    op,
    subject,
    supersedes:
      unsigned.supersedes === null || ledger === undefined
        ? null
        : await ledger.trusted.leafHashAt(unsigned.supersedes),
    content,
    fields,
    detail: stated === null ? null : nativeHash(utf8(stated)),
    institution: unsigned.institution,
    issued: null,
    expires: null,
    request,
    part,
  });
  const { key } = unsigned.by;
  const signature = await keys.signStatement(key, signatureInput(key, payload));
  return {
    ...unsigned,
    signature: compactJws(key, payload, signature),
    ...(wish.signature && { signature: wish.signature }),
  };
}

export function formRow(id: string, version: number): PendingEntry['rows'][number] {
  return {
    table: 'form',
    columns: { id: 'uuid', version: 'integer', custodian: 'uuid', code: 'text', period: 'text' },
    values: { id, version, custodian: INSTITUTION, code: 'beds', period: 'MONTH' },
    mode: 'current',
  };
}
