/**
 * The other end of PageRenderer, in a thread of its own: from an SVG document to a PNG. It sees the page and nothing
 * else: no fonts, no files, no settings.
 */
import { parentPort } from 'node:worker_threads';
import { Resvg } from '@resvg/resvg-js';
import type { RenderAnswer, RenderJob } from './protocol.js';

/** Drawing needs no font and no file: texts are outlines. */
const OPTIONS = { font: { loadSystemFonts: false }, logLevel: 'off' } as const;

function render({ svg, scale }: RenderJob): Uint8Array<ArrayBuffer> {
  const image = new Resvg(svg, { ...OPTIONS, fitTo: { mode: 'zoom', value: scale } }).render();
  // An invisible watermark goes here: between the pixels (`image.pixels`) and their compression.
  return new Uint8Array(image.asPng()); // a copy of its own, to be handed over rather than copied again
}

parentPort?.on('message', (job: RenderJob) => {
  const answer = answerTo(job);
  parentPort?.postMessage(answer, 'png' in answer ? [answer.png.buffer] : []);
});

function answerTo(job: RenderJob): RenderAnswer {
  try {
    return { png: render(job) };
  } catch {
    // What the library says of a document could repeat what stands in it.
    return { failed: true };
  }
}
