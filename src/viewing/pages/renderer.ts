/** Lays models out and turns pages into PNGs beside the main thread: a few threads, and a queue that refuses rather than grows. */
import { availableParallelism } from 'node:os';
import { VitrineError } from '../../ledger/core/index.js';
import type { PageModel, Watermark } from './model.js';
import type { RenderJob } from './protocol.js';
import { RenderSlot, type Rendered } from './slot.js';

export interface PageRendererOptions {
  /** Threads at most; one less than there are processors unless told, and at least 1. Each starts when it is needed. */
  readonly threads?: number;
  /** Pages that may wait; one more is refused with UNAVAILABLE. 64 unless told. */
  readonly queue?: number;
  /** How long one page may take before its thread is given up and replaced. 10,000 ms unless told. */
  readonly timeoutMs?: number;
  /** The worker's file, for tests. */
  readonly worker?: URL;
}

interface Waiting {
  readonly job: RenderJob;
  readonly resolve: (done: Rendered) => void;
  readonly reject: (error: unknown) => void;
}

const DEFAULT_QUEUE = 64;
const DEFAULT_TIMEOUT_MS = 10_000;

export class PageRenderer {
  readonly #slots: readonly RenderSlot[];
  readonly #idle: RenderSlot[];
  readonly #waiting: Waiting[] = [];
  readonly #most: number;
  readonly #timeoutMs: number;
  #closed = false;

  constructor({ threads, queue, timeoutMs, worker }: PageRendererOptions = {}) {
    const count = Math.max(1, threads ?? availableParallelism() - 1);
    this.#slots = Array.from({ length: count }, () => new RenderSlot(worker));
    // Taken from the end: one thread does all as long as one is enough.
    this.#idle = [...this.#slots].reverse();
    this.#most = queue ?? DEFAULT_QUEUE;
    this.#timeoutMs = timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /**
   * The PNG of a page that `layoutPages` made, with `scale` pixels of the image for each CSS pixel. The same page gives
   * the same bytes.
   * @throws VitrineError UNAVAILABLE when too many wait, the page took too long, its thread broke off, or this is closed
   */
  async render(svg: string, scale: 1 | 2): Promise<Uint8Array> {
    return pngOf(await this.#do({ svg, scale }));
  }

  /** How many pages a model has. @throws VitrineError LIMIT_EXCEEDED for more than a look may hold; UNAVAILABLE */
  async count(model: PageModel): Promise<number> {
    const done = await this.#do({ model });
    return 'count' in done ? done.count : 0;
  }

  /** The PNG of a page of a model, null when it has no such page. @throws VitrineError LIMIT_EXCEEDED, UNAVAILABLE */
  async page(
    model: PageModel,
    mark: Watermark,
    { page, scale }: { readonly page: number; readonly scale: 1 | 2 },
  ): Promise<Uint8Array | null> {
    const done = await this.#do({ model, mark, page, scale });
    return 'count' in done ? null : pngOf(done);
  }

  #do(job: RenderJob): Promise<Rendered> {
    if (this.#closed) return Promise.reject(closed());
    if (this.#idle.length === 0 && this.#waiting.length >= this.#most)
      return Promise.reject(
        new VitrineError(
          'UNAVAILABLE',
          `expected at most ${this.#most} pages waiting to be drawn; try again shortly`,
        ),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve: (done) => settle(done, resolve, reject), reject });
      this.#next();
    });
  }

  /** Ends all threads. Pages that wait or are being drawn are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  #next(): void {
    if (this.#idle.length === 0) return;
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    const slot = this.#idle.pop();
    if (slot === undefined) return;
    void slot.run(waiting.job, this.#timeoutMs).then(
      (done) => {
        this.#free(slot);
        waiting.resolve(done);
      },
      async (error: unknown) => {
        waiting.reject(error);
        await slot.ready();
        this.#free(slot);
      },
    );
  }

  #free(slot: RenderSlot): void {
    this.#idle.push(slot);
    if (!this.#closed) this.#next();
  }
}

function settle(done: Rendered, resolve: (done: Rendered) => void, reject: (error: unknown) => void): void {
  if ('tooMuch' in done) reject(new VitrineError('LIMIT_EXCEEDED', done.tooMuch));
  else resolve(done);
}

function pngOf(done: Rendered): Uint8Array {
  if ('png' in done) return done.png;
  throw new VitrineError('INTERNAL', 'expected the image of a page, got something else');
}

function closed(): VitrineError {
  return new VitrineError('UNAVAILABLE', 'pages are not drawn any more: the server is stopping');
}
