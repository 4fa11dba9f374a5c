/** Which entries to list or to follow. */
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { BigIntScalar, Classified, UuidScalar } from '../api/index.js';
import { maybe, uuid } from '../standing/index.js';

@InputType({ description: 'A record, of any version.' })
export class SubjectInput {
  @Classified('LEDGER')
  @Field(() => String, { description: 'Kind of the record, for example `Report`.' })
  kind: string;

  @Classified('LEDGER')
  @Field(() => ID, { description: 'Its id.' })
  id: string;
}

@InputType({
  description:
    'Which entries; all conditions hold. What the openings tell may be asked only by who may read them: of that record, or, for `op` alone, of all.',
})
export class EntryFilter {
  @Classified('LOG')
  @Field(() => UuidScalar, { nullable: true, description: 'Written by members of this institution.' })
  institution?: string | null;

  @Classified('LOG')
  @Field(() => BigIntScalar, { nullable: true, description: 'From this index on.' })
  from?: bigint | null;

  @Classified('LOG')
  @Field(() => BigIntScalar, { nullable: true, description: 'Before this index.' })
  to?: bigint | null;

  @Classified('LEDGER')
  @Field(() => SubjectInput, { nullable: true, description: 'About this record.' })
  subject?: SubjectInput | null;

  @Classified('LEDGER')
  @Field(() => UuidScalar, {
    nullable: true,
    description: 'On the thread of this patient, institution, report, programme or subsidy.',
  })
  thread?: string | null;

  @Classified('LEDGER')
  @Field(() => String, { nullable: true, description: 'Of this operation, `<kind>.<verb>`.' })
  op?: string | null;
}

const index = maybe(z.bigint().min(0n, 'expected 0 or more'));

export const entryFilter = z.object({
  institution: maybe(uuid),
  from: index,
  to: index,
  subject: maybe(
    z.object({
      kind: z.string().max(64, 'expected the name of a kind'),
      id: z.string().toLowerCase().pipe(uuid),
    }),
  ),
  thread: maybe(uuid),
  op: maybe(z.string().max(129, 'expected <kind>.<verb>')),
});

export type EntryConditions = z.output<typeof entryFilter>;
