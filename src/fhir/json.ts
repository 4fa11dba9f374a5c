/**
 * Reads JSON strictly: UTF-8 only, no duplicate member (RFC 8259 section 4 leaves open which one would count), no lone
 * surrogate, no deep nesting. The bytes are a file that anyone may have written.
 */
import { parse } from '@humanwhocodes/momoa';
import type { ValueNode } from '@humanwhocodes/momoa';
import type { FhirPath, Problems } from './problem.js';

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonMembers;

export interface JsonMembers {
  readonly [name: string]: JsonValue;
}

/** Deeper files are refused before any recursion meets them. FHIR itself stays below 20. */
const DEPTH_LIMIT = 100;

/**
 * Parses the bytes of one file. Problems go to `problems`, with the path of each.
 *
 * @returns the value, or undefined when the file isn't strict JSON
 */
export function readJson(bytes: Uint8Array, problems: Problems): JsonValue | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    problems.add([], 'expected UTF-8, got other bytes');
    return undefined;
  }
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    problems.add([], `expected JSON, got a syntax error${place(text, error)}`);
    return undefined;
  }
  if (deeperThan(value, DEPTH_LIMIT)) {
    problems.add([], `expected at most ${DEPTH_LIMIT} levels of nesting`);
    return undefined;
  }
  const before = problems.found.length;
  checkMembers(parse(text, { mode: 'json' }).body, [], problems);
  return problems.found.length === before ? value : undefined;
}

/** V8 says the position; its message also quotes the text, which may be a patient's. */
function place(text: string, error: unknown): string {
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
  if (position === undefined) return ' at its end';
  const before = text.slice(0, Number(position)).split('\n');
  return ` in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function deeperThan(value: JsonValue, limit: number): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values<JsonValue>(item) : [],
    );
  }
  return false;
}

function checkMembers(node: ValueNode, path: FhirPath, problems: Problems): void {
  if (node.type === 'Array') {
    node.elements.forEach((element, index) => checkMembers(element.value, [...path, index], problems));
  } else if (node.type === 'String') {
    if (/\p{Surrogate}/u.test(node.value))
      problems.add(path, 'expected well-formed text, got a lone surrogate');
  } else if (node.type === 'Object') {
    const seen = new Set<string>();
    for (const { name, value } of node.members) {
      const key = name.type === 'String' ? name.value : name.name;
      const at = [...path, key];
      if (seen.has(key)) problems.add(at, 'expected the member once, got it twice');
      seen.add(key);
      checkMembers(value, at, problems);
    }
  }
}
