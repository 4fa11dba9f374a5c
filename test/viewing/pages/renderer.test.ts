/** Pages become PNGs beside the main thread, whatever happens to a thread. */
import { readdirSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import { PageRenderer, layoutPages } from '../../../src/viewing/pages/index.js';
import type { PageRendererOptions } from '../../../src/viewing/pages/index.js';
import { decode } from './pixels.js';
import { MARK, entriesOf, patientWith, valued } from './models.js';

const FAULTY = new URL('./faulty-worker.mjs', import.meta.url);
const renderers: PageRenderer[] = [];

function open(options: PageRendererOptions = {}): PageRenderer {
  const renderer = new PageRenderer(options);
  renderers.push(renderer);
  return renderer;
}

afterEach(() => Promise.all(renderers.splice(0).map((renderer) => renderer.close())));

const unavailable = expect.objectContaining({ code: 'UNAVAILABLE' });
const pageOf = (text: string): string => layoutPages(valued(text), MARK)[0] ?? '';

describe('a page', () => {
  test('has one or two pixels of the image for each of its own', async () => {
    const renderer = open();
    const [one, two] = await Promise.all([renderer.render(pageOf('x'), 1), renderer.render(pageOf('x'), 2)]);
    expect(decode(one)).toMatchObject({ width: 800, height: 1130 });
    expect(decode(two)).toMatchObject({ width: 1600, height: 2260 });
  });

  test('is the same bytes for the same model and mark, from any thread', async () => {
    const renderer = open({ threads: 2 });
    const pages = await Promise.all(
      [1, 2, 3, 4].map(() => renderer.render(pageOf('المريض 患者 Пациент'), 1)),
    );
    for (const page of pages) expect(Buffer.compare(page, pages[0] ?? page)).toBe(0);
  });

  // Linux alone gives each thread a priority of its own.
  test.runIf(process.platform === 'linux')('is drawn by a thread that yields to answers', async () => {
    const below = (): number => {
      const threads = readdirSync('/proc/self/task').map(Number);
      return threads.filter((id) => getPriority(id) >= constants.priority.PRIORITY_BELOW_NORMAL).length;
    };
    const before = below();
    await open({ threads: 1 }).render(pageOf('x'), 1);
    expect(below()).toBeGreaterThan(before);
  });

  test('that is no SVG is a fault of the program, and the next page is drawn', async () => {
    const renderer = open({ threads: 1 });
    await expect(renderer.render('<svg', 1)).rejects.toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect((await renderer.render(pageOf('x'), 1)).length).toBeGreaterThan(1000);
  });
});

describe('a model', () => {
  const long = patientWith(entriesOf(133, 'A note of some length. '.repeat(20)));

  test('is laid out in a thread: its pages are those that are laid out here', async () => {
    const renderer = open({ threads: 1 });
    const here = layoutPages(long, MARK);
    expect(await renderer.count(long)).toBe(here.length);
    for (const page of [2, 1]) {
      const drawn = await renderer.page(long, MARK, { page, scale: 1 });
      const expected = await renderer.render(here[page - 1] ?? '', 1);
      expect(Buffer.compare(drawn ?? Buffer.alloc(0), expected)).toBe(0);
    }
    expect(await renderer.page(long, MARK, { page: here.length + 1, scale: 1 })).toBeNull();
  });

  test('that changed, or that another looks at at another time, is never shown as it was before', async () => {
    const renderer = open({ threads: 1 });
    const draw = async (text: string, generatedAt: string, lines: readonly string[]): Promise<string> => {
      const png = await renderer.page({ ...valued(text), generatedAt }, { lines }, { page: 1, scale: 1 });
      return Buffer.from(png ?? []).toString('latin1');
    };
    const one = await draw('before', '10:00', ['Ana']);
    expect(await draw('before', '10:00', ['Ana'])).toBe(one);
    expect(await draw('after', '10:00', ['Ana'])).not.toBe(one);
    expect(await draw('before', '10:01', ['Ana'])).not.toBe(one);
    expect(await draw('before', '10:00', ['Mei'])).not.toBe(one);
  });

  test('of more than a look may hold is refused as such', async () => {
    const renderer = open({ threads: 1 });
    const refusal = expect.objectContaining({ code: 'LIMIT_EXCEEDED' });
    await expect(renderer.count(valued('x'.repeat(300_001)))).rejects.toThrow(refusal);
    expect(await renderer.count(valued('x'))).toBe(1);
  });
});

describe('the threads', () => {
  test('leave the main thread free while twenty pages are drawn', async () => {
    const renderer = open();
    const pages = layoutPages(patientWith(entriesOf(133, 'A note of some length. '.repeat(20))), MARK).slice(
      0,
      20,
    );
    await renderer.render(pageOf('x'), 1);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const drawn = await Promise.all(pages.map((page) => renderer.render(page, 1)));
    delay.disable();
    expect(drawn).toHaveLength(20);
    // On this thread the pages alone would take seconds, each without a break.
    expect(delay.percentile(50) / 1e6).toBeLessThan(50);
  });

  test('keep no memory of the pages they drew', async () => {
    const renderer = open({ threads: 1 });
    const page = layoutPages(patientWith(entriesOf(30)), MARK)[0] ?? '';
    for (let warm = 0; warm < 30; warm += 1) await renderer.render(page, 1);
    const before = process.memoryUsage().rss;
    for (let drawn = 0; drawn < 200; drawn += 1) await renderer.render(page, 1);
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(150);
  }, 120_000);

  test('start when they are needed, no more than were allowed', async () => {
    const renderer = open({ threads: 2, worker: FAULTY });
    const alone = [await renderer.render('thread', 1), await renderer.render('thread', 1)];
    expect(alone[0]).toEqual(alone[1]);
    const many = await Promise.all(Array.from({ length: 12 }, () => renderer.render('thread', 1)));
    expect(new Set(many.map(([id]) => id)).size).toBe(2);
  });

  test('refuse a page when too many wait', async () => {
    const renderer = open({ threads: 1, queue: 2 });
    const page = pageOf('x');
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => renderer.render(page, 1)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[4]).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    expect((await renderer.render(page, 1)).length).toBeGreaterThan(1000);
  });

  test.each(['throw', 'exit'])('are replaced when they break off (%s)', async (fault) => {
    const renderer = open({ threads: 1, worker: FAULTY });
    const [before] = await renderer.render('thread', 1);
    const [broken, waiting] = await Promise.allSettled([
      renderer.render(fault, 1),
      renderer.render('thread', 1),
    ]);
    expect(broken).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
    expect(waiting).toMatchObject({ status: 'fulfilled' });
    const [after] = await renderer.render('thread', 1);
    expect(after).not.toBe(before);
  });

  test('are replaced when a page takes too long', async () => {
    const renderer = open({ threads: 1, worker: FAULTY, timeoutMs: 300 });
    const [slow, waiting] = await Promise.allSettled([
      renderer.render('hang', 1),
      renderer.render('thread', 1),
    ]);
    expect(slow).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
    expect(slow).toMatchObject({ reason: { message: expect.stringContaining('300 ms') as string } });
    // The thread behind it had its own time, counted from its own beginning.
    if (waiting.status === 'rejected') expect(waiting.reason).toEqual(unavailable);
    await expect
      .poll(
        () =>
          renderer.render('thread', 1).then(
            ({ length }) => length,
            () => 0,
          ),
        { timeout: 20_000 },
      )
      .toBe(1);
  });

  test('end when the renderer is closed, and what waits is refused', async () => {
    const renderer = open({ threads: 1, worker: FAULTY });
    const waiting = Promise.allSettled([renderer.render('hang', 1), renderer.render('thread', 1)]);
    await renderer.close();
    for (const outcome of await waiting) expect(outcome).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    await expect(renderer.render('thread', 1)).rejects.toThrow(unavailable);
  });
});
