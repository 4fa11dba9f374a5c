/**
 * What a validator has seen and decided, in a file that only grows: a line for each step of a request, the last of which
 * counts. A decision is on the disk, signed, before it is sent; so it is sent again as it was, and never another one.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { VitrineError } from '../../ledger/core/index.js';
import { appendDurably, readTextIfThere, replaceDurably } from '../durable.js';

const item = z.strictObject({
  upload: z.string(),
  /** Position on the log at which it was seen. */
  after: z.string().regex(/^-?\d{1,19}$/),
  /** `seen`: to be judged; `decided`: to be sent; `left`: to a person; `done`: it stands, or is over. */
  state: z.enum(['seen', 'decided', 'left', 'done']),
  /** RFC 3339 UTC. */
  at: z.string(),
  decision: z.enum(['endorse', 'refuse', 'person']).nullable(),
  rule: z.string().nullable(),
  reasons: z.array(z.string()),
  institution: z.string().nullable(),
  /** Compact JWS. */
  endorsement: z.string().nullable(),
  /** Request ids under which a rule of the log denied it: it is sent under the next one. */
  denied: z.int().min(0).default(0),
  /** What became of it. */
  outcome: z.string().nullable(),
});

export type Item = z.output<typeof item>;

const DAY_MS = 86_400_000;
/** Requests live 31 days: what is over, and older, isn't asked about again. */
const KEPT_MS = 40 * DAY_MS;

export class DecisionStore {
  private readonly items = new Map<string, Item>();
  private at = -1n;
  private saved = -1n;
  /** One after the other: two appends at once could mix. */
  private writing: Promise<void> = Promise.resolve();

  private constructor(private readonly folder: string) {}

  /** Reads a folder's, and drops what is long over. @throws VitrineError NOT_CONFIGURED when the position is damaged */
  static async open(folder: string, now: Date): Promise<DecisionStore> {
    const store = new DecisionStore(folder);
    const text = (await readTextIfThere(store.linesFile)) ?? '';
    for (const line of text.split('\n')) store.replay(line);
    const position = await readTextIfThere(store.positionFile);
    if (position !== undefined) store.saved = positionOf(position, store.positionFile);
    store.pass(store.saved);
    await store.compact(now);
    return store;
  }

  /** The position up to which every request was taken note of; -1 at the beginning. */
  get position(): bigint {
    return this.at;
  }

  /** What is still to be judged or sent, the oldest first. */
  get open(): readonly Item[] {
    return [...this.items.values()].filter(({ state }) => state === 'seen' || state === 'decided');
  }

  find(upload: string): Item | undefined {
    return this.items.get(upload);
  }

  count(state: Item['state']): number {
    return [...this.items.values()].filter((one) => one.state === state).length;
  }

  /** How many of an institution's requests a rule endorsed on a day (UTC), sent or about to be. */
  endorsedOn(day: Date, rule: string, institution: string | null): number {
    const date = day.toISOString().slice(0, 10);
    const counts = (one: Item) =>
      one.decision === 'endorse' &&
      one.rule === rule &&
      one.institution === institution &&
      one.at.startsWith(date);
    return [...this.items.values()].filter(counts).length;
  }

  /** Takes note of a request that is to be judged. Returns when it is on the disk. */
  see(upload: string, after: bigint, now: Date): Promise<void> {
    return this.put({
      upload,
      after: after.toString(),
      state: 'seen',
      at: now.toISOString(),
      decision: null,
      rule: null,
      reasons: [],
      institution: null,
      endorsement: null,
      denied: 0,
      outcome: null,
    });
  }

  /** Takes note of a request's step. Returns when it is on the disk. */
  async put(next: Item): Promise<void> {
    this.writing = this.writing
      .catch(() => undefined)
      .then(() => appendDurably(this.linesFile, [JSON.stringify(next)]));
    await this.writing;
    this.items.set(next.upload, next);
    this.pass(BigInt(next.after));
  }

  /** Everything up to a position was looked at. It is kept now and then: what was looked at twice does no harm. */
  async passed(position: bigint, keepEach = 1n): Promise<void> {
    this.pass(position);
    if (this.at - this.saved < keepEach) return;
    const saved = this.at;
    await replaceDurably([{ path: this.positionFile, content: `${saved}\n` }], 0o600);
    this.saved = saved;
  }

  private async compact(now: Date): Promise<void> {
    const before = this.items.size;
    for (const [upload, { state, at }] of this.items) {
      const isOver = state === 'left' || state === 'done';
      if (isOver && now.getTime() - Date.parse(at) > KEPT_MS) this.items.delete(upload);
    }
    if (this.items.size === before) return;
    // The position first: the lines that go may be what told it.
    await this.passed(this.at);
    const content = [...this.items.values()].map((one) => `${JSON.stringify(one)}\n`).join('');
    await replaceDurably([{ path: this.linesFile, content }], 0o600);
  }

  private replay(line: string): void {
    let read: unknown;
    try {
      read = JSON.parse(line);
    } catch {
      return; // a line that a crash cut off: what it said was never acted on
    }
    const { success, data } = item.safeParse(read);
    if (!success) return;
    this.items.set(data.upload, data);
    this.pass(BigInt(data.after));
  }

  private pass(position: bigint): void {
    if (position > this.at) this.at = position;
  }

  private get linesFile(): string {
    return join(this.folder, 'decisions.jsonl');
  }

  private get positionFile(): string {
    return join(this.folder, 'position');
  }
}

function positionOf(text: string, file: string): bigint {
  const found = /^(-?\d{1,19})\n$/.exec(text)?.[1];
  if (found !== undefined) return BigInt(found);
  throw new VitrineError(
    'NOT_CONFIGURED',
    `${file} is damaged: remove it, and all requests are looked at again`,
  );
}
