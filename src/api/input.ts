/**
 * Bad input is refused at the door, completely, with the path to each bad value. What came is the caller's, so a
 * message never repeats it.
 */
import type { z } from 'zod';
import { VitrineError, type InputPath, type Json, type Problem } from '../ledger/core/index.js';
import { isUuid } from './scalars.js';

/** Longest text that any input may hold, in UTF-16 units; kinds set tighter bounds for their fields. */
export const MAX_TEXT = 65_536;

/** Deepest that variables may nest: more would end the stack of whoever walks them. */
const MAX_NESTING = 64;

/** Problems reported at once; more are counted, not listed. */
const MAX_PROBLEMS = 100;

/** A half of a surrogate pair without the other: not a character, and not writable as UTF-8 (RFC 8785 refuses it too). */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The input as its schema describes it.
 *
 * @param schema of the whole value.
 * @param value as GraphQL coerced it.
 * @param path where the value stands among the field's arguments.
 * @throws VitrineError BAD_USER_INPUT with every problem and its path.
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, path: InputPath = ['input']): T {
  const strings = textProblems(value, path);
  const parsed = schema.safeParse(value);
  if (parsed.success && strings.length === 0) return remember(schema, parsed.data);
  const issues = parsed.error?.issues ?? [];
  throw badInput([
    ...strings,
    ...issues.map((issue) => ({ path: [...path, ...issue.path.map(step)], message: issue.message })),
  ]);
}

/** The schema whose output a value is. */
const outputs = new WeakMap<object, z.ZodType>();

/** Whether a value is what `parseInput` made by this schema: frozen since, so it needs no second parsing. */
export function isOutputOf(schema: z.ZodType, value: object): boolean {
  return outputs.get(value) === schema;
}

function remember<T>(schema: z.ZodType<T>, output: T): T {
  if (typeof output !== 'object' || output === null) return output;
  freeze(output);
  outputs.set(output, schema);
  return output;
}

function freeze(value: object): void {
  Object.freeze(value);
  for (const inner of Object.values(value) as unknown[])
    if (typeof inner === 'object' && inner !== null && !Object.isFrozen(inner)) freeze(inner);
}

/** One refusal for all problems found; its path is the first one's. */
export function badInput(problems: readonly Problem[]): VitrineError {
  const [first] = problems;
  const more = problems.length - 1;
  const message = first === undefined ? 'the input is not valid' : first.message;
  return new VitrineError('BAD_USER_INPUT', more > 0 ? `${message} (and ${more} more problems)` : message, {
    problems: problems.slice(0, MAX_PROBLEMS),
    ...(first === undefined ? {} : { path: first.path }),
  });
}

/**
 * An id argument of type `ID` in its one form.
 *
 * @throws VitrineError BAD_USER_INPUT when it isn't a UUID.
 */
export function requireId(id: string, path: InputPath): string {
  const lower = id.toLowerCase();
  if (isUuid(lower)) return lower;
  throw new VitrineError('BAD_USER_INPUT', 'expected a UUID with dashes', { path });
}

/**
 * What no text of any input may be, in any argument: longer than {@link MAX_TEXT}, with a lone surrogate, or with
 * U+0000, which PostgreSQL's text can't hold.
 */
export function textProblems(value: unknown, path: InputPath): Problem[] {
  const problems: Problem[] = [];
  collectProblems(value, [...path], problems);
  return problems;
}

/** `path` is one array for the whole walk, pushed and popped: it costs next to nothing when all is well. */
function collectProblems(value: unknown, path: (string | number)[], problems: Problem[]): void {
  const report = (message: string | null): void => {
    if (message !== null) problems.push({ path: [...path], message });
  };
  if (typeof value === 'string') return report(refuseText(value));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (path.length >= MAX_NESTING) return report(`expected at most ${MAX_NESTING} levels of nesting`);
  const inner = (key: string | number, item: unknown): void => {
    path.push(key);
    collectProblems(item, path, problems);
    path.pop();
  };
  if (Array.isArray(value)) return value.forEach((item, index) => inner(index, item));
  for (const [key, item] of Object.entries(value)) {
    report(refuseText(key));
    inner(key, item);
  }
}

/** What is wrong with a text, or null. */
function refuseText(text: string): string | null {
  if (text.length > MAX_TEXT) return `expected at most ${MAX_TEXT} characters, got ${text.length}`;
  if (LONE_SURROGATE.test(text)) return 'expected well-formed text, got a lone surrogate';
  return text.includes('\u0000') ? 'expected text without U+0000' : null;
}

/** A symbol can't come out of JSON, but zod's type allows it. */
function step(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}

/**
 * An input as plain JSON, for the keyed hash that tells the same request from another: whole numbers beyond the safe
 * range and bytes as text, absent members left out.
 */
export function asJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : asJson(item)));
  if (typeof value !== 'object') throw new VitrineError('INTERNAL', `an input can't hold a ${typeof value}`);
  const json: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    if (key in json) Object.defineProperty(json, key, { value: asJson(inner), enumerable: true });
    else json[key] = asJson(inner);
  }
  return json;
}
