/** Registering institutions, changing what they are and may do, and listing them. */
import { loadVisible, requireVersion, requireVisible } from '../access/index.js';
import { parseInput, type RequestContext } from '../api/index.js';
import type { AcceptedPort } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Caller, Condition, Loaded, Page } from '../records/index.js';
import type { InstitutionValues } from '../standing/index.js';
import {
  identifier,
  identifierKey,
  INSTITUTION_IDENTIFIER,
  institutionKind,
  institutionValues,
  licence,
  licenceState,
} from '../standing/index.js';
import type { Permission } from '../uploads/index.js';
import {
  ACCOUNT_CHANGE,
  amendment,
  creation,
  firstHead,
  only,
  requestOf,
  requireMay,
} from '../uploads/index.js';
import type {
  AmendInstitutionInput,
  ChangeLicenceInput,
  InstitutionFilter,
  RegisterInstitutionInput,
} from './institution.input.js';
import {
  AMEND_INSTITUTION,
  BY_FINANCE,
  BY_INSTITUTION,
  BY_STATE,
  CHANGE_LICENCE,
  REGISTER_INSTITUTION,
} from './operations.js';
import { given, isGiven } from './requests.js';

/** An institution keeps its own record: its custodian is itself, and its first entry registers its signing key. */
export async function registerInstitution(
  ctx: RequestContext,
  input: RegisterInstitutionInput,
): Promise<AcceptedPort> {
  requireMay(ctx.caller, REGISTER_INSTITUTION);
  const values = parseInput(institutionValues, input);
  return only(
    await ctx.uploads.submit(requestOf('registerInstitution', input), (making) => {
      const id = making.id();
      return Promise.resolve([
        creation(institutionKind, firstHead(institutionKind, id, { custodian: id }), values, {
          ...REGISTER_INSTITUTION,
          registers: { use: 'delegated', institution: id },
        }),
      ]);
    }),
  );
}

/** Gives the licence a new state; it takes effect at the institution's next request. */
export async function changeLicence(ctx: RequestContext, input: ChangeLicenceInput): Promise<AcceptedPort> {
  requireMay(ctx.caller, CHANGE_LICENCE);
  return only(
    await ctx.uploads.submit(requestOf('changeLicence', input), async () => {
      const changed = parseInput(licence, input.licence, ['input', 'licence']);
      const base = await requireVisible(ctx, institutionKind, input.institution, ['input', 'institution']);
      requireMay(ctx.caller, CHANGE_LICENCE, base.relations);
      requireVersion(base, input.expectedVersion);
      // A suspension needn't repeat what is allowed, and its end gives back no more than that.
      const { work } = isGiven(input.licence.work) ? changed : base.values.licence;
      const values = { ...base.values, licence: { ...changed, work } };
      return [
        amendment(institutionKind, base, values, {
          ...CHANGE_LICENCE,
          detail: { state: changed.state },
        }),
      ];
    }),
  );
}

export async function amendInstitution(
  ctx: RequestContext,
  input: AmendInstitutionInput,
): Promise<AcceptedPort> {
  const { requestId: _requestId, signed: _signed, institution, expectedVersion, ...changes } = input;
  return only(
    await ctx.uploads.submit(requestOf('amendInstitution', input), async () => {
      const base = await requireVisible(ctx, institutionKind, institution, ['input', 'institution']);
      const terms = { ...AMEND_INSTITUTION, permission: amending(ctx.caller, given(changes)) };
      requireMay(ctx.caller, terms, base.relations);
      requireVersion(base, expectedVersion);
      requireOwnAccount(ctx.caller, base, changes);
      const values = parseInput(institutionValues, { ...base.values, ...given(changes) });
      const paidElsewhere = !isSameAccount(base.values.account, values.account);
      const situation = paidElsewhere ? { situation: ACCOUNT_CHANGE } : {};
      return [amendment(institutionKind, base, values, { ...terms, ...situation })];
    }),
  );
}

/** By whom an amendment is: the state, the institution's registrar, or, of its account alone, who handles its money. */
function amending(caller: Caller, changes: object): Permission {
  if (caller?.state === true) return BY_STATE;
  const isAccount = Object.keys(changes).join() === 'account';
  return isAccount && caller?.roles.has('REGISTRAR') !== true ? BY_FINANCE : BY_INSTITUTION;
}

function isSameAccount(one: InstitutionValues['account'], other: InstitutionValues['account']): boolean {
  return one?.iban === other?.iban && one?.holder === other?.holder;
}

/**
 * Where an institution is paid, it alone says: a regulator who could change that and propose a subsidy would need no
 * second pair of eyes to be paid itself, for who approves sees no accounts.
 * @throws VitrineError FORBIDDEN
 */
function requireOwnAccount(
  caller: Caller,
  { head }: Loaded<InstitutionValues>,
  { account }: Pick<AmendInstitutionInput, 'account'>,
): void {
  if (account === undefined || caller?.institution === head.id) return;
  throw new VitrineError('FORBIDDEN', 'expected the institution itself to change where it is paid', {
    path: ['input', 'account'],
    details: { rule: 'own-account' },
  });
}

export function findInstitution(ctx: RequestContext, id: string): Promise<Loaded<InstitutionValues> | null> {
  return loadVisible(ctx, institutionKind, id);
}

/** One page of institutions, those registered first before. Everything that the filter asks for is public. */
export async function listInstitutions(
  ctx: RequestContext,
  filter: InstitutionFilter,
  page: { first: number; after?: string },
): Promise<Page<InstitutionValues>> {
  const today = ctx.clock().toISOString().slice(0, 10);
  if (isGiven(filter.identifier)) return byIdentifier(ctx, filter, today);
  const where: Condition[] = [];
  for (const column of ['region', 'ownership', 'kind'] as const) {
    const value = filter[column];
    if (isGiven(value)) where.push({ column, op: 'eq', value });
  }
  if (isGiven(filter.licenceState)) where.push(...licenceConditions(filter.licenceState, today));
  return ctx.records.find(institutionKind, { where, ...page });
}

/** EXPIRED isn't stored: it is ACTIVE past its last day. */
function licenceConditions(state: string, today: string): Condition[] {
  const stored = state === 'EXPIRED' ? 'ACTIVE' : state;
  const conditions: Condition[] = [{ column: 'licenceState', op: 'eq', value: stored }];
  if (state === 'EXPIRED') conditions.push({ column: 'licenceUntil', op: 'lt', value: today });
  if (state === 'ACTIVE') conditions.push({ column: 'licenceUntil', op: 'gte', value: today });
  return conditions;
}

/** At most one institution has an identifier: the page holds it, or nothing when other conditions fail. */
async function byIdentifier(
  ctx: RequestContext,
  filter: InstitutionFilter,
  today: string,
): Promise<Page<InstitutionValues>> {
  const wanted = parseInput(identifier, filter.identifier, ['filter', 'identifier']);
  const record = await ctx.records.byKey(institutionKind, INSTITUTION_IDENTIFIER, identifierKey(wanted));
  const fits = record !== null && fitsFilter(record.values, filter, today);
  return {
    edges: fits ? [{ cursor: record.head.id, record }] : [],
    hasNextPage: false,
    hasPreviousPage: false,
  };
}

function fitsFilter(values: InstitutionValues, filter: InstitutionFilter, today: string): boolean {
  const same = (wanted: string | null | undefined, value: string) => !isGiven(wanted) || wanted === value;
  return (
    same(filter.region, values.region) &&
    same(filter.ownership, values.ownership) &&
    same(filter.kind, values.kind) &&
    same(filter.licenceState, licenceState(values.licence, today))
  );
}
