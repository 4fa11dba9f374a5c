/** SVG of a page: shapes and outlines of glyphs, no text, so nothing depends on the fonts of whoever draws it. */
import { BOX_DIGITS, boxWidth, type SetLine } from './line.js';
import { fontAt, fontFor } from './fonts.js';
import { COLOURS, type Row, type RowShape, type RowText } from './rows.js';
import { outlineOf, shapeRun, short, type ShapedRun } from './shape.js';
import type { WatermarkTile } from './watermark.js';

/** A row, and where its top is on the page. */
export interface DrawnRow {
  readonly row: Row;
  readonly y: number;
}

export interface PageDrawing {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly DrawnRow[];
  readonly tile: WatermarkTile;
}

export function drawDocument({ width, height, rows, tile }: PageDrawing): string {
  const shapes = rows.flatMap(({ row, y }) => row.shapes.map((shape) => rectangle(shape, y)));
  const texts = rows.flatMap(({ row, y }) => row.texts.map((text) => drawText(text, y)));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<rect width="${width}" height="${height}" fill="${COLOURS.paper}"/>` +
    `${shapes.join('')}${texts.join('')}${tile.draw(width, height)}</svg>`
  );
}

function rectangle({ x, y, width, height, colour }: RowShape, top: number): string {
  return `<rect x="${short(x)}" y="${short(top + y)}" width="${short(width)}" height="${short(height)}" fill="${colour}"/>`;
}

function drawText({ line, x, y, size, colour }: RowText, top: number): string {
  const paths = outlinePath(line, { x, y: top + y, size });
  return paths === '' ? '' : `<g fill="${colour}">${paths}</g>`;
}

/** The outlines of a line at a place, of its base line's beginning. */
export function outlinePath(line: SetLine, { x, y, size }: { x: number; y: number; size: number }): string {
  return line.items
    .map(({ x: offset, content }) =>
      typeof content === 'string'
        ? box(content, { x: x + offset * size, y, size })
        : glyphs(content, { x: x + offset * size, y, size }),
    )
    .join('');
}

function glyphs(run: ShapedRun, { x, y, size }: { x: number; y: number; size: number }): string {
  const path = run.glyphs
    .map((glyph) => {
      const outline = outlineOf(run.font, glyph.id);
      return outline === '' ? '' : `M${short(glyph.x)} ${short(glyph.y)}${outline}`;
    })
    .join('');
  if (path === '') return '';
  const scale = (size / fontAt(run.font).upem).toFixed(6);
  return `<path transform="matrix(${scale} 0 0 -${scale} ${short(x)} ${short(y)})" d="${path}"/>`;
}

/** A character that has no glyph, or must not act: its code point in a frame. */
function box(label: string, { x, y, size }: { x: number; y: number; size: number }): string {
  const width = boxWidth(label) * size;
  const font = fontFor('0'.codePointAt(0) ?? 0, 'regular');
  if (font === null) return '';
  const digits = shapeRun(label, font, false);
  const air = (width - digits.width * size * BOX_DIGITS) / 2;
  const [left, right] = [x + size * 0.07, x + width - size * 0.07];
  const [top, bottom] = [y - size * 0.82, y + size * 0.2];
  return (
    `<path fill="none" stroke="#8f0000" d="M${short(left)} ${short(top)}H${short(right)}V${short(bottom)}H${short(left)}Z"/>` +
    glyphs(digits, { x: x + air, y: y - size * 0.06, size: size * BOX_DIGITS })
  );
}
