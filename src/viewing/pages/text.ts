/**
 * Text of a record made ready to be set: each character gets a font, and what has no glyph or must not act (controls,
 * marks that turn the order of what stands beside them) becomes a box with its code point. Nothing vanishes.
 */
import { fontAt, fontFor, type Weight } from './fonts.js';

/** A paragraph: its text, and for each UTF-16 unit the font it is set in. */
export interface Paragraph {
  /** Each boxed character stands as one OBJECT. */
  readonly text: string;
  /** Place in the list of fonts, or BOX. */
  readonly fonts: Uint8Array;
  /** What stands in a box, by its place in the text. */
  readonly boxes: ReadonlyMap<number, string>;
}

/** OBJECT REPLACEMENT CHARACTER: neutral to the order of writing, as a picture between words is. */
export const OBJECT = '\uFFFC';
export const BOX = 255;

export const NEWLINES = /\r\n|[\n\r\u000B\u000C\u0085\u2028\u2029]/u;
/** Joiners, marks of direction and invisible spaces: they have no glyph and do no harm. */
const INVISIBLE = /^[\u00AD\u034F\u061C\u200B-\u200F\u2060-\u2064\uFE00-\uFE0F\uFEFF\u{E0100}-\u{E01EF}]$/u;
/** Controls, other format characters, halves of pairs, private and unassigned ones. */
const UNSEEN = /^[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]$/u;
const MARK = /^\p{M}$/u;
const TAB = '    ';
/** So many marks may stand on one letter; more would reach into the lines above, over what stands there. */
const MOST_MARKS = 4;

/** The paragraphs of a value, split at its newlines. */
export function paragraphsOf(value: string, weight: Weight): Paragraph[] {
  return value.split(NEWLINES).map((text) => paragraphOf(text.replaceAll('\t', TAB), weight));
}

function paragraphOf(source: string, weight: Weight): Paragraph {
  let text = '';
  const fonts: number[] = [];
  const boxes = new Map<number, string>();
  let marks = 0;
  for (const character of source) {
    marks = MARK.test(character) ? marks + 1 : 0;
    const font = marks > MOST_MARKS ? BOX : fontOf(character, weight, fonts.at(-1));
    if (font === BOX) boxes.set(text.length, nameOf(character));
    const drawn = font === BOX ? OBJECT : character;
    text += drawn;
    for (let unit = 0; unit < drawn.length; unit += 1) fonts.push(font);
  }
  return { text, fonts: Uint8Array.from(fonts), boxes };
}

/** What of a character's font depends on nothing else; most texts are made of a few hundred characters. */
const known = new Map<string, number>();
const MOST_KNOWN = 8192;
/** Takes the font of what stands before it. */
const FOLLOWS = 254;

function fontOf(character: string, weight: Weight, before: number | undefined): number {
  const own = ownFontOf(character, weight);
  if (own === FOLLOWS) return before === undefined || before === BOX ? ownFontOf(' ', weight) : before;
  // A mark is shaped with its letter, if it stands in that font too.
  if (before !== undefined && before < FOLLOWS && own < FOLLOWS && own !== before && MARK.test(character))
    return fontAt(before).covers(character.codePointAt(0) ?? 0) ? before : own;
  return own;
}

function ownFontOf(character: string, weight: Weight): number {
  const key = weight + character;
  const before = known.get(key);
  if (before !== undefined) return before;
  const font = lookUp(character, weight);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, font);
  return font;
}

function lookUp(character: string, weight: Weight): number {
  if (INVISIBLE.test(character)) return FOLLOWS;
  if (character === OBJECT || UNSEEN.test(character)) return BOX;
  return fontFor(character.codePointAt(0) ?? 0, weight)?.index ?? BOX;
}

/** The code point as it is written on a box, without the `U+` that every box would have. */
function nameOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
