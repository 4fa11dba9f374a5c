/** Requests that were accepted before: the same again gets the same receipt (design: ledger, "Appending"). */
import { VitrineError } from './core/index.js';
import type { VerifiedEntry } from './check-entry.js';
import { violationOf } from './finding.js';
import type { EntryRow } from './log-reader.js';
import type { KnownRequest, PendingEntry, Position } from './pending.js';
import type { Query } from './query.js';
import type { RequestPart } from './request-set.js';
import type { TrustedLog } from './trusted-log.js';

/** Whose request it is. The id alone says nothing: each member chooses its own. */
export interface RequestId {
  readonly institution: string | null;
  readonly member: string;
  readonly request: string;
}

/** The request that an entry belongs to. */
export function requestOf(entry: PendingEntry): RequestId {
  return { institution: entry.institution, member: entry.actor, request: entry.request };
}

/** The key of `readKnown`'s answer. */
export function requestKey({ institution, member, request }: RequestId): string {
  return `${institution ?? ''}/${member}/${request}`;
}

/**
 * The accepted parts of a request of which `part` was accepted, as far as the verified log reaches; else none, without
 * a question to the database. What was accepted beyond it, the commit finds out. A part that the log holds and the table
 * doesn't is INTEGRITY_VIOLATION.
 */
export async function findRequest(
  query: Query,
  trusted: TrustedLog,
  asked: RequestPart,
): Promise<readonly KnownRequest[]> {
  if (!trusted.state.hasRequest(asked)) return [];
  const found = (await readKnown(query, trusted, [asked])).get(requestKey(asked)) ?? [];
  if (found instanceof VitrineError) throw found;
  if (!found.some(({ part }) => part === asked.part)) throw missingRow(asked);
  return found;
}

/** Accepted parts by `requestKey`, or what is wrong with the row of one. */
export type KnownRequests = ReadonlyMap<string, readonly KnownRequest[] | VitrineError>;

type KnownRow = Pick<EntryRow, 'leaf' | 'opening' | 'salt'> & {
  readonly institution: string;
  readonly member: string;
  readonly request: string;
  readonly part: number;
  readonly hash: string;
  readonly entry: bigint;
};

// OFFSET 0 keeps it a look into the index for each request: as a join it has been planned as a scan of the whole table.
const SQL = `
  SELECT u.*, e.leaf, e.opening, e.salt
  FROM unnest($1::text[], $2::uuid[], $3::uuid[]) AS r(institution, member, request)
  CROSS JOIN LATERAL (
    SELECT a.institution, a.member, a.request, a.part, a.input_hash AS hash, a.entry FROM upload_request a
    WHERE a.institution = r.institution AND a.member = r.member AND a.request = r.request OFFSET 0
  ) u
  JOIN entry e ON e.index = u.entry
  ORDER BY u.part`;

/**
 * What is known of these requests, by `requestKey`. The table says where the entry is; the entry itself, verified, must
 * say the same.
 */
export async function readKnown(
  query: Query,
  trusted: TrustedLog,
  requests: readonly RequestId[],
): Promise<KnownRequests> {
  // The parts of a group ask for one request.
  const asked = [...new Map(requests.map((one) => [requestKey(one), one])).values()];
  const rows = await query.$queryRawUnsafe<KnownRow[]>(
    SQL,
    asked.map(({ institution }) => institution ?? ''),
    asked.map(({ member }) => member),
    asked.map(({ request }) => request),
  );
  const known = new Map<string, readonly KnownRequest[] | VitrineError>();
  for (const row of rows) {
    const key = requestKey(row);
    const before = known.get(key) ?? [];
    if (before instanceof VitrineError) continue;
    const one = await orViolation(verifyKnown(query, trusted, row));
    known.set(key, one instanceof VitrineError ? one : [...before, one]);
  }
  return known;
}

async function verifyKnown(query: Query, trusted: TrustedLog, row: KnownRow): Promise<KnownRequest> {
  await trusted.advance(row.entry + 1n, query);
  const entry = await trusted.verifyEntry(row.entry, row.leaf, row.opening, row.salt, query);
  requireSame(row, entry);
  const { subject } = entry.opening;
  return { index: row.entry, block: entry.leaf.block, part: row.part, inputHash: row.hash, subject };
}

/** The value, or the refusal as a value: what is wrong with one group doesn't concern its neighbours. */
export async function orViolation<T>(value: Promise<T>): Promise<T | VitrineError> {
  try {
    return await value;
  } catch (error) {
    if (error instanceof VitrineError) return error;
    throw error;
  }
}

/**
 * Positions of a group that was accepted before, or undefined when it is new. Throws CONFLICT when its request was
 * accepted with other content, INTEGRITY_VIOLATION when the log holds it and the table doesn't.
 */
export function requireSameRequest(
  group: readonly PendingEntry[],
  known: KnownRequests,
  trusted: TrustedLog,
): readonly Position[] | undefined {
  const found = group.map((entry) => {
    const accepted = known.get(requestKey(requestOf(entry))) ?? [];
    if (accepted instanceof VitrineError) throw accepted;
    if (accepted.some((one) => one.inputHash !== entry.inputHash)) throw otherContent(entry);
    const same = accepted.find((one) => one.part === entry.part);
    if (same === undefined) requireNew(trusted, { ...requestOf(entry), part: entry.part });
    return same;
  });
  const positions = found.filter((one) => one !== undefined);
  if (positions.length === group.length) {
    return positions.map(({ index, block }) => ({ index, block, repeated: true }));
  }
  // Other parts of the request may have been accepted: each stands alone. A group is accepted whole or not at all.
  const [first] = group;
  if (positions.length > 0 && first !== undefined) throw otherContent(first);
  return undefined;
}

/** A request that the log holds isn't new, whatever the table says. */
function requireNew(trusted: TrustedLog, request: RequestPart): void {
  if (trusted.state.hasRequest(request)) throw missingRow(request);
}

function missingRow({ request, part }: RequestPart): VitrineError {
  const message = `the log holds part ${part} of request ${request}, and its row is missing`;
  return violationOf({ what: 'request', message, index: null, block: null });
}

function otherContent(entry: PendingEntry): VitrineError {
  return new VitrineError('CONFLICT', 'the request id was used before with other content', {
    details: { request: entry.request },
  });
}

/** Entries of the deployment's own making name no input. */
function requireSame(row: KnownRow, { index, leaf, opening }: VerifiedEntry): void {
  const input = opening.detail?.['input'] ?? row.hash;
  const same =
    (leaf.institution ?? '') === row.institution &&
    opening.actor === row.member &&
    opening.request === row.request &&
    opening.part === row.part &&
    input === row.hash;
  if (same) return;
  const message = 'expected the request that the entry names, got another';
  throw violationOf({ what: 'request', message, index, block: leaf.block });
}
