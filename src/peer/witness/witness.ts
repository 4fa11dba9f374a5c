/**
 * A C2SP witness (c2sp.org/tlog-witness): cosigns a log's checkpoint when it extends what it cosigned before, and never
 * two roots of one size. What it is about to sign is on the disk before it answers; requests of one log take turns.
 */
import {
  emptyRoot,
  equal,
  parseCheckpoint,
  verifyConsistency,
  VitrineError,
} from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';
import { type LogIdentity, type SignedCheckpoint, verifyLogNote } from '../followed-log.js';
import type { Home } from '../home.js';
import type { WitnessKey } from '../witness-key.js';
import { type AddCheckpoint, parseAddCheckpoint } from './add-checkpoint.js';
import { keepRecord, readRecord } from './record.js';

/** An HTTP answer. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly type: string;
  readonly body: string;
}

/** A validly signed checkpoint that contradicts what is held: evidence against the log. */
export interface Contradiction {
  readonly origin: string;
  /** What this peer holds. */
  readonly held: string;
  /** What was offered to it. */
  readonly offered: string;
  readonly message: string;
}

/** Places where tests let the process die or fail. */
export type WitnessFault = (point: 'before-persist' | 'after-persist') => void | Promise<void>;

export interface WitnessOptions {
  readonly home: Home;
  readonly key: WitnessKey;
  readonly logs: readonly LogIdentity[];
  readonly clock: () => Date;
  /** Told of a signed checkpoint that contradicts the one cosigned. */
  readonly onContradiction?: (found: Contradiction) => void | Promise<void>;
  /**
   * The note that a checkpoint contradicts by what the replica verified; undefined when it doesn't, or isn't known.
   * It makes the witness stricter than the specification: a fork below the replica's size is refused although its
   * proof from the last cosigned size may hold.
   */
  readonly contradicted?: (origin: string, offered: SignedCheckpoint) => Promise<string | undefined>;
  readonly faults?: WitnessFault;
}

interface Witnessed {
  readonly log: LogIdentity;
  /** What is on the disk. */
  record: SignedCheckpoint | undefined;
  /** Ends when the requests before have. */
  turn: Promise<unknown>;
}

export class Witness {
  private constructor(
    private readonly options: WitnessOptions,
    private readonly logs: ReadonlyMap<string, Witnessed>,
  ) {}

  static async open(options: WitnessOptions): Promise<Witness> {
    const logs = new Map<string, Witnessed>();
    for (const log of options.logs) {
      const record = await readRecord(options.home, log);
      logs.set(log.origin, { log, record, turn: Promise.resolve() });
    }
    return new Witness(options, logs);
  }

  get key(): WitnessKey['key'] {
    return this.options.key.key;
  }

  /** The newest checkpoint that was cosigned, or undefined. */
  latest(origin: string): SignedCheckpoint | undefined {
    return this.logs.get(origin)?.record;
  }

  /** Answers `POST <prefix>/add-checkpoint`. Throws when the record can't be kept: then nothing was signed. */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    let request: AddCheckpoint;
    try {
      request = parseAddCheckpoint(body);
    } catch (cause) {
      return refusal(400, cause);
    }
    const known = this.logs.get(request.origin);
    if (known === undefined) return this.unknown(request);
    try {
      if (request.note === null) return answer(403, 'invalid signature: malformed signature lines\n');
      verifyLogNote(request.note, known.log);
    } catch (cause) {
      return refusal(403, cause, 'invalid signature');
    }
    let offered: SignedCheckpoint;
    try {
      const { size, root } = parseCheckpoint(request.text);
      offered = { size, root, note: request.noteText, text: request.text };
      if (request.old > size)
        return answer(400, `the old size ${request.old} is above the checkpoint's ${size}\n`);
    } catch (cause) {
      return refusal(400, cause);
    }
    const turn = known.turn.then(() => this.decide(known, request, offered));
    known.turn = turn.catch(() => undefined);
    return turn;
  }

  /**
   * An unknown log is 404. One case is 403 instead: a line under the id of a key that is trusted for another log. The
   * id is a hash over the key's name, so no key made that line: it was moved here from the other log's note.
   */
  private unknown({ note }: AddCheckpoint): WitnessAnswer {
    const keys = [...this.logs.values()].flatMap(({ log }) => log.keys);
    const moved = note?.signatures.some((line) =>
      keys.some((key) => equal(key.keyId, line.keyId) && key.name !== line.name),
    );
    return moved === true
      ? answer(403, 'unknown log, under the key id of another\n')
      : answer(404, 'unknown log\n');
  }

  /** Runs alone for its log. */
  private async decide(
    known: Witnessed,
    { old, proof }: AddCheckpoint,
    offered: SignedCheckpoint,
  ): Promise<WitnessAnswer> {
    const { home, faults, clock, key } = this.options;
    const { record, log } = known;
    const heldSize = record?.size ?? 0n;
    if (record !== undefined && offered.size === heldSize && !equal(offered.root, record.root)) {
      const message = `two signed roots of size ${heldSize}`;
      await this.options.onContradiction?.({
        origin: log.origin,
        held: record.note,
        offered: offered.note,
        message,
      });
    }
    if (old !== heldSize) return conflict(heldSize);
    const heldRoot = record?.root ?? emptyRoot(nativeHash);
    if (offered.size === heldSize && !equal(offered.root, heldRoot)) return conflict(heldSize);
    const refused = refuseProof(old, heldRoot, proof, offered);
    if (refused !== undefined) return refused;
    if (await this.isFork(log.origin, offered)) return answer(422, 'it contradicts the entries held here\n');
    if (record === undefined || offered.size > heldSize) {
      await faults?.('before-persist');
      await keepRecord(home, log.origin, offered.note);
      known.record = offered;
      await faults?.('after-persist');
    }
    const seconds = BigInt(Math.floor(clock().getTime() / 1000));
    return answer(200, key.cosign(offered.text, seconds));
  }

  private async isFork(origin: string, offered: SignedCheckpoint): Promise<boolean> {
    const held = await this.options.contradicted?.(origin, offered);
    if (held === undefined) return false;
    const message = `the signed root of size ${offered.size} isn't that of the entries held`;
    await this.options.onContradiction?.({ origin, held, offered: offered.note, message });
    return true;
  }
}

/** Why the proof doesn't show that the checkpoint extends the old size; undefined when it does. */
function refuseProof(
  old: bigint,
  heldRoot: Uint8Array,
  proof: readonly Uint8Array[],
  offered: SignedCheckpoint,
): WitnessAnswer | undefined {
  if (old === 0n) {
    return proof.length === 0 ? undefined : answer(422, 'bad consistency proof: expected none from size 0\n');
  }
  const claim = { from: old, to: offered.size, fromRoot: heldRoot, toRoot: offered.root, proof };
  try {
    verifyConsistency(claim, nativeHash);
    return undefined;
  } catch (cause) {
    return refusal(422, cause, 'bad consistency proof');
  }
}

/** "The response body MUST consist of the tree size of the latest cosigned checkpoint in decimal", and a newline. */
function conflict(size: bigint): WitnessAnswer {
  return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` };
}

function refusal(status: 400 | 403 | 422, cause: unknown, what = 'bad request'): WitnessAnswer {
  if (!(cause instanceof VitrineError)) throw cause;
  return answer(status, `${what}: ${cause.message}\n`);
}

function answer(status: WitnessAnswer['status'], body: string): WitnessAnswer {
  return { status, type: 'text/plain; charset=utf-8', body };
}
