/** Policies: changed by regulators together, read by everyone. */
import { requireVersion } from '../../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { firstHead } from '../../documents/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded, Page } from '../../records/index.js';
import type { Operations } from '../operations.js';
import { requireMay, submitOne } from '../service.js';
import { amendment, creation } from '../versions.js';
import { requireMeetable, requireSituation, situationsOf } from './meetable.js';
import { CHANGE_POLICY } from './operations.js';
import { Policies } from './policies.js';
import { changePolicyInput, type ChangePolicyInput } from './policy.input.js';
import { policyIdOf, policyKind, policyValues, type PolicyValues } from './policy.kind.js';
import type { Requirement } from './requirement.js';

/**
 * Sets what is required in a situation. Both the policy of `policy.change` and the one that it replaces must be met.
 * @throws VitrineError BAD_USER_INPUT, FORBIDDEN; NOT_FOUND (a person or institution); CONFLICT for another version, and
 *   for a policy that nobody could meet
 */
export function changePolicy(
  ctx: RequestContext,
  operations: Operations,
  input: ChangePolicyInput,
): Promise<AcceptedPort> {
  return submitOne(ctx, 'changePolicy', input, async (caller) => {
    requireMay(caller, CHANGE_POLICY);
    const { expectedVersion } = parseInput(changePolicyInput, input);
    const values = parseInput(policyValues, {
      ...input,
      count: input.count ?? (input.rule === 'AUTOMATIC' ? 0 : 1),
      waitSeconds: input.waitSeconds ?? 0,
      ownCounts: input.ownCounts ?? false,
    });
    requireSituation(operations, values.situation);
    const id = policyIdOf(values.situation);
    const base = await ctx.records.load(policyKind, id);
    requireSeen(base, expectedVersion);
    const reliesOn = await requireMeetable(ctx, operations, values);
    const terms = { ...CHANGE_POLICY, besides: [values.situation], reliesOn };
    return base === null
      ? creation(policyKind, firstHead(policyKind, id, { custodian: caller.institution }), values, terms)
      : amendment(policyKind, base, values, terms);
  });
}

/** The policy of a situation; null where the default holds. */
export function findPolicy(ctx: RequestContext, situation: string): Promise<Loaded<PolicyValues> | null> {
  return ctx.records.load(policyKind, policyIdOf(situation));
}

/** A page of the policies that were recorded, by situation. */
export function listPolicies(
  ctx: RequestContext,
  page: { readonly first: number; readonly after?: string },
): Promise<Page<PolicyValues>> {
  return ctx.records.find(policyKind, {
    ...page,
    where: [],
    order: { column: 'situation', direction: 'ASC' },
  });
}

/** What holds in every situation, by defaults and by policies: the log tells that none is left out. */
export async function listRequirements(
  ctx: RequestContext,
  operations: Operations,
): Promise<readonly Requirement[]> {
  const { records, clock } = ctx;
  const policies = new Policies({
    trusted: ctx.log.trusted,
    fact: (kind, id) => records.fact(kind, id),
    clock,
  });
  const all = await Promise.all(
    situationsOf(operations).map((situation) => policies.requirementsOf(situation)),
  );
  return all.flat();
}

function requireSeen(base: Loaded<PolicyValues> | null, expected: number | null): void {
  if (base !== null) return requireVersion(base, expected);
  if (expected === null || expected === 0) return;
  throw new VitrineError('CONFLICT', `expected version ${expected}, no policy was recorded`, {
    path: ['input', 'expectedVersion'],
  });
}
