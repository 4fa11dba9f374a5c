/** Placing and releasing holds. */
import { loadVisible } from '../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { CounterMove } from '../ledger/index.js';
import type { Loaded, Member, Page } from '../records/index.js';
import { amendment, creation, firstHead, submitOne } from '../uploads/index.js';
import { holdInput, type HoldFilter, type HoldInput } from './hold.input.js';
import { holdKind, STANDING_HOLD, standingHold, type HoldValues } from './hold.kind.js';
import { listAbout } from './list.js';
import { PLACE_HOLD, RELEASE_HOLD } from './operations.js';
import { HOLDABLE, holdCounter, isRegulator, requireSubject, type Holdable } from './subject.js';

/** Holds of one record that stand at a time, at most. */
const MOST_HOLDS = 1000n;

/**
 * Holds a record: while a hold stands, nothing of the record is erased.
 * @throws VitrineError NOT_FOUND, FORBIDDEN, BAD_USER_INPUT, CONFLICT when the caller's institution holds it already
 */
export function placeHold(ctx: RequestContext, input: HoldInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'placeHold', input, async (caller, making) => {
    const given = parseInput(holdInput, input);
    const record = await requireSubject(ctx, caller, given.kind, given.id);
    requireHolder(caller, HOLDABLE[given.kind], record);
    if (record.erased?.whole === true)
      throw new VitrineError('ERASED', `the ${record.kind} was erased`, { path: ['input', 'id'] });
    const { custodian: keeper, patient } = record.head;
    const values: HoldValues = {
      kind: given.kind,
      record: given.id,
      keeper,
      state: 'PLACED',
      reason: given.reason,
      releaseReason: null,
    };
    const head = firstHead(holdKind, making.id(), { custodian: caller.institution, patient });
    return creation(holdKind, head, values, {
      ...PLACE_HOLD,
      // What is erased at this moment can't be held any more.
      reliesOn: [record],
      counters: [move(record, 1n)],
    });
  });
}

/**
 * Releases the hold that the caller's institution placed on a record.
 * @throws VitrineError NOT_FOUND when it holds it not, FORBIDDEN, BAD_USER_INPUT
 */
export function releaseHold(ctx: RequestContext, input: HoldInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'releaseHold', input, async (caller) => {
    const given = parseInput(holdInput, input);
    const record = await requireSubject(ctx, caller, given.kind, given.id);
    requireHolder(caller, HOLDABLE[given.kind], record);
    const key = standingHold(given.kind, given.id, caller.institution);
    const base = await ctx.records.byKey(holdKind, STANDING_HOLD, key);
    if (base === null)
      throw new VitrineError('NOT_FOUND', 'your institution holds no such record', { path: ['input', 'id'] });
    const values: HoldValues = { ...base.values, state: 'RELEASED', releaseReason: given.reason };
    return amendment(holdKind, base, values, {
      ...RELEASE_HOLD,
      counters: [move(record, -1n)],
    });
  });
}

/** The hold, or null when there is none that the caller may see. */
export function findHold(ctx: RequestContext, id: string): Promise<Loaded<HoldValues> | null> {
  return loadVisible(ctx, holdKind, id);
}

/** A page of holds, newest first: all for the state and for auditors, else of the records that one's institution keeps. */
export function listHolds(
  ctx: RequestContext,
  filter: HoldFilter | null,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<HoldValues>> {
  return listAbout(ctx, holdKind, filter, page);
}

/** The state's regulators, and of the record's custodian those who write such records. */
function requireHolder(caller: Member, { roles }: Holdable, record: Loaded<object>): void {
  if (isRegulator(caller)) return;
  if (record.relations.has('CUSTODIAN') && roles.some((role) => caller.roles.has(role))) return;
  throw new VitrineError(
    'FORBIDDEN',
    `expected a REGULATOR of the state or a ${roles.join(' or ')} of its custodian`,
    { details: { rule: 'relation' } },
  );
}

function move({ head }: Loaded<object>, delta: bigint): CounterMove {
  return {
    id: holdCounter(head.kind, head.id),
    delta,
    min: 0n,
    max: MOST_HOLDS,
    message: `expected at most ${MOST_HOLDS} holds of a record`,
  };
}
