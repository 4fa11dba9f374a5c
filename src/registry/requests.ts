/** Small steps that every service takes with a request. */
import { VitrineError } from '../ledger/core/index.js';
import type { Caller, Member } from '../records/index.js';
import { requireSignedIn } from '../uploads/index.js';

/** Whether the client gave a value: GraphQL leaves a member out, or has null for it. */
export function isGiven<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}

export { given } from '../documents/index.js';

/** A signed-in caller that acts for an institution. */
export type Staff = Member & { readonly institution: string };

/**
 * @throws VitrineError UNAUTHENTICATED without a token, FORBIDDEN for a patient: both make records of an institution's.
 */
export function requireStaff(caller: Caller): Staff {
  const member = requireSignedIn(caller);
  if (member.institution === null)
    throw new VitrineError('FORBIDDEN', 'this is for members who act for an institution', {
      details: { rule: 'role' },
    });
  return { ...member, institution: member.institution };
}
