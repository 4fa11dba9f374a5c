/** Keeps one log's replica, openings and monitor going: polls with backoff and jitter, and never gives up. */
import { sleep } from '../client/retry.js';
import { VitrineError } from '../ledger/core/index.js';
import type { AlarmLog } from './monitor/alarms.js';
import type { Monitor } from './monitor/monitor.js';
import type { Openings } from './openings/openings.js';
import type { Replica } from './replica/replica.js';
import type { Witness } from './witness/witness.js';

export interface FollowerOptions {
  readonly origin: string;
  readonly replica: Replica;
  /** Null: no openings are kept. */
  readonly openings: Openings | null;
  readonly monitor: Monitor;
  readonly witness: Witness;
  readonly pollMs: number;
  /** Longest wait between two polls when they fail. */
  readonly longestMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly log: AlarmLog;
}

/** How it goes, for `/healthz`. */
export interface FollowerState {
  /** The held files were read again and hold. */
  readonly opened: boolean;
  /** What the newest poll failed with; null when it didn't. */
  readonly failure: string | null;
  readonly polls: number;
}

export class Follower {
  private opened = false;
  private failures = 0;
  private polls = 0;
  private failure: string | null = null;
  /** The cosigned checkpoint that was held against the replica last. */
  private compared: string | undefined;

  constructor(private readonly options: FollowerOptions) {}

  get state(): FollowerState {
    return { opened: this.opened, failure: this.failure, polls: this.polls };
  }

  /** Runs until the signal. */
  async run(): Promise<void> {
    const { signal, pollMs, longestMs, random } = this.options;
    while (!signal.aborted) {
      await this.round();
      const grown = Math.min(pollMs * 2 ** Math.min(this.failures, 16), Math.max(longestMs, pollMs));
      await sleep(grown * (0.75 + random() / 2), signal);
    }
  }

  /** One poll, and what belongs to it. Nothing that goes wrong ends the watch. */
  async round(): Promise<void> {
    const { signal, monitor, log } = this.options;
    try {
      await this.attempt();
      this.failures = 0;
      this.failure = null;
    } catch (cause) {
      if (signal.aborted) return;
      this.failures += 1;
      this.failure = cause instanceof Error ? cause.message : String(cause);
      log.warn({ err: cause, origin: this.options.origin }, `poll failed: ${this.failure}`);
      await this.tell(cause);
    }
    this.polls += 1;
    await monitor.checkStall(this.failure ?? 'nothing new');
    await this.syncOpenings();
  }

  private async attempt(): Promise<void> {
    const { replica, openings, monitor, witness, origin } = this.options;
    if (!this.opened) {
      await replica.open();
      await openings?.load();
      this.opened = true;
      await monitor.clear('damaged', '');
    }
    const cosigned = witness.latest(origin);
    const { offered, behind } = await replica.poll();
    await monitor.clear('disk', '');
    const held = cosigned !== undefined && cosigned.size > replica.size ? cosigned.size : replica.size;
    await monitor.caughtUp(behind || offered.size < held, { held, offered: offered.size });
    await this.compare();
  }

  /** What the log shows to the witness and what it shows to the world must be one log. */
  private async compare(): Promise<void> {
    const { replica, monitor, witness, origin } = this.options;
    const cosigned = witness.latest(origin);
    if (cosigned === undefined || cosigned.note === this.compared || cosigned.size > replica.size) return;
    const message = await replica.contradiction(cosigned);
    if (message !== undefined) {
      await monitor.contradiction(
        await replica.heldNote(),
        cosigned.note,
        `${message}; this witness had cosigned it`,
      );
    }
    this.compared = cosigned.note;
  }

  private async tell(cause: unknown): Promise<void> {
    const { monitor } = this.options;
    if (!(cause instanceof VitrineError)) {
      const message = `keeping the copy failed: ${this.failure ?? ''}`;
      return monitor.raise('disk', '', 'critical', message, {});
    }
    if (!this.opened) return monitor.raise('damaged', '', 'critical', cause.message, {});
    // A contradiction was told already; what else can't be verified counts as no answer, until it is a stall.
    if (cause.details['what'] === 'entries') await monitor.entriesRefused(cause.message);
  }

  private async syncOpenings(): Promise<void> {
    const { openings, signal, monitor, log, origin } = this.options;
    if (openings === null || !this.opened || signal.aborted) return;
    try {
      await openings.sync();
      await monitor.clear('withheld', 'token');
    } catch (cause) {
      if (signal.aborted) return;
      log.warn({ err: cause, origin }, 'openings could not be fetched');
      if (!(cause instanceof VitrineError)) {
        return monitor.raise('disk', '', 'critical', `keeping openings failed: ${String(cause)}`, {});
      }
      if (cause.code === 'UNAUTHENTICATED' || cause.code === 'FORBIDDEN') {
        await monitor.raise('withheld', 'token', 'warning', `openings aren't given: ${cause.message}`, {});
      }
    }
  }
}
