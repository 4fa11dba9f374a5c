/** Where commands write: answers to standard output, everything else to standard error. */
import { Presets, SingleBar } from 'cli-progress';

/** Writes an answer for a person. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Writes an answer for a program: one line of JSON; `bigint` as decimal text. */
export const sayJson = (value: unknown): void =>
  say(JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)));

/** Writes a note beside the answer. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Progress of long work. */
export interface Progress {
  update(done: number, total: number, what?: string): void;
  stop(): void;
}

/** Least milliseconds between two lines where there is no terminal. */
const LINE_EVERY = 5000;

/** A bar on a terminal, elsewhere a line every few seconds at most, nothing with `--json`. */
export function progress(label: string, quiet: boolean, now: () => number = Date.now): Progress {
  if (quiet) return { update: () => undefined, stop: () => undefined };
  if (!process.stderr.isTTY) {
    let last = now();
    return {
      update: (done, total, what = '') => {
        if (now() - last < LINE_EVERY) return;
        last = now();
        note(`${label}: ${done} of ${total} ${what}`.trimEnd());
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar(
    { format: `${label} {bar} {value}/{total} {what}`, hideCursor: true, stream: process.stderr },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update: (done, total, what = '') => {
      if (!started) bar.start(total, done, { what });
      started = true;
      bar.setTotal(total);
      bar.update(done, { what });
    },
    stop: () => (started ? bar.stop() : undefined),
  };
}
