/**
 * `_entities`: how a gateway fetches a record again. The representations come from outside and are believed in
 * nothing but their type and id; what is answered went through the one way out, like any other path.
 */
import type { GraphQLFieldResolver } from 'graphql';
import { isUuid } from '../api/index.js';
import { VitrineError } from '../ledger/core/error.js';

/** Fetches one entity for the caller of `context`; null when it isn't there or not for the caller to know of. */
export type Reference<C> = (context: C, id: string) => Promise<object | null>;

/** Every entity's way back, by the name of its type. */
export type References<C> = ReadonlyMap<string, Reference<C>>;

/** Most representations of one request; a gateway asks for a page and what it nests. */
export const MAX_REPRESENTATIONS = 1000;

/** @returns an object's type and id. @throws VitrineError BAD_USER_INPUT with the path to what is wrong. */
function parseRepresentation<C>(
  references: References<C>,
  representation: unknown,
  index: number,
): { readonly type: string; readonly id: string; readonly reference: Reference<C> } {
  const refuse = (member: string, message: string): VitrineError =>
    new VitrineError('BAD_USER_INPUT', message, { path: ['representations', index, member] });
  const given = (typeof representation === 'object' && representation !== null ? representation : {}) as {
    readonly __typename?: unknown;
    readonly id?: unknown;
  };
  const type = given.__typename;
  const reference = typeof type === 'string' ? references.get(type) : undefined;
  if (typeof type !== 'string' || !reference)
    throw refuse('__typename', 'expected the name of an entity type');
  if (typeof given.id !== 'string' || !isUuid(given.id)) throw refuse('id', 'expected a UUID');
  return { type, id: given.id, reference };
}

/** Resolves `Query._entities`. Each representation stands alone: one that is refused costs its own place only. */
export function entitiesResolver<C>(references: References<C>): GraphQLFieldResolver<unknown, C> {
  return (_root, args: { representations?: readonly unknown[] }, context) => {
    const representations = args.representations ?? [];
    if (representations.length > MAX_REPRESENTATIONS) {
      throw new VitrineError(
        'LIMIT_EXCEEDED',
        `expected at most ${MAX_REPRESENTATIONS} representations, got ${representations.length}`,
        { path: ['representations'] },
      );
    }
    // All of them start in one tick, so that the reader loads them as one batch.
    return representations.map(async (representation, index) => {
      const { type, id, reference } = parseRepresentation(references, representation, index);
      const entity = await reference(context, id);
      // `_Entity` is resolved by `__typename`; a record object has no such property of its own.
      if (entity) Object.defineProperty(entity, '__typename', { value: type, configurable: true });
      return entity;
    });
  };
}
