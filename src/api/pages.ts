/** Relay connections (https://relay.dev/graphql/connections.htm), forward only: `first` and `after`. */
import { ArgsType, Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { VitrineError } from '../ledger/core/index.js';
import type { Loaded, Page } from '../records/index.js';
import { Classified } from './classified.js';

/** Most items that one page may have. */
export const MAX_PAGE = 100;

/** Items of a page when the caller doesn't say. The limit on cost counts with it. */
export const DEFAULT_PAGE = 20;

@ObjectType({ description: 'Where a page stands among all that the caller may list.' })
export class PageInfo {
  @Classified('STRUCTURE')
  @Field(() => Boolean, { description: 'More follow after `endCursor`.' })
  readonly hasNextPage: boolean;

  @Classified('STRUCTURE')
  @Field(() => Boolean, { description: 'Something stands before `startCursor`.' })
  readonly hasPreviousPage: boolean;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'Cursor of the first item; null on an empty page.' })
  readonly startCursor: string | null;

  @Classified('STRUCTURE')
  @Field(() => String, { nullable: true, description: 'Cursor of the last item; null on an empty page.' })
  readonly endCursor: string | null;

  constructor(page: Pick<PageInfo, 'hasNextPage' | 'hasPreviousPage'>, cursors: readonly string[]) {
    this.hasNextPage = page.hasNextPage;
    this.hasPreviousPage = page.hasPreviousPage;
    this.startCursor = cursors.at(0) ?? null;
    this.endCursor = cursors.at(-1) ?? null;
  }
}

/** Arguments of a list: take them with `@Args(() => PageArgs)`, and pass them through {@link pageOf}. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, defaultValue: DEFAULT_PAGE, description: 'How many items, 1 to 100.' })
  first: number | null = DEFAULT_PAGE;

  @Field(() => String, { nullable: true, description: 'Cursor of the item after which the page begins.' })
  after?: string | null;
}

/**
 * Checks the arguments of a list.
 *
 * @throws VitrineError BAD_USER_INPUT at `first` outside 1 to 100.
 */
export function pageOf(args: PageArgs): { first: number; after?: string } {
  const first = args.first ?? DEFAULT_PAGE;
  if (!Number.isInteger(first) || first < 1 || first > MAX_PAGE) {
    throw new VitrineError('BAD_USER_INPUT', `expected first between 1 and ${MAX_PAGE}, got ${first}`, {
      path: ['first'],
    });
  }
  return args.after === null || args.after === undefined ? { first } : { first, after: args.after };
}

/** An edge: an item and its cursor. An item that failed verification is null here, with its error beside the data. */
export interface EdgeOf<T> {
  readonly cursor: string;
  readonly node: T | null | Error;
}

/** What a connection class holds. */
export interface ConnectionOf<T> {
  readonly edges: readonly EdgeOf<T>[];
  readonly pageInfo: PageInfo;
}

/** A connection class made by {@link connection}; also the type function of a field: `@Query(() => FormConnection)`. */
export interface ConnectionClass<T extends object> extends ClassType<ConnectionOf<T>> {
  /** From items that have their cursors already. */
  of(edges: readonly EdgeOf<T>[], more: { hasNextPage: boolean; hasPreviousPage: boolean }): ConnectionOf<T>;
  /** From a page of records; a record that failed verification stays in its place as the error that it is. */
  from<V>(page: Page<V>, make: (record: Loaded<V>) => T): ConnectionOf<T>;
}

/**
 * Makes the GraphQL types `<name>Edge` and `<name>Connection`.
 *
 * @param name of the item's type.
 * @param node the item's class, as a function (type-graphql's way to allow circles).
 * @example
 * ```ts
 * export const EncounterConnection = connection('Encounter', () => Encounter);
 * return EncounterConnection.from(await ctx.records.find(encounterKind, query), (record) => new Encounter(record));
 * ```
 */
export function connection<T extends object>(name: string, node: () => object): ConnectionClass<T> {
  @ObjectType(`${name}Edge`, { description: `An item of ${name}Connection, with its cursor.` })
  class Edge implements EdgeOf<T> {
    @Classified('STRUCTURE')
    @Field(() => String, { description: 'Opaque; pass it as `after` to go on from here.' })
    readonly cursor: string;

    @Classified('STRUCTURE')
    @Field(() => node() as ClassType, {
      nullable: true,
      description: 'The item; null with an error when it failed verification.',
    })
    readonly node: T | null | Error;

    constructor(edge: EdgeOf<T>) {
      this.cursor = edge.cursor;
      this.node = edge.node;
    }
  }

  @ObjectType(`${name}Connection`, { description: `A page of items of type ${name}.` })
  class Connection implements ConnectionOf<T> {
    @Classified('STRUCTURE')
    @Field(() => [Edge], { description: 'The items of this page, in order.' })
    readonly edges: readonly EdgeOf<T>[];

    @Classified('STRUCTURE')
    @Field(() => PageInfo, { description: 'Where this page stands.' })
    readonly pageInfo: PageInfo;

    constructor(edges: readonly EdgeOf<T>[], more: { hasNextPage: boolean; hasPreviousPage: boolean }) {
      this.edges = edges.map((edge) => new Edge(edge));
      this.pageInfo = new PageInfo(
        more,
        edges.map((edge) => edge.cursor),
      );
    }

    static of(
      edges: readonly EdgeOf<T>[],
      more: { hasNextPage: boolean; hasPreviousPage: boolean },
    ): ConnectionOf<T> {
      return new Connection(edges, more);
    }

    static from<V>(page: Page<V>, make: (record: Loaded<V>) => T): ConnectionOf<T> {
      const edges = page.edges.map(({ cursor, record }) => ({
        cursor,
        node: record instanceof VitrineError ? record : make(record),
      }));
      return new Connection(edges, page);
    }
  }
  return Connection;
}
