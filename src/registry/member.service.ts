/** Enrolling members, suspending and reinstating them, their keys, and listing them. */
import { loadVisible, requireVersion, requireVisible } from '../access/index.js';
import { parseInput, type AcceptedPort, type RequestContext } from '../api/index.js';
import { base64url, fromBase64url, thumbprint, VitrineError } from '../ledger/core/index.js';
import type { Caller, Condition, Loaded, Page, Role } from '../records/index.js';
import type { MemberValues } from '../standing/index.js';
import { institutionKind, MEMBER_ROLE, memberKind, memberValues } from '../standing/index.js';
import type { KeyRegistration, Permission } from '../uploads/index.js';
import {
  amendment,
  creation,
  firstHead,
  only,
  OVERSIGHT_ENROLMENT,
  requestOf,
  requireMay,
  requireSignedIn,
  situationFor,
  todayOf,
} from '../uploads/index.js';
import type {
  EnrolMemberInput,
  MemberFilter,
  ReinstateMemberInput,
  RotateKeyInput,
  SuspendMemberInput,
} from './member.input.js';
import {
  BY_INSTITUTION,
  BY_STATE,
  ENROL_MEMBER,
  oversees,
  REINSTATE_MEMBER,
  ROTATE_KEY,
  SUSPEND_MEMBER,
} from './operations.js';
import { isGiven } from './requests.js';

/** Who may enrol, suspend or reinstate a member with these roles: the state, or a registrar of its custodian. */
function permissionFor(caller: Caller, roles: readonly Role[]): Permission {
  const isPatient = roles.includes('PATIENT');
  return !isPatient && (caller?.state === true || oversees(roles)) ? BY_STATE : BY_INSTITUTION;
}

/**
 * @param keeperOf the institution that keeps a patient's record, if the caller may see the patient there, else null;
 *   given by the clinical domain, which stands above this one.
 */
export async function enrolMember(
  ctx: RequestContext,
  input: EnrolMemberInput,
  keeperOf: (patient: string) => Promise<string | null>,
): Promise<AcceptedPort> {
  const isPatient = input.roles.includes('PATIENT');
  const values = parseInput(memberValues, {
    ...input,
    name: isPatient ? null : input.name,
    publicKey: !isGiven(input.publicKey) ? null : base64url(input.publicKey),
    state: 'ACTIVE',
    reason: null,
  });
  const terms = { ...ENROL_MEMBER, permission: permissionFor(ctx.caller, values.roles) };
  requireMay(ctx.caller, terms);
  const accepted = ctx.uploads.submit(requestOf('enrolMember', input), async (making) => {
    const custodian = await custodianFor(ctx, values, keeperOf);
    requireNewKey(ctx, values.publicKey);
    const id = making.id();
    const head = firstHead(memberKind, id, { custodian, patient: values.patient });
    const key = ownKey(id, values);
    return [
      creation(memberKind, head, values, {
        ...terms,
        ...(oversees(values.roles) ? { situation: OVERSIGHT_ENROLMENT } : {}),
        ...(key === null ? {} : { registers: key }),
      }),
    ];
  });
  return only(await accepted.catch((error: unknown) => withoutStranger(ctx, error)));
}

/**
 * A subject that is taken names its holder to those alone who may know the member: to others it is taken, no more.
 * @throws VitrineError the error, or CONFLICT without the holder
 */
async function withoutStranger(ctx: RequestContext, error: unknown): Promise<never> {
  const isTaken = error instanceof VitrineError && error.details['kind'] === memberKind.name;
  if (!isTaken || (await findMember(ctx, String(error.details['id']))) !== null) throw error;
  const { code, message, inputPath } = error;
  throw new VitrineError(code, message, inputPath === undefined ? {} : { path: inputPath });
}

async function custodianFor(
  ctx: RequestContext,
  values: MemberValues,
  keeperOf: (patient: string) => Promise<string | null>,
): Promise<string> {
  if (values.patient !== null) {
    const keeper = await keeperOf(values.patient);
    if (keeper !== null) return keeper;
    throw new VitrineError('NOT_FOUND', 'no patient of your institution has this id', {
      path: ['input', 'patient'],
    });
  }
  // The schema has seen that a member without a patient has an institution.
  const path = ['input', 'institution'];
  const institution = await requireVisible(ctx, institutionKind, values.institution ?? '', path);
  if (oversees(values.roles) && institution.values.kind !== 'AUTHORITY')
    throw new VitrineError('BAD_USER_INPUT', 'expected an authority for the roles REGULATOR and AUDITOR', {
      path: ['input', 'roles'],
    });
  return institution.head.id;
}

function ownKey(member: string, values: MemberValues, replaces?: string): KeyRegistration | null {
  const { institution, publicKey } = values;
  if (publicKey === null) return null;
  return { use: 'own', institution, member, publicKey, ...(replaces === undefined ? {} : { replaces }) };
}

/** A suspended member is refused at its next request, on open subscriptions too. */
export function suspendMember(ctx: RequestContext, input: SuspendMemberInput): Promise<AcceptedPort> {
  return changeState(ctx, input, 'suspend');
}

export function reinstateMember(ctx: RequestContext, input: ReinstateMemberInput): Promise<AcceptedPort> {
  return changeState(ctx, input, 'reinstate');
}

async function changeState(
  ctx: RequestContext,
  input: SuspendMemberInput,
  verb: 'suspend' | 'reinstate',
): Promise<AcceptedPort> {
  const state = verb === 'suspend' ? 'SUSPENDED' : 'ACTIVE';
  return only(
    await ctx.uploads.submit(requestOf(verb, input), async () => {
      const base = await requireVisible(ctx, memberKind, input.member, ['input', 'member']);
      const operation = verb === 'suspend' ? SUSPEND_MEMBER : REINSTATE_MEMBER;
      const terms = { ...operation, permission: permissionFor(ctx.caller, base.values.roles) };
      requireMay(ctx.caller, terms, base.relations);
      requireVersion(base, input.expectedVersion);
      // Or the last regulator could lock everyone out, itself included.
      if (base.head.id === ctx.caller?.id)
        throw new VitrineError('FORBIDDEN', 'a member does not suspend itself', {
          path: ['input', 'member'],
          details: { rule: 'two-persons' },
        });
      if (base.values.state === state)
        throw new VitrineError('CONFLICT', `the member is ${state.toLowerCase()} already`, {
          path: ['input', 'member'],
        });
      if (verb === 'reinstate') await requireSameHand(ctx, base);
      const values = parseInput(memberValues, { ...base.values, state, reason: input.reason });
      const situation = situationFor(operation, base, todayOf(ctx));
      return [amendment(memberKind, base, values, { ...terms, ...situation })];
    }),
  );
}

/**
 * Whom the state suspended, the state alone reinstates. The suspended record's newest entry is the suspension.
 * @throws VitrineError FORBIDDEN
 */
async function requireSameHand(ctx: RequestContext, suspended: Loaded<MemberValues>): Promise<void> {
  if (ctx.caller?.state === true) return;
  const by = await ctx.records.load(memberKind, suspended.anchor.actor);
  if (by !== null && by.values.institution === suspended.head.custodian) return;
  throw new VitrineError('FORBIDDEN', 'the state suspended the member, so it alone reinstates it', {
    path: ['input', 'member'],
    details: { rule: 'same-hand' },
  });
}

/** @throws VitrineError CONFLICT when the log knows the key: it registers each once, for one holder */
function requireNewKey(ctx: RequestContext, publicKey: string | null): void {
  if (publicKey === null || ctx.log.trusted.key(thumbprint(fromBase64url(publicKey))) === undefined) return;
  throw new VitrineError('CONFLICT', 'this key was registered before; take a new one', {
    path: ['input', 'publicKey'],
  });
}

/** Registers a member's new key in place of the one before. */
export async function rotateKey(ctx: RequestContext, input: RotateKeyInput): Promise<AcceptedPort> {
  return only(
    await ctx.uploads.submit(requestOf('rotateKey', input), async () => {
      const base = await requireVisible(ctx, memberKind, input.member, ['input', 'member']);
      requireMay(ctx.caller, ROTATE_KEY, base.relations);
      requireVersion(base, input.expectedVersion);
      const before = base.values.publicKey;
      const values = parseInput(memberValues, { ...base.values, publicKey: base64url(input.publicKey) });
      if (values.publicKey === before)
        throw new VitrineError('CONFLICT', 'this key is registered already', {
          path: ['input', 'publicKey'],
        });
      requireNewKey(ctx, values.publicKey);
      const replaces = before === null ? undefined : thumbprint(fromBase64url(before));
      const key = ownKey(base.head.id, values, replaces);
      return [
        amendment(memberKind, base, values, {
          ...ROTATE_KEY,
          ...(key === null ? {} : { registers: key }),
        }),
      ];
    }),
  );
}

export function findMember(ctx: RequestContext, id: string): Promise<Loaded<MemberValues> | null> {
  return loadVisible(ctx, memberKind, id);
}

/** One page: for the state and auditors all who act for institutions, for others those that their institution keeps. */
export async function listMembers(
  ctx: RequestContext,
  filter: MemberFilter,
  page: { first: number; after?: string },
): Promise<Page<MemberValues>> {
  const caller = requireSignedIn(ctx.caller);
  const where: Condition[] = [];
  if (caller.state || caller.roles.has('AUDITOR'))
    where.push({ column: 'institution', op: 'isNull', value: false });
  else if (caller.institution !== null)
    where.push({ column: 'custodian', op: 'eq', value: caller.institution });
  else where.push({ column: 'id', op: 'eq', value: caller.id });
  for (const column of ['institution', 'state'] as const) {
    const value = filter[column];
    if (isGiven(value)) where.push({ column, op: 'eq', value });
  }
  const words = !isGiven(filter.role) ? [] : [{ scope: MEMBER_ROLE, value: filter.role }];
  return ctx.records.find(memberKind, { where, words, ...page });
}
