/** Inputs of programmes, with the schemas that check them. */
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';
import type { SignedStatementInput } from '../api/index.js';
import { DateScalar, UuidScalar, SignedField } from '../api/index.js';
import { MoneyInput } from '../registry/index.js';
import { codeText } from '../reporting/index.js';
import { day, maybe, text, uuid } from '../standing/index.js';
import { moneyInput } from './money.js';

@InputType({ description: 'A new programme; the caller’s institution pays.' })
export class CreateProgrammeInput {
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

  @Field(() => MoneyInput, { description: 'All that it may pay. Its subsidies are in the same currency.' })
  budget: MoneyInput;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'First day on which subsidies may be proposed; today by default.',
  })
  validFrom?: string | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'Last day on which subsidies may be proposed; no end by default.',
  })
  validUntil?: string | null;
}

export const createProgrammeInput = z
  .object({
    requestId: uuid,
    code: codeText,
    title: text(200),
    budget: moneyInput,
    validFrom: maybe(day),
    validUntil: maybe(day),
  })
  .refine(
    ({ validFrom, validUntil }) => validFrom === null || validUntil === null || validFrom <= validUntil,
    { path: ['validUntil'], message: 'expected the end not before the beginning' },
  );
