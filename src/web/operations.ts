/**
 * The operations that a text holds, read from the text itself: GraphiQL parses what is being edited a moment after it
 * changed, so the tree and the operation's name that it hands over can still be those of the tab before.
 */

/** One operation of a document. */
export interface Operation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Empty for one without a name. */
  readonly name: string;
  /** Names of the variables that it takes, without the dollar sign. */
  readonly variables: readonly string[];
}

/** Comments, block strings and strings: nothing in them is syntax. */
const NO_SYNTAX = /"""(?:\\"""|[^])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*/g;
const HEAD = /(?:^|\s)(query|mutation|subscription)\b\s*(\w*)\s*(?:\(([^)]*)\))?/g;

/** What stands outside of all braces, a `{}` in place of each selection. */
function outside(text: string): string {
  let depth = 0;
  let kept = '';
  let inArguments = 0;
  for (const sign of text) {
    // The braces of a default value stand within the parentheses of the variables.
    if (depth === 0 && sign === '(') inArguments++;
    if (depth === 0 && sign === ')') inArguments--;
    if (sign === '{' && inArguments === 0) depth++;
    if (depth === 0) kept += sign;
    if (sign === '}' && inArguments === 0 && --depth === 0) kept += '{}';
  }
  return kept;
}

/** The operations of a document in their order; none for a text that isn't one. */
export function operationsOf(text: string): Operation[] {
  const heads = outside(text.replace(NO_SYNTAX, ' '));
  if (/^[\s,]*\{\}/.test(heads)) return [{ kind: 'query', name: '', variables: [] }];
  return [...heads.matchAll(HEAD)].map(([, kind, name, variables]) => ({
    kind: kind as Operation['kind'],
    name: name ?? '',
    variables: [...(variables ?? '').matchAll(/\$(\w+)\s*:/g)].map(([, variable]) => variable ?? ''),
  }));
}
