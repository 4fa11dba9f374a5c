/**
 * The keys by which a peer knows a log, and how it follows their rotation by itself. A key is taken on when a key that the
 * peer knew signed it, when it signed so itself, and when the entry that says so is under the checkpoint that it signs;
 * an anchored retirement ends one. What was learned is kept in the peer's home.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import {
  fromBase64url,
  formatVkey,
  type HashTile,
  inclusionFromTiles,
  leafHash,
  linkHash,
  type NoteKey,
  equal,
  type Opening,
  parseCheckpoint,
  parseLeaf,
  parseNote,
  parseOpening,
  parseVkey,
  thumbprint,
  verifyInclusion,
  verifyRotation,
  VitrineError,
} from '../ledger/core/index.js';
import { nativeHash, nativeVerify } from '../ledger/native.js';
import { readTextIfThere, replaceDurably } from './durable.js';
import { type LogIdentity, type LogKey, verifyLogNote } from './followed-log.js';

/** What following needs of the log's server; nothing of it is trusted. */
export interface KeySourceOfLog {
  /** The entries that changed its key, as JSON text. */
  keys(): Promise<string>;
  hashes(tile: HashTile): Promise<readonly Uint8Array[]>;
}

const bytes = z.string().transform((text) => fromBase64url(text));
const publishedEntries = z
  .array(
    z.strictObject({
      index: z.string().regex(/^(?:0|[1-9][0-9]{0,15})$/),
      leaf: bytes,
      opening: bytes,
      salt: bytes,
    }),
  )
  .max(1000);
const keptKeys = z.strictObject({
  keys: z.array(
    z.strictObject({
      vkey: z.string(),
      until: z
        .string()
        .regex(/^\d{1,16}$/)
        .nullable(),
    }),
  ),
});

/** Beside the copy: what the log's server told, for those who copy from this peer. */
export const PUBLISHED = 'keys';

interface Step {
  readonly index: bigint;
  readonly hash: Uint8Array;
  readonly opening: Opening;
}

/** A log's keys after what its server told. They hold by themselves; whether its tree goes on, is still to be looked at. */
export interface LearnedKeys extends LogIdentity {
  /** Takes them over: when the checkpoint that they sign extends what is held. Gives verifier keys: new ones, ended ones. */
  keep(): Promise<{ readonly added: readonly string[]; readonly ended: readonly string[] }>;
}

export class LogKeys implements LogIdentity {
  readonly origin: string;
  private known: readonly LogKey[];
  /** The signature lines that were looked at last, so that a server is asked once for each change of them. */
  private seen = '';

  private constructor(
    { origin, keys }: LogIdentity,
    private readonly file: string | null,
    kept: readonly LogKey[],
  ) {
    this.origin = origin;
    const given = keys.filter((key) => !kept.some((other) => isSame(key, other)));
    this.known = [...given, ...kept];
  }

  /** The given keys, and those that were learned before. `folder`: of the log's copy; null for a log without address. */
  static async open(log: LogIdentity, folder: string | null): Promise<LogKeys> {
    if (folder === null) return new LogKeys(log, null, []);
    const file = join(folder, 'keys.json');
    const text = await readTextIfThere(file);
    return new LogKeys(log, file, text === undefined ? [] : parseKept(text, file));
  }

  get keys(): readonly LogKey[] {
    return this.known;
  }

  /**
   * Learns of rotations when a checkpoint's signature lines aren't those that are expected; undefined when there is nothing
   * to learn. Throws INTEGRITY_VIOLATION when what the server tells doesn't hold.
   */
  async follow(note: string, source: KeySourceOfLog): Promise<LearnedKeys | undefined> {
    const parsed = parseNote(note);
    const lines = parsed.signatures.filter(({ name }) => name === this.origin);
    const seen = lines.map(({ keyId }) => Buffer.from(keyId).toString('hex')).join();
    const expected = this.known.filter(isCurrent);
    const asExpected =
      lines.length === expected.length &&
      expected.every((key) => lines.some(({ keyId }) => equal(keyId, key.keyId)));
    if (asExpected || seen === this.seen || this.file === null) return undefined;
    const told = await source.keys();
    const steps = readSteps(told);
    const { size, root } = parseCheckpoint(parsed.text);
    const { keys, used } = this.stepped(steps.filter(({ index }) => index < size));
    verifyLogNote(parsed, { origin: this.origin, keys });
    for (const { index, hash } of used) {
      const proof = await inclusionFromTiles(index, size, (tile) => source.hashes(tile), nativeHash);
      verifyInclusion({ index, size, leafHash: hash, proof, root }, nativeHash);
    }
    return { origin: this.origin, keys, keep: () => this.keep(keys, seen, told) };
  }

  /** The keys after these entries, and the entries that changed something. */
  private stepped(steps: readonly Step[]): { keys: readonly LogKey[]; used: readonly Step[] } {
    let keys = [...this.known];
    const used: Step[] = [];
    for (const step of steps) {
      const next = applyStep(keys, step, this.origin);
      if (next === keys) continue;
      keys = next;
      used.push(step);
    }
    return { keys, used };
  }

  private async keep(
    keys: readonly LogKey[],
    seen: string,
    told: string,
  ): Promise<{ added: string[]; ended: string[] }> {
    const { known, file } = this;
    const added = keys.filter((key) => !known.some((other) => isSame(key, other))).map(formatVkey);
    const ended = keys
      .filter((key) => !isCurrent(key) && known.some((other) => isSame(key, other) && isCurrent(other)))
      .map(formatVkey);
    if (added.length + ended.length > 0 && file !== null) {
      const kept = keys.map((key) => ({ vkey: formatVkey(key), until: key.until?.toString() ?? null }));
      const relayed = join(dirname(file), PUBLISHED);
      await replaceDurably([{ path: relayed, content: told }], 0o644);
      await replaceDurably([{ path: file, content: `${JSON.stringify({ keys: kept })}\n` }], 0o600);
    }
    this.known = keys;
    this.seen = seen;
    return { added, ended };
  }
}

function isCurrent({ until }: LogKey): boolean {
  return until === undefined || until === null;
}

function applyStep(keys: LogKey[], { index, opening }: Step, origin: string): LogKey[] {
  const { op, detail, by } = opening;
  if (by.mode !== 'service') return keys;
  if (op === 'log.rotateKey') {
    const { from, to } = verifyRotation(textOf(detail?.['rotation']), nativeVerify);
    const follows = to.name === origin && keys.some((key) => isSame(key, from) && isCurrent(key));
    return follows && !keys.some((key) => isSame(key, to)) ? [...keys, to] : keys;
  }
  if (op !== 'log.retireKey' || !Array.isArray(detail?.['revokes'])) return keys;
  const revoked = detail['revokes'] as readonly unknown[];
  const ends = (key: LogKey): boolean => isCurrent(key) && revoked.includes(thumbprint(key.publicKey));
  // A log without a key is nobody's: a retirement of all that is known is none.
  if (!keys.some(ends) || keys.every((key) => !isCurrent(key) || ends(key))) return keys;
  return keys.map((key) => (ends(key) ? { ...key, until: index + 1n } : key));
}

/** The entries that a server tells of, each opening held against its leaf. */
function readSteps(text: string): readonly Step[] {
  const parsed = publishedEntries.safeParse(parseJson(text));
  if (!parsed.success) throw violation('expected the entries that changed its key');
  return parsed.data.map(({ index, leaf, opening, salt }) => {
    if (!equal(linkHash(salt, opening, nativeHash), parseLeaf(leaf).link))
      throw violation(`expected the opening that the leaf of entry ${index} links to, got another`);
    return { index: BigInt(index), hash: leafHash(leaf, nativeHash), opening: parseOpening(opening) };
  });
}

function parseKept(text: string, file: string): readonly LogKey[] {
  const parsed = keptKeys.safeParse(parseJson(text));
  if (!parsed.success)
    throw new VitrineError('NOT_CONFIGURED', `${file} is damaged: remove it, and give every --log-key`);
  return parsed.data.keys.map(({ vkey, until }) => {
    return { ...parseVkey(vkey), until: until === null ? null : BigInt(until) };
  });
}

function isSame(one: NoteKey, other: NoteKey): boolean {
  return one.name === other.name && equal(one.publicKey, other.publicKey);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function violation(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', message);
}
