/** What is done with forms and reports, and who may. */
import type { ReportValues } from '../documents/index.js';
import { LATE_AMENDMENT, LATE_RETRACTION, type Operation, type Permission } from '../uploads/index.js';

const WRITING: Permission = { roles: ['REPORTER'], relations: ['CUSTODIAN'] };
const DEFINING: Permission = { roles: ['REGULATOR'], relations: ['STATE'] };

/** After the last day on which a report isn't late, its figures have been counted on: policies look at that apart. */
function late(situation: string): NonNullable<Operation['situationOf']> {
  // The version before was opened as a Report, whose schema has validated its values.
  return (base, today) => (today > (base as ReportValues).due ? situation : undefined);
}

const report = (verb: string): Operation => ({
  op: `report.${verb}`,
  makes: 'Report',
  permission: WRITING,
  licensed: true,
});

export const DEFINE_FORM: Operation = {
  op: 'form.define',
  makes: 'Form',
  permission: DEFINING,
  licensed: false,
};
export const FILE_REPORT = report('file');
export const AMEND_REPORT: Operation = { ...report('amend'), situationOf: late(LATE_AMENDMENT) };
export const RETRACT_REPORT: Operation = {
  ...report('retract'),
  mutations: ['retractRecord'],
  situationOf: late(LATE_RETRACTION),
};

export const REPORTING_OPERATIONS: readonly Operation[] = [
  DEFINE_FORM,
  FILE_REPORT,
  AMEND_REPORT,
  RETRACT_REPORT,
];
