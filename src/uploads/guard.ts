/**
 * In front of every mutation of the schema, so that no service can forget it: who hasn't any role that an operation is for
 * is refused before its input is looked into, and whatever a rule refuses, there or anywhere behind, is a denial: written
 * to the log for a signed-in member, counted for everyone.
 */
import { isObjectType, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { isUuid, type RequestContext } from '../api/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Caller, Role } from '../records/index.js';
import { permissionsOf, type Operation, type Operations } from './operations.js';

type Resolver = GraphQLFieldResolver<unknown, RequestContext, Readonly<Record<string, unknown>>>;

/**
 * Puts the guard in front of a schema's mutations; give it the shielded schema, in front of which it stands too.
 * @throws Error naming a mutation that no operation declares
 */
export function guardMutations(schema: GraphQLSchema, operations: Operations): GraphQLSchema {
  const type = schema.getMutationType();
  if (!isObjectType(type)) return schema;
  for (const [name, field] of Object.entries(type.getFields())) {
    const done = operations.doneBy(name);
    if (done.length === 0) throw new Error(`no operation declares the mutation ${name}`);
    // `subscribe` has none, and a field without a resolver of its own reads a property: no mutation is one.
    field.resolve = guarded(done, field.resolve as Resolver);
  }
  return schema;
}

/** What a mutation does, in words; null where the schema has none of this name. */
export function operationOf(operations: Operations, mutation: string): string | null {
  const done = operations.doneBy(mutation);
  return done.length === 0 ? null : named(done);
}

/** `patient.retract or encounter.retract` where one does several. */
function named(operations: readonly Operation[]): string {
  return operations.map(({ op }) => op).join(' or ');
}

function guarded(operations: readonly Operation[], resolve: Resolver): Resolver {
  const roles = [...new Set(operations.flatMap(permissionsOf).flatMap(({ roles: mentioned }) => mentioned))];
  const operation = named(operations);
  return async (parent, args, context, info) => {
    try {
      requireRole(context.caller, roles, operation);
      const answer: unknown = await resolve(parent, args, context, info);
      // The shield gives its refusals back as values, which the executor takes for thrown.
      if (answer instanceof VitrineError) throw answer;
      return answer;
    } catch (error) {
      const { input } = args;
      await context.uploads.denied({ requestId: requestIdOf(input), operation }, error);
      throw error;
    }
  };
}

/** Nobody in particular is told by the shield. @throws VitrineError FORBIDDEN */
function requireRole(caller: Caller, roles: readonly Role[], operation: string): void {
  if (caller === null || roles.some((role) => caller.roles.has(role))) return;
  throw new VitrineError('FORBIDDEN', `expected a member with the role ${roles.join(' or ')}`, {
    details: { rule: 'role', operation },
  });
}

/** The client's id of the request; null where it gave none that is one. */
export function requestIdOf(input: unknown): string | null {
  if (typeof input !== 'object' || input === null || !('requestId' in input)) return null;
  const { requestId } = input;
  return typeof requestId === 'string' && isUuid(requestId.toLowerCase()) ? requestId.toLowerCase() : null;
}
