/** From a model to pages: rows are put on pages one after the other, and each page is drawn as one SVG document. */
import { VitrineError } from '../../ledger/core/index.js';
import { Content, MARGIN, columnsOf, wordsOf } from './content.js';
import { drawDocument, type DrawnRow } from './draw.js';
import { TypeSetter } from './line.js';
import type { Fetched, LaidOutPages, PageModel, PageOptions, Watermark } from './model.js';
import { COLOURS, LEADING, SIZES, placed, row } from './rows.js';
import type { Row } from './rows.js';
import { NEWLINES } from './text.js';
import { WatermarkTile } from './watermark.js';

const DEFAULT_WIDTH = 800;
const DEFAULT_HEIGHT = 1130;
const FOOTER = SIZES.small * LEADING * 2 + 12;
/** What one look may hold. A patient of a lifetime has a tenth of it. */
const MOST_PAGES = 400;
const MOST_CHARACTERS = 300_000;
const MOST_LINES = 20_000;

/** All pages of a model as SVG documents, with the mark on each. */
export function layoutPages(model: PageModel, mark: Watermark, options: PageOptions = {}): string[] {
  const pages = layOut(model, mark, options);
  return Array.from({ length: pages.count }, (_, at) => pages.draw(at + 1));
}

/**
 * Lays a model out without drawing, for whoever wants one page of it.
 * @throws VitrineError BAD_USER_INPUT for a page size that can't be read, LIMIT_EXCEEDED for more than a look may hold
 */
export function layOut(model: PageModel, mark: Watermark, options: PageOptions = {}): LaidOutPages {
  const width = between(options.width ?? DEFAULT_WIDTH, 480, 1600, 'width');
  const height = between(options.height ?? DEFAULT_HEIGHT, 500, 2400, 'height');
  requireReadable(model);
  const setter = new TypeSetter();
  const content = new Content(setter, columnsOf(width), wordsOf(model));
  const pages = paginate(content.rows(model), content, height - 2 * MARGIN - FOOTER);
  const ownTile = new WatermarkTile(setter, mark);
  const draw = (page: number, fetched?: Fetched): string => {
    const rows = pages[page - 1];
    if (rows === undefined) throw new RangeError(`expected a page from 1 to ${pages.length}, got ${page}`);
    const tile = fetched === undefined ? ownTile : new WatermarkTile(setter, fetched.mark);
    const { generatedAt } = fetched ?? model;
    const foot = footer(setter, { ...model, generatedAt }, width, { page, pages: pages.length });
    return drawDocument({
      width,
      height,
      rows: [...stacked(rows, MARGIN), ...stacked(foot, height - MARGIN - FOOTER + 12)],
      tile,
    });
  };
  return { count: pages.length, draw };
}

function between(value: number, least: number, most: number, name: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new VitrineError('BAD_USER_INPUT', `expected a page ${name} from ${least} to ${most}, got ${value}`, {
    path: [name],
  });
}

function requireReadable(model: PageModel): void {
  const parts = [...model.sections, ...model.entries].flatMap((part) => [
    part.title,
    'when' in part ? part.when : '',
    ...part.lines.flatMap(({ label, value }) => [label, value]),
  ]);
  const texts = [model.title, model.subtitle ?? '', model.generatedAt, ...parts];
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > MOST_CHARACTERS) throw tooMuch(`${MOST_CHARACTERS} characters`, characters);
  const lines = texts.reduce((sum, text) => sum + text.split(NEWLINES).length, 0);
  if (lines > MOST_LINES) throw tooMuch(`${MOST_LINES} lines`, lines);
}

function tooMuch(most: string, got: number): VitrineError {
  return new VitrineError('LIMIT_EXCEEDED', `expected at most ${most} in one look, got ${got}`);
}

/** Puts rows on pages. A heading goes to the next page with what it stands above. */
function paginate(rows: readonly Row[], content: Content, room: number): Row[][] {
  const pages: Row[][] = [];
  let page: Row[] = [];
  let used = 0;
  for (let at = 0; at < rows.length;) {
    const group = groupAt(rows, at);
    if (used + heightOf(group) > room && page.length > 0) {
      pages.push(page);
      if (pages.length >= MOST_PAGES) throw tooMuch(`${MOST_PAGES} pages`, pages.length + 1);
      page = content.continued(headingsOf(rows, at));
      used = heightOf(page);
    }
    page.push(...(used === 0 ? withoutAir(group) : group));
    used = heightOf(page);
    at += group.length;
  }
  return [...pages, page];
}

/** A row and, when it is to stand above something, what follows. At most this many: else a title could fill pages. */
const MOST_TOGETHER = 8;

function groupAt(rows: readonly Row[], at: number): Row[] {
  let end = at + 1;
  while (end < rows.length && rows[end - 1]?.withNext === true && end - at < MOST_TOGETHER) end += 1;
  return rows.slice(at, end);
}

function headingsOf(rows: readonly Row[], at: number): readonly string[] {
  const first = rows.slice(at).find(({ texts }) => texts.length > 0);
  return first?.under ?? [];
}

/** Without the air on top. */
function withoutAir(rows: readonly Row[]): Row[] {
  const first = rows.findIndex(({ texts, shapes }) => texts.length > 0 || shapes.length > 0);
  return first < 0 ? [] : rows.slice(first);
}

function heightOf(rows: readonly Row[]): number {
  return rows.reduce((sum, { height }) => sum + height, 0);
}

function stacked(rows: readonly Row[], top: number): DrawnRow[] {
  let y = top;
  return rows.map((one) => {
    const drawn = { row: one, y };
    y += one.height;
    return drawn;
  });
}

/** What the page is, who is it about, when it was made, which of how many, and what the mark means. */
function footer(
  setter: TypeSetter,
  model: PageModel,
  width: number,
  { page, pages }: { page: number; pages: number },
): Row[] {
  const { all } = columnsOf(width);
  const words = wordsOf(model);
  const style = { size: SIZES.small, weight: 'regular', colour: COLOURS.label } as const;
  const number = setter.line(words.pageOf(page, pages), 'regular', all.width / style.size);
  const room = { x: all.x, width: all.width - number.width * style.size - 16 };
  const texts = [
    placed(
      setter.line(`${model.title} · ${words.made(model.generatedAt)}`, 'regular', room.width / style.size),
      room,
      style,
    ),
    placed({ ...number, rightToLeft: true }, all, style),
  ];
  const notice = placed(setter.line(words.notice, 'regular', all.width / style.size), all, style);
  const rule = { x: all.x, y: -6, width: all.width, height: 1, colour: COLOURS.rule };
  return [row(texts, { shapes: [rule] }), row([notice])];
}
