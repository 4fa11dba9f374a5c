/**
 * The class of a field, said beside its definition (design: access, "Field classes"). The shield of `access` is built
 * from these marks; a field without one stops the build.
 */
// Here because every room with GraphQL types imports this file: type-graphql's decorators want it loaded.
import 'reflect-metadata';
import { Extensions } from 'type-graphql';
import type { FieldClass, Relation } from '../records/index.js';

/** What the mark of a field says. */
export interface FieldAccess {
  readonly class: FieldClass;
  /** A root field that may be asked without signing in; what is below it is still shielded. */
  readonly anonymous?: boolean;
  /**
   * The field tells no more than that the record exists (its id, version, recorded time), so it has the class of
   * the kind's `existence` instead: PUBLIC for institutions and forms, DIRECTORY for the rest.
   */
  readonly existence?: boolean;
}

/** Name of the mark among a field's `extensions`. */
export const ACCESS_EXTENSION = 'access';

/**
 * Marks a field with the class of what it tells. Goes on every `@Field`, `@FieldResolver`, `@Query`, `@Mutation` and
 * `@Subscription`, and on the fields of filter inputs: there it is the class that a caller must be able to copy.
 *
 * STRUCTURE is for root fields, connections, payloads and value objects below a classified field: what is below
 * them decides. A STRUCTURE or other root field needs a signed-in caller unless it is PUBLIC, LOG or `anonymous`.
 *
 * @example
 * ```ts
 * @Classified('CLINICAL')
 * @Field(() => String, { nullable: true, description: 'Free text of the clinician.' })
 * get note(): string | null { return this.record.values.note; }
 * ```
 */
export function Classified(
  fieldClass: FieldClass,
  options: Omit<FieldAccess, 'class'> = {},
): ReturnType<typeof Extensions> {
  return Extensions({ [ACCESS_EXTENSION]: { class: fieldClass, ...options } satisfies FieldAccess });
}

/** Who the caller is to the thing that a GraphQL object stands for. */
export interface Related {
  readonly relations: ReadonlySet<Relation>;
  /** Name of the record's kind, where the object is a record. */
  readonly kind?: string;
  /** The patient whom the record is about, where it is about one. */
  readonly patient?: string | null;
  /** Member that wrote it, where the object is an entry's opening: roles carry LEDGER only of what they wrote. */
  readonly actor?: string;
}

/** Key under which an object tells the shield how the caller is related to it. No GraphQL field can have this name. */
export const RELATED = Symbol.for('vitrine.related');

/** An object whose fields carry classes: records (`RecordObject`) and openings of entries. */
export interface HasRelations {
  readonly [RELATED]: Related;
}

/** What `parent` says of itself, or null for a value object, a payload or a root. */
export function relatedOf(parent: unknown): Related | null {
  if (typeof parent !== 'object' || parent === null || !(RELATED in parent)) return null;
  return (parent as HasRelations)[RELATED];
}
