/**
 * A subsidy's life. Every step is a new version that names the one it follows, so of two concurrent steps one is
 * refused; every approval moves the programme's counter within its budget under the head lock, so no two of them
 * overspend it together.
 */
import { requireVersion, requireVisible } from '../access/index.js';
import { parseInput, type AcceptedPort, type ChangePort, type RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { CounterMove } from '../ledger/index.js';
import type { Loaded, Member } from '../records/index.js';

import { institutionKind, licenceActive, type InstitutionValues } from '../standing/index.js';
import { amendment, creation, firstHead, requireMay, submitOne, todayOf } from '../uploads/index.js';
import { requireOtherThan, requireStep, type StepName } from './lifecycle.js';
import { PROPOSE_SUBSIDY, STEP } from './operations.js';
import { committedCounter, programmeKind, type ProgrammeValues } from './programme.kind.js';
import { requireOpen } from './programme.service.js';
import {
  disburseSubsidyInput,
  proposeSubsidyInput,
  rejectSubsidyInput,
  stepInput,
  type ApproveSubsidyInput,
  type ConfirmSubsidyInput,
  type DisburseSubsidyInput,
  type ProposeSubsidyInput,
  type RejectSubsidyInput,
} from './subsidy.input.js';
import { subsidyKind, type SubsidyValues } from './subsidy.kind.js';

/** What a step sees and adds. */
interface Taken {
  readonly values: Partial<SubsidyValues>;
  readonly reliesOn?: readonly Loaded<object>[];
  readonly counters?: readonly CounterMove[];
}

/**
 * Proposes a subsidy to an institution, on the account that it has registered.
 * @throws VitrineError NOT_FOUND, BAD_USER_INPUT, FORBIDDEN, LICENCE_INACTIVE (the payee's), CONFLICT (the payee has no
 *   account, or the programme doesn't run today)
 */
export function proposeSubsidy(ctx: RequestContext, input: ProposeSubsidyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'proposeSubsidy', input, async (caller, making) => {
    requireMay(caller, PROPOSE_SUBSIDY);
    const given = parseInput(proposeSubsidyInput, input);
    const programme = await requireVisible(ctx, programmeKind, given.programme, ['input', 'programme']);
    requireMay(caller, PROPOSE_SUBSIDY, programme.relations);
    requireOpen(programme, todayOf(ctx), ['input', 'programme']);
    requireCurrency(programme, given.amount.currency);
    const payee = await requirePayee(ctx, programme, given.payee);
    const values: SubsidyValues = {
      programme: programme.head.id,
      payee: payee.head.id,
      state: 'PROPOSED',
      amount: given.amount.amount.toString(),
      currency: given.amount.currency,
      purpose: given.purpose,
      account: requireAccount(payee),
      reference: null,
      reason: null,
      proposedBy: caller.id,
      approvedBy: null,
      rejectedBy: null,
      disbursedBy: null,
      confirmedBy: null,
    };
    const head = firstHead(subsidyKind, making.id(), { custodian: programme.head.custodian });
    const terms = {
      ...PROPOSE_SUBSIDY,
      reliesOn: [programme, payee],
    };
    return creation(subsidyKind, head, values, terms);
  });
}

/**
 * Approves a proposed subsidy and commits its amount.
 * @throws VitrineError FORBIDDEN for the proposer and for whoever isn't the state, CONFLICT (another state or version, or
 *   the budget doesn't hold it), LICENCE_INACTIVE (the payee's)
 */
export function approveSubsidy(ctx: RequestContext, input: ApproveSubsidyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'approveSubsidy', input, (caller) => {
    const given = parseInput(stepInput, input);
    return takeStep(ctx, caller, 'approve', given, async (base) => {
      requireOtherThan(base.values.proposedBy, caller.id);
      const programme = await requireVisible(ctx, programmeKind, base.values.programme);
      requireOpen(programme, todayOf(ctx), ['input', 'subsidy']);
      const payee = await requirePayee(ctx, programme, base.values.payee);
      return {
        values: { approvedBy: caller.id },
        reliesOn: [programme, payee],
        counters: [commitment(programme, base.values)],
      };
    });
  });
}

/** Refuses a proposed subsidy. @throws VitrineError FORBIDDEN, CONFLICT (another state or version) */
export function rejectSubsidy(ctx: RequestContext, input: RejectSubsidyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'rejectSubsidy', input, (caller) => {
    const given = parseInput(rejectSubsidyInput, input);
    const values = { rejectedBy: caller.id, reason: given.reason };
    return takeStep(ctx, caller, 'reject', given, () => Promise.resolve({ values }));
  });
}

/** Records the payment of an approved subsidy. @throws VitrineError FORBIDDEN, CONFLICT (another state or version) */
export function disburseSubsidy(ctx: RequestContext, input: DisburseSubsidyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'disburseSubsidy', input, (caller) => {
    const given = parseInput(disburseSubsidyInput, input);
    const values = { disbursedBy: caller.id, reference: given.reference };
    return takeStep(ctx, caller, 'disburse', given, () => Promise.resolve({ values }));
  });
}

/** The payee has the money. @throws VitrineError FORBIDDEN, CONFLICT (another state or version) */
export function confirmSubsidy(ctx: RequestContext, input: ConfirmSubsidyInput): Promise<AcceptedPort> {
  return submitOne(ctx, 'confirmSubsidy', input, (caller) => {
    const given = parseInput(stepInput, input);
    return takeStep(ctx, caller, 'confirm', given, () =>
      Promise.resolve({ values: { confirmedBy: caller.id } }),
    );
  });
}

/** One step: who may, from which state, from which version; then what the step itself asks and adds. */
async function takeStep(
  ctx: RequestContext,
  caller: Member,
  step: StepName,
  given: { readonly subsidy: string; readonly expectedVersion: number },
  take: (base: Loaded<SubsidyValues>) => Promise<Taken>,
): Promise<ChangePort> {
  const base = await requireVisible(ctx, subsidyKind, given.subsidy, ['input', 'subsidy']);
  requireMay(caller, STEP[step], base.relations);
  const state = requireStep(step, base.values.state);
  requireVersion(base, given.expectedVersion);
  const { values, ...conditions } = await take(base);
  const next = { ...base.values, ...values, state };
  return amendment(subsidyKind, base, next, {
    ...STEP[step],
    ...conditions,
  });
}

function commitment(programme: Loaded<ProgrammeValues>, { amount }: SubsidyValues): CounterMove {
  return {
    id: committedCounter(programme.head.id),
    delta: BigInt(amount),
    min: 0n,
    max: BigInt(programme.values.budget),
    message: 'expected an amount that the programme’s budget still holds',
  };
}

function requireCurrency(programme: Loaded<ProgrammeValues>, currency: string): void {
  if (currency === programme.values.currency) return;
  throw new VitrineError('BAD_USER_INPUT', `expected the programme’s currency ${programme.values.currency}`, {
    path: ['input', 'amount', 'currency'],
  });
}

/** The institution to be paid: another than the payer, with a licence in force. */
async function requirePayee(
  ctx: RequestContext,
  programme: Loaded<ProgrammeValues>,
  id: string,
): Promise<Loaded<InstitutionValues>> {
  const path = ['input', 'payee'];
  if (id === programme.head.custodian)
    throw new VitrineError('BAD_USER_INPUT', 'expected another payee than the payer', { path });
  const payee = await requireVisible(ctx, institutionKind, id, path);
  if (!licenceActive(payee.values.licence, todayOf(ctx)))
    throw new VitrineError('LICENCE_INACTIVE', 'expected a payee with an active licence', {
      path,
      details: { rule: 'payee' },
    });
  return payee;
}

function requireAccount(payee: Loaded<InstitutionValues>): SubsidyValues['account'] {
  const { account } = payee.values;
  if (account !== null) return { iban: account.iban, holder: account.holder };
  throw new VitrineError('CONFLICT', 'expected a payee with a registered bank account, got one without', {
    path: ['input', 'payee'],
  });
}
