/** Reads a GraphQL answer (GraphQL over HTTP). The server controls every byte of it. */
import type { ClientErrorCode, ResponseError } from './error.js';
import { ClientError } from './error.js';

/** An answer: what was found, and what was refused. */
export interface Answer<T> {
  readonly data: T | null;
  readonly errors: readonly ResponseError[];
}

/**
 * Parses the text of an answer.
 *
 * @throws ClientError BAD_RESPONSE when it isn't a GraphQL answer
 */
export function parseAnswer<T>(text: string, status: number): Answer<T> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw ClientError.own(
      'BAD_RESPONSE',
      `expected a GraphQL answer, got other content with status ${status}`,
      cause,
    );
  }
  const { data, errors } = members(body);
  if (data === undefined && !Array.isArray(errors)) {
    throw ClientError.own('BAD_RESPONSE', `expected a GraphQL answer, got other JSON with status ${status}`);
  }
  // The document's type says what data is; the server checked the document against its schema.
  return { data: (data ?? null) as T | null, errors: Array.isArray(errors) ? errors.map(toError) : [] };
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function toError(value: unknown): ResponseError {
  const { message, path, extensions } = members(value);
  const { code, path: inputPath, problems, details } = members(extensions);
  return {
    code: typeof code === 'string' ? (code as ClientErrorCode) : 'INTERNAL',
    message: typeof message === 'string' ? message : 'the server told no reason',
    path: toPath(path),
    inputPath: toPath(inputPath),
    problems: Array.isArray(problems) ? problems.map(toProblem) : [],
    details: members(details),
  };
}

function toPath(value: unknown): readonly (string | number)[] {
  return Array.isArray(value)
    ? value.filter((part) => typeof part === 'string' || typeof part === 'number')
    : [];
}

function toProblem(value: unknown): ResponseError['problems'][number] {
  const { path, message } = members(value);
  return { path: toPath(path), message: typeof message === 'string' ? message : '' };
}
