/** Exit codes, and how a failure is told. */
import { ClientError } from '../client/index.js';
import { VitrineError } from '../ledger/core/error.js';

/** What a command's end means to a script. */
export const EXIT = {
  OK: 0,
  /** It ran and found something wrong, or failed. */
  FAILED: 1,
  /** It was called wrongly. */
  USAGE: 2,
  /** EX_CONFIG of sysexits.h: a setting is missing, wrong, or not for production. */
  CONFIG: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** @returns the exit code that an error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof VitrineError && error.code === 'NOT_CONFIGURED' ? EXIT.CONFIG : EXIT.FAILED;
}

/** @returns what a person needs to know of a failure: no stack, its code, and what to do where we know. */
export function messageOf(error: unknown): string {
  if (error instanceof VitrineError || error instanceof ClientError)
    return `${error.message} (${error.code})`;
  if (error instanceof AggregateError && error.errors.length > 0)
    return error.errors.map(messageOf).join('; ');
  if (error instanceof Error) {
    const cause = error.cause instanceof Error ? `: ${messageOf(error.cause)}` : '';
    return `${error.message}${cause}`;
  }
  return String(error);
}
