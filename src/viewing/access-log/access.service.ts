/**
 * Who looked at a patient's file: the receipts on the patient's thread, as a list that is proven whole, and as a feed.
 *
 * The patient, and who acts for it, sees all of them. Anybody else sees the receipts that it sees anyway: an auditor all, an
 * institution its own members'. The keeper of a file isn't told who else looks at it: that a certain clinic does says
 * something of the patient's health.
 */
import { visible } from '../../access/index.js';
import { followLog, parseInput, type Choice, type RequestContext, type Trail } from '../../api/index.js';
import { findPatient, linkedFiles } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { VerifiedEntry } from '../../ledger/index.js';
import type { Loaded, Role } from '../../records/index.js';
import { memberKind } from '../../standing/index.js';
import { viewKind, type ViewValues } from '../views/view.kind.js';
import { accessFilter, matches, type AccessFilter } from './access.filter.js';

export type AccessRecord = Loaded<ViewValues>;

export interface AccessPage {
  readonly records: readonly AccessRecord[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/**
 * One page of the accesses of a patient that are for the caller, newest first.
 * @throws VitrineError BAD_USER_INPUT; INTEGRITY_VIOLATION when the list isn't all that the log has
 */
export async function listAccesses(
  ctx: RequestContext,
  patient: string,
  filter: AccessFilter | null | undefined,
  { first, after }: { readonly first: number; readonly after?: string },
): Promise<AccessPage> {
  const wanted = parseInput(accessFilter, filter ?? {}, ['filter']);
  const before = after === undefined ? null : positionOf(after);
  const files = (await ownFiles(ctx, patient)) ?? [patient];
  const lists = await Promise.all(files.map((file) => ctx.records.complete(viewKind, 'patient', file)));
  const all = lists
    .flat()
    .filter((record) => visible(ctx.caller, viewKind, record) && matches(wanted, record.values))
    .sort((a, b) => (a.anchor.index > b.anchor.index ? -1 : 1));
  const start = before === null ? 0 : all.filter(({ anchor }) => anchor.index >= before).length;
  const records = all.slice(start, start + first);
  return { records, hasNextPage: start + first < all.length, hasPreviousPage: start > 0 };
}

/** The place of an access in the list, for whoever goes on from there: later ones come before it and don't move it. */
export function cursorOf({ anchor }: AccessRecord): string {
  return anchor.index.toString();
}

function positionOf(cursor: string): bigint {
  if (/^\d{1,19}$/.test(cursor)) return BigInt(cursor);
  throw new VitrineError('BAD_USER_INPUT', 'expected a cursor of this list', { path: ['after'] });
}

/**
 * Follows the accesses of a patient: of the caller's own files, or of somebody's for whom it acts.
 * @throws VitrineError FORBIDDEN for whoever is neither, which also ends it once that is so; BAD_USER_INPUT
 */
export function followAccesses(
  ctx: RequestContext,
  after: bigint | null | undefined,
  patient: string | null | undefined,
): Promise<Trail> {
  return followLog(ctx, { after, choose: (now) => accessesOf(now, patient) });
}

async function accessesOf(ctx: RequestContext, patient: string | null | undefined): Promise<Choice> {
  const wanted = patient ?? ctx.caller?.patient ?? null;
  const files = wanted === null ? null : await ownFiles(ctx, wanted);
  if (files === null)
    throw new VitrineError('FORBIDDEN', 'this is for the patient, and for who acts for it', {
      path: ['patient'],
    });
  const own = new Set(files);
  return ({ leaf, opening }) =>
    opening.subject.kind === viewKind.name &&
    leaf.supersedes === null &&
    opening.threads.some(({ id }) => own.has(id));
}

/** The receipt that an entry of the feed is. */
export async function accessOf(
  ctx: RequestContext,
  { index, opening }: VerifiedEntry,
): Promise<AccessRecord> {
  const record = await ctx.records.load(viewKind, opening.subject.id);
  if (record !== null) return record;
  throw new VitrineError('INTEGRITY_VIOLATION', `the record of entry ${index} is missing`);
}

/** Roles of the member who looked. Whoever sees the access may know them, though not the member's record. */
export async function rolesOf(ctx: RequestContext, { values }: AccessRecord): Promise<readonly Role[]> {
  return (await ctx.records.load(memberKind, values.member))?.values.roles ?? [];
}

/** All files of the person, for the person itself and who acts for it; null for anybody else. */
async function ownFiles(ctx: RequestContext, patient: string): Promise<readonly string[] | null> {
  const record = await findPatient(ctx, patient);
  if (record?.relations.has('SELF') !== true) return null;
  const others = await linkedFiles(ctx, patient);
  return [patient, ...others.map(({ head }) => head.id)];
}
