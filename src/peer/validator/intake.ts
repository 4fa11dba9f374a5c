/** Takes note of upload requests as they come up, in the order of the log, over a link that breaks; none is lost or taken twice. */
import { sleep } from '../../client/retry.js';
import type { AlarmLog } from '../monitor/alarms.js';
import type { DecisionStore } from './decision-store.js';
import type { Link } from './link.js';

export interface IntakeOptions {
  readonly origin: string;
  readonly store: DecisionStore;
  readonly link: Link;
  readonly clock: () => Date;
  /** Milliseconds until the next try, after so many that failed. */
  readonly delay: (failures: number) => number;
  readonly signal: AbortSignal;
  readonly log: AlarmLog;
  /** Told when there is something to judge. */
  readonly onSeen: () => void;
  /** Told of what broke it. */
  readonly onFailure: (cause: unknown) => Promise<void>;
}

/** The position of what isn't for this member is written down so often. */
const KEEP_EACH = 256n;

export class Intake {
  private broken: string | null = null;

  constructor(private readonly options: IntakeOptions) {}

  /** Why nothing comes; null while it may. */
  get failure(): string | null {
    return this.broken;
  }

  /** Runs until the signal. */
  async run(): Promise<void> {
    const { signal, log, origin, delay, onFailure, store } = this.options;
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.take(() => {
          failures = 0;
          this.broken = null;
        });
      } catch (cause) {
        if (signal.aborted) break;
        this.broken = cause instanceof Error ? cause.message : String(cause);
        log.warn({ err: cause, origin }, `upload requests can't be followed: ${this.broken}`);
        await onFailure(cause);
      }
      failures += 1;
      await sleep(delay(failures), signal);
    }
    await store
      .passed(store.position)
      .catch((cause: unknown) => log.warn({ err: cause, origin }, 'the position could not be kept'));
  }

  /** Takes what comes, until the link breaks. */
  private async take(onStep: () => void): Promise<void> {
    const { link, store, clock, onSeen } = this.options;
    for await (const { after, upload } of link.steps(store.position)) {
      if (upload === null || store.find(upload) !== undefined) await store.passed(after, KEEP_EACH);
      else {
        await store.see(upload, after, clock());
        onSeen();
      }
      onStep();
    }
  }
}
