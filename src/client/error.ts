/** What goes wrong with a request, as one error with a code. */
import type { ErrorCode } from '../ledger/core/index.js';

/**
 * The server's codes (schema/errors.md), and two of the client's own: `NETWORK` when no answer came, also after trying
 * again; `BAD_RESPONSE` when what came isn't GraphQL.
 */
export type ClientErrorCode = ErrorCode | 'NETWORK' | 'BAD_RESPONSE';

/** One error of a GraphQL answer. */
export interface ResponseError {
  readonly code: ClientErrorCode;
  readonly message: string;
  /** Where in the answer: `['patient', 'names']`; empty when the whole request was refused. */
  readonly path: readonly (string | number)[];
  /** Where in the input the cause stands: `['input', 'identifiers', 0, 'value']`; empty when not told. */
  readonly inputPath: readonly (string | number)[];
  /** Everything that is wrong with the input, when several things are. */
  readonly problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
  /** Facts, such as the id of the record that a CONFLICT is with. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** A request failed. `code`, `message`, `inputPath`, `problems` and `details` are those of its first error. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** All errors of the answer. */
  readonly errors: readonly ResponseError[];
  readonly inputPath: ResponseError['inputPath'];
  readonly problems: ResponseError['problems'];
  readonly details: ResponseError['details'];
  /** Milliseconds after which the server wants to be asked again (`Retry-After`); 0 when it didn't say. */
  readonly retryAfter: number;

  constructor(
    errors: readonly [ResponseError, ...ResponseError[]],
    options: { readonly cause?: unknown; readonly retryAfter?: number } = {},
  ) {
    const [first] = errors;
    super(first.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ClientError';
    this.code = first.code;
    this.errors = errors;
    this.inputPath = first.inputPath;
    this.problems = first.problems;
    this.details = first.details;
    this.retryAfter = options.retryAfter ?? 0;
  }

  /** An error of the client itself. */
  static own(
    code: 'NETWORK' | 'BAD_RESPONSE',
    message: string,
    cause?: unknown,
    retryAfter = 0,
  ): ClientError {
    return new ClientError([{ code, message, path: [], inputPath: [], problems: [], details: {} }], {
      cause,
      retryAfter,
    });
  }
}
