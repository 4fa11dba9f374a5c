/**
 * The other end of PageRenderer, in a thread of its own: from a model, or an SVG document, to a PNG. It sees what is to be shown
 * and the fonts, and nothing else: no settings, no keys, no database.
 */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';
import { VitrineError } from '../../ledger/core/index.js';
import { LayoutCache } from './layout-cache.js';
import type { RenderAnswer, RenderJob } from './protocol.js';

/** Drawing needs no font and no file: texts are outlines. */
const OPTIONS = { font: { loadSystemFonts: false }, logLevel: 'off' } as const;
const layouts = new LayoutCache();

/** Answers go first: a page is drawn with what processor time they leave. Linux alone gives each thread a priority of its own. */
function yieldToAnswers(): void {
  try {
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    // A process that was told to yield more keeps to it.
    setPriority(thread, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // Elsewhere, or where it isn't allowed, all threads are equal.
  }
}

yieldToAnswers();

function render(svg: string, scale: 1 | 2): RenderAnswer {
  const image = new Resvg(svg, { ...OPTIONS, fitTo: { mode: 'zoom', value: scale } }).render();
  // An invisible watermark goes here: between the pixels (`image.pixels`) and their compression.
  return { png: new Uint8Array(image.asPng()) }; // a copy of its own, to be handed over rather than copied again
}

function done(job: RenderJob): RenderAnswer {
  if ('svg' in job) return render(job.svg, job.scale);
  const pages = layouts.of(job.model);
  if (!('page' in job) || job.page > pages.count) return { count: pages.count };
  const { mark, page, scale, model } = job;
  return render(pages.draw(page, { mark, generatedAt: model.generatedAt }), scale);
}

parentPort?.on('message', (job: RenderJob) => {
  const answer = answerTo(job);
  parentPort?.postMessage(answer, 'png' in answer ? [answer.png.buffer] : []);
});

function answerTo(job: RenderJob): RenderAnswer {
  try {
    return done(job);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'LIMIT_EXCEEDED') return { tooMuch: error.message };
    // What the library says of a document could repeat what stands in it.
    return { failed: true };
  }
}
