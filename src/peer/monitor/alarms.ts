/**
 * Alarms: raised once, standing until what caused them is gone or a person acknowledged them, across restarts. Each
 * is a line in `alarms.jsonl` and on the structured log.
 */
import { appendDurably, readTextIfThere } from '../durable.js';
import type { Home } from '../home.js';

export const ALARM_CODES = [
  'fork',
  'rollback',
  'stall',
  'clock',
  'entries',
  'leaf',
  'foreign',
  'opening',
  'request',
  'withheld',
  'damaged',
  'disk',
] as const;

export type AlarmCode = (typeof ALARM_CODES)[number];

export interface Alarm {
  /** The same cause has the same id: it is raised once. */
  readonly id: string;
  readonly code: AlarmCode;
  /** A critical one makes `/healthz` answer 503 while it stands. */
  readonly severity: 'critical' | 'warning';
  readonly origin: string;
  readonly message: string;
  /** Facts: sizes, indexes, where the evidence is. */
  readonly details: Readonly<Record<string, string>>;
}

export interface StandingAlarm extends Alarm {
  /** RFC 3339 UTC. */
  readonly since: string;
}

/** Where alarms are told; pino's logger will do. */
export interface AlarmLog {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

type Event = 'raised' | 'cleared' | 'acknowledged';

export interface AlarmsOptions {
  readonly home: Home;
  readonly clock: () => Date;
  readonly log: AlarmLog;
}

/** What can go wrong while one can't be kept is the disk: it is told on the log, and the alarm stands in memory. */
export class Alarms {
  private readonly alarms = new Map<string, StandingAlarm>();
  private readonly counts = new Map<AlarmCode, number>();
  private writing: Promise<void> = Promise.resolve();

  private constructor(private readonly options: AlarmsOptions) {}

  static async open(options: AlarmsOptions): Promise<Alarms> {
    const alarms = new Alarms(options);
    const text = (await readTextIfThere(options.home.path('alarms.jsonl'))) ?? '';
    for (const line of text.split('\n')) alarms.replay(line);
    return alarms;
  }

  /** Those that stand, the oldest first. */
  get standing(): readonly StandingAlarm[] {
    return [...this.alarms.values()];
  }

  get critical(): boolean {
    return this.standing.some(({ severity }) => severity === 'critical');
  }

  /** A critical alarm that casts doubt on a log; one about this peer's own disk doesn't. */
  doubtOf(origin: string): StandingAlarm | undefined {
    return this.standing.find(
      (one) => one.origin === origin && one.severity === 'critical' && one.code !== 'disk',
    );
  }

  /** How often each code was raised since the process began. */
  get raised(): ReadonlyMap<AlarmCode, number> {
    return this.counts;
  }

  /** Raises an alarm, unless it stands. Returns when it is kept. */
  async raise(alarm: Alarm): Promise<void> {
    if (this.alarms.has(alarm.id)) return;
    const standing = { ...alarm, since: this.options.clock().toISOString() };
    this.alarms.set(alarm.id, standing);
    this.counts.set(alarm.code, (this.counts.get(alarm.code) ?? 0) + 1);
    this.options.log[alarm.severity === 'critical' ? 'error' : 'warn']({ alarm: standing }, alarm.message);
    await this.keep('raised', standing);
  }

  /** Lets an alarm go whose cause is gone. */
  async clear(id: string): Promise<void> {
    await this.end(id, 'cleared');
  }

  /** Lets an alarm go because a person says so. False when no such alarm stands. */
  acknowledge(id: string): Promise<boolean> {
    return this.end(id, 'acknowledged');
  }

  private async end(id: string, event: Event): Promise<boolean> {
    const alarm = this.alarms.get(id);
    if (alarm === undefined) return false;
    this.alarms.delete(id);
    this.options.log.info({ alarm }, `alarm ${event}`);
    await this.keep(event, alarm);
    return true;
  }

  /** One line after the other: two appends at once could mix. */
  private keep(event: Event, alarm: StandingAlarm): Promise<void> {
    const { home, clock, log } = this.options;
    const line = JSON.stringify({ at: clock().toISOString(), event, ...alarm });
    this.writing = this.writing
      .then(() => appendDurably(home.path('alarms.jsonl'), [line]))
      .catch((cause: unknown) => log.error({ err: cause }, 'an alarm could not be written to alarms.jsonl'));
    return this.writing;
  }

  private replay(line: string): void {
    let read: Partial<StandingAlarm & { event: Event }>;
    try {
      read = JSON.parse(line) as typeof read;
    } catch {
      return; // a line that a crash cut off
    }
    const { event, id, code, severity, origin, message, details, since } = read;
    if (id === undefined || code === undefined || origin === undefined || message === undefined) return;
    if (event !== 'raised') this.alarms.delete(id);
    else {
      const known = { id, code, severity: severity ?? 'critical', origin, message };
      this.alarms.set(id, { ...known, details: details ?? {}, since: since ?? '' });
    }
  }
}
