/**
 * The fonts of pages, each loaded when a character first needs it. They come from npm packages, so a page looks alike
 * on every machine. Text is drawn as outlines: whoever turns a page into pixels needs no font.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Blob, Face, Font } from 'harfbuzzjs';

export type Weight = 'regular' | 'bold';

/** One font file, ready to shape with. */
export interface LoadedFont {
  /** Place in the list: a name for it that is short. */
  readonly index: number;
  readonly font: Font;
  /** Units of the font in an em. */
  readonly upem: number;
  readonly covers: (codePoint: number) => boolean;
}

interface FontFile {
  /** A file that the package lets others resolve, and from its folder the way to the font. */
  readonly anchor: string;
  readonly path: string;
}

const expo = (name: string, style: string, file: string): FontFile => ({
  anchor: `@expo-google-fonts/${name}/package.json`,
  path: `${style}/${file}_${style}.ttf`,
});
const dejavu = (file: string): FontFile => ({
  anchor: 'dejavu-fonts-ttf/package.json',
  path: `ttf/${file}.ttf`,
});
const chinese = (file: string): FontFile => ({ anchor: '@embedpdf/fonts-sc', path: `../fonts/${file}.otf` });

/**
 * In the order in which they are asked for a character: Latin, Cyrillic, Greek and Devanagari; Arabic; Hebrew, symbols
 * and a few emoji; Chinese and Japanese; Korean. The large ones stand last, so that they are loaded for their own
 * scripts alone.
 */
const REGULAR: readonly FontFile[] = [
  expo('noto-sans', '400Regular', 'NotoSans'),
  expo('noto-sans-arabic', '400Regular', 'NotoSansArabic'),
  dejavu('DejaVuSans'),
  chinese('NotoSansHans-Regular'),
  expo('gowun-dodum', '400Regular', 'GowunDodum'),
];
const BOLD: readonly FontFile[] = [
  expo('noto-sans', '700Bold', 'NotoSans'),
  expo('noto-sans-arabic', '700Bold', 'NotoSansArabic'),
  dejavu('DejaVuSans-Bold'),
  chinese('NotoSansHans-Bold'),
];

const FILES: readonly FontFile[] = [...REGULAR, ...BOLD];
/** Whoever misses a bold glyph gets the regular one, rather than a box. */
const ORDER: Readonly<Record<Weight, readonly number[]>> = {
  regular: REGULAR.map((_, place) => place),
  bold: [...BOLD.map((_, place) => REGULAR.length + place), ...REGULAR.map((_, place) => place)],
};

const require = createRequire(import.meta.url);
const loaded = new Map<number, LoadedFont>();

/** A font by its place in the list. */
export function fontAt(index: number): LoadedFont {
  const known = loaded.get(index);
  if (known !== undefined) return known;
  const file = FILES[index];
  if (file === undefined) throw new RangeError(`no font ${index}`);
  const face = new Face(new Blob(readFileSync(join(dirname(require.resolve(file.anchor)), file.path))));
  const font = { index, font: new Font(face), upem: face.upem, covers: coverageOf(face) };
  loaded.set(index, font);
  return font;
}

/** The first font of a weight that has a glyph for a character; null when none has. */
export function fontFor(codePoint: number, weight: Weight): LoadedFont | null {
  for (const index of ORDER[weight]) {
    const font = fontAt(index);
    if (font.covers(codePoint)) return font;
  }
  return null;
}

/** A bit a code point: a set of 30,000 numbers would take ten times as much. */
function coverageOf(face: Face): (codePoint: number) => boolean {
  const codePoints = face.collectUnicodes();
  const bits = new Uint8Array((Math.max(0, ...maximum(codePoints)) >> 3) + 1);
  for (const codePoint of codePoints)
    bits[codePoint >> 3] = (bits[codePoint >> 3] ?? 0) | (1 << (codePoint & 7));
  return (codePoint) => ((bits[codePoint >> 3] ?? 0) & (1 << (codePoint & 7))) !== 0;
}

function maximum(values: Uint32Array): number[] {
  return values.length === 0 ? [] : [values.reduce((most, value) => Math.max(most, value), 0)];
}
