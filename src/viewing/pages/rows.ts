/** What a page is put together from: rows of set text that may not be cut, and what is drawn behind them. */
import type { Weight } from './fonts.js';
import type { SetLine, TypeSetter } from './line.js';

/** Sizes in CSS pixels. No text of a page is smaller than 13. */
export const SIZES = { title: 22, heading: 16, text: 14, small: 13 } as const;
/** The height of a line, in parts of its text's size. */
export const LEADING = 1.45;

export const COLOURS = {
  paper: '#ffffff',
  text: '#1a1a1a',
  label: '#555555',
  heading: '#123a5c',
  rule: '#c3ccd4',
  alert: '#8f0000',
  alertPaper: '#fdeaea',
} as const;

/** A line of text at its place in a row. */
export interface RowText {
  readonly line: SetLine;
  readonly x: number;
  /** Of the base line, from the row's top. */
  readonly y: number;
  readonly size: number;
  readonly colour: string;
}

/** A rectangle of a row; drawn before the texts. */
export interface RowShape {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: string;
}

export interface Row {
  readonly height: number;
  readonly texts: readonly RowText[];
  readonly shapes: readonly RowShape[];
  /** Isn't the last of its page: a heading stands above something. */
  readonly withNext: boolean;
  /** Stands again on top of a page on which this row is the first. */
  readonly under: readonly string[];
}

/** How a piece of text is set. */
export interface TextStyle {
  readonly size: number;
  readonly weight: Weight;
  readonly colour: string;
}

/** A column: where text begins, and how much room it has. */
export interface Column {
  readonly x: number;
  readonly width: number;
}

/** The lines of a text in a column, one below the other. */
export function textLines(
  setter: TypeSetter,
  text: string,
  column: Column,
  style: TextStyle,
): readonly RowText[] {
  return setter
    .lines(text, style.weight, column.width / style.size)
    .map((line) => placed(line, column, style));
}

/** A line at the left of its column, or at the right when it is written from there. */
export function placed(line: SetLine, column: Column, { size, colour }: TextStyle): RowText {
  const x = line.rightToLeft ? column.x + column.width - line.width * size : column.x;
  return { line, x, y: baseLine(size), size, colour };
}

/** A base line that leaves room for marks above and tails below. */
export function baseLine(size: number): number {
  return size * 1.08;
}

export function row(
  texts: readonly RowText[],
  options: {
    height?: number;
    shapes?: readonly RowShape[];
    withNext?: boolean;
    under?: readonly string[];
  } = {},
): Row {
  const height = Math.max(options.height ?? 0, ...texts.map(({ size }) => size * LEADING));
  return {
    height,
    texts,
    shapes: options.shapes ?? [],
    withNext: options.withNext ?? false,
    under: options.under ?? [],
  };
}

/** Air between rows; nothing of it is needed at the top of a page. */
export function gap(height: number, under: readonly string[] = []): Row {
  return { height, texts: [], shapes: [], withNext: true, under };
}
