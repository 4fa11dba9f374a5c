/**
 * What a bearer asked for who was refused before its operation was looked at: a stranger, a suspended member, one whose
 * institution's licence isn't in force. A mutation among it is a denial (schema/uploads.md, "Denials"), so this reads just
 * enough of a request that its sender made up: the mutation's name and the request id.
 */
import {
  Kind,
  OperationTypeNode,
  parse,
  valueFromASTUntyped,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
} from 'graphql';
import { requestIdOf } from '../uploads/index.js';

export interface RefusedMutation {
  /** Name of a root field; whether the schema has it isn't known here. */
  readonly mutation: string;
  readonly requestId: string | null;
}

/**
 * The first mutation of a request; null for a query, and for what can't be read.
 * @param body of the HTTP request, parsed
 * @param maxTokens as many as a document may have
 */
export function refusedMutation(body: unknown, maxTokens: number): RefusedMutation | null {
  if (typeof body !== 'object' || body === null) return null;
  const { query, variables } = body as Readonly<Record<string, unknown>>;
  if (typeof query !== 'string') return null;
  const field = firstMutation(read(query, maxTokens));
  if (field === null) return null;
  const argument = field.arguments?.find(({ name }) => name.value === 'input');
  const given = typeof variables === 'object' && variables !== null ? variables : {};
  const input: unknown =
    argument === undefined ? null : valueFromASTUntyped(argument.value, given as Record<string, unknown>);
  return { mutation: field.name.value, requestId: requestIdOf(input) };
}

function read(query: string, maxTokens: number): DocumentNode | null {
  try {
    return parse(query, { maxTokens, noLocation: true });
  } catch {
    // Malformed: nothing was asked for.
    return null;
  }
}

function firstMutation(document: DocumentNode | null): FieldNode | null {
  const isMutation = (node: { readonly kind: Kind }): node is OperationDefinitionNode =>
    node.kind === Kind.OPERATION_DEFINITION &&
    (node as OperationDefinitionNode).operation === OperationTypeNode.MUTATION;
  const operation = document?.definitions.find(isMutation);
  const [first] = operation?.selectionSet.selections ?? [];
  return first?.kind === Kind.FIELD ? first : null;
}
