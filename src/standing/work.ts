/**
 * Kinds of work that a licence allows, and which of them an operation needs: one table. An operation that isn't in it needs
 * no licence for a kind of work.
 */
export const LICENSED_WORK = ['OUTPATIENT', 'INPATIENT', 'EMERGENCY', 'HOME', 'REMOTE', 'REPORTING'] as const;

export type LicensedWork = (typeof LICENSED_WORK)[number];

/** Whoever treats patients in any way keeps their files. */
const CARE: readonly LicensedWork[] = ['OUTPATIENT', 'INPATIENT', 'EMERGENCY', 'HOME', 'REMOTE'];

/** By operation, and for encounters by their class (HL7 v3 ActEncounterCode); any of those that are named suffices. */
const NEEDED: Readonly<Record<string, readonly LicensedWork[]>> = {
  'patient.register': CARE,
  'patient.amend': CARE,
  'patient.retract': CARE,
  // Of who hands a file over, and of who is to keep it.
  'patient.transfer': CARE,
  'link.propose': CARE,
  'referral.make': CARE,
  'view.list': CARE,
  // Of patients, reports and subsidies: whoever works at all may look, by its role and its evidence.
  'view.open': LICENSED_WORK,
  'view.refuse': LICENSED_WORK,
  'encounter.record': CARE,
  'encounter.amend': CARE,
  'encounter.retract': CARE,
  'encounter AMB': ['OUTPATIENT'],
  'encounter EMER': ['EMERGENCY'],
  'encounter FLD': ['EMERGENCY'],
  'encounter HH': ['HOME'],
  'encounter IMP': ['INPATIENT'],
  'encounter ACUTE': ['INPATIENT'],
  'encounter NONAC': ['INPATIENT'],
  'encounter OBSENC': ['INPATIENT', 'EMERGENCY'],
  'encounter PRENC': ['INPATIENT', 'OUTPATIENT'],
  'encounter SS': ['INPATIENT', 'OUTPATIENT'],
  'encounter VR': ['REMOTE'],
  'report.file': ['REPORTING'],
  'report.amend': ['REPORTING'],
  'report.retract': ['REPORTING'],
};

/** What an operation needs; any of them suffices. None: any licence in force. */
export function workFor(op: string): readonly LicensedWork[] {
  return Object.hasOwn(NEEDED, op) ? (NEEDED[op] ?? []) : [];
}

/** What an encounter of a class needs. */
export function workOfClass(code: string): readonly LicensedWork[] {
  return workFor(`encounter ${code}`);
}

/** Whether one kind of what is needed is allowed. */
export function allows(work: readonly string[], needed: readonly LicensedWork[]): boolean {
  return needed.length === 0 || needed.some((kind) => work.includes(kind));
}
