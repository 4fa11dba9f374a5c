/** Everything that doesn't verify: said once to the log of the process, the database and whoever listens. */
import { VitrineError } from './core/index.js';
import type { Query } from './query.js';

export interface AlarmOptions {
  readonly query: Query;
  readonly log: {
    warn(facts: object, message: string): void;
    error(facts: object, message: string): void;
  };
  /** Also keep them in the database. */
  readonly stored: boolean;
}

const INSERT = 'INSERT INTO alarm (code, what, position) VALUES ($1, $2, $3::text::bigint)';

export class Alarms {
  private readonly listeners = new Set<(error: VitrineError) => void>();
  /** Errors whose alarm was raised: one that passes through several hands is one alarm. */
  private readonly raised = new WeakSet<VitrineError>();

  constructor(private readonly options: AlarmOptions) {}

  on(heard: (error: VitrineError) => void): () => void {
    this.listeners.add(heard);
    return () => this.listeners.delete(heard);
  }

  raise(error: VitrineError): void {
    if (this.raised.has(error)) return;
    this.raised.add(error);
    const { code, message, details } = error;
    const { query, log, stored } = this.options;
    log.error({ code, ...details }, message);
    if (stored) {
      query
        .$executeRawUnsafe(INSERT, code, message, details['index'] ?? null)
        .catch((cause: unknown) => log.warn({ err: cause }, 'the alarm was not stored'));
    }
    for (const heard of this.listeners) heard(error);
  }

  /** Raises the alarm for what a row beside the log gets wrong. */
  async over<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'INTEGRITY_VIOLATION') this.raise(error);
      throw error;
    }
  }
}
