/**
 * Watches one log: what the witness and the replica find becomes an alarm, with evidence on the disk where there is
 * some. It never stops watching.
 */
import { join } from 'node:path';
import { hex, sha256, utf8 } from '../../ledger/core/index.js';
import type { LeafProblem, VerifiedLeaf } from '../replica/leaf-rules.js';
import type { Alarm, AlarmCode, Alarms } from './alarms.js';
import { keepEvidence } from './evidence.js';

export interface MonitorOptions {
  readonly origin: string;
  /** The log's folder: evidence goes to `evidence` in it. */
  readonly folder: string;
  readonly alarms: Alarms;
  readonly clock: () => Date;
  /** Milliseconds without progress that are a stall. */
  readonly stallMs: number;
  /** Milliseconds that the log may show less than before, before it counts as rolled back. */
  readonly behindMs: number;
}

/** Most that the log's clock may differ from ours. */
const CLOCK_MS = 60_000;

export class Monitor {
  private lastGood: number;
  private behindSince: number | undefined;

  constructor(private readonly options: MonitorOptions) {
    this.lastGood = options.clock().getTime();
  }

  /** When the log was last seen whole, or entries last arrived. */
  get lastProgress(): Date {
    return new Date(this.lastGood);
  }

  /** A signed checkpoint that contradicts what is held: stands until a person acknowledges it. */
  async contradiction(held: string | undefined, offered: string, message: string): Promise<void> {
    const folder = join(this.options.folder, 'evidence');
    const found = { held, offered, message, at: this.options.clock() };
    // The alarm comes also when the disk is full.
    const evidence = await keepEvidence(folder, found).catch(
      (cause: unknown) => `not kept: ${String(cause)}`,
    );
    const about = hex(sha256(utf8(offered))).slice(0, 12);
    await this.raise('fork', about, 'critical', `the log forked or was rolled back: ${message}`, {
      evidence,
    });
  }

  /** The poll reached the log's newest checkpoint, and all its entries are held. */
  async caughtUp(behind: boolean, sizes: { readonly held: bigint; readonly offered: bigint }): Promise<void> {
    const now = this.now();
    if (!behind) {
      this.behindSince = undefined;
      await this.clear('rollback', '');
      return this.progress();
    }
    this.behindSince ??= now;
    if (now - this.behindSince < this.options.behindMs) return;
    const message = `the log shows ${sizes.offered} entries, after it had shown ${sizes.held}`;
    const details = { held: sizes.held.toString(), offered: sizes.offered.toString() };
    await this.raise('rollback', '', 'critical', message, details);
  }

  /** Something verifiable arrived. */
  async progress(): Promise<void> {
    this.lastGood = this.now();
    await this.clear('stall', '');
    await this.clear('entries', '');
  }

  /** Called after each poll, and between them. `why`: what the last one failed with. */
  async checkStall(why: string): Promise<void> {
    const { stallMs } = this.options;
    if (this.now() - this.lastGood < stallMs) return;
    const since = this.lastProgress.toISOString();
    const message = `nothing verifiable came from the log since ${since}: ${why}`;
    await this.raise('stall', '', 'critical', message, { since });
  }

  /** Entries that don't hash to the signed root, or answers that can't be parsed. */
  entriesRefused(message: string): Promise<void> {
    return this.raise('entries', '', 'critical', `what the log serves doesn't verify: ${message}`, {});
  }

  leafProblem({ index, message }: LeafProblem): Promise<void> {
    return this.raise('leaf', index.toString(), 'critical', `entry ${index}: ${message}`, {
      index: index.toString(),
    });
  }

  /**
   * Times of newly seen entries against this machine's clock. An entry that came between two polls was made between
   * them; one that was there before is only held not to lie in the future.
   * @param since when the poll before began, if it had caught up
   */
  async clockOf(leaves: readonly VerifiedLeaf[], since: Date | null): Promise<void> {
    const now = this.now();
    const least = since === null ? undefined : since.getTime() - CLOCK_MS;
    let judged = false;
    for (const { index, leaf } of leaves) {
      if (leaf === null) continue;
      const time = Date.parse(leaf.time);
      const off = time > now + CLOCK_MS ? time - now : least !== undefined && time < least ? time - least : 0;
      if (off !== 0) return this.clockOff(index, leaf.time, off);
      judged ||= least !== undefined;
    }
    if (judged) await this.clear('clock', '');
  }

  private clockOff(index: bigint, time: string, off: number): Promise<void> {
    const [here, by] = [this.options.clock().toISOString(), Math.round(Math.abs(off) / 1000)];
    const message =
      `entry ${index} has the time ${time}, seen at ${here}: the clock of the log or of this machine ` +
      `is off, by ${by} s beyond what is tolerated`;
    return this.raise('clock', '', 'critical', message, { index: index.toString(), time, here });
  }

  /** Raises an alarm about this log. `about` tells causes of one code apart. */
  raise(
    code: AlarmCode,
    about: string,
    severity: Alarm['severity'],
    message: string,
    details: Alarm['details'],
  ): Promise<void> {
    const { alarms, origin } = this.options;
    return alarms.raise({ id: this.id(code, about), code, severity, origin, message, details });
  }

  clear(code: AlarmCode, about: string): Promise<void> {
    return this.options.alarms.clear(this.id(code, about));
  }

  private id(code: AlarmCode, about: string): string {
    return [code, this.options.origin, ...(about === '' ? [] : [about])].join(':');
  }

  private now(): number {
    return this.options.clock().getTime();
  }
}
