/** Hears what other processes announce (PostgreSQL's LISTEN), over one session that is renewed when it is lost. */
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { DatabaseLog } from './log.js';

/**
 * Called with a notification's payload, and with an empty one after the session was renewed: what was announced
 * meanwhile is lost, so look again.
 */
export type Heard = (payload: string) => void;

export class Listener {
  readonly #heard = new Map<string, Set<Heard>>();
  #session: Promise<pg.Client> | undefined;
  #closed = false;

  constructor(
    readonly url: string,
    readonly log: DatabaseLog,
  ) {}

  /** Starts to listen; the promise fulfils when PostgreSQL has confirmed, so nothing announced later is missed. */
  async listen(channel: string, heard: Heard): Promise<() => Promise<void>> {
    const set = this.#heard.get(channel) ?? new Set();
    this.#heard.set(channel, set.add(heard));
    this.#session ??= this.#open();
    const client = await this.#session;
    await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    return async () => {
      set.delete(heard);
      if (set.size > 0 || this.#closed || this.#heard.get(channel) !== set) return;
      this.#heard.delete(channel);
      const current = await this.#session;
      await current?.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
    };
  }

  async #open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'vitrine listener',
      keepAlive: true,
    });
    client.on('error', () => undefined);
    client.on('notification', ({ channel, payload }) => {
      this.#tell(channel, payload ?? '');
    });
    try {
      await client.connect();
      for (const channel of this.#heard.keys()) await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      this.#session = undefined;
      throw error;
    }
    client.once('end', () => {
      if (this.#closed) return;
      this.#session = this.#renew();
      // Fails only when the listener is closed meanwhile.
      this.#session.catch(() => undefined);
    });
    return client;
  }

  async #renew(): Promise<pg.Client> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 2_000)) {
      await pause(wait);
      if (this.#closed) throw new Error('the listener is closed');
      try {
        const client = await this.#open();
        this.log.info({}, 'listening to the database again');
        for (const channel of this.#heard.keys()) this.#tell(channel, '');
        return client;
      } catch (error) {
        this.log.warn({ reason: (error as Error).message }, "the database can't be listened to");
      }
    }
  }

  #tell(channel: string, payload: string): void {
    for (const heard of this.#heard.get(channel) ?? []) {
      try {
        heard(payload);
      } catch (error) {
        this.log.error({ channel, reason: (error as Error).message }, 'a listener failed');
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#session?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }
}
