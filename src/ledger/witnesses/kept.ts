/**
 * Cosignatures that were given: kept in the database for all processes, and in memory what of them was verified. A row is
 * believed for its signature alone, by the policy's keys, over a checkpoint of the verified log.
 */
import {
  equal,
  formatNote,
  formatVkey,
  type NoteKey,
  type NoteSignature,
  parseNote,
  type Policy,
  verifyNote,
  VitrineError,
  withSignatures,
} from '../core/index.js';
import { nativeVerify } from '../native.js';
import type { Query } from '../query.js';

/** A verified cosignature of a witness of the policy. */
export interface Cosignature {
  /** The witness's name within the policy. */
  readonly name: string;
  readonly key: NoteKey;
  /** When it signed, by its own clock: seconds since 1970. */
  readonly time: bigint;
  readonly line: NoteSignature;
}

export interface KeptOptions {
  readonly query: Query;
  readonly policy: Policy;
  /** The log's own note of a size, with the root that the trusted log has there. Throws NOT_FOUND without one. */
  readonly note: (size: bigint) => Promise<string>;
  readonly onViolation: (cause: unknown) => void;
}

/** PostgreSQL's notification channel; its payload is one kept row as JSON. */
export const COSIGNED_CHANNEL = 'vitrine_cosigned';

/** A row of the table. */
interface Row {
  readonly size: bigint;
  readonly key: string;
  readonly line: string;
}

/** A checkpoint and its cosignatures by witness name. */
interface Held {
  readonly note: string;
  readonly cosignatures: Map<string, Cosignature>;
  /** All that was kept of it was read; what comes later is heard of. */
  whole: boolean;
}

const KEEP = `
  WITH kept AS (INSERT INTO cosignature (size, key, line) VALUES ($1, $2, $3)
                ON CONFLICT (size, key) DO NOTHING RETURNING size)
  SELECT pg_notify($4, $5)::text FROM kept`;

const NEWEST = `
  SELECT DISTINCT ON (key) size, key, line FROM cosignature WHERE key = ANY($1) ORDER BY key, size DESC`;

/** Sizes that may have a quorum. Where one witness was alone for long, its cosignatures tell nothing. */
const QUORUMS = `
  SELECT size, key, line FROM cosignature WHERE key = ANY($1) AND size IN (
    SELECT size FROM cosignature WHERE key = ANY($1) AND size > $2
    GROUP BY size HAVING count(*) >= $3 ORDER BY size DESC LIMIT 200)
  ORDER BY size DESC, key`;

/** Sizes that are held in memory with their cosignatures. */
const MOST_HELD = 256;

export class Kept {
  /** Entries under the newest checkpoint that the quorum cosigned. */
  size = 0n;
  /** The newest size that any witness of the policy cosigned, by its name. */
  readonly newest = new Map<string, bigint>();
  private readonly held = new Map<bigint, Promise<Held>>();
  private readonly listeners = new Set<() => void>();
  private readonly witnesses: ReadonlyMap<string, { readonly name: string; readonly key: NoteKey }>;

  constructor(private readonly options: KeptOptions) {
    this.witnesses = new Map(
      options.policy.witnesses.map(({ name, key }) => [formatVkey(key), { name, key }]),
    );
  }

  /** Calls back when a quorum is reached for a larger size. Gives a function that stops it. */
  onGrown(heard: () => void): () => void {
    this.listeners.add(heard);
    return () => this.listeners.delete(heard);
  }

  /** Reads the newest cosignature of each witness, and from the newest size down to the newest that has a quorum. */
  async load(): Promise<void> {
    const { query, policy } = this.options;
    const keys = [...this.witnesses.keys()];
    for (const row of await query.$queryRawUnsafe<Row[]>(NEWEST, keys)) await this.take(row);
    const alone = policy.witnesses.some(({ name }) => policy.satisfied(new Set([name])));
    const rows = await query.$queryRawUnsafe<Row[]>(QUORUMS, keys, this.size, alone ? 1 : 2);
    for (const row of rows) if (row.size >= this.size) await this.take(row);
  }

  /** Keeps a cosignature for every process. It was verified; it is verified again where it is used. */
  async keep(size: bigint, key: NoteKey, signature: NoteSignature): Promise<void> {
    const row = { size, key: formatVkey(key), line: lineOf(signature) };
    const payload = JSON.stringify({ ...row, size: size.toString() });
    await this.options.query.$queryRawUnsafe(KEEP, size, row.key, row.line, COSIGNED_CHANNEL, payload);
    await this.take(row);
  }

  /** Takes over what another process kept; an empty payload: something may have been missed. */
  async hear(payload: string): Promise<void> {
    if (payload === '') return this.load();
    const { size, key, line } = JSON.parse(payload) as Record<string, unknown>;
    if (typeof size !== 'string' || !/^\d{1,19}$/.test(size)) return;
    if (typeof key === 'string' && typeof line === 'string')
      await this.take({ size: BigInt(size), key, line });
  }

  /** The cosignatures of a checkpoint, in the policy's order. */
  async of(size: bigint): Promise<readonly Cosignature[]> {
    const newest = [...this.newest.values()].reduce((a, b) => (b > a ? b : a), 0n);
    if (size > newest) return [];
    if ((await this.held.get(size))?.whole !== true) {
      const sql = 'SELECT size, key, line FROM cosignature WHERE size = $1 AND key = ANY($2)';
      const rows = await this.options.query.$queryRawUnsafe<Row[]>(sql, size, [...this.witnesses.keys()]);
      for (const row of rows) await this.take(row);
    }
    const held = await this.held.get(size);
    if (held === undefined) return [];
    held.whole = true;
    return this.ordered(held);
  }

  /** The checkpoint of a size with its cosignatures. */
  async note(size: bigint): Promise<string> {
    const { note } = await this.hold(size);
    return attached(note, await this.of(size));
  }

  private ordered({ cosignatures }: Held): readonly Cosignature[] {
    return this.options.policy.witnesses.flatMap(({ name }) => cosignatures.get(name) ?? []);
  }

  /** Verifies a row and takes it over. One that doesn't hold is told, and counts for nothing. */
  private async take({ size, key: vkey, line }: Row): Promise<void> {
    const witness = this.witnesses.get(vkey);
    if (witness === undefined) return;
    try {
      const held = await this.hold(size);
      const { name, key } = witness;
      held.cosignatures.set(name, { name, key, ...verifyCosignature(parseNote(held.note).text, key, line) });
      if ((this.newest.get(name) ?? 0n) < size) this.newest.set(name, size);
      if (size <= this.size || !this.options.policy.satisfied(new Set(held.cosignatures.keys()))) return;
      this.size = size;
    } catch (cause) {
      if (!(cause instanceof VitrineError)) throw cause;
      return this.options.onViolation(cause);
    }
    for (const heard of this.listeners) heard();
  }

  private hold(size: bigint): Promise<Held> {
    const known = this.held.get(size);
    if (known !== undefined) return known;
    const held = this.options
      .note(size)
      .then((note) => ({ note, cosignatures: new Map<string, Cosignature>(), whole: false }));
    this.held.set(size, held);
    held.catch(() => this.held.delete(size));
    for (const old of this.held.keys()) {
      if (this.held.size <= MOST_HELD) break;
      if (old !== this.size) this.held.delete(old);
    }
    return held;
  }
}

/** A note with cosignatures behind the log's signatures. */
export function attached(note: string, cosignatures: readonly Cosignature[]): string {
  if (cosignatures.length === 0) return note;
  return formatNote(
    withSignatures(
      parseNote(note),
      cosignatures.map(({ line }) => line),
    ),
  );
}

/** A signature line as it stands in notes, without its newline. */
function lineOf(signature: NoteSignature): string {
  return formatNote({ text: 'x\n', signatures: [signature] }).slice(3, -1);
}

/** Throws INTEGRITY_VIOLATION unless the line is the witness's cosignature of this checkpoint's text. */
export function verifyCosignature(
  text: string,
  key: NoteKey,
  line: string,
): Pick<Cosignature, 'line' | 'time'> {
  const { signatures } = parseNote(`${text}\n${line}\n`);
  const [signature] = signatures;
  const { time } = verifyNote({ text, signatures }, key, nativeVerify);
  if (
    signature !== undefined &&
    signatures.length === 1 &&
    equal(signature.keyId, key.keyId) &&
    time !== null
  )
    return { line: signature, time };
  throw new VitrineError('INTEGRITY_VIOLATION', `expected one cosignature of ${key.name}`);
}
