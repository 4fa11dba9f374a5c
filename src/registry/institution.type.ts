/** Institutions as GraphQL. */
import { Field, Int, ObjectType } from 'type-graphql';
import {
  Classified,
  connection,
  DateScalar,
  enumOf,
  Node,
  RecordObject,
  registerEnum,
  type ConnectionOf,
} from '../api/index.js';
import type { Loaded } from '../records/index.js';
import type { InstitutionValues, Licence } from '../standing/index.js';
import {
  INSTITUTION_KINDS,
  LICENCE_STATES,
  licenceState,
  LICENSED_WORK,
  OWNERSHIPS,
} from '../standing/index.js';
import { IdentifierType } from './identifier.type.js';

export const OwnershipEnum = enumOf(OWNERSHIPS);
export const InstitutionKindEnum = enumOf(INSTITUTION_KINDS);
export const LicenceStateEnum = enumOf(LICENCE_STATES);
export const LicensedWorkEnum = enumOf(LICENSED_WORK);

registerEnum(LicensedWorkEnum, {
  name: 'LicensedWork',
  description:
    'A kind of work that a licence allows. Patients’ files are kept by whoever may treat them in any way.',
  values: {
    OUTPATIENT: 'Care of people who come and go: encounters AMB; PRENC and SS too.',
    INPATIENT: 'Care of people who stay: encounters IMP, ACUTE, NONAC; OBSENC, PRENC and SS too.',
    EMERGENCY: 'Emergencies, in the house and in the field: encounters EMER and FLD; OBSENC too.',
    HOME: 'Care at home: encounters HH.',
    REMOTE: 'Care by telephone and video: encounters VR.',
    REPORTING: 'Filing and amending reports to the state.',
  },
});

registerEnum(OwnershipEnum, {
  name: 'Ownership',
  description: 'Who owns an institution.',
  values: {
    PUBLIC: 'The state, a region or a municipality.',
    PRIVATE: 'Private owners, for profit.',
    NON_PROFIT: 'A charity, a foundation or another owner that takes no profit.',
  },
});
registerEnum(InstitutionKindEnum, {
  name: 'InstitutionKind',
  description: 'What an institution is; it decides which roles its members may have.',
  values: {
    HOSPITAL: 'Treats inpatients too.',
    CLINIC: 'Treats outpatients.',
    AUTHORITY: 'Acts for the state: a ministry, a treasury, an auditor.',
    VENDOR: 'Makes or runs the software of others (an EHR vendor).',
  },
});
registerEnum(LicenceStateEnum, {
  name: 'LicenceState',
  description:
    'Whether an institution may work. Its members need an ACTIVE licence for most of what they do.',
  values: {
    ACTIVE: 'It may work, from its first to its last valid day.',
    SUSPENDED: 'It may not work until the state makes it ACTIVE again.',
    REVOKED: 'The state took it away.',
    EXPIRED: 'Its last valid day has passed. Derived from the calendar; can’t be set.',
  },
});

@ObjectType('Licence', { description: 'What the state allows an institution to do.' })
export class LicenceType {
  readonly #licence: Licence;
  readonly #today: string;

  /** @param today ISO date on which the state of the licence is asked for */
  constructor(licence: Licence, today: string) {
    this.#licence = licence;
    this.#today = today;
  }

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'The licence’s number.' })
  get number(): string {
    return this.#licence.number;
  }

  @Classified('STRUCTURE')
  @Field(() => LicenceStateEnum, { description: 'Its state today.' })
  get state(): string {
    return licenceState(this.#licence, this.#today);
  }

  @Classified('STRUCTURE')
  @Field(() => DateScalar, {
    nullable: true,
    description: 'First day it is valid; null: from its granting on.',
  })
  get validFrom(): string | null {
    return this.#licence.validFrom;
  }

  @Classified('STRUCTURE')
  @Field(() => DateScalar, { nullable: true, description: 'Last day it is valid; null: without end.' })
  get validUntil(): string | null {
    return this.#licence.validUntil;
  }

  @Classified('STRUCTURE')
  @Field(() => [LicensedWorkEnum], { description: 'Kinds of work it allows.' })
  get work(): readonly string[] {
    return this.#licence.work;
  }

  @Classified('STRUCTURE')
  @Field(() => String, {
    nullable: true,
    description: 'What else the regulator says of it. Nothing is decided by it.',
  })
  get remark(): string | null {
    return this.#licence.remark;
  }
}

@ObjectType('Capacity', { description: 'How much an institution can take on.' })
export class CapacityType {
  @Classified('STRUCTURE')
  @Field(() => Int, { nullable: true, description: 'Beds for inpatients.' })
  beds: number | null;

  @Classified('STRUCTURE')
  @Field(() => Int, { nullable: true, description: 'People employed.' })
  staff: number | null;
}

@ObjectType('BankAccount', { description: 'Where an institution is paid.' })
export class BankAccountType {
  @Classified('STRUCTURE')
  @Field(() => String, { description: 'IBAN (ISO 13616) without spaces.' })
  iban: string;

  @Classified('STRUCTURE')
  @Field(() => String, { description: 'Name of the account’s holder.' })
  holder: string;
}

@ObjectType('Institution', {
  implements: [RecordObject, Node],
  description:
    'A hospital, clinic, authority or vendor. Everyone may know it; its bank account is for who pays it.',
})
export class Institution extends RecordObject<InstitutionValues> {
  @Classified('PUBLIC')
  @Field(() => String, { description: 'Its name.' })
  get name(): string {
    return this.record.values.name;
  }

  @Classified('PUBLIC')
  @Field(() => InstitutionKindEnum, { description: 'What it is.' })
  get kind(): string {
    return this.record.values.kind;
  }

  @Classified('PUBLIC')
  @Field(() => OwnershipEnum, { description: 'Who owns it.' })
  get ownership(): string {
    return this.record.values.ownership;
  }

  @Classified('PUBLIC')
  @Field(() => String, { description: 'The region it lies in, as the state cuts its regions.' })
  get region(): string {
    return this.record.values.region;
  }

  @Classified('PUBLIC')
  @Field(() => [IdentifierType], { description: 'Its register numbers.' })
  get identifiers(): IdentifierType[] {
    return this.record.values.identifiers;
  }

  @Classified('PUBLIC')
  @Field(() => CapacityType, { nullable: true, description: 'How much it can take on.' })
  get capacity(): CapacityType | null {
    return this.record.values.capacity;
  }

  @Classified('ACCOUNT')
  @Field(() => BankAccountType, { nullable: true, description: 'Where it is paid.' })
  get account(): BankAccountType | null {
    return this.record.values.account;
  }
}

export const InstitutionConnection = connection<Institution>('Institution', () => Institution);

export type InstitutionPage = ConnectionOf<Institution>;

export function toInstitution(record: Loaded<InstitutionValues>): Institution {
  return new Institution(record);
}
