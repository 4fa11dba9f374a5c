/** What holds of every refusal: its code, where the cause is, nothing written, nothing told. */
import { expect } from 'vitest';
import type { Answer, AnswerError, TestVitrine } from '../support/vitrine.js';

/** Stands in bad values: whoever sees it in an answer sees that values are repeated. */
export const MARKER = 'Zwiebelturm';

/** What no answer may hold: frames, files, SQL, names of libraries. */
const TOLD =
  /\bat [\w.<>]+ \(|node_modules|\.(?:ts|js|mjs):\d|\b(?:SELECT|INSERT|UPDATE|DELETE|violates|relation ")|[Pp]risma|[Pp]ostgres|\b[Zz]od|"stack"/;

/** The position of the first problem that any of the errors names. */
function pathsOf({ extensions }: AnswerError): string[] {
  const paths = [extensions.path ?? [], ...(extensions.problems ?? []).map(({ path }) => path)];
  return paths.map((path) => path.join('.'));
}

export interface Expected {
  readonly code: string;
  /** Where in the input: `input.names.0.family`. */
  readonly path?: string;
}

/** Asserts one refusal of an answer. */
export function expectRefusal(answer: Answer<object>, { code, path }: Expected): void {
  expect(answer.codes, answer.text).toEqual([code]);
  expect(Object.values(answer.data ?? {}).filter((value) => value !== null)).toEqual([]);
  if (path !== undefined) expect(answer.errors.flatMap(pathsOf), answer.text).toContain(path);
  expectSilent(answer.text);
}

/** Asserts that an answer's text tells nothing of the inside and repeats no value. */
export function expectSilent(text: string): void {
  expect(text).not.toMatch(TOLD);
  expect(text).not.toContain(MARKER);
}

/** Everything that stands in the base and on the log, as counts. */
export async function everything(vitrine: TestVitrine): Promise<Readonly<Record<string, number>>> {
  const [tables] = await vitrine.tamper(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  const names = (tables?.rows as { tablename: string }[]).map(({ tablename }) => tablename);
  const counts = await vitrine.tamper(...names.map((name) => `SELECT count(*)::int AS count FROM "${name}"`));
  return Object.fromEntries([
    ...names.map(
      (name, place) => [name, (counts[place]?.rows as { count: number }[])[0]?.count ?? -1] as const,
    ),
    ['trusted log', Number(vitrine.serving.ledger.trusted.size)] as const,
  ]);
}

/** Sends any bytes with any headers. */
export async function send(
  vitrine: TestVitrine,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Readonly<Record<string, string>> = {},
  target = '/graphql',
): Promise<Answer<object>> {
  const response = await fetch(`${vitrine.url}${target}`, {
    method: body === null ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === null ? {} : { body }),
  });
  const text = await response.text();
  const parsed = JSON.parse(text) as { data?: object | null; errors?: AnswerError[] };
  const errors = parsed.errors ?? [];
  return {
    status: response.status,
    data: parsed.data ?? null,
    errors,
    codes: errors.map(({ extensions }) => extensions.code),
    text,
  };
}

/** The same question twice: status, body and codes are the same, but for the ids that were asked and request ids. */
export async function expectSame(
  vitrine: TestVitrine,
  who: string | null,
  one: string,
  other: string,
): Promise<Answer> {
  const [first, second] = [await vitrine.ask(who, one), await vitrine.ask(who, other)];
  expect({ status: second.status, body: faceless(second.text) }).toEqual({
    status: first.status,
    body: faceless(first.text),
  });
  return first;
}

export const faceless = (text: string) =>
  text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID').replace(/"column":\d+/g, '"column":0');
