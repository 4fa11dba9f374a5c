/** The rows of a model: header, sections of labelled lines with alerts set apart, and the timeline. */
import type { TypeSetter } from './line.js';
import type { PageLine, PageModel, Section, SectionLine, TimelineEntry } from './model.js';
import { COLOURS, LEADING, SIZES, gap, placed, row, textLines } from './rows.js';
import type { Column, Row, RowShape, RowText, TextStyle } from './rows.js';
import { PAGE_WORDS, type PageWords } from './words.js';

/** Where things stand on a page of some width. */
export interface Columns {
  readonly all: Column;
  readonly label: Column;
  readonly value: Column;
  readonly entry: Column;
  readonly entryLabel: Column;
  readonly entryValue: Column;
}

export const MARGIN = 40;
const GUTTER = 16;
const LABEL_SHARE = 0.26;
/** From the line of the timeline to its text. */
const INDENT = 22;
const DOT = 9;

export function columnsOf(width: number): Columns {
  const all = { x: MARGIN, width: width - 2 * MARGIN };
  const entry = { x: all.x + INDENT, width: all.width - INDENT };
  const [label, value] = split(all);
  const [entryLabel, entryValue] = split(entry);
  return { all, label, value, entry, entryLabel, entryValue };
}

function split({ x, width }: Column): [Column, Column] {
  const left = Math.round(width * LABEL_SHARE);
  return [
    { x, width: left },
    { x: x + left + GUTTER, width: width - left - GUTTER },
  ];
}

const TEXT: TextStyle = { size: SIZES.text, weight: 'regular', colour: COLOURS.text };
const BOLD: TextStyle = { size: SIZES.text, weight: 'bold', colour: COLOURS.text };
const LABEL: TextStyle = { size: SIZES.small, weight: 'regular', colour: COLOURS.label };
const ALERT: TextStyle = { size: SIZES.text, weight: 'bold', colour: COLOURS.alert };
const HEADING: TextStyle = { size: SIZES.heading, weight: 'bold', colour: COLOURS.heading };
const TITLE: TextStyle = { size: SIZES.title, weight: 'bold', colour: COLOURS.heading };

/** Makes the rows of one model. */
export class Content {
  readonly #setter: TypeSetter;
  readonly #columns: Columns;
  readonly #words: PageWords;

  constructor(setter: TypeSetter, columns: Columns, words: PageWords) {
    this.#setter = setter;
    this.#columns = columns;
    this.#words = words;
  }

  rows(model: PageModel): Row[] {
    return [
      ...this.#header(model),
      ...model.sections.flatMap((section) => this.#section(section)),
      ...this.#timeline(model),
    ];
  }

  #header(model: PageModel): Row[] {
    const { all } = this.#columns;
    return [
      ...this.#plain(this.#words.kinds[model.kind], all, LABEL),
      ...this.#plain(model.title, all, TITLE),
      ...(model.subtitle === null
        ? []
        : this.#plain(model.subtitle, all, { ...TEXT, colour: COLOURS.label })),
      this.#rule(10),
    ];
  }

  #section({ title, lines }: Section): Row[] {
    return [
      ...this.#heading(title),
      ...(lines.length === 0 ? this.#plain(this.#words.empty, this.#columns.all, TEXT) : []),
      ...lines.flatMap((line) => this.#labelled(line, [title])),
    ];
  }

  #heading(title: string): Row[] {
    const texts = textLines(this.#setter, title, this.#columns.all, HEADING);
    return [gap(14), ...texts.map((text) => row([text], { withNext: true })), gap(2)];
  }

  #labelled(line: SectionLine, under: readonly string[]): Row[] {
    const { label, value, all } = this.#columns;
    if (line.emphasis !== 'alert') return this.#pair(line, [label, value], [LABEL, TEXT], under);
    const name = `${this.#words.alert}: ${line.label}`;
    const rows = this.#pair({ label: name, value: line.value }, [label, value], [ALERT, ALERT], under);
    return rows.map((one) => ({ ...one, shapes: alertShapes(all, one.height) }));
  }

  /** Label and value beside each other, each as many lines as it needs. */
  #pair(
    { label, value }: PageLine,
    [left, right]: readonly [Column, Column],
    [labelStyle, valueStyle]: readonly [TextStyle, TextStyle],
    under: readonly string[],
  ): Row[] {
    const labels = textLines(this.#setter, label, left, labelStyle);
    const values = textLines(this.#setter, this.#shown(value), right, valueStyle);
    return Array.from({ length: Math.max(labels.length, values.length) }, (_, at) =>
      row([...labels.slice(at, at + 1), ...values.slice(at, at + 1)].map(onOneLine), {
        height: valueStyle.size * LEADING,
        under,
      }),
    );
  }

  #shown(value: string): string {
    return value.trim() === '' ? this.#words.empty : value;
  }

  #timeline({ kind, entries }: PageModel): Row[] {
    const title = this.#words.entries[kind];
    if (entries.length === 0 && kind !== 'patient') return [];
    return [
      ...this.#heading(title),
      ...(entries.length === 0 ? this.#plain(this.#words.noEntries, this.#columns.all, TEXT) : []),
      ...entries.flatMap((entry) => this.#entry(entry, title)),
    ];
  }

  #entry(entry: TimelineEntry, title: string): Row[] {
    const { entryLabel, entryValue } = this.#columns;
    const own = `${entry.when} · ${entry.title}`;
    const head = this.#pair(
      { label: entry.when, value: entry.title },
      [entryLabel, entryValue],
      [{ ...BOLD, colour: COLOURS.heading }, BOLD],
      [title],
    ).map((one, at) => ({ ...one, shapes: this.#track(one.height, at === 0), withNext: true }));
    const lines = entry.lines
      .flatMap((line) => this.#pair(line, [entryLabel, entryValue], [LABEL, TEXT], [title, own]))
      .map((one) => ({ ...one, shapes: this.#track(one.height, false) }));
    const air = { ...gap(8, [title]), shapes: this.#track(8, false), withNext: false };
    return lines.length === 0
      ? [...head.map((one) => ({ ...one, withNext: false })), air]
      : [...head, ...lines, air];
  }

  /** A piece of the line at the left of the timeline, with a dot where an entry begins. */
  #track(height: number, dot: boolean): RowShape[] {
    const x = this.#columns.all.x;
    const line = { x: x + DOT / 2 - 1, y: 0, width: 2, height, colour: COLOURS.rule };
    return dot ? [line, { x, y: 6, width: DOT, height: DOT, colour: COLOURS.heading }] : [line];
  }

  #plain(text: string, column: Column, style: TextStyle): Row[] {
    return textLines(this.#setter, text, column, style).map((line) => row([line]));
  }

  #rule(height: number): Row {
    const { x, width } = this.#columns.all;
    return row([], { height, shapes: [{ x, y: height / 2, width, height: 1, colour: COLOURS.rule }] });
  }

  /** What stands on top of a page again: the headings under which it goes on, each on one line. */
  continued(headings: readonly string[]): Row[] {
    const { all } = this.#columns;
    const rows = headings.map((heading, depth) => {
      const style = depth === 0 ? HEADING : BOLD;
      const suffix = this.#setter.line(this.#words.continued, 'regular', all.width / SIZES.small);
      const room = all.width - suffix.width * SIZES.small - 8;
      const line = this.#setter.line(heading, style.weight, room / style.size);
      const text = placed(line, { x: all.x, width: line.width * style.size }, style);
      const behind = { x: text.x + line.width * style.size + 8, width: suffix.width * SIZES.small };
      return row([text, { ...placed(suffix, behind, LABEL), y: text.y }]);
    });
    return rows.length === 0 ? [] : [...rows, gap(2)];
  }
}

/** Texts of different sizes in one row stand on one line. */
function onOneLine(text: RowText, _at: number, row: readonly RowText[]): RowText {
  return { ...text, y: Math.max(...row.map(({ y }) => y)) };
}

function alertShapes({ x, width }: Column, height: number): RowShape[] {
  return [
    { x: x - 12, y: 0, width: width + 24, height: height + 0.5, colour: COLOURS.alertPaper },
    { x: x - 12, y: 0, width: 4, height: height + 0.5, colour: COLOURS.alert },
  ];
}

export const wordsOf = (model: PageModel): PageWords => PAGE_WORDS[model.language];
