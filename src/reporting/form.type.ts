/** GraphQL types of forms. */
import { Field, Int, ObjectType } from 'type-graphql';
import { Classified, connection, DateScalar, Node, RecordObject, registerEnum } from '../api/index.js';
import type { FormValues } from './form.kind.js';
import type { Indicator, IndicatorType, PeriodType } from '../documents/index.js';

export const PeriodTypeEnum = { MONTH: 'MONTH', QUARTER: 'QUARTER', YEAR: 'YEAR' } as const satisfies {
  [P in PeriodType]: P;
};

registerEnum(PeriodTypeEnum, {
  name: 'PeriodType',
  description: 'How often a form is due.',
  values: {
    MONTH: 'Each month, written `2026-01`.',
    QUARTER: 'Each quarter, written `2026-Q1`.',
    YEAR: 'Each year, written `2026`.',
  },
});

export const IndicatorTypeEnum = {
  INTEGER: 'INTEGER',
  DECIMAL: 'DECIMAL',
  BOOLEAN: 'BOOLEAN',
  TEXT: 'TEXT',
} as const satisfies { [T in IndicatorType]: T };

registerEnum(IndicatorTypeEnum, {
  name: 'IndicatorType',
  description: 'What an indicator’s value is. Values travel as text, so that no figure is rounded.',
  values: {
    INTEGER: 'A whole number: `120`.',
    DECIMAL: 'A decimal number with a point and no exponent: `81.5`.',
    BOOLEAN: '`true` or `false`.',
    TEXT: 'Free text.',
  },
});

@ObjectType('Indicator', { description: 'One figure that a form asks for.' })
export class IndicatorObject implements Indicator {
  @Classified('PUBLIC')
  @Field(() => String, { description: 'Its code within the form.' })
  readonly code: string;

  @Classified('PUBLIC')
  @Field(() => String, { description: 'What is asked, for people.' })
  readonly label: string;

  @Classified('PUBLIC')
  @Field(() => IndicatorTypeEnum, { description: 'What its value is.' })
  readonly type: IndicatorType;

  @Classified('PUBLIC')
  @Field(() => String, { nullable: true, description: 'Unit of its value, for example `beds` or `%`.' })
  readonly unit: string | null;

  @Classified('PUBLIC')
  @Field(() => Boolean, { description: 'Whether a report must give a value.' })
  readonly required: boolean;

  @Classified('PUBLIC')
  @Field(() => String, {
    nullable: true,
    description: 'Least value, inclusive; of a TEXT the least number of characters. Null for no limit.',
  })
  readonly min: string | null;

  @Classified('PUBLIC')
  @Field(() => String, {
    nullable: true,
    description: 'Greatest value, inclusive; of a TEXT the greatest number of characters. Null for no limit.',
  })
  readonly max: string | null;

  constructor(indicator: Indicator) {
    this.code = indicator.code;
    this.label = indicator.label;
    this.type = indicator.type;
    this.unit = indicator.unit;
    this.required = indicator.required;
    this.min = indicator.min;
    this.max = indicator.max;
  }
}

@ObjectType('Form', {
  implements: [RecordObject, Node],
  description: 'What institutions report, and how often. Defined by the state, open to everyone.',
})
export class Form extends RecordObject<FormValues> {
  @Classified('PUBLIC')
  @Field(() => String, { description: 'Its code, unique in the whole system.' })
  get code(): string {
    return this.record.values.code;
  }

  @Classified('PUBLIC')
  @Field(() => String, { description: 'Its title.' })
  get title(): string {
    return this.record.values.title;
  }

  @Classified('PUBLIC')
  @Field(() => PeriodTypeEnum, { description: 'How often it is due.' })
  get period(): PeriodType {
    return this.record.values.period;
  }

  @Classified('PUBLIC')
  @Field(() => [IndicatorObject], { description: 'The figures that it asks for, in order.' })
  get indicators(): IndicatorObject[] {
    return this.record.values.indicators.map((indicator) => new IndicatorObject(indicator));
  }

  @Classified('PUBLIC')
  @Field(() => DateScalar, {
    nullable: true,
    description: 'First day that it asks about; null for no first day.',
  })
  get validFrom(): string | null {
    return this.record.values.validFrom;
  }

  @Classified('PUBLIC')
  @Field(() => Int, { description: 'Days after a period’s end within which a report isn’t late.' })
  get dueDays(): number {
    return this.record.values.dueDays;
  }
}

export const FormConnection = connection<Form>('Form', () => Form);
