/**
 * From a run of text in one font and direction to glyphs with their places, by HarfBuzz: joining of Arabic, marks,
 * ligatures and kerning. What is measured is what is drawn.
 */
import { Buffer as ShapeBuffer, Direction, shape } from 'harfbuzzjs';
import { fontAt, type LoadedFont } from './fonts.js';

/** A shaped run; lengths are parts of the font size. */
export interface ShapedRun {
  readonly width: number;
  readonly font: number;
  readonly glyphs: readonly PlacedGlyph[];
}

/** A glyph in units of its font, from the beginning of its run on the base line. */
export interface PlacedGlyph {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

/** One for all: HarfBuzz's buffers are freed by the garbage collector, and this thread shapes one run at a time. */
const buffer = new ShapeBuffer();

export function shapeRun(text: string, font: LoadedFont, rightToLeft: boolean): ShapedRun {
  buffer.clearContents();
  buffer.addText(text);
  buffer.guessSegmentProperties();
  buffer.setDirection(rightToLeft ? Direction.RTL : Direction.LTR);
  shape(font.font, buffer);
  const glyphs: PlacedGlyph[] = [];
  let x = 0;
  for (const glyph of buffer.getGlyphInfosAndPositions()) {
    glyphs.push({ id: glyph.codepoint, x: x + (glyph.xOffset ?? 0), y: glyph.yOffset ?? 0 });
    x += glyph.xAdvance ?? 0;
  }
  buffer.clearContents(); // what was shaped isn't kept
  return { width: x / font.upem, font: font.index, glyphs };
}

/** Outlines by font and glyph. They say nothing of who was looked at: glyphs only, kept up to a number. */
const outlines = new Map<number, string>();
const MOST_OUTLINES = 8192;
const GLYPHS_OF_A_FONT = 65_536;

/**
 * A glyph as an SVG path without its place: all commands are relative to where the path stands, so that glyphs join to
 * a path by writing one behind the other.
 */
export function outlineOf(font: number, glyph: number): string {
  const key = font * GLYPHS_OF_A_FONT + glyph;
  const known = outlines.get(key);
  if (known !== undefined) return known;
  const path = relativePath(fontAt(font).font.glyphToJson(glyph));
  if (outlines.size >= MOST_OUTLINES) outlines.clear();
  outlines.set(key, path);
  return path;
}

/** From absolute commands (M, L, Q, C, Z) to relative ones; ends where it began, at the glyph's place. */
function relativePath(
  commands: readonly { readonly type: string; readonly values: readonly number[] }[],
): string {
  let path = '';
  let [x, y] = [0, 0];
  let [startX, startY] = [0, 0];
  for (const { type, values } of commands) {
    if (type === 'Z') {
      path += 'z';
      [x, y] = [startX, startY];
      continue;
    }
    path += type.toLowerCase() + values.map((value, at) => short(value - (at % 2 === 0 ? x : y))).join(' ');
    x = values.at(-2) ?? x;
    y = values.at(-1) ?? y;
    if (type === 'M') [startX, startY] = [x, y];
  }
  return path;
}

/** A number with at most two decimals, as short as it can be written. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
