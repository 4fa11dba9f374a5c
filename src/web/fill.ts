/**
 * Variables that a ready query leaves open. They are filled in when the query runs, so that its steps can be run one
 * after another without copying ids: `"<new id>"` is a fresh UUID, `"<proposeSubsidy.subsidy.id>"` what stood at that
 * place of an earlier answer. Anything else is sent as it was written.
 */

/** A path into answers; its first member is a field of the query itself. */
const OPEN = /^<([A-Za-z_]\w*(?:\.\w+)*)>$/;

/** The newest value of every top-level field that was answered, by its name in the answer. */
export type Answered = Map<string, unknown>;

/** Keeps what an answer brought. */
export function remember(answered: Answered, answer: unknown): void {
  const data = member(answer, 'data');
  if (typeof data !== 'object' || data === null) return;
  for (const [name, value] of Object.entries(data)) if (value !== null) answered.set(name, value);
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function found(answered: Answered, path: string): unknown {
  const [field = '', ...rest] = path.split('.');
  const value = rest.reduce(member, answered.get(field));
  if (value === undefined || value === null) {
    throw new Error(`nothing has answered ${path} yet: run the operation that does`);
  }
  return value;
}

/**
 * Fills in the variables of one run.
 *
 * @throws Error saying which answer is missing
 */
export function fill(variables: unknown, answered: Answered, newId: () => string): unknown {
  if (variables === '<new id>') return newId();
  if (typeof variables === 'string') {
    const path = OPEN.exec(variables)?.[1];
    return path === undefined ? variables : found(answered, path);
  }
  if (Array.isArray(variables)) return variables.map((one) => fill(one, answered, newId));
  if (typeof variables !== 'object' || variables === null) return variables;
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, fill(value, answered, newId)]),
  );
}
