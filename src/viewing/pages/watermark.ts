/**
 * The visible watermark: a tile of the viewer's lines, slanted, repeated over the whole page and over everything on it.
 * A tile is smaller than 300 by 150 pixels, so a piece of the page of that size has all of it, if cut at other places.
 */
import { outlinePath } from './draw.js';
import type { TypeSetter } from './line.js';
import type { Watermark } from './model.js';

const TILE = { width: 296, height: 148 } as const;
const ANGLE = 18;
const LARGEST = 13;
const SMALLEST = 9;
const LINE_HEIGHT = 15;
/** A line this long stays within its tile when it is slanted. */
const ROOM = 276;
const MOST_LINES = 4;
/** Darkens paper enough to be read, and leaves text on it as dark as it was. */
const INK = '#b00020';
const OPACITY = 0.2;

export class WatermarkTile {
  readonly #paths: string;

  constructor(setter: TypeSetter, { lines }: Watermark) {
    const shown = lines.slice(0, MOST_LINES);
    this.#paths = shown.map((text, at) => lineOf(setter, text, at - (shown.length - 1) / 2)).join('');
  }

  /** The tile and a rectangle filled with it; nothing where there are no lines. */
  draw(width: number, height: number): string {
    if (this.#paths === '') return '';
    const { width: across, height: down } = TILE;
    return (
      `<defs><pattern id="mark" width="${across}" height="${down}" patternUnits="userSpaceOnUse">` +
      `<g transform="translate(${across / 2} ${down / 2}) rotate(-${ANGLE})" fill="${INK}" fill-opacity="${OPACITY}">` +
      `${this.#paths}</g></pattern></defs><rect width="${width}" height="${height}" fill="url(#mark)"/>`
    );
  }
}

/** A line around the middle of the tile, as large as fits; a longer one than that is shortened. */
function lineOf(setter: TypeSetter, text: string, from: number): string {
  const line = setter.line(text, 'bold', ROOM / SMALLEST);
  const size = Math.min(LARGEST, ROOM / Math.max(line.width, 1));
  const y = from * LINE_HEIGHT + size * 0.35;
  return outlinePath(line, { x: (-line.width * size) / 2, y, size });
}
