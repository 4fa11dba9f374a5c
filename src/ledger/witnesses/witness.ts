/** One witness as the log knows it: what it holds, whether it disagrees, and when it is asked again. */
import type { NoteSignature } from '../core/index.js';
import { askWitness, type Failure } from './ask.js';
import type { WitnessAddress } from './policy.js';
import type { Target } from './target.js';

/** Milliseconds between two askings of a witness that fails: doubled each time, with jitter. */
export interface Retry {
  readonly least: number;
  readonly most: number;
}

/** What a witness says against this log. */
export interface Disagreement {
  /** The size it says it cosigned. */
  readonly size: bigint;
  /** `ahead`: this log isn't that long; `fork`: what it cosigned isn't the beginning of this log. */
  readonly kind: 'ahead' | 'fork';
}

export interface WitnessOptions {
  readonly address: WitnessAddress;
  readonly timeoutMs: number;
  readonly retry: Retry;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** RFC 6962 consistency proof, 1 <= from < to. */
  readonly proof: (from: bigint, to: bigint) => Promise<readonly Uint8Array[]>;
  /** Brings the trusted log up to date: another process may have appended. Gives its size. */
  readonly sync: () => Promise<bigint>;
  /** Keeps a verified cosignature. */
  readonly keep: (target: Target, line: NoteSignature) => Promise<void>;
  /** Told how each asking ended. */
  readonly onAnswer: (name: string, answer: 'cosigned' | Failure, message: string) => void;
}

/** How often one offer follows sizes that the witness names: each may be another process's doing. */
const MOST_SIZES = 4;

export class Witness {
  /** It is being asked. */
  busy = false;
  /** When it may be asked again, by `performance.now()`. */
  dueAt = 0;
  disagreement: Disagreement | undefined;
  private failures = 0;

  /** The size that it cosigned last, as far as is known. */
  private holds = 0n;

  constructor(private readonly options: WitnessOptions) {}

  get name(): string {
    return this.options.address.name;
  }

  /** Begins from what is known of earlier processes; what it really holds it says itself. */
  expect(size: bigint): void {
    if (size > this.holds) this.holds = size;
  }

  /** Asks it to cosign the target. What it does wrong is told, not thrown; throws when the log can't be read. */
  async offer(target: Target): Promise<void> {
    this.busy = true;
    try {
      for (let asked = 0; asked < MOST_SIZES; asked++) {
        if (this.holds > target.size && !(await this.isBehind(target))) return;
        if (await this.ask(target)) return;
      }
      this.fail('409', 'names another size each time');
    } catch (error) {
      this.wait();
      throw error;
    } finally {
      this.busy = false;
    }
  }

  /** One request; false when it is to be asked again from the size that it named. */
  private async ask(target: Target): Promise<boolean> {
    const { address, timeoutMs, signal, proof, keep, onAnswer } = this.options;
    // Larger than the target only when it disagreed: asked from zero it says again what it holds.
    const old = this.holds > target.size ? 0n : this.holds;
    const hashes = old === 0n || old === target.size ? [] : await proof(old, target.size);
    const asking = { url: address.url, key: address.key, timeoutMs, signal };
    const answer = await askWitness(asking, { old, proof: hashes, note: target.note, text: target.text });
    if (answer.kind === 'cosigned') {
      await keep(target, answer.line);
      this.holds = target.size;
      this.failures = 0;
      this.dueAt = 0;
      this.disagreement = undefined;
      target.signed.add(this.name);
      onAnswer(this.name, 'cosigned', `cosigned size ${target.size}`);
      return true;
    }
    if (answer.kind === 'holds') return this.follow(target, old, answer.size);
    if (answer.failure === '422') this.disagreement = { size: old, kind: 'fork' };
    this.fail(answer.failure, answer.message);
    return true;
  }

  /** After 409: whether the offer is over, or to be repeated from the size that the witness named. */
  private async follow(target: Target, old: bigint, size: bigint): Promise<boolean> {
    this.holds = size;
    if (size > target.size) {
      if (await this.isBehind(target)) this.fail('409', `holds ${size} entries`);
      return true;
    }
    if (size !== old) return false;
    // "If the old size matches the checkpoint size, the witness MUST check that the root hashes are also identical."
    if (size === target.size) this.disagreement = { size, kind: 'fork' };
    this.fail(
      '409',
      size === target.size ? `holds another root of size ${size}` : 'names the size it was given',
    );
    return true;
  }

  /** Whether this log is shorter than what the witness holds, after a look at what other processes appended. */
  private async isBehind(target: Target): Promise<boolean> {
    if ((await this.options.sync()) < this.holds) {
      this.disagreement = { size: this.holds, kind: 'ahead' };
      return true;
    }
    this.disagreement = undefined;
    target.passed.add(this.name);
    return false;
  }

  private fail(failure: Failure, message: string): void {
    this.wait();
    this.options.onAnswer(this.name, failure, message);
  }

  private wait(): void {
    const { retry, random } = this.options;
    const longest = Math.min(retry.least * 2 ** this.failures, retry.most);
    this.failures = Math.min(this.failures + 1, 30);
    this.dueAt = performance.now() + longest * (0.5 + random() / 2);
  }
}
