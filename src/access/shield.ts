/**
 * The shield: one rule in front of every field of the schema, root fields, nested fields, `_entities` and the events of
 * subscriptions alike. It is built from the classes that stand beside the fields and fails closed: a field without a
 * class stops the build, a classified field on an object that doesn't say how the caller is related to it is refused.
 */
import { applyMiddleware } from 'graphql-middleware';
import { rule, shield } from 'graphql-shield';
import { isObjectType, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql';
import { ACCESS_EXTENSION, relatedOf, type FieldAccess, type RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { isCaller, type Caller, type FieldClass } from '../records/index.js';
import { requireClassified } from './classes.js';
import { OPEN_CLASSES } from './matrix.js';
import { noteRead } from './reads.js';
import { refusalOf, unauthenticated } from './refusal.js';

export interface ShieldOptions {
  /** Class of the fact that a record of a kind exists: `(name) => kinds.require(name).existence`. */
  readonly existenceOf: (kind: string) => 'PUBLIC' | 'DIRECTORY';
}

const NO_RELATIONS: ReadonlySet<never> = new Set();

/**
 * The schema with the shield in front of every resolver. Give the server this one and no other.
 *
 * @throws Error naming every field that carries no class.
 */
export function shieldSchema(schema: GraphQLSchema, options: ShieldOptions): GraphQLSchema {
  requireClassified(schema);
  const inspect = rule({ cache: 'no_cache' })((
    parent: unknown,
    _args: unknown,
    ctx: RequestContext,
    info,
  ) => {
    const verdict = check(ctx.caller, parent, info, options);
    if (verdict === true) noteRead(ctx, relatedOf(parent), accessOf(info).class);
    return verdict;
  });
  const shielded = applyMiddleware(
    schema,
    // `debug` rethrows what a resolver threw: without it graphql-shield would return it as if it were the value.
    shield({}, { fallbackRule: inspect, allowExternalErrors: true, debug: true }),
  );
  guardSubscriptions(shielded, options);
  return shielded;
}

/**
 * Decides on one field.
 *
 * @returns true, or the refusal.
 */
export function check(
  caller: Caller,
  parent: unknown,
  info: Pick<GraphQLResolveInfo, 'parentType' | 'fieldName' | 'schema'>,
  options: ShieldOptions,
): true | VitrineError {
  const access = accessOf(info);
  const isRoot = isRootType(info);
  if (OPEN_CLASSES.has(access.class)) {
    const needsCaller = isRoot && access.class === 'STRUCTURE' && access.anonymous !== true;
    return needsCaller && caller === null ? unauthenticated() : true;
  }
  if (isRoot && caller === null) return unauthenticated();
  const related = relatedOf(parent);
  const fieldClass: FieldClass =
    access.existence === true && related?.kind !== undefined
      ? options.existenceOf(related.kind)
      : access.class;
  const wrote = related?.actor !== undefined && isCaller(caller, related.actor);
  return refusalOf(caller, related?.relations ?? NO_RELATIONS, fieldClass, wrote) ?? true;
}

/** The field's class; `requireClassified` has seen it, but a field without one must be refused here too. */
function accessOf(info: Pick<GraphQLResolveInfo, 'parentType' | 'fieldName'>): FieldAccess {
  const field = info.parentType.getFields()[info.fieldName];
  const access = field?.extensions[ACCESS_EXTENSION] as FieldAccess | undefined;
  if (access === undefined) throw new VitrineError('FORBIDDEN', 'this field carries no class');
  return access;
}

function isRootType({ parentType, schema }: Pick<GraphQLResolveInfo, 'parentType' | 'schema'>): boolean {
  return (
    parentType === schema.getQueryType() ||
    parentType === schema.getMutationType() ||
    parentType === schema.getSubscriptionType()
  );
}

/**
 * graphql-middleware wraps `resolve`, so it sees a subscription's events but not its beginning: `subscribe` would run
 * for anyone, and a generator that ends early would tell that it ran.
 */
function guardSubscriptions(schema: GraphQLSchema, options: ShieldOptions): void {
  const type = schema.getSubscriptionType();
  if (!isObjectType(type)) return;
  for (const field of Object.values(type.getFields())) {
    const subscribe = field.subscribe;
    if (subscribe === undefined) continue;
    field.subscribe = (parent: unknown, args, ctx: RequestContext, info) => {
      const verdict = check(ctx.caller, parent, info, options);
      if (verdict !== true) throw verdict;
      return subscribe(parent, args, ctx, info);
    };
  }
}
