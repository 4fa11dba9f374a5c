/**
 * From a value to lines that fit a width. Words are measured as they will be drawn; a line of mixed directions is put in
 * order by the Unicode Bidirectional Algorithm (UAX #9) once its words are known.
 */
import bidiFactory from 'bidi-js';
import type { Bidi, EmbeddingLevels } from 'bidi-js';
import { fontAt, type Weight } from './fonts.js';
import { shapeRun, type ShapedRun } from './shape.js';
import { BOX, paragraphsOf, type Paragraph } from './text.js';

/** A line: what stands on it from left to right, in parts of the font size. */
export interface SetLine {
  readonly width: number;
  readonly items: readonly SetItem[];
  /** Belongs at the right edge of its column. */
  readonly rightToLeft: boolean;
}

export interface SetItem {
  readonly x: number;
  /** A run of glyphs, or the code point of a box. */
  readonly content: ShapedRun | string;
}

/** Sets text; keeps the words it shaped for as long as it lives, which is while one model is laid out. */
export class TypeSetter {
  readonly #runs = new Map<string, ShapedRun>();

  /** Lines of a value at most `width` wide, in parts of the font size. At least one. */
  lines(value: string, weight: Weight, width: number): SetLine[] {
    return paragraphsOf(value, weight).flatMap((paragraph) => this.#paragraph(paragraph, width));
  }

  /** One line, shortened by an ellipsis where it doesn't fit. */
  line(value: string, weight: Weight, width: number): SetLine {
    const flat = value.slice(0, LONGEST_LINE).replaceAll(/\s+/gu, ' ').trim();
    const [first, ...more] = this.lines(flat, weight, width);
    if (first === undefined || more.length === 0) return first ?? EMPTY;
    const graphemes = graphemesOf(flat);
    for (let kept = graphemes.length; kept > 0; kept = Math.floor(kept * 0.9)) {
      const [line, ...rest] = this.lines(`${graphemes.slice(0, kept).join('').trimEnd()}…`, weight, width);
      if (line !== undefined && rest.length === 0) return line;
    }
    return first;
  }

  #paragraph(paragraph: Paragraph, width: number): SetLine[] {
    if (paragraph.text.trim() === '') return [EMPTY];
    const levels = RIGHT_TO_LEFT.test(paragraph.text)
      ? bidi.getEmbeddingLevels(paragraph.text, 'auto')
      : null;
    return this.#wrap(paragraph, levels, width).map(([start, end]) =>
      this.#set(paragraph, levels, start, end),
    );
  }

  /** The ends of lines: as many words as fit; a word that is longer than a line is cut between graphemes. */
  #wrap(paragraph: Paragraph, levels: EmbeddingLevels | null, width: number): [number, number][] {
    const lines: [number, number][] = [];
    let [start, end, used] = [0, 0, 0];
    const finish = (next: number): void => {
      if (end > start) lines.push([start, end]);
      [start, end, used] = [next, next, 0];
    };
    for (const word of this.#words(paragraph, levels, width)) {
      if (used + word.width > width && end > start) finish(word.start);
      end = word.end;
      used += word.width + word.space;
    }
    finish(paragraph.text.length);
    return lines;
  }

  *#words(paragraph: Paragraph, levels: EmbeddingLevels | null, width: number): Generator<Word> {
    for (const { start, end, next } of wordsOf(paragraph.text)) {
      const whole = this.#width(paragraph, levels, start, end);
      const space = this.#width(paragraph, levels, end, next);
      if (whole <= width) yield { start, end, width: whole, space };
      else yield* this.#pieces(paragraph, levels, { start, end, space }, width);
    }
  }

  /** A word that is longer than a line, in pieces that fit: as many graphemes as seem to, and fewer if they don't. */
  *#pieces(
    paragraph: Paragraph,
    levels: EmbeddingLevels | null,
    word: Omit<Word, 'width'>,
    room: number,
  ): Generator<Word> {
    const ends = endsOf(paragraph.text, word.start, word.end);
    for (let [start, first] = [word.start, 0]; first < ends.length;) {
      let last = first;
      for (let used = 0, from = start; last < ends.length; from = ends[last] ?? word.end, last += 1) {
        used += this.#width(paragraph, levels, from, ends[last] ?? word.end);
        if (used > room) break;
      }
      let count = Math.max(1, last - first);
      const end = () => ends[first + count - 1] ?? word.end;
      // Letters that join may be wider than each alone.
      let width = this.#width(paragraph, levels, start, end());
      while (width > room && count > 1) {
        count = Math.max(1, Math.min(count - 1, Math.floor((count * room) / width)));
        width = this.#width(paragraph, levels, start, end());
      }
      yield { start, end: end(), width, space: first + count === ends.length ? word.space : 0 };
      start = end();
      first += count;
    }
  }

  #width(paragraph: Paragraph, levels: EmbeddingLevels | null, start: number, end: number): number {
    let width = 0;
    for (const run of runsOf(paragraph, levels, start, end)) width += widthOf(this.#content(paragraph, run));
    return width;
  }

  #set(paragraph: Paragraph, levels: EmbeddingLevels | null, start: number, end: number): SetLine {
    const items: SetItem[] = [];
    let x = 0;
    for (const run of inOrder(paragraph, levels, start, end)) {
      const content = this.#content(paragraph, run);
      items.push({ x, content });
      x += widthOf(content);
    }
    return { width: x, items, rightToLeft: (levels?.paragraphs[0]?.level ?? 0) % 2 === 1 };
  }

  #content(paragraph: Paragraph, { start, end, font, rightToLeft }: Run): ShapedRun | string {
    if (font === BOX) return paragraph.boxes.get(start) ?? '';
    const text = paragraph.text.slice(start, end);
    const key = `${font}${rightToLeft ? '<' : '>'}${text}`;
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const run = shapeRun(text, fontAt(font), rightToLeft);
    this.#runs.set(key, run);
    return run;
  }
}

const bidi = bidiOf(bidiFactory);

/** The package's types say `default.default`; what Node loads is the factory itself. */
function bidiOf(factory: unknown): Bidi {
  if (typeof factory !== 'function')
    throw new TypeError(`expected bidi-js to be a function, got ${typeof factory}`);
  return (factory as () => Bidi)();
}
/** Of a text that is to stand on one line no more than this is looked at. */
const LONGEST_LINE = 400;
const EMPTY: SetLine = { width: 0, items: [], rightToLeft: false };
/** Hebrew, Arabic and what else is written from the right, and the marks of direction. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08FF\u200F\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/** Digits of a box are set smaller than the text, with a margin around them. */
export const BOX_DIGITS = 0.72;
const BOX_DIGIT_WIDTH = 0.58;
const BOX_MARGIN = 0.14;

/** How wide a box is, with the air at its sides. */
export function boxWidth(label: string): number {
  return label.length * BOX_DIGIT_WIDTH * BOX_DIGITS + 4 * BOX_MARGIN;
}

function widthOf(content: ShapedRun | string): number {
  return typeof content === 'string' ? boxWidth(content) : content.width;
}

interface Word {
  readonly start: number;
  readonly end: number;
  readonly width: number;
  /** Of the spaces behind it, which aren't drawn at the end of a line. */
  readonly space: number;
}

interface Run {
  readonly start: number;
  readonly end: number;
  readonly font: number;
  readonly rightToLeft: boolean;
}

/** Parts of one font and one level, in the order of the text; words apart, so that each is shaped once. */
function* runsOf(
  { text, fonts }: Paragraph,
  levels: EmbeddingLevels | null,
  start: number,
  end: number,
): Generator<Run> {
  let from = start;
  for (let at = start + 1; at <= end; at += 1) {
    if (at < end && joins(text, fonts, levels, at)) continue;
    yield {
      start: from,
      end: at,
      font: fonts[from] ?? BOX,
      rightToLeft: (levels?.levels[from] ?? 0) % 2 === 1,
    };
    from = at;
  }
}

function joins(text: string, fonts: Uint8Array, levels: EmbeddingLevels | null, at: number): boolean {
  if (fonts[at] !== fonts[at - 1] || fonts[at] === BOX) return false;
  if (levels !== null) return levels.levels[at] === levels.levels[at - 1];
  return (text[at] === ' ') === (text[at - 1] === ' ');
}

/** The runs of a line from left to right. */
function inOrder(paragraph: Paragraph, levels: EmbeddingLevels | null, start: number, end: number): Run[] {
  const runs = [...runsOf(paragraph, levels, start, end)];
  if (levels === null) return runs;
  const place = new Map(
    bidi.getReorderedIndices(paragraph.text, levels, start, end - 1).map((index, at) => [index, at] as const),
  );
  return runs.sort((one, other) => (place.get(one.start) ?? 0) - (place.get(other.start) ?? 0));
}

/** May be broken before and after, without a space: ideographs, kana and what is set with them. */
const IDEOGRAPH =
  /[\u2E80-\u2FFF\u3001-\u30FF\u31C0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\uFF01-\uFF60\u{20000}-\u{3FFFF}]/u;
/** Never first, and never last, on a line. */
const CLOSES = /[、。，．：；？！）］｝〕〉》」』】〗ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々％]/u;
const OPENS = /[（［｛〔〈《「『【〖]/u;

/** Where a line may end: behind spaces, behind a hyphen or slash within a word, and between ideographs. */
function* wordsOf(text: string): Generator<{ start: number; end: number; next: number }> {
  for (const match of text.matchAll(/( *[^ ]+)( *)/gu)) {
    const word = match[1] ?? '';
    const last = match.index + word.length;
    let start = match.index;
    for (const cut of cutsOf(word)) {
      yield { start, end: match.index + cut, next: match.index + cut };
      start = match.index + cut;
    }
    yield { start, end: last, next: last + (match[2] ?? '').length };
  }
}

function* cutsOf(word: string): Generator<number> {
  let [at, before] = [0, ''];
  for (const character of word) {
    if (before !== '' && mayBreak(before, character)) yield at;
    at += character.length;
    before = character;
  }
}

function mayBreak(before: string, after: string): boolean {
  if (/[-/]/u.test(before)) return /\p{L}/u.test(after);
  if (!IDEOGRAPH.test(before) && !IDEOGRAPH.test(after)) return false;
  return !CLOSES.test(after) && !OPENS.test(before) && !/\p{M}/u.test(after);
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Where the graphemes of a part of a text end. */
function endsOf(text: string, start: number, end: number): number[] {
  let at = start;
  return graphemesOf(text.slice(start, end)).map(({ length }) => (at += length));
}

const graphemesOf = (text: string): string[] => Array.from(graphemes.segment(text), ({ segment }) => segment);
