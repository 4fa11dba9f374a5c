/** What must hold of a record for anything of it to be erased. Asked at the request, and again when it is confirmed. */
import { todayOf } from '../uploads/index.js';
import type { RequestContext } from '../api/index.js';
import { badInput } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { CounterMove } from '../ledger/index.js';
import { erasableFields, type AnyKind, type Loaded } from '../records/index.js';
import { patientKind } from '../clinical/index.js';
import { holdCounter } from './subject.js';

/** Where the names of the fields stand in the input. */
const FIELDS = ['input', 'fields'] as const;

/**
 * The names of the fields that are to be erased.
 * @param asked names; null for the whole record
 * @throws VitrineError ERASED when nothing is left of one; BAD_USER_INPUT for a field that isn't there, that places the
 *   record, or that a record of this kind can't do without: such fields go with the whole record alone
 */
export function requireErasable(
  kind: AnyKind,
  record: Loaded<object>,
  asked: readonly string[] | null,
): readonly string[] {
  const gone = new Set(record.erased?.fields);
  if (record.erased?.whole === true)
    throw new VitrineError('ERASED', `the ${kind.name} was erased`, { path: ['input', 'id'] });
  const all = erasableFields(kind);
  if (asked === null) return all.filter((name) => !gone.has(name));
  const problems = asked.flatMap((name, place) => {
    if (all.includes(name) && asked.indexOf(name) === place) return [];
    return [
      { path: [...FIELDS, place], message: `expected each once of the fields ${[...all].sort().join(', ')}` },
    ];
  });
  if (problems.length > 0) throw badInput(problems);
  const place = asked.findIndex((name) => gone.has(name));
  if (place >= 0)
    throw new VitrineError('ERASED', 'the field was erased already', { path: [...FIELDS, place] });
  requireWithout(kind, record, asked);
  return asked;
}

/** Fields that a record can do without and that still go with all of it alone: a person known by name keeps its numbers. */
const WITH_THE_WHOLE: Readonly<Record<string, readonly string[]>> = { [patientKind.name]: ['identifiers'] };

/** What is left must be a record that can be amended; without some fields it is none, and then all of it goes. */
function requireWithout(kind: AnyKind, record: Loaded<object>, names: readonly string[]): void {
  const left = { ...record.values, ...Object.fromEntries(names.map((name) => [name, null])) };
  const parsed = kind.values.safeParse(left);
  const needed = new Set<unknown>(WITH_THE_WHOLE[kind.name]);
  for (const { path } of parsed.error?.issues ?? []) needed.add(path[0]);
  const problems = names.flatMap((name, place) =>
    needed.has(name) || (!parsed.success && !needed.size)
      ? [{ path: [...FIELDS, place], message: `a ${kind.name} needs this field: erase the whole record` }]
      : [],
  );
  if (problems.length > 0) throw badInput(problems);
}

/** @throws VitrineError CONFLICT before the day until which the record must be kept */
export function requireElapsed(ctx: RequestContext, { head }: Loaded<object>): void {
  const { retention } = head;
  if (retention === null || todayOf(ctx) >= retention) return;
  throw new VitrineError('CONFLICT', `the record must be kept until ${retention}`, {
    path: ['input'],
    details: { kind: head.kind, id: head.id, retainUntil: retention },
  });
}

const HELD = 'a hold stands on the record, or on its patient';

/** The counters that must be 0: the record's own, and that of the patient whom it is about. */
function counters({ head }: Loaded<object>): readonly string[] {
  const own = holdCounter(head.kind, head.id);
  const patient = head.patient === null ? own : holdCounter(patientKind.name, head.patient);
  return [...new Set([own, patient])];
}

/** @throws VitrineError CONFLICT while a hold stands */
export async function requireUnheld(ctx: RequestContext, record: Loaded<object>): Promise<void> {
  for (const counter of counters(record))
    if ((await ctx.uploads.counter(counter)) !== 0n)
      throw new VitrineError('CONFLICT', HELD, { path: ['input'], details: { counter } });
}

/** That no hold stands, as conditions of the commit: counters that are 0 and stay so, anchored by the erasure's entry. */
export function unheld(record: Loaded<object>): readonly CounterMove[] {
  return counters(record).map((id) => ({ id, delta: 0n, min: 0n, max: 0n, message: HELD }));
}
