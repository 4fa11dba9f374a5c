/** What is done with consents, and who may. */
import type { Operation, Permission } from '../../uploads/index.js';

/** The patient, or who acts for it, by its own login. */
export const BY_PATIENT: Permission = { roles: ['PATIENT'], relations: ['SELF'] };
/** A registrar of the institution that keeps the patient, for what the patient signed on paper. */
export const FROM_PAPER: Permission = { roles: ['REGISTRAR'], relations: ['CUSTODIAN'] };

const consent = (verb: string): Operation => ({
  op: `consent.${verb}`,
  makes: 'Consent',
  permission: BY_PATIENT,
  others: [FROM_PAPER],
  licensed: false,
});

export const GRANT_CONSENT = consent('grant');
export const REVOKE_CONSENT = consent('revoke');

export const CONSENT_OPERATIONS: readonly Operation[] = [GRANT_CONSENT, REVOKE_CONSENT];
