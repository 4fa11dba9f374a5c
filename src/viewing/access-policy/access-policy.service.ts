/** The policy of access: set by two regulators, read by everyone. */
import {
  hashOfTerms,
  parseRules,
  requireVersion,
  RULES_IN_CODE,
  rulesText,
  widerThan,
  type AccessTerms,
} from '../../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Loaded } from '../../records/index.js';
import { amendment, creation, firstHead, requireMay, submitOne } from '../../uploads/index.js';
import { ACCESS_POLICY_ID, accessPolicyKind, type AccessPolicyValues } from './access-policy.kind.js';
import { setAccessPolicyInput, type AskedPolicy, type SetAccessPolicyInput } from './access-policy.input.js';
import { accessAt, accessInForce, type TermsInForce } from './in-force.js';
import { SET_ACCESS_POLICY } from './operations.js';

/**
 * Sets budgets and thresholds, and beforehand the tables of a release that is to come. In force with the next request on every
 * process.
 * @throws VitrineError BAD_USER_INPUT, FORBIDDEN; CONFLICT for another version, and for tables narrower than those of the server
 */
export function setAccessPolicy(ctx: RequestContext, input: SetAccessPolicyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'setAccessPolicy', input, async (caller) => {
    requireMay(caller, SET_ACCESS_POLICY);
    const asked = parseInput(setAccessPolicyInput, input);
    const base = await ctx.records.load(accessPolicyKind, ACCESS_POLICY_ID);
    requireSeen(base, asked.expectedVersion);
    const values = valuesOf(asked, (await accessInForce(ctx)).terms);
    if (base !== null) return amendment(accessPolicyKind, base, values, SET_ACCESS_POLICY);
    const head = firstHead(accessPolicyKind, ACCESS_POLICY_ID, { custodian: caller.institution });
    return creation(accessPolicyKind, head, values, SET_ACCESS_POLICY);
  });
}

/** What isn't given stays as it is. */
function valuesOf(asked: AskedPolicy, now: AccessTerms): AccessPolicyValues {
  const rules = asked.rules === null ? now.rules : parseRules(asked.rules);
  if (rules === null)
    throw new VitrineError('BAD_USER_INPUT', 'expected tables of access, as `accessTerms` gives them', {
      path: ['input', 'rules'],
    });
  requireHeld(rules);
  const { budgets, thresholds } = {
    budgets: asked.budgets ?? now.budgets,
    thresholds: asked.thresholds ?? now.thresholds,
  };
  const terms = { rules, budgets, thresholds };
  return { rules: rulesText(rules), budgets, thresholds, hash: hashOfTerms(terms), reason: asked.reason };
}

/** Tables below those that decide on this very server would say what isn't so. */
function requireHeld(rules: AccessTerms['rules']): void {
  const wider = widerThan(RULES_IN_CODE, rules);
  if (wider.length === 0) return;
  throw new VitrineError(
    'CONFLICT',
    `expected tables that give at least what this release gives: ${wider.join(', ')}; a narrower release comes first`,
    { path: ['input', 'rules'], details: { wider: wider.length } },
  );
}

/** The recorded policy; null where none was set. */
export function findAccessPolicy(ctx: RequestContext): Promise<Loaded<AccessPolicyValues> | null> {
  return ctx.records.load(accessPolicyKind, ACCESS_POLICY_ID);
}

/** What holds now, or held then. */
export function accessTermsOf(ctx: RequestContext, at: string | null): Promise<TermsInForce> {
  return at === null ? accessInForce(ctx) : accessAt(ctx, at);
}

function requireSeen(base: Loaded<AccessPolicyValues> | null, expected: number | null): void {
  if (base !== null) return requireVersion(base, expected);
  if (expected === null || expected === 0) return;
  throw new VitrineError('CONFLICT', `expected version ${expected}, no policy of access was recorded`, {
    path: ['input', 'expectedVersion'],
  });
}
