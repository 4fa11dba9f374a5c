/** The documents of a folder of operations: one an operation, with the fragments that it uses, as clients send them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  GraphQLError,
  Kind,
  parse,
  print,
  separateOperations,
  visit,
  type DefinitionNode,
  type DocumentNode,
} from 'graphql';
import { VitrineError } from '../../ledger/core/error.js';

/** One document to be trusted. */
export interface NamedDocument {
  readonly name: string;
  readonly text: string;
}

/**
 * Every operation of the files, each by itself: fragments may stand in other files.
 *
 * @param paths files, and folders of `.graphql` and `.gql` files
 * @throws VitrineError BAD_USER_INPUT naming the file: not GraphQL, an operation without a name or named twice, a fragment
 *   that is nowhere
 */
export function documentsOf(paths: readonly string[]): NamedDocument[] {
  const definitions = paths.flatMap(filesOf).flatMap(definitionsOf);
  const names = new Map<string, string>();
  for (const { file, definition } of definitions) {
    const name = nameOf(definition);
    if (name === null) throw bad(file, 'expected only operations with a name, and fragments');
    const key = `${definition.kind} ${name}`;
    const before = names.get(key);
    if (before !== undefined) throw bad(file, `${name} stands in ${before}, too`);
    names.set(key, file);
  }
  const all: DocumentNode = { kind: Kind.DOCUMENT, definitions: definitions.map((one) => one.definition) };
  return Object.entries(separateOperations(all)).map(([name, document]) => {
    const missing = missingFragment(document);
    const file = names.get(`${Kind.OPERATION_DEFINITION} ${name}`) ?? '';
    if (missing !== null) throw bad(file, `${name} uses the fragment ${missing}, which no file has`);
    return { name, text: print(document) };
  });
}

function filesOf(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw bad(path, 'there is no such file or folder');
  if (!stats.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(graphql|gql)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function definitionsOf(file: string): { file: string; definition: DefinitionNode }[] {
  try {
    const { definitions } = parse(readFileSync(file, 'utf8'), { noLocation: true });
    return definitions.map((definition) => ({ file, definition }));
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const place = error.locations?.[0];
    throw bad(place === undefined ? file : `${file}:${place.line}:${place.column}`, error.message);
  }
}

function nameOf(definition: DefinitionNode): string | null {
  const { kind } = definition;
  if (kind !== Kind.OPERATION_DEFINITION && kind !== Kind.FRAGMENT_DEFINITION) return null;
  return definition.name?.value ?? null;
}

function missingFragment(document: DocumentNode): string | null {
  const defined = new Set(
    document.definitions.map((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? one.name.value : '')),
  );
  let missing: string | null = null;
  visit(document, {
    FragmentSpread: ({ name }) => {
      if (!defined.has(name.value)) missing ??= name.value;
    },
  });
  return missing;
}

function bad(where: string, message: string): VitrineError {
  return new VitrineError('BAD_USER_INPUT', `${where}: ${message}`);
}
