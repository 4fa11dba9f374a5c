/** Consents as decisions about others' records need them: plain facts, without the kind that holds them. */

/** What a patient decides: who may copy, who may not look, what labelled records are open, who acts for it. */
export const CONSENT_TYPES = ['COPY_GRANT', 'VIEW_RESTRICTION', 'LABEL_GRANT', 'REPRESENTATIVE'] as const;

export type ConsentType = (typeof CONSENT_TYPES)[number];

/** A consent that is in force at the moment of the request. */
export interface ConsentFact {
  readonly type: ConsentType;
  /** The institution that it is about; null for a restriction of all, and for a representative. */
  readonly institution: string | null;
  /** Of a restriction: the purposes of use that it takes away. */
  readonly purposes: readonly string[];
  /** Of a LABEL_GRANT. */
  readonly label: string | null;
  /** Of a REPRESENTATIVE: the member. */
  readonly representative: string | null;
  /** The institution that recorded it for the patient, from paper; null where the patient itself did, or who acts for it. */
  readonly attestedBy: string | null;
}
