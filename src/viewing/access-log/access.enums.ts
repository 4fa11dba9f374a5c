/** Enums of the log of accesses. */
import { PERSONAL_CLASSES } from '../../access/index.js';
import { enumOf, registerEnum } from '../../api/index.js';
import { READ_RELATIONS } from '../reads/batch.kind.js';
import { ACCESS_ACTS } from './accessed.js';

export const AccessActEnum = enumOf(ACCESS_ACTS);
export const ReadRelationEnum = enumOf(READ_RELATIONS);
export const PersonalClassEnum = enumOf(PERSONAL_CLASSES);

registerEnum(AccessActEnum, {
  name: 'AccessAct',
  description: 'What was done with a patient’s file.',
  values: {
    OPENED: 'A view was opened: its pages could be looked at.',
    LISTED: 'The patient was asked for by identifier.',
    READ: 'Values were in an answer, by who may copy them.',
  },
});

registerEnum(ReadRelationEnum, {
  name: 'ReadRelation',
  description: 'What whoever reads values is to the patient (schema/access.md, “Relations”).',
  values: {
    CUSTODIAN: 'A member of the institution that keeps the record.',
    TREATING: 'A member of an institution that treats the patient.',
    GRANTEE: 'A member of an institution to which the patient granted copying.',
  },
});

registerEnum(PersonalClassEnum, {
  name: 'PersonalClass',
  description: 'What is told of a person (schema/access.md, “Field classes”).',
  values: {
    IDENTITY: 'Names, birth date, numbers, address.',
    CRITICAL: 'Alerts.',
    CLINICAL: 'Diagnoses, reasons, notes, outcomes.',
    ADMINISTRATIVE: 'When, where and which care there was.',
    OPINION: 'What the patient thought of it.',
  },
});
