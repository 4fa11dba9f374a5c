/**
 * Linking the files of one person. A link opens files to those who treat the person elsewhere, and to the person; so it
 * takes the agreement of each file's keeper, or of the file's own patient: nobody lets itself into what another keeps.
 */
import { levelOf, loadVisible, requireVersion, requireVisible, visible } from '../../access/index.js';
import { parseInput, type AcceptedPort, type ChangePort, type RequestContext } from '../../api/index.js';
import type { PatientValues } from '../../documents/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded, Member } from '../../records/index.js';
import { amendment, creation, firstHead, requireMay, submitOne } from '../../uploads/index.js';
import { requireStanding } from '../care.js';
import { patientKind } from '../patient.kind.js';
import { contradictions } from './contradiction.js';
import {
  confirmInput,
  linkInput,
  unlinkInput,
  type ConfirmPatientLinkInput,
  type LinkPatientsInput,
  type UnlinkPatientsInput,
} from './link.input.js';
import { linkKind, LINKS_OF, type LinkValues } from './link.kind.js';
import { CONFIRM_LINK, END_LINK, PROPOSE_LINK } from './link.operations.js';
import { personOf } from './person.js';

/** Files of one person, at most: more are a mistake, or somebody who gathers files. */
const MOST_FILES = 16;

type File = Loaded<PatientValues>;

/**
 * Says that two patients are one person: at once where one institution keeps both files, else as a proposal.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT; CONFLICT when they are linked already, when a file was
 *   retracted, and, for who reads both, when they contradict each other and no reason is given
 */
export function linkPatients(ctx: RequestContext, input: LinkPatientsInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'linkPatients', input, async (caller, making): Promise<ChangePort> => {
    const given = parseInput(linkInput, input);
    const own = await requireVisible(ctx, patientKind, given.patient, ['input', 'patient']);
    requireMay(caller, PROPOSE_LINK, own.relations);
    requireStanding(own, ['input', 'patient']);
    if (given.patient === given.other)
      throw new VitrineError('BAD_USER_INPUT', 'expected another patient', { path: ['input', 'other'] });
    // Loaded without asking for a relation, as where care is recorded: whoever can name a patient may propose.
    const other = await requireFile(ctx, given.other, ['input', 'other']);
    if (readsBoth(caller, own, other)) requireAgreement(own, other, given.contradictionReason);
    await requireRoom(ctx, own, other);
    const isOwn = keeperOf(other) === keeperOf(own);
    const pair = own.head.id < other.head.id ? ([own, other] as const) : ([other, own] as const);
    const values: LinkValues = {
      first: pair[0].head.id,
      second: pair[1].head.id,
      firstKeeper: keeperOf(pair[0]),
      secondKeeper: keeperOf(pair[1]),
      state: isOwn ? 'CONFIRMED' : 'PROPOSED',
      evidence: given.evidence,
      contradictionReason: given.contradictionReason,
      endReason: null,
    };
    const facts = { custodian: caller.institution, patient: own.head.id };
    const head = firstHead(linkKind, making.id(), facts);
    return creation(linkKind, head, values, { ...PROPOSE_LINK, reliesOn: [own, other] });
  });
}

/**
 * Agrees to a proposal, for the institution that keeps the other file or as its patient.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, LICENCE_INACTIVE; CONFLICT when it was decided already, when the
 *   files contradict each other and no reason is given, and when a file was retracted or changed since
 */
export function confirmPatientLink(
  ctx: RequestContext,
  input: ConfirmPatientLinkInput,
): Promise<AcceptedPort> {
  return submitOne(ctx, 'confirmPatientLink', input, async (caller): Promise<ChangePort> => {
    const given = parseInput(confirmInput, input);
    const base = await requireVisible(ctx, linkKind, given.link, ['input', 'link']);
    requireMay(caller, CONFIRM_LINK, base.relations);
    if (base.values.state !== 'PROPOSED') throw decided(base);
    requireVersion(base, given.expectedVersion);
    const { proposed, awaited } = await sidesOf(ctx, base);
    requireConcerned(caller, awaited);
    for (const file of [proposed, awaited]) requireStanding(file, ['input', 'link']);
    // Who proposed it spoke for a file that is another's now.
    if (keeperOf(proposed) !== base.head.custodian)
      throw new VitrineError(
        'CONFLICT',
        'the proposed file has another keeper since: have it proposed anew',
        {
          path: ['input', 'link'],
          details: { kind: proposed.kind, id: proposed.head.id },
        },
      );
    // Else its keeper could find out what the other file holds, by changing its own until the two agree.
    if (!readsBoth(caller, proposed, awaited) && awaited.anchor.index > base.anchor.index)
      throw new VitrineError(
        'CONFLICT',
        'the file was changed since the link was proposed: have it proposed anew',
        {
          path: ['input', 'link'],
          details: { kind: awaited.kind, id: awaited.head.id },
        },
      );
    requireAgreement(proposed, awaited, given.contradictionReason);
    await requireRoom(ctx, proposed, awaited);
    const { contradictionReason } = base.values;
    const values: LinkValues = {
      ...base.values,
      state: 'CONFIRMED',
      contradictionReason: given.contradictionReason ?? contradictionReason,
    };
    return amendment(linkKind, base, values, {
      ...CONFIRM_LINK,
      licensed: caller.institution !== null,
      reliesOn: [proposed, awaited],
    });
  });
}

/**
 * Ends a link, or refuses or withdraws a proposal. What it opened is closed at the next request.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, CONFLICT when it ended already
 */
export function unlinkPatients(ctx: RequestContext, input: UnlinkPatientsInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'unlinkPatients', input, async (caller): Promise<ChangePort> => {
    const given = parseInput(unlinkInput, input);
    const base = await requireVisible(ctx, linkKind, given.link, ['input', 'link']);
    requireMay(caller, END_LINK, base.relations);
    if (base.values.state === 'ENDED') throw decided(base);
    requireVersion(base, given.expectedVersion);
    const values: LinkValues = { ...base.values, state: 'ENDED', endReason: given.reason };
    return amendment(linkKind, base, values, END_LINK);
  });
}

/** The link, or null when there is none that the caller may see. */
export function findLink(ctx: RequestContext, id: string): Promise<Loaded<LinkValues> | null> {
  return loadVisible(ctx, linkKind, id);
}

/** The links of a patient that the caller may see, oldest first. */
export async function linksOf(ctx: RequestContext, patient: string): Promise<Loaded<LinkValues>[]> {
  const links = await ctx.records.complete(linkKind, LINKS_OF, patient);
  return links.filter((link) => visible(ctx.caller, linkKind, link));
}

/** The other files of a patient's person that the caller may see. */
export async function linkedFiles(ctx: RequestContext, patient: string): Promise<File[]> {
  const { files } = await personOf(ctx, patient);
  const others = files.filter((file) => file !== patient).sort();
  const records = await Promise.all(others.map((file) => loadVisible(ctx, patientKind, file)));
  return records.filter((record) => record !== null);
}

async function requireFile(ctx: RequestContext, id: string, path: readonly string[]): Promise<File> {
  const file = await ctx.records.load(patientKind, id);
  if (file === null) throw new VitrineError('NOT_FOUND', 'no patient has this id', { path });
  requireStanding(file, path);
  return file;
}

/** The file that was proposed by who keeps it, and the one whose keeper or patient must agree. */
async function sidesOf(
  ctx: RequestContext,
  { head, values: { first, second } }: Loaded<LinkValues>,
): Promise<{ proposed: File; awaited: File }> {
  const [one, two] = await Promise.all([first, second].map((id) => ctx.records.load(patientKind, id)));
  if (!one || !two)
    throw new VitrineError('NOT_FOUND', 'no patient has this id', { path: ['input', 'link'] });
  // The head names the patient of whoever proposed it.
  return head.patient === first ? { proposed: one, awaited: two } : { proposed: two, awaited: one };
}

/** @throws VitrineError FORBIDDEN for whoever neither keeps the file nor is its patient */
function requireConcerned({ roles, institution }: Member, { head, relations }: File): void {
  const isKeeper = institution !== null && institution === head.custodian;
  if (isKeeper ? roles.has('CLINICIAN') || roles.has('REGISTRAR') : relations.has('SELF')) return;
  throw new VitrineError('FORBIDDEN', 'expected the institution that keeps the other file, or its patient', {
    path: ['input', 'link'],
  });
}

/** Whether the caller may copy what names the person in both files: only then a comparison tells it nothing new. */
function readsBoth(caller: Member, one: File, other: File): boolean {
  return [one, other].every(({ relations }) => levelOf(caller, relations, 'IDENTITY') === 'COPY');
}

/** @throws VitrineError CONFLICT when the files contradict each other and no reason is given; it tells no value of either */
function requireAgreement(one: File, other: File, reason: string | null): void {
  const contradicted = contradictions(one.values, other.values);
  if (contradicted.length === 0 || reason !== null) return;
  throw new VitrineError(
    'CONFLICT',
    `the files contradict each other in ${contradicted.join(' and ')}: give a reason, if they are one person's all the same`,
    { path: ['input', 'contradictionReason'], details: { contradicted: contradicted.join(', ') } },
  );
}

/** @throws VitrineError CONFLICT when the two groups of files together would be too many */
async function requireRoom(ctx: RequestContext, one: File, other: File): Promise<void> {
  const persons = await Promise.all([one, other].map(({ head }) => personOf(ctx, head.id)));
  const files = new Set(persons.flatMap((person) => person.files));
  if (files.size <= MOST_FILES) return;
  throw new VitrineError('CONFLICT', `expected at most ${MOST_FILES} files of one person`, {
    path: ['input'],
  });
}

function keeperOf({ head }: File): string {
  if (head.custodian === null) throw new VitrineError('INTERNAL', 'a patient has no custodian');
  return head.custodian;
}

function decided({ values: { state } }: Loaded<LinkValues>): VitrineError {
  return new VitrineError('CONFLICT', `expected a link that is open for this, got one that is ${state}`, {
    path: ['input', 'link'],
    details: { state },
  });
}
