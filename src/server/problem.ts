/**
 * Refusals that happen before GraphQL runs, in GraphQL's shape: a client has one way to read errors, whether its
 * query was refused, its token or its body.
 */
import { asUnavailable } from '../database/index.js';
import { VitrineError } from '../ledger/core/error.js';
import type { ErrorCode } from '../ledger/core/error.js';

/** Answer body of a refused request (GraphQL over HTTP, "errors without data"). */
export interface ErrorBody {
  readonly errors: readonly {
    readonly message: string;
    readonly extensions: { readonly code: ErrorCode };
  }[];
}

/** @returns the one-error body for `code` with `message`. */
export function errorBody(code: ErrorCode, message: string): ErrorBody {
  return { errors: [{ message, extensions: { code } }] };
}

/** HTTP status of a request that was refused as a whole. */
export function statusOf(code: ErrorCode): number {
  switch (code) {
    case 'UNAUTHENTICATED':
      return 401;
    case 'FORBIDDEN':
    case 'UNTRUSTED_DOCUMENT':
    case 'LICENCE_INACTIVE':
      return 403;
    case 'NOT_FOUND':
      return 404;
    case 'LIMIT_EXCEEDED':
      return 413;
    case 'UNAVAILABLE':
    case 'ROLLBACK_DETECTED':
      return 503;
    case 'INTERNAL':
    case 'INTEGRITY_VIOLATION':
    case 'NOT_CONFIGURED':
      return 500;
    case 'VIEW_ONLY':
    case 'BAD_USER_INPUT':
    case 'CONFLICT':
      return 400;
    default:
      return 400;
  }
}

/** What fastify's own refusals mean, by its code; the messages don't repeat what was sent. */
const REFUSALS: Readonly<Record<string, { status: number; code: ErrorCode; message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'LIMIT_EXCEEDED',
    message: 'the request body is too large',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    status: 415,
    code: 'BAD_USER_INPUT',
    message: 'expected content-type application/json',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'BAD_USER_INPUT', message: 'the request body is empty' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    status: 400,
    code: 'BAD_USER_INPUT',
    message: 'content-length does not match the request body',
  },
  FST_ERR_HANDLER_TIMEOUT: {
    status: 503,
    code: 'UNAVAILABLE',
    message: 'the request took too long and was given up',
  },
};

/** An HTTP answer to an error. `known` tells that it was a refusal, so that it isn't logged as a fault. */
export interface Refusal {
  readonly status: number;
  readonly body: ErrorBody;
  readonly known: boolean;
}

/** @returns the answer to anything thrown while a request was handled; nothing unknown is told to the client. */
export function refusalOf(thrown: unknown): Refusal {
  const error = asUnavailable(thrown) ?? thrown;
  if (error instanceof VitrineError) {
    return { status: statusOf(error.code), body: errorBody(error.code, error.message), known: true };
  }
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  const refusal = typeof code === 'string' ? REFUSALS[code] : undefined;
  if (refusal) return { status: refusal.status, body: errorBody(refusal.code, refusal.message), known: true };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, body: errorBody('BAD_USER_INPUT', 'the request is malformed'), known: true };
  }
  return { status: 500, body: errorBody('INTERNAL', 'an unexpected error occurred'), known: false };
}
