/** Writes a block into the open transaction: one multi-row statement a table. */
import { type BlockHeader, VitrineError } from './core/index.js';
import { binaryArray, type ColumnValue } from './binary-array.js';
import type { Draft } from './draft.js';
import type { PlacedEntry } from './place.js';
import type { RowWrite } from './pending.js';
import { replaceKeys } from './replace-keys.js';
import type { Query } from './query.js';

/** PostgreSQL's notification channel; its payload is the log's new size. */
export const CHANNEL = 'vitrine_log';

export interface BlockToWrite {
  readonly header: BlockHeader;
  readonly bytes: Uint8Array;
  readonly placed: readonly PlacedEntry[];
  readonly draft: Draft;
}

type Row = Readonly<Record<string, ColumnValue>>;
type Columns = Readonly<Record<string, string>>;

const ENTRY = {
  index: 'bigint',
  block: 'bigint',
  leaf: 'bytea',
  opening: 'bytea',
  salt: 'bytea',
  kind: 'text',
  subject: 'uuid',
  version: 'int',
  institution: 'uuid',
  actor: 'uuid',
};
const REQUEST = {
  institution: 'text',
  member: 'uuid',
  request: 'uuid',
  part: 'int',
  input_hash: 'text',
  entry: 'bigint',
};
const UNIQUE = {
  scope: 'text',
  key: 'text',
  key_id: 'text',
  kind: 'text',
  subject: 'uuid',
  entry: 'bigint',
};
const WORD = { scope: 'text', word: 'text', key_id: 'text', kind: 'text', subject: 'uuid', entry: 'bigint' };

/**
 * Writes entries, rows, side tables, block and head, in one statement: each one more would hold the head's lock for
 * another round trip. Throws when another commit moved the head.
 */
export async function writeBlock(query: Query, block: BlockToWrite): Promise<void> {
  const { header, bytes, placed, draft } = block;
  await forgetReplaced(query, placed);
  await replaceKeys(query, placed);
  const inserts = new Inserts();
  inserts.add('block', { height: 'bigint', header: 'bytea', first: 'bigint', size: 'bigint' }, [
    {
      height: header.height,
      header: bytes,
      first: header.first,
      size: header.size,
    },
  ]);
  inserts.add('entry', ENTRY, placed.map(entryRow));
  inserts.add('thread_entry', { thread: 'uuid', seq: 'bigint', entry: 'bigint' }, placed.flatMap(threadRows));
  inserts.add('upload_request', REQUEST, placed.map(requestRow));
  inserts.add(
    'unique_key',
    UNIQUE,
    placed.flatMap((one) => claimRows(one, 'key', one.pending.unique)),
  );
  inserts.add(
    'search_word',
    WORD,
    placed.flatMap((one) => claimRows(one, 'word', one.pending.words)),
  );
  const counters = draft.moved().map(({ id, value, entry }) => ({ id, value, entry }));
  inserts.add('counter', { id: 'text', value: 'numeric', entry: 'bigint' }, counters, 'id');
  for (const { table, mode, columns, rows } of rowsByTable(placed))
    inserts.add(table, { ...columns, entry: 'bigint' }, rows, mode === 'current' ? 'id' : undefined);
  await inserts.run(query, header);
}

/**
 * The claims and words of earlier versions go before those of the newest come. In a statement of its own: within one,
 * an insert still meets the row that the same statement deletes.
 */
async function forgetReplaced(query: Query, placed: readonly PlacedEntry[]): Promise<void> {
  const replaced = placed
    .filter(({ pending }) => pending.subject.version > 1)
    .map(({ pending }) => ({ kind: pending.subject.kind, subject: pending.subject.id }));
  if (replaced.length === 0) return;
  const rows = 'json_to_recordset($1::json) AS r(kind text, subject uuid)';
  const where = 't.subject = r.subject AND t.kind = r.kind';
  await query.$executeRawUnsafe(
    `WITH words AS (DELETE FROM search_word t USING ${rows} WHERE ${where})
     DELETE FROM unique_key t USING ${rows} WHERE ${where}`,
    JSON.stringify(replaced),
  );
}

/** Inserts into several tables as one statement of common table expressions, with the move of the head. */
class Inserts {
  readonly #parts: string[] = [];
  /** Whole columns, in PostgreSQL's binary form: rows as JSON cost four times as much here and there. */
  readonly #parameters: unknown[] = [];

  /** `replaceBy`: the column whose equal row is replaced; none: an equal row is an error. */
  add(table: string, columns: Columns, rows: readonly Row[], replaceBy?: string): void {
    if (rows.length === 0) return;
    const types = Object.entries(columns);
    const names = types.map(([name]) => identifier(name));
    const arrays = types.map(([name, type]) => {
      const { bytes, element } = binaryArray(
        type,
        rows.map((row) => row[name] ?? null),
      );
      this.#parameters.push(bytes);
      return `$${this.#parameters.length}::${element}[]`;
    });
    const values = types.map(([name, type]) => `r.${identifier(name)}::${typeName(type)}`);
    const set = names.filter((name) => name !== `"${replaceBy}"`).map((name) => `${name} = EXCLUDED.${name}`);
    const conflict =
      replaceBy === undefined
        ? ''
        : ` ON CONFLICT (${identifier(replaceBy)}) DO UPDATE SET ${set.join(', ')}`;
    this.#parts.push(
      `w${this.#parts.length} AS (INSERT INTO ${identifier(table)} (${names.join(', ')})
       SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS r(${names.join(', ')})${conflict})`,
    );
  }

  async run(query: Query, header: BlockHeader): Promise<void> {
    const first = this.#parameters.length;
    const [size, height, old, channel, payload] = [1, 2, 3, 4, 5].map((n) => `$${first + n}`);
    const [done] = await query.$queryRawUnsafe<{ moved: number }[]>(
      `WITH ${this.#parts.join(', ')},
       head AS (UPDATE log_head SET size = ${size}, height = ${height} WHERE id = 1 AND size = ${old} RETURNING size)
       SELECT (SELECT count(*)::int FROM head) AS moved, pg_notify(${channel}, ${payload})::text`,
      ...this.#parameters,
      header.size,
      header.height,
      header.first,
      CHANNEL,
      header.size.toString(),
    );
    if (done?.moved !== 1) throw new VitrineError('INTERNAL', 'the head moved under its lock');
  }
}

interface TableRows {
  readonly table: string;
  readonly mode: RowWrite['mode'];
  readonly columns: Columns;
  readonly rows: Row[];
}

function rowsByTable(placed: readonly PlacedEntry[]): Iterable<TableRows> {
  const tables = new Map<string, TableRows>();
  for (const { pending, entry } of placed) {
    for (const { table, mode, columns, values } of pending.rows) {
      const key = `${mode} ${table}`;
      let rows = tables.get(key);
      if (rows === undefined) tables.set(key, (rows = { table, mode, columns, rows: [] }));
      rows.rows.push({ ...values, entry: entry.index });
    }
  }
  return tables.values();
}

function entryRow({ pending, entry }: PlacedEntry): Row {
  return {
    index: entry.index,
    block: entry.leaf.block,
    leaf: entry.leafBytes,
    opening: entry.openingBytes,
    salt: entry.salt,
    kind: pending.subject.kind,
    subject: pending.subject.id,
    version: pending.subject.version,
    institution: pending.institution,
    actor: pending.actor,
  };
}

function threadRows({ entry }: PlacedEntry): Row[] {
  return entry.opening.threads.map(({ id, seq }) => ({
    thread: id,
    seq,
    entry: entry.index,
  }));
}

function requestRow({ pending, entry }: PlacedEntry): Row {
  const { actor, request, part, inputHash } = pending;
  const institution = pending.institution ?? '';
  return { institution, member: actor, request, part, input_hash: inputHash, entry: entry.index };
}

/** One row a claim, however often the entry makes it. */
function claimRows(
  { pending, entry }: PlacedEntry,
  column: 'key' | 'word',
  claims: readonly { scope: string; keyId: string; key?: string; word?: string }[],
): Row[] {
  const { kind, id } = pending.subject;
  const rows = new Map<string, Row>();
  for (const claim of claims) {
    const value = claim[column] ?? '';
    const row = { scope: claim.scope, [column]: value, key_id: claim.keyId, kind, subject: id };
    rows.set(JSON.stringify([claim.scope, value]), { ...row, entry: entry.index });
  }
  return [...rows.values()];
}

/** Names come from record kinds, not from requests; this keeps it so. */
function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new VitrineError('INTERNAL', `not a column: ${name}`);
  return `"${name}"`;
}

function typeName(type: string): string {
  if (!/^[a-z][a-z0-9 ]*(?:\([0-9, ]+\))?(?: [a-z ]+)?$/.test(type)) {
    throw new VitrineError('INTERNAL', `not a column type: ${type}`);
  }
  return type;
}
