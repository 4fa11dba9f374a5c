/** Counts on a document that need no schema: depth, aliases, directives. */
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export interface Measured {
  /** Levels of fields below each other. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

const NOTHING: Measured = { depth: 0, aliases: 0, directives: 0 };

/**
 * Measures one operation. A fragment is measured once and added wherever it is spread, so the work stays linear in the
 * document's size while the numbers are those of the whole answer.
 */
export function measure(document: DocumentNode, operation: OperationDefinitionNode): Measured {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const known = new Map<string, Measured>();

  const ofSet = (set: SelectionSetNode | undefined): Measured =>
    (set?.selections ?? []).map(ofSelection).reduce(beside, NOTHING);

  const ofFragment = (name: string): Measured => {
    const before = known.get(name);
    if (before !== undefined) return before;
    // Validation refuses circles; until then a fragment inside itself counts nothing.
    known.set(name, NOTHING);
    const fragment = fragments.get(name);
    const found = withDirectives(ofSet(fragment?.selectionSet), fragment?.directives?.length ?? 0);
    known.set(name, found);
    return found;
  };

  const ofSelection = (node: SelectionNode): Measured => {
    const directives = node.directives?.length ?? 0;
    if (node.kind === Kind.FRAGMENT_SPREAD) return withDirectives(ofFragment(node.name.value), directives);
    if (node.kind === Kind.INLINE_FRAGMENT) return withDirectives(ofSet(node.selectionSet), directives);
    const isSchema = node.name.value === '__schema' || node.name.value === '__type';
    const below = ofSet(node.selectionSet);
    return {
      depth: isSchema ? 1 : below.depth + 1,
      aliases: below.aliases + (node.alias === undefined ? 0 : 1),
      directives: below.directives + directives,
    };
  };

  return withDirectives(ofSet(operation.selectionSet), operation.directives?.length ?? 0);
}

function beside(a: Measured, b: Measured): Measured {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
  };
}

function withDirectives(found: Measured, directives: number): Measured {
  return { ...found, directives: found.directives + directives };
}
