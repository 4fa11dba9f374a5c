/**
 * Who looked at a patient's file: the receipts on the patient's thread, as a list that is proven whole, the lines about it in
 * batches of raw reads, as many as an anchored counter says, and both as a feed.
 *
 * The patient, and who acts for it, sees all of them. Anybody else sees what it sees anyway: an auditor all, an
 * institution its own members'. The keeper of a file isn't told who else looks at it: that a certain clinic does says
 * something of the patient's health.
 */
import { visible } from '../../access/index.js';
import { followLog, parseInput, type Choice, type RequestContext, type Trail } from '../../api/index.js';
import { findPatient, linkedFiles } from '../../clinical/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { VerifiedEntry } from '../../ledger/index.js';
import { everyPage, listedOn, type Loaded, type Role } from '../../records/index.js';
import { memberKind } from '../../standing/index.js';
import { accessBatchKind } from '../reads/batch.kind.js';
import { counterOf, type FoundLine, linesAbout, readsOf } from '../reads/reads.service.js';
import { accessRelations, viewKind, type ViewValues } from '../views/view.kind.js';
import { type AccessConditions, accessFilter, matches, type AccessFilter } from './access.filter.js';
import { type Accessed, isBehind, newestFirst, ofLine, ofView, type Place } from './accessed.js';

export interface AccessPage {
  readonly accesses: readonly Accessed[];
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
  const place = after === undefined ? null : placeOf(after);
  const own = await ownFiles(ctx, patient);
  const files = own ?? [patient];
  const [views, reads] = await Promise.all([
    wanted.act === 'READ' ? [] : viewsFor(ctx, files, own),
    wanted.act === null || wanted.act === 'READ' ? readsFor(ctx, files, own) : [],
  ]);
  const all = [...views, ...reads]
    .filter((accessed) => visible(ctx.caller, viewKind, accessed) && matches(wanted, accessed))
    .sort(newestFirst);
  const start = place === null ? 0 : all.filter((accessed) => !isBehind(accessed.place, place)).length;
  const accesses = all.slice(start, start + first);
  return { accesses, hasNextPage: start + first < all.length, hasPreviousPage: start > 0 };
}

/** Most accesses in one file. */
export const MOST_DOWNLOADED = 2_000;

/** Which part of a list: behind a place, and how many. */
export interface AccessRange {
  readonly after: string | null;
  readonly most: number;
}

/** The accesses to the files of a person that are asked for, for the person itself: a part of them in one piece. */
export interface AccessPart extends AccessConditions {
  readonly files: readonly string[];
  readonly accesses: readonly Accessed[];
  readonly after: string | null;
  /** The place of the last one, where there are more behind it. */
  readonly next: string | null;
}

/**
 * A part of a person's accesses, newest first.
 * @throws VitrineError FORBIDDEN for anybody but the patient and who acts for it; BAD_USER_INPUT
 */
export async function accessesIn(
  ctx: RequestContext,
  patient: string,
  filter: AccessFilter | null | undefined,
  { after, most }: AccessRange,
): Promise<AccessPart> {
  const wanted = parseInput(accessFilter, filter ?? {}, ['filter']);
  if (most < 1 || most > MOST_DOWNLOADED)
    throw new VitrineError('BAD_USER_INPUT', `expected 1 to ${MOST_DOWNLOADED}, got ${most}`, {
      path: ['most'],
    });
  const files = await requireFiles(ctx, patient);
  const page = { first: most, ...(after === null ? {} : { after }) };
  const { accesses, hasNextPage } = await listAccesses(ctx, patient, filter, page);
  const last = accesses.at(-1);
  const next = hasNextPage && last !== undefined ? cursorOf(last) : null;
  return { ...wanted, files, accesses, after, next };
}

/** Whose accesses the caller sees of a file: everybody's (null), those of an institution, or nobody's (undefined). */
function seenBy({ caller }: RequestContext, own: readonly string[] | null): string | null | undefined {
  if (own !== null || caller?.roles.has('AUDITOR') === true) return null;
  return caller?.institution ?? undefined;
}

async function viewsFor(
  ctx: RequestContext,
  files: readonly string[],
  own: readonly string[] | null,
): Promise<readonly Accessed[]> {
  const institution = seenBy(ctx, own);
  if (institution === undefined) return [];
  const lists = await Promise.all(
    files.map((file) =>
      institution === null
        ? ctx.records.complete(viewKind, 'patient', file)
        : viewsBy(ctx, institution, file),
    ),
  );
  return lists.flat().map(ofView);
}

/** An institution's views of a file, out of all of its own: the same work, whoever else looked at it and whether it is there. */
async function viewsBy(
  ctx: RequestContext,
  institution: string,
  file: string,
): Promise<readonly Loaded<ViewValues>[]> {
  const where = [listedOn('institution', institution), listedOn('patient', file)];
  return (await everyPage(ctx.records, viewKind, { where, by: 'institution' })).records;
}

async function readsFor(
  ctx: RequestContext,
  files: readonly string[],
  own: readonly string[] | null,
): Promise<readonly Accessed[]> {
  // Nothing is opened for who sees none of it, and of others' batches nothing for an institution.
  const institution = seenBy(ctx, own);
  if (institution === undefined) return [];
  const lists = await Promise.all(files.map((file) => readsOf(ctx, file, institution)));
  return lists.flat().map((found) => toAccessed(ctx, found, own));
}

function toAccessed(
  { caller }: RequestContext,
  { batch, line }: FoundLine,
  own: readonly string[] | null,
): Accessed {
  const [, { patient, member }] = line;
  const access = { patient, member, institution: batch.head.custodian };
  return ofLine(batch, line, accessRelations(caller, new Set(own), access));
}

/** The place of an access in the list, for whoever goes on from there: later ones come before it and don't move it. */
export function cursorOf({ place: { index, line } }: Accessed): string {
  return line === 0 ? index.toString() : `${index}.${line}`;
}

function placeOf(cursor: string): Place {
  const [, index, line = '0'] = /^(0|[1-9]\d{0,15})(?:\.([1-9]\d{0,2}))?$/.exec(cursor) ?? [];
  if (index !== undefined) return { index: BigInt(index), line: Number(line) };
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
  const own = new Set(await requireFiles(ctx, patient));
  const counters = new Set([...own].map((file) => counterOf(ctx, file)));
  return ({ leaf, opening: { subject, threads, counters: moved = [] } }) => {
    if (subject.kind === accessBatchKind.name) return moved.some(({ id }) => counters.has(id));
    return (
      subject.kind === viewKind.name && leaf.supersedes === null && threads.some(({ id }) => own.has(id))
    );
  };
}

/** All files of the person of whom the accesses are followed. */
async function requireFiles(
  ctx: RequestContext,
  patient: string | null | undefined,
): Promise<readonly string[]> {
  const wanted = patient ?? ctx.caller?.patient ?? null;
  const files = wanted === null ? null : await ownFiles(ctx, wanted);
  if (files !== null) return files;
  throw new VitrineError('FORBIDDEN', 'this is for the patient, and for who acts for it', {
    path: ['patient'],
  });
}

/** The access that an entry of the feed is, and what else of the person's the same batch holds. */
export async function accessesAt(
  ctx: RequestContext,
  { index, opening: { subject } }: VerifiedEntry,
  patient: string | null | undefined,
): Promise<readonly [Accessed, ...Accessed[]]> {
  const [first, ...others] =
    subject.kind === accessBatchKind.name
      ? await linesAt(ctx, subject.id, await requireFiles(ctx, patient))
      : await viewAt(ctx, subject.id);
  if (first !== undefined) return [first, ...others];
  throw new VitrineError('INTEGRITY_VIOLATION', `the record of entry ${index} is missing`);
}

async function viewAt(ctx: RequestContext, id: string): Promise<readonly Accessed[]> {
  const record = await ctx.records.load(viewKind, id);
  return record === null ? [] : [ofView(record)];
}

async function linesAt(
  ctx: RequestContext,
  id: string,
  own: readonly string[],
): Promise<readonly Accessed[]> {
  const batch = await ctx.records.load(accessBatchKind, id);
  if (batch === null) return [];
  return linesAbout(batch, new Set(own)).map((found) => toAccessed(ctx, found, own));
}

/** Roles of the member who looked. Whoever sees the access may know them, though not the member's record. */
export async function rolesOf(ctx: RequestContext, { member }: Accessed): Promise<readonly Role[]> {
  return (await ctx.records.load(memberKind, member))?.values.roles ?? [];
}

/** All files of the person, for the person itself and who acts for it; null for anybody else. */
async function ownFiles(ctx: RequestContext, patient: string): Promise<readonly string[] | null> {
  const record = await findPatient(ctx, patient);
  if (record?.relations.has('SELF') !== true) return null;
  const others = await linkedFiles(ctx, patient);
  return [patient, ...others.map(({ head }) => head.id)];
}
