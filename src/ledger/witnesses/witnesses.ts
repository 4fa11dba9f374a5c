/**
 * The witnesses of a log (design: ledger, "Witnesses and peers"): other institutions' machines that cosign checkpoints
 * they found consistent. None of them delays anything but the state COSIGNED and, for a moment, a start.
 */
import { parseCheckpoint, parseNote, type Policy } from '../core/index.js';
import { COSIGNED_CHANNEL, type Cosignature, Kept } from './kept.js';
import type { Failure } from './ask.js';
import { Courier } from './courier.js';
import { addressesOf, requireOwnLog } from './policy.js';
import { targetOf } from './target.js';
import { type Retry, Witness, type WitnessOptions } from './witness.js';
import { notConfirmed, rolledBackBy, WITNESSED } from './messages.js';
import type { WitnessLog } from './log.js';

/** The deployment's witnesses, and how they are asked; all times in milliseconds. */
export interface WitnessSettings {
  readonly policy: Policy;
  /** Longest that one answer may take: 5 s. */
  readonly timeoutMs?: number;
  /** From one checkpoint to the next at least, while the log grows: 100. */
  readonly paceMs?: number;
  /** A witness that fails is asked again after 0.5 s, then after twice as long each time, up to a minute. */
  readonly retry?: Retry;
  /** Longest that a start waits for the witnesses: 1.5 s. */
  readonly startMs?: number;
}

/** What else vouches for a log that is opened. */
export interface Vouched {
  /** A pin says how far it went. */
  readonly pinned: boolean;
  /** It has just begun, or a person believes it. */
  readonly believed: boolean;
}

/** Called with each end of an asking. */
export type HeardAnswer = (witness: string, answer: 'cosigned' | Failure) => void;

/** What the log's readers ask of its witnesses. */
export interface Witnesses {
  /** Names within the policy, of all whose cosignatures count. Empty: nothing is ever cosigned. */
  readonly names: readonly string[];
  /** Entries under the newest checkpoint that the quorum cosigned: those with an index below this are COSIGNED. */
  readonly size: bigint;
  /** The newest size that a witness cosigned; undefined for none. */
  newestOf(name: string): bigint | undefined;
  /** The verified cosignatures of the policy's witnesses on the checkpoint of a size, in the policy's order. */
  cosignatures(size: bigint): Promise<readonly Cosignature[]>;
  /** A checkpoint of this log with what cosignatures there are. */
  attach(note: string): Promise<string>;
  /** The newest checkpoint that the quorum cosigned; undefined for none. */
  checkpoint(): Promise<string | undefined>;
  /** Whether an entry is cosigned, at once or before so many milliseconds have passed. */
  covers(index: bigint, waitMs?: number): Promise<boolean>;
  /** Calls back when the quorum cosigned a larger size. Gives a function that stops it. */
  onCosigned(heard: () => void): () => void;
  /** Calls back with each end of an asking by this process. Gives a function that stops it. */
  onAnswer(heard: HeardAnswer): () => void;
}

const TIMEOUT_MS = 5_000;
const PACE_MS = 100;
const RETRY: Retry = { least: 500, most: 60_000 };
const START_MS = 1_500;

export class LogWitnesses implements Witnesses {
  private readonly kept: Kept;
  private readonly courier: Courier;
  private readonly heard = new Set<HeardAnswer>();
  private readonly said = new Map<string, string>();
  /** Called when something may have come that is waited for. */
  private readonly waiting = new Set<() => void>();
  private readonly stopping = new AbortController();
  private readonly ends: (() => Promise<void> | void)[] = [];
  private members: readonly Witness[] = [];

  /** Throws NOT_CONFIGURED for a policy that can't work. */
  constructor(
    private readonly settings: WitnessSettings,
    private readonly log: WitnessLog,
  ) {
    const { policy } = settings;
    const addresses = addressesOf(policy);
    const onFailure = (err: unknown): void => this.warn({ err }, 'the witnesses could not be asked');
    this.kept = new Kept({
      query: log.query,
      policy,
      note: log.note,
      onViolation: (err) => log.logger.warn({ err }, 'a kept cosignature does not hold'),
    });
    this.kept.onGrown(() => this.look());
    this.courier = new Courier({
      witnesses: (this.members = addresses.map((address) => new Witness(this.optionsOf(address)))),
      policy,
      paceMs: settings.paceMs ?? PACE_MS,
      newest: log.newest,
      size: log.size,
      signed: async (size) => (await this.kept.of(size)).map(({ name }) => name),
      onDisagreement: (against) => log.stop(rolledBackBy(against, log.size())),
      onFailure,
    });
  }

  get names(): readonly string[] {
    return this.settings.policy.witnesses.map(({ name }) => name);
  }

  get size(): bigint {
    return this.kept.size;
  }

  newestOf(name: string): bigint | undefined {
    return this.kept.newest.get(name);
  }

  cosignatures(size: bigint): Promise<readonly Cosignature[]> {
    return this.kept.of(size);
  }

  async attach(note: string): Promise<string> {
    const { size } = parseCheckpoint(parseNote(note).text);
    return (await this.kept.of(size)).length === 0 ? note : this.kept.note(size);
  }

  async checkpoint(): Promise<string | undefined> {
    return this.kept.size === 0n ? undefined : this.kept.note(this.kept.size);
  }

  async covers(index: bigint, waitMs = 0): Promise<boolean> {
    if (index < this.size || waitMs <= 0) return index < this.size;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (index >= this.size && !late.aborted && !this.stopping.signal.aborted) return;
        this.waiting.delete(look);
        resolve();
      };
      const late = AbortSignal.timeout(waitMs);
      late.addEventListener('abort', look);
      this.waiting.add(look);
      look();
    });
    return index < this.size;
  }

  onCosigned(heard: () => void): () => void {
    return this.kept.onGrown(heard);
  }

  onAnswer(heard: HeardAnswer): () => void {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  }

  /**
   * Before anything is signed or pinned: what do the witnesses say of the newest checkpoint? Waits a moment at most.
   * Throws ROLLBACK_DETECTED when the quorum knows more than the database, without a pin when one does; NOT_CONFIGURED
   * when nothing else vouches for the log and the quorum doesn't.
   */
  async confirm(newest: string | undefined, vouched: Vouched): Promise<void> {
    requireOwnLog(this.settings.policy, this.log.keys());
    await this.kept.load();
    for (const one of this.members) one.expect(this.newestOf(one.name) ?? 0n);
    if (newest === undefined) return;
    const { policy, startMs = START_MS } = this.settings;
    const target = targetOf(newest);
    const against = (): readonly Witness[] =>
      this.members.filter(({ disagreement: one }) => one !== undefined);
    const decisive = (): boolean =>
      vouched.pinned ? policy.satisfied(new Set(against().map(({ name }) => name))) : against().length > 0;
    await this.courier.ask(target, startMs, decisive);
    if (decisive()) throw rolledBackBy(against(), this.log.size());
    if (vouched.pinned || vouched.believed || policy.satisfied(target.signed)) return;
    throw notConfirmed(target.size, [...target.signed]);
  }

  /** Follows the log, and what other processes keep. `follow` hears of growth, `turn` of the one process that asks. */
  async run(): Promise<void> {
    const { listen, turn, onAdvance } = this.log;
    const hear = (payload: string): void =>
      void this.kept
        .hear(payload)
        .catch((err: unknown) => this.warn({ err }, 'a cosignature was not taken over'));
    this.ends.push(await listen(COSIGNED_CHANNEL, hear));
    await this.kept.load(); // what was kept before it listened
    this.ends.push(onAdvance(() => this.courier.wake()));
    this.ends.push(turn(WITNESSED, (mine) => (mine ? this.courier.start() : this.courier.stop())));
  }

  /** Gives up what is on its way. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.look();
    this.courier.stop();
    for (const end of this.ends.splice(0)) await end();
    await this.courier.idle();
  }

  private optionsOf(address: WitnessOptions['address']): WitnessOptions {
    const { timeoutMs = TIMEOUT_MS, retry = RETRY } = this.settings;
    const { proof, sync } = this.log;
    return {
      address,
      timeoutMs,
      retry,
      random: Math.random,
      signal: this.stopping.signal,
      proof,
      sync,
      keep: ({ size }, line) => this.kept.keep(size, address.key, line),
      onAnswer: (name, answer, message) => this.answered(name, answer, message),
    };
  }

  private answered(name: string, answer: 'cosigned' | Failure, message: string): void {
    if (this.stopping.signal.aborted) return;
    const before = this.said.get(name);
    this.said.set(name, answer);
    for (const heard of this.heard) heard(name, answer);
    if (answer === before) return; // told once, however often it is asked again
    if (answer !== 'cosigned') this.warn({ witness: name, answer }, `witness ${name} ${message}`);
    else if (before !== undefined) this.log.logger.info({ witness: name }, `witness ${name} cosigns again`);
  }

  private look(): void {
    for (const look of this.waiting) look();
  }

  private warn(facts: object, message: string): void {
    if (!this.stopping.signal.aborted) this.log.logger.warn(facts, message);
  }
}

/** Without a policy nobody is asked, and nothing is cosigned. */
export const NO_WITNESSES: Witnesses = {
  names: [],
  size: 0n,
  newestOf: () => undefined,
  cosignatures: () => Promise.resolve([]),
  attach: (note) => Promise.resolve(note),
  checkpoint: () => Promise.resolve(undefined),
  covers: () => Promise.resolve(false),
  onCosigned: () => () => undefined,
  onAnswer: () => () => undefined,
};
