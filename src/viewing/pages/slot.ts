/** One thread that renders pages, one at a time; replaced when it fails or doesn't answer. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { VitrineError } from '../../ledger/core/index.js';
import type { RenderAnswer, RenderJob } from './protocol.js';

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

  constructor(file: URL = workerFile()) {
    this.#file = file;
  }

  /**
   * Renders one page. Whoever calls waits for the answer before the next call.
   * @throws VitrineError UNAVAILABLE when the page took longer than `timeoutMs`, or the thread ended
   */
  async run(job: RenderJob, timeoutMs: number): Promise<Uint8Array> {
    const worker = this.#started();
    try {
      return await answerOf(worker, job, timeoutMs);
    } catch (error) {
      this.#worker = null;
      await worker.terminate();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = null;
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

function answerOf(worker: Worker, job: RenderJob, timeoutMs: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      worker.off('message', answered).off('error', ended).off('exit', ended);
      worker.unref();
      outcome();
    };
    const answered = (answer: RenderAnswer): void =>
      settle(() => ('png' in answer ? resolve(answer.png) : reject(failure('the page could not be drawn'))));
    const ended = (): void => settle(() => reject(failure('the drawing of the page broke off')));
    const timer = setTimeout(
      () => settle(() => reject(failure(`the page was not drawn within ${timeoutMs} ms`))),
      timeoutMs,
    );
    worker.on('message', answered).on('error', ended).on('exit', ended);
    // A process that waits for a page doesn't end; one that waits for none may.
    worker.ref();
    worker.postMessage(job);
  });
}

function failure(message: string): VitrineError {
  return new VitrineError('UNAVAILABLE', message);
}
