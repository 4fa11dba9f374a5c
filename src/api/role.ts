/** The roles as GraphQL: several rooms speak of them. */
import { ROLES } from '../records/index.js';
import { enumOf, registerEnum } from './enums.js';

export const RoleEnum = enumOf(ROLES);

registerEnum(RoleEnum, {
  name: 'Role',
  description: 'What a member does; it decides which kinds of fields it may see (schema/access.md).',
  values: {
    CLINICIAN: 'Treats patients.',
    REGISTRAR: 'Keeps the institution’s register: patients, visits, members.',
    REPORTER: 'Files the institution’s reports.',
    FINANCE: 'Handles the institution’s money.',
    REGULATOR: 'Acts for the state. Only in an authority.',
    AUDITOR: 'Checks what others did. Only in an authority.',
    PATIENT: 'A patient, for itself. Alone, and in no institution.',
    VENDOR: 'A machine of an EHR vendor, within the other roles it is given.',
  },
});
