/**
 * Retracting records that were entered in error. Which kinds can be, a higher domain may add to: the resolver is made
 * from the list, so that this room needs to know none above it.
 */
import { Arg, Ctx, Field, InputType, Int, Mutation, Resolver } from 'type-graphql';
import type { SignedStatementInput } from '../api/index.js';
import {
  Classified,
  parseInput,
  type RecordObject,
  RecordPayload,
  registerEnum,
  UuidScalar,
  type ChangePort,
  type RequestContext,
  SignedField,
} from '../api/index.js';
import { only, requestOf } from '../uploads/index.js';

import { text } from '../standing/index.js';
import { findEncounter, retractEncounter } from './encounter.service.js';
import { toEncounter } from './encounter.type.js';
import { findPatient, retractPatient } from './patient.service.js';
import { toPatient } from './patient.type.js';

/** A kind whose records can be retracted. */
export interface Retractable {
  /** What it is, for the API’s reader. */
  readonly description: string;
  /** The change; throws NOT_FOUND, FORBIDDEN or CONFLICT. */
  change(ctx: RequestContext, id: string, expectedVersion: number, reason: string): Promise<ChangePort>;
  /** The record as GraphQL, as far as the caller may know of it. */
  load(ctx: RequestContext, id: string): Promise<RecordObject<object> | null>;
}

const CARE: Readonly<Record<string, Retractable>> = {
  PATIENT: {
    description: 'A patient.',
    change: retractPatient,
    load: async (ctx, id) => {
      const record = await findPatient(ctx, id);
      return record === null ? null : toPatient(record);
    },
  },
  ENCOUNTER: {
    description: 'An encounter.',
    change: retractEncounter,
    load: async (ctx, id) => {
      const record = await findEncounter(ctx, id);
      return record === null ? null : toEncounter(record);
    },
  },
};

const reason = text(500);

/**
 * The resolver of `retractRecord`.
 * @param more kinds of higher domains, by the name that the client uses: `{ REPORT: … }`
 */
export function retractResolver(more: Readonly<Record<string, Retractable>>) {
  const kinds: Readonly<Record<string, Retractable>> = { ...CARE, ...more };
  const names = Object.fromEntries(Object.keys(kinds).map((name) => [name, name]));
  const values = Object.fromEntries(
    Object.entries(kinds).map(([name, { description }]) => [name, description]),
  );
  registerEnum(names, { name: 'RetractableKind', description: 'What can be retracted.', values });

  @InputType({
    description:
      'A record that was entered in error. For those who may amend it. It stays on the log and reads as retracted.',
  })
  class RetractRecordInput {
    @Field(() => UuidScalar, {
      description: 'Your id of this request; sent again, it gets the same receipt.',
    })
    requestId: string;

    @SignedField()
    signed?: SignedStatementInput | null;

    @Field(() => names, { description: 'What the record is.' })
    kind: string;

    @Field(() => UuidScalar, { description: 'The record.' })
    id: string;

    @Field(() => Int, { description: 'The version you saw; CONFLICT when another is current.' })
    expectedVersion: number;

    @Field(() => String, { description: 'Why; at most 500 characters.' })
    reason: string;
  }

  @Resolver()
  class RetractResolver {
    @Classified('STRUCTURE')
    @Mutation(() => RecordPayload, {
      description:
        'Marks a record as entered in error: it stays on the log, reads as retracted and counts no more.',
    })
    async retractRecord(
      @Arg('input', () => RetractRecordInput, { description: 'The record, the version you saw, and why.' })
      input: RetractRecordInput,
      @Ctx() ctx: RequestContext,
    ): Promise<RecordPayload> {
      // The enum's values are the members of `kinds`.
      const kind = kinds[input.kind] as Retractable;
      const accepted = await ctx.uploads.submit(requestOf('retractRecord', input), async () => {
        const why = parseInput(reason, input.reason, ['input', 'reason']);
        return [await kind.change(ctx, input.id, input.expectedVersion, why)];
      });
      return new RecordPayload(only(accepted), (context, record) => kind.load(context, record));
    }
  }
  return RetractResolver;
}
