/** Inputs of forms, with the schemas that check them. */
import { Field, InputType, Int } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../api/index.js';
import { DateScalar, UuidScalar, SignedField } from '../api/index.js';
import { day, maybe, text, uuid, whole } from '../standing/index.js';
import { IndicatorTypeEnum, PeriodTypeEnum } from './form.type.js';
import { INDICATOR_TYPES, type IndicatorType, PERIOD_TYPES, type PeriodType } from '../documents/index.js';

/** Most indicators that a form may have. */
const MOST_INDICATORS = 500;

@InputType({ description: 'One figure that a form asks for.' })
export class IndicatorInput {
  @Field(() => String, { description: 'Its code within the form: letters, digits, `.`, `_` and `-`.' })
  code: string;

  @Field(() => String, { description: 'What is asked, for people; at most 200 characters.' })
  label: string;

  @Field(() => IndicatorTypeEnum, { description: 'What its value is.' })
  type: IndicatorType;

  @Field(() => String, { nullable: true, description: 'Unit of its value, for example `beds` or `%`.' })
  unit?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Whether a report must give a value.' })
  required?: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Least value of a number, inclusive; of a TEXT the least number of characters.',
  })
  min?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Greatest value of a number, inclusive; of a TEXT the greatest number of characters, at most 4000.',
  })
  max?: string | null;
}

@InputType({ description: 'A new form.' })
export class DefineFormInput {
  @Field(() => UuidScalar, {
    description: 'The client’s id of this request; the same again gets the same receipt.',
  })
  requestId: string;

  @SignedField()
  signed?: SignedStatementInput | null;

  @Field(() => String, {
    description: 'Its code, unique in the whole system: letters, digits, `.`, `_` and `-`.',
  })
  code: string;

  @Field(() => String, { description: 'Its title; at most 200 characters.' })
  title: string;

  @Field(() => PeriodTypeEnum, { description: 'How often it is due.' })
  period: PeriodType;

  @Field(() => [IndicatorInput], { description: 'The figures that it asks for, 1 to 500, in order.' })
  indicators: IndicatorInput[];

  @Field(() => DateScalar, { nullable: true, description: 'First day that it asks about; none by default.' })
  validFrom?: string | null;

  @Field(() => Int, {
    defaultValue: 30,
    description: 'Days after a period’s end within which a report isn’t late, 0 to 366.',
  })
  dueDays?: number;
}

/** A code that people write and programs compare. */
export const codeText = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'expected 1 to 64 letters, digits, ".", "_" or "-", a letter or digit first',
  );

const limit = maybe(z.string().max(40, 'expected at most 40 characters'));

export const defineFormInput = z.object({
  requestId: uuid,
  code: codeText,
  title: text(200),
  period: z.enum(PERIOD_TYPES),
  indicators: z
    .array(
      z.object({
        code: codeText,
        label: text(200),
        type: z.enum(INDICATOR_TYPES),
        unit: maybe(text(32)),
        required: z.boolean().default(false),
        min: limit,
        max: limit,
      }),
    )
    .min(1, 'expected at least one indicator')
    .max(MOST_INDICATORS, `expected at most ${MOST_INDICATORS} indicators`),
  validFrom: maybe(day),
  dueDays: whole(0, 366).default(30),
});
