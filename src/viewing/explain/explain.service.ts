/**
 * Why a member may, or may not, read a field: the shield's own decision, told with its grounds, for now or for a moment in the
 * past. Records, relations, standing and tables are those of the moment.
 */
import {
  decisionOf,
  hashOfTerms,
  levelOf,
  loadVisible,
  TABLES_IN_CODE,
  tablesOf,
  type Decision,
} from '../../access/index.js';
import { badInput, isUuid, type RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { FieldClass, Loaded, Member, RecordKind } from '../../records/index.js';
import { requireSignedIn } from '../../uploads/index.js';
import { accessAt, accessInForce, type TermsInForce } from '../access-policy/in-force.js';

export interface ExplainAsked {
  readonly subject: { readonly kind: string; readonly id: string };
  /** Name of a sealed field; null: that the record is there. */
  readonly field: string | null;
  readonly member: string;
  /** Null: now. */
  readonly at: string | null;
}

export interface Explanation extends Decision {
  readonly fieldClass: FieldClass;
  readonly at: string;
  /** Entry of the version of the record that stood. */
  readonly record: bigint;
  /** Why its standing alone refused; null where it was in good standing. */
  readonly standing: string | null;
  readonly terms: TermsInForce;
  readonly words: string;
}

/**
 * The explanation; null where the record isn't there for the caller, or nobody has that id: the same for both.
 * @throws VitrineError UNAUTHENTICATED; BAD_USER_INPUT for kinds and fields that don't exist, and for a moment to come
 */
export async function explainAccess(ctx: RequestContext, asked: ExplainAsked): Promise<Explanation | null> {
  const caller = requireSignedIn(ctx.caller);
  const { kind, fieldClass } = requireField(ctx, asked);
  const at = momentOf(ctx, asked.at);
  const [id, member] = [asked.subject.id.toLowerCase(), asked.member.toLowerCase()];
  if (!isUuid(id) || !isUuid(member)) return null;
  const known = await loadVisible(ctx, kind, id);
  const isEntitled = known !== null && (caller.roles.has('AUDITOR') || known.relations.has('SELF'));
  if (!isEntitled && (member !== caller.id || !(await hadToDo(ctx, caller, asked, known)))) return null;
  const record = await ctx.past.record(kind, id, at);
  const who = record === null ? null : await ctx.past.member(member, at);
  if (record === null || who === null) return null;
  const terms = asked.at === null ? await accessInForce(ctx) : await accessAt(ctx, at);
  // What decides now is the code, whatever the log allows it.
  const tables = asked.at === null || terms.index === null ? TABLES_IN_CODE : tablesOf(terms.terms.rules);
  const standing = who instanceof VitrineError ? who.message : null;
  const asker = who instanceof VitrineError ? null : who;
  const relations = await ctx.past.relations(kind, record, asker, at);
  // A member that may not know of the record, now or then, isn't told by the explanation.
  if (known === null && levelOf(asker, relations, kind.existence, false, tables) !== 'COPY') return null;
  const decision = decisionOf(asker, relations, fieldClass, false, tables);
  const facts = { ...decision, fieldClass, at, record: record.anchor.index, standing, terms };
  return { ...facts, words: wordsOf(facts) };
}

/**
 * Whether a member may ask of its own access: the record is there for it, or was by what the log has of it and the patient. So what
 * is hidden from it costs what isn't there: the versions of neither are read.
 */
async function hadToDo(
  ctx: RequestContext,
  caller: Member,
  { subject, at }: ExplainAsked,
  known: Loaded<object> | null,
): Promise<boolean> {
  if (known !== null) return true;
  // Of now, that it isn't there is the answer.
  return at !== null && ctx.past.met(caller, await patientOf(ctx, subject));
}

/** The patient whom a record is about; another id where there is none. Read from what the request has read already. */
async function patientOf(ctx: RequestContext, { kind: name, id }: ExplainAsked['subject']): Promise<string> {
  const kind = ctx.kinds.find(name);
  const record = kind === undefined ? null : await ctx.records.load(kind, id.toLowerCase());
  return record?.head.patient ?? id.toLowerCase();
}

/** What the field is: declared with the kind, so it tells nothing of any record. */
function requireField(ctx: RequestContext, { subject, field }: ExplainAsked): FieldOf {
  const kind = ctx.kinds.find(subject.kind);
  if (kind === undefined)
    throw badInput([
      { path: ['subject', 'kind'], message: 'expected the name of a record type, as `Patient`' },
    ]);
  if (field === null) return { kind, fieldClass: kind.existence };
  const fields: Readonly<Record<string, FieldClass>> = kind.fields;
  const fieldClass = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (fieldClass !== undefined) return { kind, fieldClass };
  const names = Object.keys(fields).join(', ');
  throw badInput([{ path: ['field'], message: `expected a field of ${kind.name}: ${names}` }]);
}

interface FieldOf {
  readonly kind: RecordKind;
  readonly fieldClass: FieldClass;
}

function momentOf(ctx: RequestContext, at: string | null): string {
  const now = ctx.clock().toISOString();
  if (at === null) return now;
  if (at > now) throw badInput([{ path: ['at'], message: 'expected a moment that has come' }]);
  return at;
}

/** The decision as a sentence, without naming anyone. */
function wordsOf({ level, open, grounds, fieldClass, standing }: Omit<Explanation, 'words'>): string {
  if (open) return `COPY: ${fieldClass} is open to everyone`;
  if (standing !== null) return `NONE: ${standing}`;
  if (grounds.length === 0) return 'NONE: the member stands in no relation to the record';
  const told = grounds.map(({ relation, cell, carriedBy, level: through }) => {
    if (cell === 'NONE') return `${relation} gives nothing of ${fieldClass}`;
    if (through === 'NONE')
      return `${relation} would give ${cell}, but no role of the member carries ${fieldClass}`;
    return carriedBy.length === 0
      ? `${relation} gives ${cell}`
      : `${relation} gives ${cell}, carried by ${carriedBy.join(', ')}`;
  });
  return `${level}: ${told.join('; ')}`;
}

/** The hash of the terms that decided. */
export function hashOf({ terms }: Explanation): string {
  return hashOfTerms(terms.terms);
}
