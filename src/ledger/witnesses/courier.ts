/**
 * Brings checkpoints to the witnesses. All are asked for one and the same until enough have signed it or nobody is left:
 * if each were asked for what is newest at its turn, on a busy log hardly two would sign the same.
 */
import type { Policy } from '../core/index.js';
import { type Target, targetOf } from './target.js';
import type { Witness } from './witness.js';

export interface CourierOptions {
  readonly witnesses: readonly Witness[];
  readonly policy: Policy;
  /** Milliseconds from one target to the next at least. */
  readonly paceMs: number;
  /** The newest checkpoint that the log signed. */
  readonly newest: () => Promise<string>;
  /** Entries of the trusted log. */
  readonly size: () => bigint;
  /** Who is known to have cosigned a size. */
  readonly signed: (size: bigint) => Promise<readonly string[]>;
  /** Called with the witnesses that disagree, when they make the quorum. */
  readonly onDisagreement: (witnesses: readonly Witness[]) => void;
  readonly onFailure: (error: unknown) => void;
}

/** When the log can't be read: the next try. */
const AGAIN_MS = 1000;

export class Courier {
  private target: Target | undefined;
  private running = false;
  private choosing = false;
  private chosenAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  /** Askings on their way. */
  private readonly offers = new Set<Promise<void>>();

  constructor(private readonly options: CourierOptions) {}

  /** Begins, or goes on. */
  start(): void {
    this.running = true;
    this.wake();
  }

  /** Begins nothing more; what is on its way goes on. */
  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Returns when nothing is on its way any more. */
  async idle(): Promise<void> {
    await Promise.all(this.offers);
  }

  /** The log has grown, or a witness is due: asks whoever is to be asked. */
  wake(): void {
    if (!this.running) return;
    const { witnesses, size } = this.options;
    if (this.target === undefined || (this.isDone(this.target) && size() > this.target.size)) this.choose();
    const { target } = this;
    if (target === undefined) return;
    const now = performance.now();
    for (const witness of witnesses)
      if (!witness.busy && witness.dueAt <= now && isLeft(target, witness)) void this.offer(witness, target);
    this.sleep(target, now);
  }

  /**
   * Asks all for one checkpoint, once each, and returns when enough have signed it, when `enough` says so, or after
   * `limitMs`.
   */
  async ask(target: Target, limitMs: number, enough: () => boolean): Promise<void> {
    const { witnesses, policy } = this.options;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
      const asked = witnesses.map(async (witness) => {
        await this.offer(witness, target);
        if (policy.satisfied(target.signed) || enough()) resolve();
      });
      void Promise.all(asked).then(() => resolve());
    });
    clearTimeout(timer);
  }

  private async offer(witness: Witness, target: Target): Promise<void> {
    const offer = witness.offer(target).catch(this.options.onFailure);
    this.offers.add(offer);
    await offer;
    this.offers.delete(offer);
    this.judge();
    this.wake();
  }

  /** Enough have signed it, or nobody is left who could now. A witness that is busy with another one is left. */
  private isDone(target: Target): boolean {
    const { witnesses, policy } = this.options;
    if (policy.satisfied(target.signed)) return true;
    const now = performance.now();
    return witnesses.every((one) => !isLeft(target, one) || (!one.busy && one.dueAt > now));
  }

  private choose(): void {
    if (this.choosing) return;
    this.choosing = true;
    const wait = this.chosenAt + this.options.paceMs - performance.now();
    const chosen = wait > 0 ? later(wait).then(() => this.take()) : this.take();
    chosen
      .then((changed) => (changed ? 0 : AGAIN_MS))
      .catch((error: unknown) => {
        this.options.onFailure(error);
        return AGAIN_MS;
      })
      .then(later)
      .then(() => {
        this.choosing = false;
        this.wake();
      })
      .catch(this.options.onFailure);
  }

  /** Takes the newest checkpoint for the next target; false when there is none. */
  private async take(): Promise<boolean> {
    if (!this.running) return false;
    const found = targetOf(await this.options.newest());
    if (this.target !== undefined && found.size <= this.target.size) return false;
    const signed = await this.options.signed(found.size);
    this.chosenAt = performance.now();
    this.target = targetOf(found.note, signed);
    return true;
  }

  /** Enough witnesses that say that this log is another or shorter than what they signed: then it is. */
  private judge(): void {
    const { witnesses, policy, size, onDisagreement } = this.options;
    const against = witnesses.filter(
      ({ disagreement: one }) => one?.kind === 'fork' || (one && one.size > size()),
    );
    if (against.length > 0 && policy.satisfied(new Set(against.map(({ name }) => name))))
      onDisagreement(against);
  }

  /** Wakes when the next witness that failed is due. */
  private sleep(target: Target, now: number): void {
    clearTimeout(this.timer);
    const due = this.options.witnesses
      .filter((one) => !one.busy && one.dueAt > now && isLeft(target, one))
      .map(({ dueAt }) => dueAt);
    if (due.length === 0) return;
    this.timer = setTimeout(() => this.wake(), Math.min(...due) - now + 1).unref();
  }
}

function isLeft({ signed, passed }: Target, { name }: Witness): boolean {
  return !signed.has(name) && !passed.has(name);
}

function later(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms).unref());
}
