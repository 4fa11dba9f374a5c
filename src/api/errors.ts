/**
 * From whatever was thrown to what a client may see: a code, a lowercase fact, where. Anything that wasn't thrown on
 * purpose becomes INTERNAL with a reference that finds it in the server's log; its text could hold a value.
 */
import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { asUnavailable } from '../database/index.js';
import { ERROR_CODES, VitrineError, type ErrorCode, type InputPath } from '../ledger/core/index.js';
import type { RequestLog } from './context.js';

export interface ErrorOptions {
  readonly log: RequestLog;
  /** Leave out `Did you mean …`: in production, where introspection is off, suggestions would tell the schema. */
  readonly hideSuggestions: boolean;
  /** Told of each INTEGRITY_VIOLATION that an answer holds, to raise the alarm. */
  readonly onViolation?: (error: VitrineError) => void;
  /** Makes the reference of an INTERNAL error; for tests. */
  readonly reference?: () => string;
}

/** `extensions` of a refusal: its code, and what else helps to mend it. */
export function extensionsOf(error: VitrineError): Record<string, unknown> {
  return {
    code: error.code,
    ...(error.inputPath === undefined ? {} : { path: error.inputPath }),
    ...(error.problems.length === 0 ? {} : { problems: error.problems }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
    // Where clients look for it first: the request that waits, or was decided.
    ...('upload' in error.details ? { upload: error.details['upload'] } : {}),
  };
}

/** A refusal as GraphQL knows it, for where no resolver stands: context, limits, handshakes. */
export function toGraphQLError(error: VitrineError, http?: { status: number }): GraphQLError {
  return new GraphQLError(error.message, {
    extensions: { ...extensionsOf(error), ...(http === undefined ? {} : { http }) },
  });
}

/** Makes Apollo Server's `formatError`; subscriptions use it too (`formatted` is `error.toJSON()` there). */
export function errorFormatter(
  options: ErrorOptions,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const thrown = causeOf(error);
    const cause = asUnavailable(thrown) ?? thrown;
    if (cause instanceof VitrineError) return ofVitrine(formatted, cause, options);
    const code = requestCode(formatted, cause);
    if (code === null) return internal(formatted, cause, options);
    const path = variablePath(formatted.message, cause);
    return {
      ...positionOf(formatted),
      message: clean(formatted.message, cause, options.hideSuggestions),
      extensions: { ...keepKnown(formatted.extensions), ...(path === null ? {} : { path }), code },
    };
  };
}

function ofVitrine(formatted: GraphQLFormattedError, cause: VitrineError, options: ErrorOptions) {
  // Thrown on purpose to say that something here is wrong, not the request: its text is for the log.
  if (cause.code === 'INTERNAL') return internal(formatted, cause, options);
  if (cause.code === 'INTEGRITY_VIOLATION') options.onViolation?.(cause);
  return { ...positionOf(formatted), message: cause.message, extensions: extensionsOf(cause) };
}

function internal(
  formatted: GraphQLFormattedError,
  cause: unknown,
  options: ErrorOptions,
): GraphQLFormattedError {
  const reference = (options.reference ?? randomUUID)();
  options.log.error({ reference, path: formatted.path, fault: faultOf(cause) }, 'a request failed');
  return {
    ...positionOf(formatted),
    message: `something went wrong here, not in your request: tell the operator the reference ${reference}`,
    extensions: { code: 'INTERNAL', reference },
  };
}

/**
 * What the log may hold of a fault: its name and where it came from. The text of an error that wasn't written here can
 * repeat a value (a database's does); a VitrineError's can't.
 */
function faultOf(cause: unknown): Record<string, unknown> {
  if (!(cause instanceof Error)) return { name: typeof cause };
  const frames = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code: unknown = 'code' in cause ? cause.code : undefined;
  return {
    name: cause.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause instanceof VitrineError ? { message: cause.message } : {}),
    at: frames.slice(0, 10).map((line) => line.trim()),
  };
}

/** What was thrown first, under the wrappings of graphql-js and Apollo Server. */
function causeOf(error: unknown): unknown {
  const inner = unwrapResolverError(error);
  return inner instanceof GraphQLError && inner.originalError instanceof Error ? inner.originalError : inner;
}

/** Apollo Server's own codes, and what they are here. */
const REQUEST_CODES: Readonly<Record<string, ErrorCode>> = {
  GRAPHQL_PARSE_FAILED: 'BAD_USER_INPUT',
  GRAPHQL_VALIDATION_FAILED: 'BAD_USER_INPUT',
  BAD_REQUEST: 'BAD_USER_INPUT',
  BAD_USER_INPUT: 'BAD_USER_INPUT',
  OPERATION_RESOLUTION_FAILURE: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_FOUND: 'BAD_USER_INPUT',
  PERSISTED_QUERY_NOT_SUPPORTED: 'BAD_USER_INPUT',
};

/** The code of an error of the request itself; null for what nobody meant to throw. */
function requestCode(formatted: GraphQLFormattedError, cause: unknown): ErrorCode | null {
  if (!(cause instanceof GraphQLError)) return null;
  if (/^Syntax Error: Document contains more that|Parsing aborted/.test(formatted.message))
    return 'LIMIT_EXCEEDED';
  const code = formatted.extensions?.['code'];
  // Of no field: graphql-js refused the request before any resolver ran, for more than 50 mistakes in variables for instance.
  if (cause.extensions['code'] === undefined && formatted.path === undefined) return 'BAD_USER_INPUT';
  if (typeof code !== 'string') return null;
  const own = ERROR_CODES.find((known) => known === code && known !== 'INTERNAL');
  return own ?? REQUEST_CODES[code] ?? null;
}

/**
 * graphql-js repeats a bad value and suggests names; neither leaves. A variable's value is the caller's and can hold any
 * text, so nothing is searched in it: the reason is taken from the error behind, and what stands before it is dropped.
 */
function clean(message: string, cause: unknown, hideSuggestions: boolean): string {
  const variable = /^Variable "(\$[_A-Za-z0-9]+)" got invalid value /.exec(message);
  const told = variable === null ? message : variableText(message, variable[1] ?? '', cause);
  // `Syntax Error: Expected Name, found String "…"`
  const text = told.startsWith('Syntax Error: ') ? withoutBehind(told, 'String "', '"', -1) : told;
  const expected = withoutBehind(withoutMissing(text), 'Expected value of type "', '", found ', 1);
  const safe = withoutBehind(expected, 'cannot represent ', ': ');
  return hideSuggestions ? withoutSuggestions(safe) : safe;
}

/**
 * The text up to the first `end` behind `start`, of which `keep` characters stay. By searching, not by a pattern: a
 * value of a megabyte that repeats `start` would keep a pattern busy for minutes.
 */
function withoutBehind(text: string, start: string, end: string, keep = 0): string {
  const from = text.indexOf(start);
  const at = from < 0 ? -1 : text.indexOf(end, from);
  return at < 0 ? text : text.slice(0, at + keep);
}

/** Without `Did you mean …?`, which ends a message. */
function withoutSuggestions(text: string): string {
  const from = text.indexOf('Did you mean ');
  const to = text.lastIndexOf('?') + 1;
  return from < 0 || to < from ? text : `${text.slice(0, from).trimEnd()}${text.slice(to)}`.trim();
}

/** `Value "…" does not exist`, without the value. */
function withoutMissing(text: string): string {
  const from = text.indexOf('Value "');
  const to = text.lastIndexOf('" does not exist');
  return from < 0 || to < from ? text : `${text.slice(0, from)}The value${text.slice(to + 1)}`;
}

/** `Variable "$x" got invalid value … at "x.y"; reason`, without the value. */
function variableText(message: string, name: string, cause: unknown): string {
  const parts = variableParts(message, cause);
  if (parts === null) return `Variable "${name}" is not valid`;
  const { at, reason } = parts;
  return `Variable "${name}" is not valid${at === undefined ? '' : ` at "${at}"`}; ${reason}`;
}

/** Where in the variables a bad value stands: `['input', 'names', 0, 'family']`. Null for other errors. */
function variablePath(message: string, cause: unknown): InputPath | null {
  const bad = /^Variable "\$([_A-Za-z0-9]+)" (?:got invalid value|of (?:required|non-null) type) /;
  const name = bad.exec(message)?.[1];
  if (name === undefined) return null;
  const at = variableParts(message, cause)?.at ?? name;
  const steps = at.split(/[.[\]]+/).filter((step) => step !== '');
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

/** Place and reason, which stand around the value. The place is made of the schema's names, so it's safe to tell. */
function variableParts(message: string, cause: unknown): { at: string | undefined; reason: string } | null {
  const reason = cause instanceof Error && cause.message !== message ? cause.message : '';
  if (reason === '' || !message.endsWith(`; ${reason}`)) return null;
  return { at: / at "([^"]*)"$/.exec(message.slice(0, -reason.length - 2))?.[1], reason };
}

const KNOWN_EXTENSIONS = ['path', 'problems', 'details', 'pattern', 'reference'];

/** No stack traces, nothing that a library added. */
function keepKnown(extensions: GraphQLFormattedError['extensions']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(extensions ?? {}).filter(([key]) => KNOWN_EXTENSIONS.includes(key)),
  );
}

function positionOf(formatted: GraphQLFormattedError): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  return {
    ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
    ...(formatted.path === undefined ? {} : { path: formatted.path }),
  };
}
