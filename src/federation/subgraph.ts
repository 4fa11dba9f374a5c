/**
 * From the type-graphql schema to a Federation 2 subgraph (https://www.apollographql.com/docs/graphos/schema-design/
 * federated-schemas/reference/subgraph-spec): the same types and resolvers, with `@key`, `_service` and `_entities`.
 * The classes of the fields go along, so that the shield, which is laid over the result, sees every path.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { isInputObjectType, isInterfaceType, isObjectType, Kind, parse, print, visit } from 'graphql';
import type { ConstDirectiveNode, DocumentNode, GraphQLFieldMap, GraphQLSchema } from 'graphql';
import { createResolversMap } from 'type-graphql';
import type { FieldAccess } from '../api/index.js';
import { ACCESS_EXTENSION } from '../api/index.js';
import { VitrineError } from '../ledger/core/error.js';
import { entitiesResolver } from './entities.js';
import type { References } from './entities.js';

const LINK =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])';

const KEY: ConstDirectiveNode = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: 'key' },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'fields' },
      value: { kind: Kind.STRING, value: 'id' },
    },
  ],
};

/** @returns the schema's SDL as a subgraph: the `@link` line, and `@key(fields: "id")` on every entity. */
export function subgraphDocument(schema: GraphQLSchema, entities: ReadonlySet<string>): DocumentNode {
  const document = parse(`${LINK}\n${printSchemaWithDirectives(schema)}`);
  return visit(document, {
    // `schema { … }` only repeats the root types' usual names, and a subgraph wants its `@link` on one of them.
    SchemaDefinition: () => null,
    ObjectTypeDefinition: (node) => {
      const keyed = node.directives?.some((directive) => directive.name.value === 'key');
      if (keyed || !entities.has(node.name.value)) return undefined;
      return { ...node, directives: [...(node.directives ?? []), KEY] };
    },
  });
}

/** @returns the text of the subgraph, as it is emitted and composed. */
export const printSubgraph = (schema: GraphQLSchema, entities: ReadonlySet<string>): string =>
  `${print(subgraphDocument(schema, entities))}\n`;

/**
 * Makes the subgraph of `schema`.
 *
 * @param references how an entity is fetched again, by type name; each goes through the one way out.
 * @throws VitrineError INTERNAL when a reference names no object type with an id.
 */
export function toSubgraph<C>(schema: GraphQLSchema, references: References<C>): GraphQLSchema {
  for (const name of references.keys()) {
    const type = schema.getType(name);
    if (!isObjectType(type) || !type.getFields()['id']) {
      throw new VitrineError('INTERNAL', `the entity ${name} is no object type with an id`);
    }
  }
  const resolvers = createResolversMap(schema);
  const query = schema.getQueryType()?.name ?? 'Query';
  const subgraph = buildSubgraphSchema({
    typeDefs: subgraphDocument(schema, new Set(references.keys())),
    resolvers: {
      ...resolvers,
      [query]: { ...resolvers[query], _entities: entitiesResolver(references) },
    } as never,
  });
  carryOver(schema, subgraph);
  markFederation(subgraph);
  return subgraph;
}

/** Copies what SDL cannot say: extensions (the classes of fields) and the inner values of defaults. */
function carryOver(from: GraphQLSchema, to: GraphQLSchema): void {
  for (const [name, source] of Object.entries(from.getTypeMap())) {
    const target = to.getType(name);
    if (!target || name.startsWith('__')) continue;
    target.extensions = { ...source.extensions, ...target.extensions };
    if (isInputObjectType(source) && isInputObjectType(target)) {
      const fields = target.getFields();
      for (const [field, { extensions, defaultValue }] of Object.entries(source.getFields())) {
        if (fields[field]) Object.assign(fields[field], { extensions, defaultValue });
      }
    }
    const fielded = isObjectType(source) || isInterfaceType(source);
    if (fielded && (isObjectType(target) || isInterfaceType(target))) {
      carryFields(source.getFields(), target.getFields());
    }
  }
}

function carryFields(from: GraphQLFieldMap<unknown, unknown>, to: GraphQLFieldMap<unknown, unknown>): void {
  for (const [name, source] of Object.entries(from)) {
    const target = to[name];
    if (!target) continue;
    target.extensions = source.extensions;
    for (const { name: arg, defaultValue, extensions } of source.args) {
      const same = target.args.find((one) => one.name === arg);
      if (same) Object.assign(same, { defaultValue, extensions });
    }
  }
}

/** The fields that federation adds decide nothing themselves: what is below them does. */
function markFederation(subgraph: GraphQLSchema): void {
  const mark: FieldAccess = { class: 'STRUCTURE', anonymous: true };
  const service = subgraph.getType('_Service');
  const places = [
    subgraph.getQueryType()?.getFields()['_entities'],
    subgraph.getQueryType()?.getFields()['_service'],
    isObjectType(service) ? service.getFields()['sdl'] : undefined,
  ];
  for (const field of places) {
    if (field) field.extensions = { ...field.extensions, [ACCESS_EXTENSION]: mark };
  }
}
