/** Which subscriptions ask for the same: their document and variables, but for the position that they begin at. */
import {
  type ExecutionArgs,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql';

/** The argument that says where a trail begins; whoever resolves an entry doesn't look at it. */
const POSITION = 'after';

/** Equal for subscriptions whose answers to one entry are equal for callers alike. */
export function documentKey(args: ExecutionArgs): string {
  const { document, operationName, variableValues } = args;
  const operation = getOperationAST(document, operationName);
  const left = operation == null ? undefined : positionVariable(args, operation);
  const variables = Object.entries(variableValues ?? {}).filter(([name]) => name !== left);
  return JSON.stringify([
    document.loc?.source.body ?? print(document),
    operationName ?? null,
    variables.sort(),
  ]);
}

/** The variable that stands for the position and for nothing else. */
function positionVariable(
  { document }: ExecutionArgs,
  operation: OperationDefinitionNode,
): string | undefined {
  const [field] = operation.selectionSet.selections;
  if (field?.kind !== Kind.FIELD) return undefined;
  const value = field.arguments?.find(({ name }) => name.value === POSITION)?.value;
  if (value?.kind !== Kind.VARIABLE) return undefined;
  const name = value.name.value;
  let uses = 0;
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => void (uses += node.name.value === name ? 1 : 0),
  });
  return uses === 1 ? name : undefined;
}
