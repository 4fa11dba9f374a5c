/** Work that nobody waits for: a failure is a warning, and a close waits for what was begun. */
export interface BackgroundLog {
  warn(facts: object, message: string): void;
}

export class Background {
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly log: BackgroundLog) {}

  /** Begins the work; after the close nothing is begun any more. */
  run(work: () => Promise<unknown>, failed: string): void {
    if (this.closed) return;
    const running = work().then(
      () => undefined,
      (error: unknown) => this.log.warn({ err: error }, failed),
    );
    this.running.add(running);
    void running.finally(() => this.running.delete(running));
  }

  /** Fulfils when all that was begun has ended. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.running);
  }
}
