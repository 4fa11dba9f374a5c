/** Stopping: what was opened is closed in the opposite order, once, and a signal starts it. */

/** Closes things in the opposite order of their opening. */
export class Closing {
  readonly #steps: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];
  #closed: Promise<void> | undefined;

  /** Remembers how to close what was just opened. */
  add(name: string, close: () => Promise<void> | void): void {
    this.#steps.push({ name, close });
  }

  /**
   * Closes everything; a step that fails doesn't keep the others open. A second call gives the first one's promise.
   *
   * @throws AggregateError of what failed.
   */
  close(): Promise<void> {
    this.#closed ??= this.#run();
    return this.#closed;
  }

  async #run(): Promise<void> {
    const failed: unknown[] = [];
    for (const { name, close } of this.#steps.reverse()) {
      try {
        await close();
      } catch (error) {
        failed.push(new Error(`closing ${name} failed`, { cause: error }));
      }
    }
    if (failed.length > 0) throw new AggregateError(failed, 'not everything could be closed');
  }
}

/** What stands between signals and the process; passed in so that tests need no process. */
export interface Signals {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

const STOPPING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** npm passes a Ctrl-C on that the terminal has already given to the whole process group: both arrive at once. */
const SAME_SIGNAL_MS = 500;

/**
 * Stops on the first signal and exits when all is closed: 0, or 1 when closing failed or took longer than
 * `deadlineMs`. A second signal exits at once with 1.
 */
export function stopOnSignal(options: {
  readonly stop: () => Promise<void>;
  readonly deadlineMs: number;
  readonly report: (message: string, error?: unknown) => void;
  readonly signals?: Signals;
  readonly now?: () => number;
}): void {
  const { stop, deadlineMs, report, now = Date.now, signals = process } = options;
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first !== undefined) {
      if (now() - first < SAME_SIGNAL_MS) return;
      report(`${signal} again: leaving at once`);
      signals.exit(1);
      return;
    }
    first = now();
    report(`${signal}: stopping`);
    const timer = setTimeout(() => {
      report('stopping took too long: leaving');
      signals.exit(1);
    }, deadlineMs);
    timer.unref();
    stop().then(
      () => signals.exit(0),
      (error: unknown) => {
        report('stopping failed', error);
        signals.exit(1);
      },
    );
  };
  for (const signal of STOPPING) signals.on(signal, () => onSignal(signal));
}
