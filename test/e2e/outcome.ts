/** Asks for every field of a record by some path, and reads from the answer what became of each. */
import {
  buildClientSchema,
  getIntrospectionQuery,
  getNamedType,
  isLeafType,
  isObjectType,
  type GraphQLSchema,
  type GraphQLOutputType,
  type IntrospectionQuery,
} from 'graphql';
import type { Answer, TestVitrine } from '../support/vitrine.js';
import { fieldsOf, type Level } from './design.js';

/** The schema as the running server tells it. */
export async function schemaOf(vitrine: TestVitrine): Promise<GraphQLSchema> {
  const { data } = await vitrine.ask<IntrospectionQuery>(null, getIntrospectionQuery());
  if (data === null) throw new Error('the server shows no schema');
  return buildClientSchema(data);
}

/** All fields of a record type, each with what of it is enough to see whether it is there. */
export function everyField(schema: GraphQLSchema, type: string): string {
  const object = schema.getType(type);
  if (!isObjectType(object)) throw new Error(`no type ${type}`);
  return Object.values(object.getFields())
    .map(({ name, type: inner }) => `${name}${selectionOf(schema, inner)}`)
    .join(' ');
}

function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, depth = 3): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (!isObjectType(named) || depth === 0) return ' { __typename }';
  const fields = Object.values(named.getFields());
  if (named.name.endsWith('Connection')) return ' { pageInfo { hasNextPage } }';
  if (named.name === 'Anchor' || named.name === 'Entry') return ' { index }';
  if (fields.some(({ name }) => name === 'anchor')) return ' { id }';
  return ` { ${fields.map((field) => `${field.name}${selectionOf(schema, field.type, depth - 1)}`).join(' ')} }`;
}

/** A record of the answer, or null when it isn't there. */
export function recordIn(data: unknown, path: readonly string[], id: string): Record<string, unknown> | null {
  if (Array.isArray(data)) {
    for (const item of data) {
      const found = recordIn(item, path, id);
      if (found !== null) return found;
    }
    return null;
  }
  if (typeof data !== 'object' || data === null) return null;
  const members = data as Record<string, unknown>;
  const [step, ...rest] = path;
  if (step !== undefined) return recordIn(members[step], rest, id);
  return members['id'] === id ? members : null;
}

/** A path of an answer without list places, as errors' `pattern` has it. */
export const patternOf = (path: readonly (string | number)[] = []): string =>
  path.filter((step) => typeof step === 'string').join('.');

const LEVEL_OF: Readonly<Record<string, Level>> = {
  VIEW_ONLY: 'VIEW',
  FORBIDDEN: 'NONE',
  UNAUTHENTICATED: 'NONE',
};

/**
 * What became of every field of the record at `path`: its level, or another error's code. Null when the record isn't
 * in the answer.
 */
export function outcomesAt(
  answer: Answer<object>,
  type: string,
  path: readonly string[],
  id: string,
): Record<string, string> | null {
  const record = recordIn(answer.data, path, id);
  if (record === null) return null;
  const codes = new Map(
    answer.errors.map((error) => [patternOf(error.path), error.extensions.code] as const),
  );
  return Object.fromEntries(
    [...fieldsOf(type).keys()].sort().map((field) => {
      const code = codes.get([...path, field].join('.'));
      // In a list the error may be another row's: a refused field is never anything but null.
      if (code === undefined || record[field] !== null) return [field, 'COPY'];
      return [field, LEVEL_OF[code] ?? code];
    }),
  );
}
