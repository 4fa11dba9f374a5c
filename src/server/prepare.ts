/** Checks an operation that came over WebSocket as Apollo Server checks one over HTTP, in the same order. */
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  parse,
  validate,
  type ExecutionArgs,
} from 'graphql';
import { toGraphQLError } from '../api/index.js';
import { VitrineError } from '../ledger/core/error.js';
import { requireShallow } from '../standing/index.js';
import type { CallerContext, ServerDependencies } from './dependencies.js';
import { requireIntrospection } from './introspection.js';

/** What a client asks for. */
export interface Asked {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** Anything thrown as an error that graphql-js knows; what wasn't thrown on purpose keeps its cause for the log. */
export const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof VitrineError
    ? toGraphQLError(error)
    : new GraphQLError('unexpected', {
        originalError: error instanceof Error ? error : new Error('unexpected'),
      });

/** An error of the request itself, which graphql-js leaves without a code. */
function asRefused(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] === undefined) error.extensions['code'] = 'BAD_USER_INPUT';
  return error;
}

/** What to run, or why it is refused. */
export function prepare<C extends CallerContext>(
  deps: ServerDependencies<C>,
  context: C,
  payload: Asked,
): ExecutionArgs | readonly GraphQLError[] {
  const { schema, config } = deps;
  try {
    requireShallow(payload.query);
    const document = parse(payload.query, { maxTokens: config.limits.tokens });
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map(asRefused);
    const operation = getOperationAST(document, payload.operationName);
    if (!operation) throw new VitrineError('BAD_USER_INPUT', 'the document has no such operation');
    requireIntrospection(config.introspection, context.caller, schema, document);
    const given = payload.variables ?? {};
    const { errors: wrong } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
    if (wrong) return wrong.map(asRefused);
    deps.checkOperation({ schema, document, operation, variables: given });
    return {
      schema,
      document,
      contextValue: context,
      operationName: payload.operationName ?? null,
      variableValues: given,
    };
  } catch (error) {
    return [error instanceof GraphQLError ? asRefused(error) : asGraphQLError(error)];
  }
}
