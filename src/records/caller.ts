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
  /** The patient record that this member is (role PATIENT); null for everyone else. */
  readonly patient: string | null;
  /** Log positions of the records that this standing rests on: member, institution. */
  readonly authority: readonly bigint[];
}

/** The caller of a request: a member, or null for a bearer of no token. */
export type Caller = Member | null;
