/**
 * The one error that Vitrine throws on purpose. Every layer throws it, the browser-safe core included, so it
 * stands at the bottom; `api` turns it into a GraphQL error and `schema/errors.md` lists the codes.
 */

/** Why something was refused. A test holds this list and `schema/errors.md` equal both ways. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'VIEW_ONLY',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'ERASED',
  'LICENCE_INACTIVE',
  'SIGNATURE_INVALID',
  'KEY_UNKNOWN',
  'KEY_REVOKED',
  'KEY_EXPIRED',
  'KEY_OF_ANOTHER',
  'STATEMENT_MISDIRECTED',
  'WRONG_INSTITUTION',
  'STATEMENT_EXPIRED',
  'STATEMENT_EARLY',
  'COMMITMENT_MISMATCH',
  'ENDORSEMENT_PENDING',
  'UPLOAD_DENIED',
  'UPLOAD_EXPIRED',
  'DUPLICATE_UPLOAD',
  'EVIDENCE_REQUIRED',
  'BUDGET_EXHAUSTED',
  'RATE_LIMITED',
  'INTEGRITY_VIOLATION',
  'ROLLBACK_DETECTED',
  'UNAVAILABLE',
  'LIMIT_EXCEEDED',
  'UNTRUSTED_DOCUMENT',
  'RESUME_REQUIRED',
  'NOT_CONFIGURED',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Where in the input the cause stands, outermost first: `['input', 'identifiers', 0, 'value']`. */
export type InputPath = readonly (string | number)[];

/** One thing that is wrong with an input, when several are reported together. */
export interface Problem {
  readonly path: InputPath;
  readonly message: string;
  /** Name of the rule that refused, and its code, where one did. */
  readonly rule?: string;
  readonly code?: ErrorCode;
}

export interface VitrineErrorOptions {
  readonly path?: InputPath;
  readonly problems?: readonly Problem[];
  /** Facts for the caller: ids and positions, never a patient's data or a secret. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** A refusal with a code. The message is one lowercase fact: what was expected and what came. */
export class VitrineError extends Error {
  readonly code: ErrorCode;
  /** Not `path`: graphql-js takes any error with an array `path` for one of its own, and leaves the answer's place out. */
  readonly inputPath: InputPath | undefined;
  readonly problems: readonly Problem[];
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: VitrineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VitrineError';
    this.code = code;
    this.inputPath = options.path;
    this.problems = options.problems ?? [];
    this.details = options.details ?? {};
  }
}
