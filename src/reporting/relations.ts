/** Who a caller is to records that are the state's business: forms, reports, programmes and subsidies. */
import type { Caller, Relation } from '../records/index.js';

/**
 * STATE, AUDITOR and MEMBER: the relations that rest on the caller alone and so hold for every record of these kinds.
 * @param caller who asks; nobody signed in stands in no relation
 */
export function generalRelations(caller: Caller): Set<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (caller.state) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  if (caller.institution !== null && caller.licensed) relations.add('MEMBER');
  return relations;
}

/**
 * Whether the caller acts for this institution. A member whose only role is AUDITOR doesn't: it looks at what others
 * answer for, so its institution's own relations (CUSTODIAN, PAYER, PAYEE) aren't lent to it, and an auditor on the
 * payer's staff views amounts as auditors do.
 */
export function actsFor(caller: Caller, institution: string | null): boolean {
  if (caller === null || institution === null || caller.institution !== institution) return false;
  return !(caller.roles.size === 1 && caller.roles.has('AUDITOR'));
}
