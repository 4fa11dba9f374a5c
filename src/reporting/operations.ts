/** What is done with forms and reports, and who may. */
import type { Operation, Permission } from '../uploads/index.js';

const WRITING: Permission = { roles: ['REPORTER'], relations: ['CUSTODIAN'] };
const DEFINING: Permission = { roles: ['REGULATOR'], relations: ['STATE'] };

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
export const AMEND_REPORT = report('amend');
export const RETRACT_REPORT: Operation = { ...report('retract'), mutations: ['retractRecord'] };

export const REPORTING_OPERATIONS: readonly Operation[] = [
  DEFINE_FORM,
  FILE_REPORT,
  AMEND_REPORT,
  RETRACT_REPORT,
];
