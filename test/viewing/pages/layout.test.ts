/** What a page shows, told by its pixels. */
import { afterAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { PageRenderer, layOut, layoutPages } from '../../../src/viewing/pages/index.js';
import type { PageModel, PageOptions, Watermark } from '../../../src/viewing/pages/index.js';
import { PAGE_WORDS } from '../../../src/viewing/pages/words.js';
import { anyMark, bounds, count, decode, differences, ink, whole } from './pixels.js';
import type { Area, Pixels } from './pixels.js';
import { MARK, NASTY, NO_MARK, entriesOf, modelOf, patientWith, valued } from './models.js';

const renderer = new PageRenderer();
afterAll(() => renderer.close());

/** Where values stand on a page of 800 pixels, below the heading of the first section and above the footer. */
const VALUES: Area = { left: 240, top: 60, right: 780, bottom: 1040 };
const FOOTER: Area = { left: 0, top: 1045, right: 800, bottom: 1130 };

async function draw(
  model: PageModel,
  page = 1,
  mark: Watermark = NO_MARK,
  options: PageOptions = {},
): Promise<Pixels> {
  return decode(await renderer.render(layOut(model, mark, options).draw(page), 1));
}

async function inkOfValue(value: string): Promise<Area> {
  const area = bounds(await draw(valued(value)), VALUES, ink);
  if (area === null) throw new Error('nothing is drawn');
  return area;
}

const FRAME = 'fill="none" stroke=';

describe('every script', () => {
  test.each([
    ['Latin', 'Headache', 'Backache'],
    ['Cyrillic', 'Головная', 'Поясница'],
    ['Greek', 'πονοκέφαλο', 'οσφυαλγίας'],
    ['Arabic', 'صداع', 'حرارة'],
    ['Hebrew', 'ראש', 'גבה'],
    ['Chinese', '头痛三天', '胸闷五日'],
    ['Japanese', 'めまいと', 'せきとア'],
    ['Korean', '두통과', '기침은'],
    ['Devanagari', 'सिरदर्द', 'बुखारम'],
  ])('%s is drawn, with glyphs of its own', async (_, one, other) => {
    const first = await draw(valued(one));
    const second = await draw(valued(other));
    expect(count(first, VALUES, ink)).toBeGreaterThan(60);
    expect(differences(first, second, VALUES).size).toBeGreaterThan(40);
    expect(layoutPages(valued(one + other), NO_MARK)[0]).not.toContain(FRAME);
  });

  test('bold and regular of every script are drawn', async () => {
    for (const value of ['Allergy', 'Аллергия', 'حساسية', '过敏', '두통']) {
      const regular = count(await draw(modelOf([{ label: '', value }])), VALUES, ink);
      const page = await draw(modelOf([{ label: '', value, emphasis: 'alert' }]));
      expect(
        count(page, VALUES, (red, green, blue) => red < 190 && green < 120 && blue < 120),
      ).toBeGreaterThan(regular / 2);
    }
  });

  test('Arabic letters join: a word is narrower than its letters apart', async () => {
    const joined = await inkOfValue('بببببب');
    const apart = await inkOfValue('ب\u200Cب\u200Cب\u200Cب\u200Cب\u200Cب');
    expect(joined.right - joined.left).toBeLessThan((apart.right - apart.left) * 0.7);
  });

  test('a value that is written from the right begins at the right edge', async () => {
    expect((await inkOfValue('المريض')).right).toBeGreaterThan(750);
    expect((await inkOfValue('patient')).right).toBeLessThan(320);
  });

  test('a character without a glyph stands as a box with its code point', async () => {
    expect(layoutPages(valued('\u{10FFFD}'), NO_MARK)[0]).toContain(FRAME);
    const one = await draw(valued('\uE000'));
    const other = await draw(valued('\uE001'));
    expect(count(one, VALUES, ink)).toBeGreaterThan(30);
    expect(differences(one, other, VALUES).size).toBeGreaterThan(2);
  });

  test('marks that would turn the text around them stand as boxes', () => {
    const page = layoutPages(valued('take \u202E01 gm'), NO_MARK)[0] ?? '';
    expect(page.split(FRAME)).toHaveLength(2);
    expect(layoutPages(valued('take \u200E10 mg'), NO_MARK)[0]).not.toContain(FRAME);
  });

  test('what has no width leaves what stands beside it in sight', () => {
    const boxes = (layoutPages(valued(`a${'\u0301'.repeat(400)}`), NO_MARK)[0] ?? '').split(FRAME).length;
    expect(boxes).toBeGreaterThan(300);
  });
});

describe('a page', () => {
  test('sets alerts apart by colour, weight and a word', async () => {
    const plain = await draw(modelOf([{ label: 'Allergy', value: 'Penicillin' }]));
    const alert = await draw(modelOf([{ label: 'Allergy', value: 'Penicillin', emphasis: 'alert' }]));
    const reddish = (red: number, green: number, blue: number) => red > green + 12 && red > blue + 12;
    expect(count(plain, whole(plain), reddish)).toBe(0);
    expect(count(alert, whole(alert), reddish)).toBeGreaterThan(10_000);
    const label = { left: 30, top: 60, right: 230, bottom: 1040 };
    expect(count(alert, label, (red) => red < 200)).toBeGreaterThan(
      count(plain, label, (red) => red < 200) + 100,
    );
  });

  test('shows entries in their order, the newest on top', async () => {
    const blocks = [30, 20, 10];
    const page = await draw(
      patientWith(blocks.map((many) => ({ when: '', title: '█'.repeat(many), lines: [] }))),
    );
    const widths = Array.from({ length: 900 }, (_, at) => at + 100).map((y) =>
      count(page, { left: 240, top: y, right: 780, bottom: y + 1 }, ink),
    );
    const seen: number[] = [];
    for (const [at, width] of widths.entries()) {
      if (width > 0 && (widths[at - 1] ?? 0) === 0) seen.push(0);
      if (width > 0) seen.push(Math.max(seen.pop() ?? 0, width));
    }
    const entries = seen.filter((width) => width > 90);
    expect(entries).toHaveLength(3);
    expect(entries).toEqual([...entries].sort((one, other) => other - one));
  });

  test('counts its pages, and numbers each', async () => {
    const one = layOut(patientWith(entriesOf(2)), NO_MARK);
    const many = layOut(patientWith(entriesOf(133, 'Long note. '.repeat(91))), NO_MARK);
    expect(one.count).toBe(1);
    expect(many.count).toBeGreaterThan(30);
    const [first, second] = await Promise.all(
      [1, 2].map(async (page) => decode(await renderer.render(many.draw(page), 1))),
    );
    if (first === undefined || second === undefined) throw new Error('no pages');
    expect(differences(first, second, FOOTER).size).toBeGreaterThan(5);
    expect(() => many.draw(many.count + 1)).toThrow(RangeError);
  });

  test('says again under which headings it goes on', async () => {
    const top = { left: 0, top: 30, right: 800, bottom: 110 };
    const model = (title: string) =>
      patientWith([{ when: 'today', title, lines: [{ label: 'Note', value: 'a\n'.repeat(90) }] }]);
    const one = await draw(model('Asthma'), 2);
    const other = await draw(model('Fracture of the arm'), 2);
    expect(differences(one, other, top).size).toBeGreaterThan(50);
    expect(count(one, { left: 30, top: 30, right: 240, bottom: 85 }, ink)).toBeGreaterThan(200);
  });

  test('leaves no heading alone at its foot', async () => {
    for (let lines = 34; lines < 46; lines += 1) {
      const first = Array.from({ length: lines }, () => ({ label: 'l', value: 'v' }));
      const section = { title: '█████', lines: [{ label: '', value: '█'.repeat(30) }] };
      const pages = layoutPages(
        modelOf(first, { sections: [{ title: 's', lines: first }, section] }),
        NO_MARK,
      );
      const drawn = await Promise.all(pages.map(async (page) => decode(await renderer.render(page, 1))));
      const solid = (pixels: Pixels) =>
        Array.from({ length: 1000 }, (_, at) => at + 40).some(
          (y) => count(pixels, { left: 45, top: y, right: 65, bottom: y + 1 }, ink) === 20,
        );
      const page = drawn.find(solid);
      if (page === undefined) throw new Error('the heading is nowhere');
      const value = bounds(page, { left: 400, top: 40, right: 600, bottom: 1040 }, ink);
      expect(value).not.toBeNull();
    }
  });

  test('says in both languages what it says by itself', async () => {
    const english = await draw(patientWith([]));
    const russian = await draw(patientWith([], { language: 'ru' }));
    expect(differences(english, russian, FOOTER).size).toBeGreaterThan(200);
    const shape = (words: unknown): unknown =>
      JSON.stringify(words, (_, value: unknown) =>
        typeof value === 'string' ? '' : typeof value === 'function' ? 'f' : value,
      );
    expect(shape(PAGE_WORDS.ru)).toBe(shape(PAGE_WORDS.en));
    expect(JSON.stringify(PAGE_WORDS.ru)).not.toMatch(/"[A-Za-z]+ [a-z]/);
  });

  test.each([480, 800, 1600])('keeps everything within its edges at a width of %i', async (width) => {
    const lines = NASTY.flatMap((value) => [
      { label: value.slice(0, 120), value },
      { label: 'label', value, emphasis: 'alert' as const },
    ]);
    const entries = NASTY.map((value) => ({
      when: value.slice(0, 60),
      title: value.slice(0, 200),
      lines: [{ label: 'l', value }],
    }));
    const model = modelOf(lines, {
      kind: 'patient',
      title: 'T'.repeat(300),
      subtitle: 'word '.repeat(100),
      entries,
    });
    const pages = layOut(model, NO_MARK, { width });
    for (let page = 1; page <= pages.count; page += 1) {
      const pixels = decode(await renderer.render(pages.draw(page), 1));
      expect(pixels.width).toBe(width);
      expect(count(pixels, { left: 0, top: 0, right: 26, bottom: 1130 }, anyMark)).toBe(0);
      expect(count(pixels, { left: width - 26, top: 0, right: width, bottom: 1130 }, anyMark)).toBe(0);
      expect(count(pixels, { left: 0, top: 0, right: width, bottom: 30 }, anyMark)).toBe(0);
      expect(count(pixels, { left: 0, top: 1110, right: width, bottom: 1130 }, anyMark)).toBe(0);
    }
  });

  test('is drawn whatever a text holds', async () => {
    const texts = fc.string({ unit: 'binary', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(texts, texts, async (label, value) => {
        const model = modelOf([{ label, value }], { title: value.slice(0, 50), subtitle: label });
        const pixels = await draw(model, 1, { lines: [value] });
        expect(pixels.width).toBe(800);
      }),
      { numRuns: 30 },
    );
  });

  test('refuses sizes that can not be read, and more than a look may hold', () => {
    expect(() => layOut(valued('x'), NO_MARK, { width: 479 })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
    expect(() => layOut(valued('x'), NO_MARK, { height: 3000 })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
    );
    const much = 'x'.repeat(300_001);
    expect(() => layOut(valued(much), NO_MARK)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(() => layOut(modelOf([], { title: much }), NO_MARK)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
    expect(() => layOut(valued('x\n'.repeat(20_000)), NO_MARK)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });
});

describe('the watermark', () => {
  const WIDE = 300;
  const HIGH = 150;
  const TILE = { width: 296, height: 148 };

  /** Pixels of the mark in a piece of the page, by their place in the tile. */
  function seen(pixels: Pixels, marks: ReadonlySet<number>, left: number, top: number): Set<number> {
    const places = new Set<number>();
    for (let y = top; y < top + HIGH; y += 1)
      for (let x = left; x < left + WIDE; x += 1)
        if (marks.has(y * pixels.width + x)) places.add((y % TILE.height) * TILE.width + (x % TILE.width));
    return places;
  }

  test('can be read whole from any piece of 300 by 150 pixels, also over text', async () => {
    const model = patientWith(entriesOf(40, 'Words over which the mark stands too. '.repeat(6)));
    const marked = await draw(model, 1, MARK);
    const blank = await draw(model, 1);
    const marks = differences(marked, blank, whole(marked));
    const paper = seen(marked, marks, 450, 30);
    expect(paper.size).toBeGreaterThan(2500);
    for (let top = 0; top + HIGH <= marked.height; top += 35)
      for (let left = 0; left + WIDE <= marked.width; left += 50) {
        const here = seen(marked, marks, left, top);
        const found = [...paper].filter((place) => here.has(place)).length;
        expect(found / paper.size, `at ${left}, ${top}`).toBeGreaterThan(0.85);
      }
  });

  test('stands over text too, leaves it dark, and paper light', async () => {
    const model = patientWith(entriesOf(40, 'Words. '.repeat(60)));
    const marked = await draw(model, 1, MARK);
    const blank = await draw(model, 1);
    let [dark, kept, over, paper, light] = [0, 0, 0, 0, 0];
    for (let y = 0; y < blank.height; y += 1)
      for (let x = 0; x < blank.width; x += 1) {
        const before = blank.at(x, y).reduce((sum, value) => sum + value, 0);
        const after = marked.at(x, y).reduce((sum, value) => sum + value, 0);
        if (before < 200) [dark, kept] = [dark + 1, kept + (after < 320 ? 1 : 0)];
        if (before < 200 && after > before + 15) over += 1;
        if (before === 765) [paper, light] = [paper + 1, light + (after > 560 ? 1 : 0)];
      }
    expect(dark).toBeGreaterThan(5000);
    expect(kept).toBe(dark);
    expect(over).toBeGreaterThan(300);
    expect(light).toBe(paper);
  });

  test('is another for another receipt, on every page', async () => {
    const other = { lines: [...MARK.lines.slice(0, 3), 'Receipt 0192f0c4-7a61-7e3b-9f2a-000000000000'] };
    const pages = layOut(patientWith(entriesOf(40)), MARK);
    const others = layOut(patientWith(entriesOf(40)), other);
    for (let page = 1; page <= pages.count; page += 1) {
      const one = decode(await renderer.render(pages.draw(page), 1));
      const two = decode(await renderer.render(others.draw(page), 1));
      expect(differences(one, two, whole(one)).size).toBeGreaterThan(1000);
    }
  });

  test('shortens names that are too long, and never the receipt', async () => {
    const long = {
      lines: ['Name '.repeat(80), 'Больница '.repeat(80), MARK.lines[2] ?? '', MARK.lines[3] ?? ''],
    };
    const page = await draw(valued('x'), 1, long);
    const last = await draw(valued('x'), 1, {
      lines: [...long.lines.slice(0, 3), `${MARK.lines[3]?.slice(0, -1)}1`],
    });
    expect(differences(page, last, whole(page)).size).toBeGreaterThan(50);
  });
});
