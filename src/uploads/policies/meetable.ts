/**
 * Refuses policies that nobody could meet, as far as that can be known when they are made, and those with which the
 * state would shut itself out of its own repair (schema/uploads.md, "What a policy can't be").
 */
import { badInput, type RequestContext } from '../../api/index.js';
import { VitrineError, type InputPath } from '../../ledger/core/index.js';
import type { Condition, Loaded, Role, Unrelated } from '../../records/index.js';
import {
  institutionKind,
  MEMBER_ROLE,
  memberKind,
  type InstitutionValues,
  type MemberValues,
} from '../../standing/index.js';
import { permissionsOf, type Operations } from '../operations.js';
import {
  ACCESS_CHANGE,
  OVERSIGHT_ENROLMENT,
  OVERSIGHT_REINSTATEMENT,
  POLICY_CHANGE,
  SPECIAL_SITUATIONS,
} from './defaults.js';
import { mayAct, namedIn } from './named.js';
import type { PolicyValues } from './policy.kind.js';
import { actsForOthers } from './verdict.js';

/** What protects, or only says no, waits for nobody. */
const IMMEDIATE: readonly string[] = ['member.suspend', 'hold.place', 'erasure.refuse', 'link.end'];

/** By these a state that lost members helps itself: they rest on regulators alone, with one to spare. */
const RECOVERING: readonly string[] = [
  POLICY_CHANGE,
  'member.enrol',
  OVERSIGHT_ENROLMENT,
  'member.reinstate',
  OVERSIGHT_REINSTATEMENT,
];

/** Carriers of a role that are looked for: more than any policy asks for. */
const CARRIERS = 64;

/** Every situation that a policy can be about, in order. */
export function situationsOf(operations: Operations): readonly string[] {
  const all = [...operations.all.map(({ op }) => op), ...SPECIAL_SITUATIONS];
  return all.filter((situation) => !IMMEDIATE.includes(situation)).sort();
}

/** @throws VitrineError BAD_USER_INPUT */
export function requireSituation(operations: Operations, situation: string): void {
  if (situationsOf(operations).includes(situation)) return;
  const message = IMMEDIATE.includes(situation)
    ? `expected a situation that may wait: ${situation} protects, and never does`
    : 'expected a situation that the query requirements lists';
  throw badInput([{ path: ['input', 'situation'], message }]);
}

/**
 * @returns the records that say that the policy can be met
 * @throws VitrineError NOT_FOUND for ids that name nobody; CONFLICT when nobody could meet it; BAD_USER_INPUT when it
 *   would let the state shut itself out
 */
export async function requireMeetable(
  ctx: RequestContext,
  operations: Operations,
  policy: PolicyValues,
): Promise<readonly Unrelated<object>[]> {
  requireTwo(policy);
  requireWayBack(policy);
  const named = await requireNamed(ctx, policy);
  const spare = RECOVERING.includes(policy.situation) ? 1 : 0;
  if (policy.rule === 'ROLE') await requireCarriers(ctx, policy, uploadersShare(operations, policy) + spare);
  if (policy.rule === 'INSTITUTIONS') await requireVoices(ctx, policy);
  return named;
}

/** What decides for everybody is never one person's. */
function requireTwo({ situation, rule, count, ownCounts }: PolicyValues): void {
  if (situation !== ACCESS_CHANGE) return;
  const persons = rule === 'AUTOMATIC' ? 1 : count + (ownCounts ? 0 : 1);
  if (persons >= 2) return;
  const message = 'expected two persons at least to change what is in force for everybody’s access';
  throw badInput([{ path: ['input', rule === 'AUTOMATIC' ? 'rule' : 'count'], message }]);
}

/** The rule by which nobody but regulators decides how regulators are made, and two at least how policies are. */
function requireWayBack({ situation, rule, role, institutions, count, ownCounts }: PolicyValues): void {
  if (!RECOVERING.includes(situation)) return;
  const refuse = (field: keyof PolicyValues, message: string): never => {
    throw badInput([{ path: ['input', field], message }]);
  };
  const isChange = situation === POLICY_CHANGE;
  if (rule === 'AUTOMATIC' && !isChange) return;
  if (rule !== 'ROLE' || role !== 'REGULATOR')
    refuse('rule', `expected the rule ROLE with REGULATOR: ${situation} is how the state helps itself`);
  if (institutions.length > 0)
    refuse('institutions', 'expected none: regulators of every authority help the state');
  if (isChange && count + (ownCounts ? 0 : 1) < 2)
    refuse('count', 'expected two persons at least to change a policy');
}

/** Whom the policy names must be there and, today, enough of them able to act. */
async function requireNamed(ctx: RequestContext, policy: PolicyValues): Promise<Unrelated<object>[]> {
  const { able, unknown } = await namedIn(ctx.records, policy, ctx.clock());
  if (unknown.length > 0) {
    const path = policy.person === null ? unknownAt(policy, unknown) : ['input', 'person'];
    const kind = policy.person === null ? institutionKind.name : memberKind.name;
    throw new VitrineError('NOT_FOUND', `no ${kind} has this id`, { path });
  }
  if (able < policy.count)
    throw unmeetable(able, policy.count, ['input', policy.person === null ? 'institutions' : 'person']);
  const ids = policy.institutions;
  const found: (Unrelated<object> | null)[] = await Promise.all(
    ids.map((id) => ctx.records.fact(institutionKind, id)),
  );
  if (policy.person !== null) found.push(await ctx.records.fact(memberKind, policy.person));
  return found.filter((record) => record !== null);
}

function unknownAt({ institutions }: PolicyValues, unknown: readonly string[]): InputPath {
  return ['input', 'institutions', institutions.indexOf(unknown[0] ?? '')];
}

/** 1 where whoever uploads must itself carry the role and doesn't count, so that it takes one more. */
function uploadersShare(operations: Operations, { situation, role, ownCounts }: PolicyValues): number {
  if (ownCounts) return 0;
  const operation =
    operations.find(situation) ?? operations.find(situation.slice(0, situation.lastIndexOf('.')));
  if (operation === undefined) return 0;
  const carriesIt = permissionsOf(operation).every(({ roles }) => roles.length === 1 && roles[0] === role);
  return carriesIt ? 1 : 0;
}

async function requireCarriers(ctx: RequestContext, policy: PolicyValues, more: number): Promise<void> {
  const { role, institutions, count } = policy;
  if (role === null) return;
  const where: Condition[] =
    institutions.length === 0
      ? [{ column: 'institution', op: 'isNull', value: false }]
      : [{ column: 'institution', op: 'in', value: institutions }];
  const carriers = await activeMembers(ctx, where, role);
  if (carriers.length < count + more) throw unmeetable(carriers.length, count + more, ['input', 'count']);
}

/** Of enough institutions somebody must be enrolled who can speak for it. */
async function requireVoices(
  ctx: RequestContext,
  { institutions, role, count }: PolicyValues,
): Promise<void> {
  let voices = 0;
  for (const id of institutions) {
    const members = await activeMembers(ctx, [{ column: 'institution', op: 'eq', value: id }], role);
    if (members.some(({ values }) => actsForOthers(new Set(values.roles)))) voices += 1;
  }
  if (voices < count) throw unmeetable(voices, count, ['input', 'institutions']);
}

/** Members in good standing, verified; a few more than policies ask for at most. */
async function activeMembers(
  ctx: RequestContext,
  where: readonly Condition[],
  role: Role | null,
): Promise<Loaded<MemberValues>[]> {
  const active: Condition = { column: 'state', op: 'eq', value: 'ACTIVE' };
  const words = role === null ? [] : [{ scope: MEMBER_ROLE, value: role }];
  const page = await ctx.records.find(memberKind, { where: [...where, active], words, first: CARRIERS });
  const members = page.edges.flatMap(({ record }) => (record instanceof VitrineError ? [] : [record]));
  const homes = await ctx.records.loadMany(
    institutionKind,
    members.map(({ values }) => values.institution ?? ''),
  );
  const today = ctx.clock().toISOString().slice(0, 10);
  return members.filter((_, place) => isAble(homes[place] ?? null, today));
}

function isAble(home: Loaded<InstitutionValues> | null, today: string): boolean {
  return home !== null && mayAct(home.values, today);
}

function unmeetable(able: number, needed: number, path: InputPath): VitrineError {
  const message = `expected a policy that can be met: it needs ${needed} to approve, and ${able} could`;
  return new VitrineError('CONFLICT', message, { path, details: { able, needed } });
}
