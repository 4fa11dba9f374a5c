/** The steps that every service takes: ask for permission, hand one change to the pipeline. */
import {
  asJson,
  type AcceptedPort,
  type ChangePort,
  type Making,
  type RequestContext,
  type SignedPort,
} from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Caller, Member, Relation } from '../records/index.js';
import type { AnyChange } from './change.js';
import type { Operation } from './operations.js';
import { requireSignedIn } from './uploads.js';

/**
 * Submits one change.
 * @param name of the mutation: with the input it tells the same request from another under its id
 * @param input as the client sent it
 * @param build makes the change for the caller; run only when the request is new, and again when what it rested on moved
 */
export async function submitOne(
  ctx: RequestContext,
  name: string,
  input: Requested,
  build: (caller: Member, making: Making) => Promise<ChangePort>,
): Promise<AcceptedPort> {
  const accepted = await ctx.uploads.submit(requestOf(name, input), async (making) => [
    await build(requireSignedIn(ctx.caller), making),
  ]);
  return only(accepted);
}

/** What the input of every mutation has that makes a version of a record. */
export interface Requested {
  readonly requestId: string;
  /** The uploader's own signature. */
  readonly signed?: SignedPort | null;
}

/**
 * The request of a mutation that makes one change. The signature isn't part of what tells it from another: signed anew
 * under the same id, because its statement expired meanwhile, it's the same.
 */
export function requestOf(name: string, { signed = null, ...input }: Requested): Request {
  return { requestId: input.requestId, input: asJson({ [name]: input }), signed: [signed] };
}

type Request = Parameters<RequestContext['uploads']['submit']>[0];

/** What was accepted for a request of one change. */
export function only(accepted: readonly AcceptedPort[]): AcceptedPort {
  const [first] = accepted;
  if (first === undefined)
    throw new VitrineError('INTERNAL', 'one change was submitted and none was accepted');
  return first;
}

/**
 * Asks for permission before a record's values are looked into, so that a refusal tells an outsider nothing about them.
 * The pipeline asks again, of everything.
 * @param relations of the caller to the record; null where there is no record yet
 * @throws VitrineError UNAUTHENTICATED; FORBIDDEN with the rule that refused in the details
 */
export function requireMay(
  caller: Caller,
  { op, permission }: Pick<AnyChange, 'op' | 'permission'>,
  relations: ReadonlySet<Relation> | null = null,
): void {
  const member = requireSignedIn(caller);
  if (!permission.roles.some((role) => member.roles.has(role)))
    throw new VitrineError('FORBIDDEN', `expected a member with the role ${permission.roles.join(' or ')}`, {
      details: { rule: 'role', operation: op },
    });
  if (relations !== null && !permission.relations.some((relation) => relations.has(relation)))
    throw new VitrineError('FORBIDDEN', `expected ${permission.relations.join(' or ')} of the record`, {
      details: { rule: 'relation', operation: op },
    });
}

/** The finer situation of a change to a version, to spread into its terms; nothing where it is the operation itself. */
export function situationFor(
  { situationOf }: Operation,
  base: { readonly values: object },
  today: string,
): { readonly situation?: string } {
  const situation = situationOf?.(base.values, today);
  return situation === undefined ? {} : { situation };
}

/** The day of a request, ISO, UTC. */
export function todayOf(ctx: Pick<RequestContext, 'clock'>): string {
  return ctx.clock().toISOString().slice(0, 10);
}
