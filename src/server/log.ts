/**
 * The structured log: one JSON line an event, without personal data. Variables, names, tokens, addresses and query
 * text never reach it; errors show their message only where Vitrine wrote it.
 */
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { VitrineError } from '../ledger/core/error.js';

/** What an error shows: messages of libraries may repeat input (`invalid input syntax for type uuid: "…"`). */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, syscall } = error as NodeJS.ErrnoException;
  const ours = error instanceof VitrineError || syscall !== undefined;
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    ...(ours ? { message: error.message } : {}),
    at: error.stack
      ?.split('\n')
      .filter((line) => line.startsWith('    at '))
      .slice(0, 8)
      .map((line) => line.slice(7)),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** Makes the process's log. It goes to standard error, so that a command's answer on standard output stays clean. */
export function createLog(level: string, destination: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: {
        err: describeError,
        error: describeError,
        // Fastify logs these by itself; a URL holds the query of a GET request.
        req: (request: { method: string }) => ({ method: request.method }),
        res: (reply: { statusCode: number }) => ({ status: reply.statusCode }),
      },
      redact: { paths: ['*.authorization', '*.variables', '*.access_token'], remove: true },
    },
    destination,
  );
}

export type { Logger };
