/** How many fields an answer can have: list sizes times fields, counted on the schema before anything runs. */
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type DocumentNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql';

/** Items that a list of objects is taken to have when it has no argument `first`. */
const SMALL_LIST = 4;

export interface CostedRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Counts one operation. A fragment is counted once for its type and added wherever it is spread. */
export class Cost {
  readonly #request: CostedRequest;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #known = new Map<string, number>();

  constructor(request: CostedRequest) {
    this.#request = request;
    for (const definition of request.document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.#fragments.set(definition.name.value, definition);
    }
  }

  ofOperation(): number {
    const { schema, operation } = this.#request;
    return this.#ofSet(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
  }

  #ofSet(set: SelectionSetNode, type: unknown): number {
    let sum = 0;
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) sum += this.#ofField(node, type);
      else if (node.kind === Kind.FRAGMENT_SPREAD) sum += this.#ofFragment(node.name.value);
      else {
        const condition = node.typeCondition?.name.value;
        sum += this.#ofSet(
          node.selectionSet,
          condition === undefined ? type : this.#request.schema.getType(condition),
        );
      }
    }
    return sum;
  }

  #ofFragment(name: string): number {
    const before = this.#known.get(name);
    if (before !== undefined) return before;
    this.#known.set(name, 0);
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return 0;
    const type = this.#request.schema.getType(fragment.typeCondition.name.value);
    const cost = this.#ofSet(fragment.selectionSet, type);
    this.#known.set(name, cost);
    return cost;
  }

  #ofField(node: FieldNode, type: unknown): number {
    // Introspection has its own limit in graphql-js; what validation hasn't refused and isn't known costs one.
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
    if (field === undefined || node.selectionSet === undefined) return 1;
    return 1 + this.#items(node, field) * this.#ofSet(node.selectionSet, getNamedType(field.type));
  }

  #items(node: FieldNode, field: GraphQLField<unknown, unknown>): number {
    const argument = field.args.find((arg) => arg.name === 'first');
    if (argument === undefined) {
      const asked = field.name === '_entities' ? this.#representations(node) : undefined;
      if (asked !== undefined) return asked;
      // The edges of a page were counted with the page.
      return isObjectList(field.type) && field.name !== 'edges' ? SMALL_LIST : 1;
    }
    const given = node.arguments?.find((arg) => arg.name.value === 'first')?.value;
    const asked =
      given?.kind === Kind.INT
        ? Number(given.value)
        : given?.kind === Kind.VARIABLE
          ? this.#variable(given.name.value)
          : undefined;
    const first = asked ?? argument.defaultValue;
    return typeof first === 'number' && first > 1 ? first : 1;
  }

  /** How many records a gateway asks for at once (Federation's `_entities`): its answer is as long as the question. */
  #representations(node: FieldNode): number | undefined {
    const given = node.arguments?.find((arg) => arg.name.value === 'representations')?.value;
    if (given?.kind === Kind.LIST) return given.values.length;
    if (given?.kind !== Kind.VARIABLE) return undefined;
    const value = this.#given(given.name.value);
    // GraphQL takes one value for a list of one.
    if (value !== undefined) return Array.isArray(value) ? value.length : 1;
    const standard = this.#definition(given.name.value)?.defaultValue;
    return standard?.kind === Kind.LIST ? standard.values.length : undefined;
  }

  #variable(name: string): unknown {
    const value = this.#given(name);
    if (value !== undefined) return value;
    const standard = this.#definition(name)?.defaultValue;
    return standard?.kind === Kind.INT ? Number(standard.value) : undefined;
  }

  /** What the client sent; a variable may be called `constructor`, which every object has. */
  #given(name: string): unknown {
    const { variables } = this.#request;
    return Object.hasOwn(variables, name) ? variables[name] : undefined;
  }

  #definition(name: string): VariableDefinitionNode | undefined {
    return this.#request.operation.variableDefinitions?.find((each) => each.variable.name.value === name);
  }
}

function isObjectList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type)) && isCompositeType(getNamedType(type));
}
