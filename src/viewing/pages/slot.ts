/** One thread that renders pages, one at a time; replaced when it fails or doesn't answer. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { VitrineError } from '../../ledger/core/index.js';
import type { RenderAnswer, RenderJob } from './protocol.js';

/** What became of a job that was done. */
export type Rendered = Exclude<RenderAnswer, { readonly failed: true }>;

/** The compiled worker: beside this file, or in `dist` when this file runs from its source. */
function workerFile(): URL {
  const beside = new URL('./worker.js', import.meta.url);
  return existsSync(fileURLToPath(beside))
    ? beside
    : new URL('../../../dist/viewing/pages/worker.js', import.meta.url);
}

/** Memory that a thread's JavaScript may take; pixels and the drawing library's own memory come on top. */
const HEAP_MB = 128;

export class RenderSlot {
  readonly #file: URL;
  #worker: Worker | null = null;
  /** The thread that was given up, until it has ended. */
  #ending: Promise<unknown> = Promise.resolve();

  constructor(file: URL = workerFile()) {
    this.#file = file;
  }

  /**
   * Does one job. Whoever calls waits for the answer, and for `ready`, before the next call.
   * @throws VitrineError UNAVAILABLE when the page took longer than `timeoutMs` or the thread ended, INTERNAL when the
   * page can't be drawn
   */
  async run(job: RenderJob, timeoutMs: number): Promise<Rendered> {
    const worker = this.#started();
    const answer = await answerOf(worker, job, timeoutMs).catch((error: unknown) => {
      this.#giveUp();
      throw error;
    });
    if ('failed' in answer)
      throw new VitrineError('INTERNAL', 'expected a page, got one that can not be drawn');
    return answer;
  }

  /** When the next page may come: a thread in the middle of a page ends only behind it, and two would be too many. */
  async ready(): Promise<void> {
    await this.#ending;
  }

  async close(): Promise<void> {
    this.#giveUp();
    await this.#ending;
  }

  #giveUp(): void {
    const worker = this.#worker;
    this.#worker = null;
    if (worker !== null) this.#ending = Promise.all([this.#ending, worker.terminate()]);
  }

  #started(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#file, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB }, env: {} });
    worker.unref();
    // A thread that ends between two pages is forgotten; the next page starts another.
    const forget = (): void => {
      if (this.#worker === worker) this.#worker = null;
    };
    worker.once('error', forget);
    worker.once('exit', forget);
    this.#worker = worker;
    return worker;
  }
}

function answerOf(worker: Worker, job: RenderJob, timeoutMs: number): Promise<RenderAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      worker.off('message', answered).off('error', ended).off('exit', ended);
      worker.unref();
      outcome();
    };
    const answered = (answer: RenderAnswer): void => settle(() => resolve(answer));
    const ended = (): void => settle(() => reject(failure('the drawing of the page broke off')));
    const late = (): void => settle(() => reject(failure(`the page was not drawn within ${timeoutMs} ms`)));
    const timer = setTimeout(late, timeoutMs);
    worker.on('message', answered).on('error', ended).on('exit', ended);
    // A process that waits for a page doesn't end; one that waits for none may.
    worker.ref();
    worker.postMessage(job);
  });
}

function failure(message: string): VitrineError {
  return new VitrineError('UNAVAILABLE', message);
}
