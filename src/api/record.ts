/**
 * Interfaces that the domains' GraphQL types implement.
 *
 * How a higher room adds a field to all of them (tried with type-graphql 2.0.0-rc.4, held by test/api/record.test.ts):
 * write a resolver for the interface class, and every object type that names the interface in `implements` gets the
 * field with its resolver and its class; the interface in the schema gets it too.
 *
 * ```ts
 * @Resolver(() => RecordObject)
 * export class AnchorResolver {
 *   @Classified('LOG')
 *   @FieldResolver(() => Anchor)
 *   anchor(@Root() parent: RecordObject<object>): Anchor { … }
 * }
 * ```
 *
 * An object type both extends and implements: `@ObjectType({ implements: [RecordObject, Node] }) class Encounter
 * extends RecordObject<EncounterValues>`. `implements` must name the interfaces: extending alone copies the fields but
 * leaves resolvers of higher rooms out.
 */
import { Ctx, Field, ID, InterfaceType, Int, ObjectType } from 'type-graphql';
import type { Loaded } from '../records/index.js';
import { Classified, RELATED, type HasRelations, type Related } from './classified.js';
import type { AcceptedPort, RequestContext } from './context.js';
import { DateTimeScalar, UuidScalar } from './scalars.js';

/** GraphQL interface `Node`: whatever can be fetched again by its id. */
@InterfaceType('Node', { description: 'Anything that `node(id:)` can fetch again.' })
export abstract class Node {
  @Classified('DIRECTORY', { existence: true })
  @Field(() => ID, { description: 'Identifier, a UUIDv7; unique in the whole system.' })
  readonly id: string;
}

/**
 * GraphQL interface `Record`, and the base class of every record type. It holds the verified record; getters of the
 * domain read `this.record.values`.
 */
@InterfaceType('Record', {
  description:
    'One versioned unit of data. Every version is an entry of the log, and every answer was checked against it.',
})
export abstract class RecordObject<V extends object> implements HasRelations {
  /** @param record as the record reader gave it: verified, with the relations of this request's caller. */
  constructor(readonly record: Loaded<V>) {}

  get [RELATED](): Related {
    const { relations, kind, head } = this.record;
    return { relations, kind, patient: head.patient };
  }

  @Classified('DIRECTORY', { existence: true })
  @Field(() => ID, { description: 'Identifier, a UUIDv7; unique in the whole system.' })
  get id(): string {
    return this.record.head.id;
  }

  @Classified('DIRECTORY', { existence: true })
  @Field(() => Int, { description: 'Version of this record, from 1; each amendment adds one.' })
  get version(): number {
    return this.record.head.version;
  }

  @Classified('DIRECTORY', { existence: true })
  @Field(() => DateTimeScalar, { description: 'When this version was committed: the time of its block.' })
  get recordedAt(): string {
    return this.record.anchor.time;
  }
}

/** GraphQL interface `MutationPayload`: what a mutation of one record answers. `audit` adds `receipt`. */
@InterfaceType('MutationPayload', { description: 'What a mutation answers.' })
export abstract class MutationPayload {
  /** @param accepted the change as the pipeline accepted it. */
  constructor(readonly accepted: AcceptedPort) {}

  @Classified('STRUCTURE')
  @Field(() => UuidScalar, { description: 'The request id that the mutation was called with.' })
  get requestId(): string {
    return this.accepted.request;
  }

  @Classified('STRUCTURE')
  @Field(() => Boolean, {
    description:
      'True when this request had been accepted before: nothing new was written, the receipt is the first one.',
  })
  get repeated(): boolean {
    return this.accepted.repeated;
  }
}

/** What a mutation of a record of any kind answers. */
@ObjectType('RecordPayload', {
  implements: MutationPayload,
  description: 'What a mutation of a record of any kind answers.',
})
export class RecordPayload extends MutationPayload {
  /** @param load the record of an id as GraphQL, as far as the caller may know of it */
  constructor(
    accepted: AcceptedPort,
    private readonly load: (ctx: RequestContext, id: string) => Promise<RecordObject<object> | null>,
  ) {
    super(accepted);
  }

  @Classified('STRUCTURE')
  @Field(() => RecordObject, { nullable: true, description: 'The record as it is now.' })
  record(@Ctx() ctx: RequestContext): Promise<RecordObject<object> | null> {
    return this.load(ctx, this.accepted.id);
  }
}
