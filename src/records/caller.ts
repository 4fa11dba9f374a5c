/** Who asks, as plain data: what `standing` found in verified records for the bearer of a token. */

/** What a member does in its institution; the role table of `access` says which field classes it carries. */
export const ROLES = [
  'CLINICIAN',
  'REGISTRAR',
  'REPORTER',
  'FINANCE',
  'REGULATOR',
  'AUDITOR',
  'PATIENT',
  'VENDOR',
] as const;

export type Role = (typeof ROLES)[number];

/** A signed-in member in good standing. */
export interface Member {
  /** Record id of the member. */
  readonly id: string;
  /** The institution it acts for; null for a patient. */
  readonly institution: string | null;
  readonly roles: ReadonlySet<Role>;
  /** The institution is an authority of the state. */
  readonly state: boolean;
  /** The institution holds an active licence today. */
  readonly licensed: boolean;
  /** Kinds of work that the licence allows; absent where it needs none, being the state's. */
  readonly work?: readonly string[];
  /** The patient record that this member is (role PATIENT); null for everyone else. */
  readonly patient: string | null;
  /** Log positions of the records that this standing rests on: member, institution. */
  readonly authority: readonly bigint[];
}

/** The caller of a request: a member, or null for a bearer of no token. */
export type Caller = Member | null;

/** What an answer looked at of who its caller is, beyond the standing that it shares with others. */
export interface Looked {
  /** It read who exactly the caller is: the answer is for nobody else, and for the caller it is to be made anew. */
  personal: boolean;
  /** Members that the caller was taken not to be: the answer isn't theirs. */
  readonly compared: Set<string>;
}

const LOOKED = new WeakMap<object, Looked>();

/**
 * Somebody of the member's standing who is no member in particular, with a note of what was looked at: an answer for it
 * is the answer for every member of this standing (`standingOf`) unless the note says otherwise.
 */
export function watchedCaller(member: Member): { readonly caller: Member; readonly looked: Looked } {
  const looked: Looked = { personal: false, compared: new Set() };
  const { id, authority, ...standing } = member;
  const caller: Member = {
    ...standing,
    get id() {
      looked.personal = true;
      return id;
    },
    get authority() {
      looked.personal = true;
      return authority;
    },
  };
  LOOKED.set(caller, looked);
  return { caller, looked };
}

/** Whether the caller is this member. Ask it so, not by its id, where one answer may serve several callers. */
export function isCaller(caller: Caller, member: string): boolean {
  if (caller === null) return false;
  const looked = LOOKED.get(caller);
  if (looked === undefined) return caller.id === member;
  looked.compared.add(member);
  return false;
}

/** Everything of a caller but which member it is, as a text: equal for callers of one standing. */
export function standingOf(caller: Caller): string {
  if (caller === null) return '';
  const { id: _id, authority: _authority, roles, ...rest } = caller;
  return JSON.stringify([[...roles].sort(), Object.entries(rest).sort()]);
}
