/**
 * Handing a patient's file to another institution (schema/access.md, "Custody"). Who keeps it asks, a registrar of who is to
 * keep it approves; what the patient forbade isn't got around by it. The file alone moves.
 */
import { requireVersion, requireVisible } from '../../access/index.js';
import { parseInput, type AcceptedPort, type ChangePort, type RequestContext } from '../../api/index.js';
import {
  isCopyGranted,
  isTreatingOpen,
  patientKind,
  personOf,
  requireStanding,
  type PatientValues,
} from '../../clinical/index.js';
import { holdCounter, holdKind, STANDING_HOLD, standingHold } from '../../erasure/index.js';
import type { CounterMove } from '../../ledger/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { ConsentFact, Loaded } from '../../records/index.js';
import { requireStaff } from '../../registry/index.js';
import {
  allows,
  institutionKind,
  licenceActive,
  workFor,
  type InstitutionValues,
} from '../../standing/index.js';
import { amendment, requireMay, submitOne, todayOf, type Requirement } from '../../uploads/index.js';
import { decisionsOf } from '../views/restriction.js';
import { transferInput, type TransferCustodyInput } from './custody.input.js';
import { TRANSFER_CUSTODY } from './operations.js';

type File = Loaded<PatientValues>;
type Receiver = Loaded<InstitutionValues>;

const RECEIVER = ['input', 'institution'];

/** Institutions that treat patients: an authority, or a vendor, keeps no file. */
const KEEPING: readonly string[] = ['HOSPITAL', 'CLINIC'];

/**
 * Hands a patient's file to another institution; it takes a registrar's approval there.
 * @throws VitrineError ENDORSEMENT_PENDING until it is approved; NOT_FOUND, BAD_USER_INPUT; FORBIDDEN also when the patient
 *   forbade the other institution to look; CONFLICT for another version, and while an own hold stands on the file
 */
export function transferCustody(ctx: RequestContext, input: TransferCustodyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'transferCustody', input, async (caller): Promise<ChangePort> => {
    const { institution: from } = requireStaff(caller);
    const given = parseInput(transferInput, input);
    const base = await requireVisible(ctx, patientKind, given.patient, ['input', 'patient']);
    requireMay(caller, TRANSFER_CUSTODY, base.relations);
    requireVersion(base, given.expectedVersion);
    requireStanding(base, ['input', 'patient']);
    const receiver = await requireReceiver(ctx, from, given.institution);
    const to = receiver.head.id;
    const { facts, grants, person, whole } = await decisionsOf(ctx, await personOf(ctx, given.patient));
    requireUnforbidden(facts, base, to);
    const held = await requireUnheld(ctx, base, from);
    const versions = await ctx.records.versions(patientKind, base.head.id);
    const terms = {
      ...TRANSFER_CUSTODY,
      // What opens the file to its new keeper isn't taken back meanwhile.
      reliesOn: [receiver, ...person.links, ...grants.filter(({ values }) => values.institution === to)],
      // That the patient forbids nothing is an absence.
      whole,
      counters: [held],
      asks: [approvalOf(to)],
      moves: { from, to, versions },
    };
    return amendment(patientKind, base, base.values, terms, { custodian: to });
  });
}

/** Nobody is made the keeper of a file without its own registrar's word. */
function approvalOf(institution: string): Requirement {
  return {
    situation: TRANSFER_CUSTODY.op,
    rule: 'INSTITUTIONS',
    role: 'REGISTRAR',
    institutions: [institution],
    person: null,
    count: 1,
    waitSeconds: 0,
    ownCounts: false,
    policy: null,
  };
}

async function requireReceiver(ctx: RequestContext, from: string, id: string): Promise<Receiver> {
  const receiver = await requireVisible(ctx, institutionKind, id, RECEIVER);
  if (id === from)
    throw new VitrineError('BAD_USER_INPUT', 'expected another institution than your own', {
      path: RECEIVER,
    });
  const { kind, licence } = receiver.values;
  const isLicensed =
    licenceActive(licence, todayOf(ctx)) && allows(licence.work, workFor(TRANSFER_CUSTODY.op));
  if (KEEPING.includes(kind) && isLicensed) return receiver;
  throw new VitrineError('CONFLICT', 'expected a hospital or a clinic with a licence for care in force', {
    path: RECEIVER,
    details: { kind: institutionKind.name, id },
  });
}

/** Who keeps a file reads all of it: that is nothing for an institution which the patient forbids to look, or whom its label keeps out. */
function requireUnforbidden(consents: readonly ConsentFact[], { head }: File, to: string): void {
  if (isTreatingOpen(consents, to, head) || isCopyGranted(consents, to, head)) return;
  throw new VitrineError('FORBIDDEN', 'the patient has not opened this file to that institution', {
    path: RECEIVER,
    details: { rule: 'restriction', operation: TRANSFER_CUSTODY.op },
  });
}

/**
 * An institution releases its own hold alone, and of a file that it keeps. A regulator's goes along.
 * @returns that holds are what they are now, as a condition of the commit
 */
async function requireUnheld(ctx: RequestContext, { head }: File, from: string): Promise<CounterMove> {
  const id = holdCounter(patientKind.name, head.id);
  const holds = await ctx.uploads.counter(id);
  const own = await ctx.records.byKey(holdKind, STANDING_HOLD, standingHold('PATIENT', head.id, from));
  if (own !== null)
    throw new VitrineError('CONFLICT', 'your institution holds the file: release the hold first', {
      path: ['input', 'patient'],
      details: { kind: holdKind.name, id: own.head.id },
    });
  const message = 'a hold was placed or released meanwhile: send the same request again';
  return { id, delta: 0n, min: holds, max: holds, message };
}
