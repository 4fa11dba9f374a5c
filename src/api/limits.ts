/**
 * What one request may ask for (design: access, "Hardening"). Counted on the parsed document with its variables, before
 * anything runs; fragments are counted where they are spread, each once however often they nest. graphql-armor's rules
 * weren't taken: its cost rule reads `first` from literals only, so a variable would slip past it.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { Kind, visit, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { VitrineError, type Problem } from '../ledger/core/index.js';
import type { RequestContext } from './context.js';
import { Cost } from './cost.js';
import { toGraphQLError } from './errors.js';
import { badInput, textProblems } from './input.js';
import { measure } from './measure.js';

/**
 * What is counted here. Tokens are the parser's to count (`maxTokens`), bytes the HTTP server's, batches are off, and
 * introspection has a depth limit of its own in graphql-js.
 */
export interface QueryLimits {
  /** Levels of fields below each other. */
  readonly depth: number;
  /** Fields under another name than their own. */
  readonly aliases: number;
  /** Fields that the answer can have: each field once for every item of the lists around it. */
  readonly cost: number;
  /** `@include`, `@skip` and others; as many as aliases unless said. */
  readonly directives?: number;
}

export const DEFAULT_LIMITS: QueryLimits = { depth: 12, aliases: 30, cost: 20_000, directives: 30 };

/** One operation, validated against the schema. */
export interface MeasuredRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As the client sent them, not coerced yet. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Refuses a request that asks for too much, or holds text that no input may hold. HTTP does it by
 * {@link limitsPlugin}; WebSocket calls it for each operation, after validation.
 *
 * @throws VitrineError LIMIT_EXCEEDED with what was expected and what came; BAD_USER_INPUT with all problems.
 */
export function requireWithinLimits(request: MeasuredRequest, limits: QueryLimits): void {
  const { document, operation, variables } = request;
  const found = measure(document, operation);
  requireAtMost('levels of fields', limits.depth, found.depth);
  requireAtMost('aliases', limits.aliases, found.aliases);
  requireAtMost('directives', limits.directives ?? limits.aliases, found.directives);
  requireAtMost('fields in the answer', limits.cost, new Cost(request).ofOperation());
  const problems = [...textProblems(variables, []), ...literalProblems(document)];
  if (problems.length > 0) throw badInput(problems);
}

/** The limits as an Apollo Server plugin. */
export function limitsPlugin(limits: QueryLimits): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didResolveOperation: ({ schema, document, operation, request }) => {
          // Which operation to run isn't known: Apollo Server refuses it right after this.
          if (operation === undefined) return Promise.resolve();
          try {
            requireWithinLimits({ schema, document, operation, variables: request.variables ?? {} }, limits);
          } catch (error) {
            throw error instanceof VitrineError ? toGraphQLError(error, { status: 400 }) : error;
          }
          return Promise.resolve();
        },
      }),
  };
}

function requireAtMost(what: string, expected: number, came: number): void {
  if (came <= expected) return;
  throw new VitrineError('LIMIT_EXCEEDED', `expected at most ${expected} ${what}, got ${came}`, {
    details: { expected, came },
  });
}

function literalProblems(document: DocumentNode): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    [Kind.STRING]: (node) => {
      problems.push(...textProblems(node.value, ['query', node.loc?.start ?? 0]));
    },
  });
  return problems;
}
