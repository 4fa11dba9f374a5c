/**
 * What must hold of a change and of who asks for it before it is sealed. Each rule is named and looks at one thing;
 * all are asked, and a refusal tells every one that failed. What only the commit can know (versions, unique keys,
 * counters) is checked there, under the head lock.
 */
import type { ErrorCode, InputPath, Problem } from '../ledger/core/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Member, Relation } from '../records/index.js';
import { allows, workFor, type LicensedWork } from '../standing/index.js';
import type { AnyChange } from './change.js';

export interface Asked {
  readonly change: AnyChange;
  readonly caller: Member;
  /** What the caller is to the base version, or to the new record where there is none. */
  readonly relations: ReadonlySet<Relation>;
}

export interface Refusal {
  readonly rule: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** Where in the input; by default the whole of it. */
  readonly path?: InputPath;
  /** Facts for the caller. */
  readonly details?: Readonly<Record<string, string>>;
  /** What may have caused it. */
  readonly about?: readonly Problem[];
}

/** A rule answers with a refusal, or null when it holds. */
export type Rule = (asked: Asked) => Omit<Refusal, 'rule'> | null;

const role: Rule = ({ change, caller }) => {
  const { roles } = change.permission;
  if (roles.some((wanted) => caller.roles.has(wanted))) return null;
  return { code: 'FORBIDDEN', message: `${change.op} needs one of the roles ${roles.join(', ')}` };
};

const relation: Rule = ({ change, relations }) => {
  const wanted = change.permission.relations;
  if (wanted.length === 0 || wanted.some((one) => relations.has(one))) return null;
  return { code: 'FORBIDDEN', message: `${change.op} is for ${wanted.join(' or ')} of the record` };
};

const licence: Rule = ({ change, caller }) => {
  return change.licensed ? refuseLicence(change.op, caller, change.work) : null;
};

/** Whether the licence allows the operation's kind of work today, and if not, why. */
export function refuseLicence(
  op: string,
  { licensed, work }: Pick<Member, 'licensed' | 'work'>,
  needed: readonly LicensedWork[] = workFor(op),
): Pick<Refusal, 'code' | 'message' | 'details'> | null {
  const code = 'LICENCE_INACTIVE';
  if (!licensed) return { code, message: `${op} needs an active licence of the institution` };
  if (work === undefined || allows(work, needed)) return null;
  const named = needed.join(' or ');
  return { code, message: `${op} needs a licence for ${named}`, details: { work: named } };
}

const lineage: Rule = ({ change }) => {
  const { base, head } = change;
  if (base === null ? head.version === 1 : follows(change)) return null;
  return { code: 'CONFLICT', message: 'the change does not follow the version it was made from' };
};

const standing: Rule = ({ change: { base, op } }) => {
  if (base?.erased?.whole !== true) return null;
  return { code: 'ERASED', message: `${op} needs a record that wasn't erased` };
};

function follows({ base, head }: AnyChange): boolean {
  return base !== null && base.head.id === head.id && base.head.version + 1 === head.version;
}

export const RULES: Readonly<Record<string, Rule>> = { role, relation, licence, lineage, standing };

/** Asks every rule; what refused, in their order. */
export function refusalsOf(asked: Asked, rules: Readonly<Record<string, Rule>> = RULES): readonly Refusal[] {
  return Object.entries(rules).flatMap(([name, rule]) => {
    const refusal = rule(asked);
    return refusal === null ? [] : [{ rule: name, ...refusal }];
  });
}

/**
 * Asks every rule.
 * @throws VitrineError with the code of the first refusal; `problems` lists all of them.
 */
export function requirePermitted(asked: Asked, rules: Readonly<Record<string, Rule>> = RULES): void {
  requireNone(refusalsOf(asked, rules), asked.change.op);
}

/** @throws VitrineError with the code of the first refusal, when there is one; `problems` lists all of them */
export function requireNone(refusals: readonly Refusal[], op: string): void {
  const error = refusalOf(refusals, op);
  if (error !== null) throw error;
}

/** One error for all refusals, with the code of the first; null where there is none. */
export function refusalOf(refusals: readonly Refusal[], op: string): VitrineError | null {
  const [first] = refusals;
  if (first === undefined) return null;
  return new VitrineError(first.code, first.message, {
    ...(first.path === undefined ? {} : { path: first.path }),
    details: { ...first.details, rule: first.rule, operation: op },
    problems: refusals.flatMap(({ path = ['input'], message, rule, code, about = [] }) => [
      { path, message, rule, code },
      ...about,
    ]),
  });
}
