/** A small schema with every shape that the shield meets, for the tests of api and access. */
import {
  buildSchemaSync,
  Args,
  Ctx,
  Directive,
  Field,
  FieldResolver,
  InputType,
  Arg,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { graphql, type ExecutionResult, type GraphQLSchema } from 'graphql';
import {
  BigIntScalar,
  Classified,
  connection,
  MutationPayload,
  Node,
  PageArgs,
  pageOf,
  RecordObject,
  RELATED,
  UuidScalar,
  type HasRelations,
  type RequestContext,
} from '../../src/api/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import {
  ROLES,
  type Caller,
  type Loaded,
  type Member,
  type Relation,
  type Role,
} from '../../src/records/index.js';

export interface NoteValues {
  text: string;
  amount: string;
}

export const CITY = '01890a5d-ac96-774b-bcce-b302099a8057';
export const MEMBER = '01890a5d-ac96-774b-bcce-b302099a8058';

/** A caller with roles, of City. */
export function memberWith(...roles: Role[]): Member {
  return {
    id: MEMBER,
    institution: CITY,
    roles: new Set(roles),
    state: false,
    licensed: true,
    patient: null,
    authority: [],
  };
}

/** A caller that carries every class. */
export const EVERY_ROLE: Member = memberWith(...ROLES);

/** A loaded record of kind `Note`, the caller standing in `relations` to it. */
export function loaded(relations: readonly Relation[], kind = 'Note', place = 1): Loaded<NoteValues> {
  return {
    kind,
    head: {
      kind,
      schema: 1,
      id: `01890a5d-ac96-774b-bcce-b302099a9${String(place).padStart(3, '0')}`,
      version: 2,
      custodian: CITY,
      patient: null,
      jurisdiction: null,
      label: null,
      retention: null,
    },
    values: { text: 'SECRET', amount: '12' },
    anchor: {
      index: 7n,
      block: 3n,
      time: '2026-01-01T00:00:00.000Z',
      leafHash: new Uint8Array(32),
      actor: MEMBER,
    },
    relations: new Set(relations),
  };
}

@ObjectType({ description: 'A value object.' })
export class Price {
  @Classified('STRUCTURE')
  @Field(() => BigIntScalar, { description: 'Minor units.' })
  readonly amount: bigint;

  constructor(amount: bigint) {
    this.amount = amount;
  }
}

@Directive('@key(fields: "id")')
@ObjectType({ implements: [RecordObject, Node], description: 'A record.' })
export class Note extends RecordObject<NoteValues> {
  @Classified('CLINICAL')
  @Field(() => String, { nullable: true, description: 'Clinical.' })
  get text(): string {
    return this.record.values.text;
  }

  @Classified('FINANCIAL')
  @Field(() => Price, { nullable: true, description: 'Financial.' })
  get price(): Price {
    return new Price(BigInt(this.record.values.amount));
  }
}

@ObjectType({ implements: [RecordObject, Node], description: 'A record that everyone may list.' })
export class Place extends RecordObject<NoteValues> {
  @Classified('PUBLIC')
  @Field(() => String, { description: 'Public.' })
  get name(): string {
    return 'Place';
  }
}

@ObjectType({ description: 'An opening.' })
export class SampleOpening implements HasRelations {
  constructor(
    readonly relations: readonly Relation[],
    readonly writer: string,
  ) {}

  get [RELATED]() {
    return { relations: new Set(this.relations), actor: this.writer };
  }

  @Classified('LEDGER')
  @Field(() => String, { nullable: true, description: 'Ledger.' })
  get op(): string {
    return 'note.record';
  }
}

@ObjectType({ implements: MutationPayload, description: 'A payload.' })
export class NotePayload extends MutationPayload {
  @Classified('STRUCTURE')
  @Field(() => Note, { nullable: true, description: 'The note.' })
  note(@Ctx() ctx: SampleContext): Note {
    return new Note(loaded(ctx.relations));
  }
}

export const NoteConnection = connection<Note>('Note', () => Note);

@InputType({ description: 'A filter.' })
export class NoteFilter {
  @Classified('CLINICAL')
  @Field(() => String, { nullable: true, description: 'By text.' })
  text?: string;
}

export interface SampleContext extends Pick<RequestContext, 'caller'> {
  readonly relations: readonly Relation[];
}

@Resolver()
export class SampleResolver {
  @Classified('STRUCTURE')
  @Query(() => Note, { nullable: true })
  note(@Ctx() ctx: SampleContext): Note {
    return new Note(loaded(ctx.relations));
  }

  @Classified('STRUCTURE', { anonymous: true })
  @Query(() => Node, { nullable: true })
  node(@Ctx() ctx: SampleContext): Node {
    return new Place(loaded(ctx.relations, 'Place'));
  }

  @Classified('LOG')
  @Query(() => String)
  checkpoint(): string {
    return 'checkpoint';
  }

  @Classified('STRUCTURE')
  @Query(() => SampleOpening, { nullable: true })
  opening(@Ctx() ctx: SampleContext, @Arg('writer', () => String) writer: string): SampleOpening {
    return new SampleOpening(ctx.relations, writer);
  }

  @Classified('STRUCTURE')
  @Query(() => NoteConnection)
  notes(
    @Ctx() ctx: SampleContext,
    @Args(() => PageArgs) args: PageArgs,
    @Arg('filter', () => NoteFilter, { nullable: true }) _filter?: NoteFilter,
  ) {
    const { first } = pageOf(args);
    const edges = Array.from({ length: Math.min(first, 4) }, (_, place) => ({
      cursor: String(place),
      record:
        place === 3
          ? new VitrineError('INTEGRITY_VIOLATION', 'expected the sealed value, got another')
          : loaded(ctx.relations, 'Note', place),
    }));
    return NoteConnection.from(
      { edges, hasNextPage: true, hasPreviousPage: false },
      (record) => new Note(record),
    );
  }

  @Classified('STRUCTURE')
  @Query(() => Note, { nullable: true })
  broken(): Note {
    throw new Error('the value SECRET broke it');
  }

  @Classified('STRUCTURE')
  @Mutation(() => NotePayload)
  writeNote(@Arg('requestId', () => UuidScalar) request: string): NotePayload {
    const accepted = {
      request,
      part: 0,
      index: 7n,
      block: 3n,
      kind: 'Note',
      id: CITY,
      version: 1,
      repeated: false,
    };
    return new NotePayload(accepted);
  }

  @Classified('STRUCTURE')
  @Subscription(() => Note, { subscribe: ({ context }: { context: SampleContext }) => noteEvents(context) })
  noteFeed(@Root() note: Note): Note {
    return note;
  }
}

/** How often the generator of `noteFeed` was started. */
export const feed = { started: 0 };

async function* noteEvents(context: SampleContext) {
  feed.started++;
  await Promise.resolve();
  yield new Note(loaded(context.relations));
}

/** Stands for a resolver of a higher room that adds a field to every record. */
@Resolver(() => RecordObject)
export class StampResolver {
  @Classified('LOG')
  @FieldResolver(() => String, { description: 'Where it stands.' })
  stamp(@Root() record: RecordObject<object>, @Arg('prefix', () => String) prefix: string): string {
    return `${prefix}${record.record.anchor.index}`;
  }
}

/** Stands for a resolver of a higher room that adds a field to every payload. */
@Resolver(() => MutationPayload)
export class ReceiptResolver {
  @Classified('STRUCTURE')
  @FieldResolver(() => String, { description: 'A receipt.' })
  receipt(@Root() payload: MutationPayload): string {
    return `entry ${payload.accepted.index}`;
  }
}

const pubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error('unused');
  },
};

export function sampleSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [SampleResolver, StampResolver, ReceiptResolver],
    orphanedTypes: [Place],
    validate: false,
    pubSub,
  });
}

export async function run(
  schema: GraphQLSchema,
  source: string,
  caller: Caller,
  relations: readonly Relation[] = [],
): Promise<ExecutionResult> {
  return graphql({ schema, source, contextValue: { caller, relations } });
}
