/**
 * Tells a database that is away (it restarts, its connections are lost or used up) from a fault: the one passes by
 * asking again, and says nothing of the request.
 */
import { VitrineError } from '../ledger/core/error.js';

/** Connection errors, resources used up, server shutting down or starting: SQLSTATE classes 08 and 53, and 57P0x. */
const STATE = /^(?:08|53|57P0[1-5])/;
/** What Node says of a socket, and Prisma of a server that it can't reach, a pool or a transaction that ended. */
const CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
]);
/** Kinds of the driver adapter's errors. */
const KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
/** pg gives these no code. */
const MESSAGE =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;
const DEEPEST = 6;

/** What a caller is told of a database that is away; null for any other error. */
export function asUnavailable(error: unknown): VitrineError | null {
  if (error instanceof VitrineError || !isAway(error)) return null;
  return new VitrineError('UNAVAILABLE', 'the database does not answer at the moment: ask again', {
    cause: error,
  });
}

/** True when an error, or what caused it, says that the database can't be reached at the moment. */
export function isAway(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return false;
  const members = error as Readonly<Record<string, unknown>>; // any object has members by name
  const { code, originalCode, kind, message } = members;
  for (const one of [code, originalCode]) {
    // Prisma's own codes aren't SQLSTATEs, though as long.
    if (typeof one === 'string' && (CODES.has(one) || (one.length === 5 && STATE.test(one)))) return true;
  }
  if (typeof kind === 'string' && KINDS.has(kind)) return true;
  if (typeof message === 'string' && MESSAGE.test(message)) return true;
  return ['cause', 'meta', 'driverAdapterError', 'originalError'].some((name) =>
    isAway(members[name], depth + 1),
  );
}
