/** Many encounters in one request: in one block or none, or each for itself. */
import type { AcceptedPort, Making, SignedPort } from '../api/index.js';
import { asJson, badInput, type RequestContext } from '../api/index.js';
import { asUnavailable } from '../database/index.js';
import type { ErrorCode, InputPath, Json, Problem } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { isGiven, requireStaff, type Staff } from '../registry/index.js';
import { present } from './care.js';
import type { EncounterInput, RecordEncountersInput } from './encounter.input.js';
import { encounterChange, parseEncounter, patientsOf, type NewEncounter } from './encounter.service.js';
import { RECORD_ENCOUNTER } from './operations.js';
import { requireMay } from '../uploads/index.js';

/** As many changes as one request may hold. */
const MOST = 256;

/** So many are on their way at once: enough to share blocks, not so many that they starve others of connections. */
const IN_FLIGHT = 64;

/** Why one encounter of a batch was refused. */
export interface RefusedPart {
  /** Place in the input, from 0. */
  readonly part: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: InputPath;
  /** The upload request that it waits for, or that ended otherwise; null when there is none. */
  readonly upload: string | null;
}

export interface BatchOutcome {
  readonly requestId: string;
  readonly accepted: readonly AcceptedPort[];
  readonly refused: readonly RefusedPart[];
}

/**
 * Records up to 256 encounters. With ALL a problem with one refuses all; with EACH it is listed.
 * @throws VitrineError BAD_USER_INPUT, FORBIDDEN, CONFLICT …; with EACH only what concerns the whole request
 */
export async function recordEncounters(
  ctx: RequestContext,
  input: RecordEncountersInput,
): Promise<BatchOutcome> {
  const staff = requireStaff(ctx.caller);
  requireMay(staff, RECORD_ENCOUNTER);
  const { length } = input.encounters;
  if (length < 1 || length > MOST)
    throw new VitrineError('BAD_USER_INPUT', `expected 1 to ${MOST} encounters, got ${length}`, {
      path: ['input', 'encounters'],
    });
  return input.mode === 'ALL' ? recordAll(ctx, staff, input) : recordEach(ctx, staff, input);
}

function place(part: number): InputPath {
  return ['input', 'encounters', part];
}

async function recordAll(
  ctx: RequestContext,
  staff: Staff,
  input: RecordEncountersInput,
): Promise<BatchOutcome> {
  const request = { ...batchOf(input), signed: input.encounters.map(signedAt) };
  const accepted = await ctx.uploads.submit(request, (making) => {
    const patients = patientsOf(ctx);
    return Promise.all(
      parseAll(input, present(ctx)).map((encounter, part) =>
        encounterChange(staff, encounter, patients, making.id(part)),
      ),
    );
  });
  return { requestId: input.requestId, accepted, refused: [] };
}

/** The request of the whole batch; its signatures tell it from no other. */
function batchOf(input: RecordEncountersInput): { requestId: string; input: Json } {
  const encounters = input.encounters.map(({ signed: _signed, ...encounter }) => encounter);
  return { requestId: input.requestId, input: asJson({ recordEncounters: { ...input, encounters } }) };
}

function signedAt({ signed }: EncounterInput, part: number): SignedPort | null {
  return isGiven(signed) ? { ...signed, path: place(part) } : null;
}

function parsePart(item: EncounterInput, part: number, now: Date): NewEncounter {
  return { input: item, values: parseEncounter(item, now, place(part)), path: place(part) };
}

/** Every problem of every encounter at once. */
function parseAll(input: RecordEncountersInput, now: Date): NewEncounter[] {
  const problems: Problem[] = [];
  const encounters = input.encounters.flatMap((item, part) => {
    try {
      return [parsePart(item, part, now)];
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) throw badInput(problems);
  return encounters;
}

async function recordEach(
  ctx: RequestContext,
  staff: Staff,
  input: RecordEncountersInput,
): Promise<BatchOutcome> {
  const batch = batchOf(input);
  const patients = patientsOf(ctx);
  const accepted: AcceptedPort[] = [];
  const refused: RefusedPart[] = [];
  const record = async (item: EncounterInput, part: number): Promise<void> => {
    try {
      const request = { ...batch, part, signed: [signedAt(item, part)] };
      let again = false;
      const build = async (making: Making) => {
        const encounter = parsePart(item, part, present(ctx));
        // A second time means that what was loaded first has been replaced.
        const source = again ? patientsOf(ctx) : patients;
        again = true;
        return [await encounterChange(staff, encounter, source, making.id())];
      };
      accepted.push(...(await ctx.uploads.submit(request, build)));
    } catch (error) {
      await ctx.uploads.denied({ requestId: input.requestId, part, operation: RECORD_ENCOUNTER.op }, error);
      refused.push(refusal(ctx, error, part));
    }
  };
  const queue = input.encounters.entries();
  const work = async () => {
    // All workers draw from one iterator.
    for (const [part, item] of queue) await record(item, part);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  accepted.sort((a, b) => a.part - b.part);
  refused.sort((a, b) => a.part - b.part);
  return { requestId: input.requestId, accepted, refused };
}

/** A refusal of one part. One of the whole request is thrown on. */
function refusal(ctx: RequestContext, thrown: unknown, part: number): RefusedPart {
  const error = asUnavailable(thrown) ?? thrown;
  if (!(error instanceof VitrineError) || error.code === 'INTERNAL') {
    // Its text could hold a value, so it goes to the log alone; the other parts stand.
    ctx.requestLog.error({ part, err: error }, 'one encounter of a batch failed');
    return {
      part,
      code: 'INTERNAL',
      message: 'something went wrong here, not in your request',
      path: place(part),
      upload: null,
    };
  }
  const { upload } = error.details;
  const { code, message } = error;
  const ofRequest = error.inputPath?.[1] === 'requestId';
  // Each part waits for its own endorsement: what became of that concerns no other.
  if (ofRequest && upload === undefined) throw error;
  const inputPath = ofRequest ? undefined : error.inputPath;
  return {
    part,
    code,
    message,
    path: inputPath ?? place(part),
    upload: typeof upload === 'string' ? upload : null,
  };
}
