/** What is put in by a file, held against the API's schema before it is kept: a typing error is told at once. */
import { readFileSync } from 'node:fs';
import { buildSchema, coerceInputValue, isInputType, type GraphQLError, type GraphQLSchema } from 'graphql';
import { v4, v7 } from 'uuid';
import { z } from 'zod';
import { isOperation, type NewItem } from '../../client/index.js';
import { VitrineError, type Problem } from '../../ledger/core/index.js';

const uuid = z.guid({ error: 'expected a UUID' });

const Given = z.strictObject({
  operation: z.string().refine(isOperation, 'expected the name of a mutation that takes a requestId'),
  input: z.record(z.string(), z.json()),
  id: uuid.optional(),
  threads: z.array(z.string().min(1)).optional(),
  after: z.array(uuid).optional(),
});

/**
 * Reads one item or a list of them: `{"operation", "input", "id"?, "threads"?, "after"?}`.
 *
 * @throws VitrineError BAD_USER_INPUT with every problem and its path
 */
export function parseGiven(text: string): (NewItem & { readonly id: string })[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('BAD_USER_INPUT', 'expected JSON', { cause });
  }
  const list: readonly unknown[] = Array.isArray(json) ? json : [json];
  const schema = buildSchema(
    readFileSync(new URL('../../../schema/vitrine.graphql', import.meta.url), 'utf8'),
  );
  const problems: Problem[] = [];
  const items = list.flatMap((one, place) => {
    const at = Array.isArray(json) ? [place] : [];
    const given = Given.safeParse(one);
    if (!given.success) {
      problems.push(...given.error.issues.map(({ path, message }) => problem([...at, ...path], message)));
      return [];
    }
    const { operation, input, id = v7(), threads, after } = given.data;
    const whole = { requestId: v4(), ...input };
    problems.push(...inputProblems(schema, operation, whole, [...at, 'input']));
    const item = { operation, input: whole, id, ...(threads && { threads }), ...(after && { after }) };
    // Operation and input were held against the schema, from which the types are made.
    return [item as unknown as NewItem & { readonly id: string }];
  });
  if (problems.length === 0 && items.length > 0) return items;
  const told = problems.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  throw new VitrineError('BAD_USER_INPUT', told.join('; ') || 'expected at least one item', { problems });
}

/** What the schema says against an input; of scalars only their being there: the server knows them. */
function inputProblems(
  schema: GraphQLSchema,
  operation: string,
  input: object,
  at: readonly (string | number)[],
): Problem[] {
  const type = schema
    .getMutationType()
    ?.getFields()
    [operation]?.args.find(({ name }) => name === 'input')?.type;
  if (!isInputType(type)) return [problem([...at], 'the schema has no such mutation')];
  const problems: Problem[] = [];
  coerceInputValue(input, type, (path, _value, error: GraphQLError) => {
    problems.push(problem([...at, ...path], error.message));
  });
  return problems;
}

function problem(path: readonly PropertyKey[], message: string): Problem {
  return { path: path.map((part) => (typeof part === 'number' ? part : String(part))), message };
}
