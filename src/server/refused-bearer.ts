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
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
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
  const document = read(query, maxTokens);
  const field = document === null ? null : firstMutation(document);
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

function firstMutation(document: DocumentNode): FieldNode | null {
  const isMutation = (node: DefinitionNode): node is OperationDefinitionNode =>
    node.kind === Kind.OPERATION_DEFINITION && node.operation === OperationTypeNode.MUTATION;
  const operation = document.definitions.find(isMutation);
  return operation === undefined ? null : firstField(operation.selectionSet, document, new Set());
}

/** The first field that does something, be it behind others or in a fragment: nobody hides a mutation there. */
function firstField(
  { selections }: SelectionSetNode,
  document: DocumentNode,
  seen: Set<string>,
): FieldNode | null {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (!selection.name.value.startsWith('__')) return selection;
      continue;
    }
    const inner =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(selection.name.value, document, seen);
    const found = inner === undefined ? null : firstField(inner.selectionSet, document, seen);
    if (found !== null) return found;
  }
  return null;
}

/** Each once: a document that wasn't validated may have them go round in circles. */
function fragmentOf(
  name: string,
  { definitions }: DocumentNode,
  seen: Set<string>,
): FragmentDefinitionNode | undefined {
  if (seen.has(name)) return undefined;
  seen.add(name);
  return definitions.find(
    (node): node is FragmentDefinitionNode =>
      node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === name,
  );
}
