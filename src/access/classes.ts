/** The classes of a built schema: every field must carry one. */
import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  type GraphQLInputObjectType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { ACCESS_EXTENSION, type FieldAccess } from '../api/index.js';
import { OPEN_CLASSES } from './matrix.js';

/** Fields that Apollo's subgraph library adds itself, and so can't carry a mark. */
const FEDERATION: Readonly<Record<string, FieldAccess>> = {
  'Query._service': { class: 'PUBLIC' },
  '_Service.sdl': { class: 'PUBLIC' },
  // What is below decides, as on every other path; anonymous callers get the public entities.
  'Query._entities': { class: 'STRUCTURE', anonymous: true },
};

/**
 * Checks that every field of every object and interface type carries a class, and every field of an input that an
 * argument `filter` takes. Gives Federation's own fields theirs.
 *
 * @throws Error naming all that carry none, and all guarded fields that a refusal would take the whole object with.
 */
export function requireClassified(schema: GraphQLSchema): void {
  markFederation(schema);
  const bare = [...outputFields(schema), ...filterFields(schema)].filter(
    ({ access }) => access === undefined,
  );
  if (bare.length > 0) {
    const names = bare.map(({ name }) => name).join(', ');
    throw new Error(`expected a class on every field (@Classified), got none on ${bare.length}: ${names}`);
  }
  const brittle = outputFields(schema).filter(({ access, nonNull }) => nonNull && isGuarded(access));
  if (brittle.length > 0) {
    const names = brittle.map(({ name }) => name).join(', ');
    throw new Error(`expected guarded fields to be nullable, so that a refusal costs one field: ${names}`);
  }
}

/** One field and its mark. */
export interface ClassifiedField {
  /** `Type.field` */
  readonly name: string;
  readonly access: FieldAccess | undefined;
  readonly nonNull: boolean;
}

/** All fields of object and interface types, introspection's own left out. */
export function outputFields(schema: GraphQLSchema): ClassifiedField[] {
  return Object.values(schema.getTypeMap())
    .filter((type) => !isIntrospectionType(type) && (isObjectType(type) || isInterfaceType(type)))
    .flatMap((type) =>
      isObjectType(type) || isInterfaceType(type)
        ? Object.values(type.getFields()).map((field) => ({
            name: `${type.name}.${field.name}`,
            access: field.extensions[ACCESS_EXTENSION] as FieldAccess | undefined,
            nonNull: isNonNullType(field.type),
          }))
        : [],
    );
}

/** The fields of all inputs that an argument named `filter` takes. */
function filterFields(schema: GraphQLSchema): ClassifiedField[] {
  const inputs = new Map<string, ClassifiedField[]>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const input = getNamedType(field.args.find((arg) => arg.name === 'filter')?.type);
      if (!isInputObjectType(input)) continue;
      inputs.set(
        input.name,
        Object.values(input.getFields()).map((member) => ({
          name: `${input.name}.${member.name}`,
          access: member.extensions[ACCESS_EXTENSION] as FieldAccess | undefined,
          nonNull: false,
        })),
      );
    }
  }
  return [...inputs.values()].flat();
}

/** A refusal of a field of the existence class can't happen: its object wouldn't be there. */
function isGuarded(access: FieldAccess | undefined): boolean {
  return access !== undefined && !OPEN_CLASSES.has(access.class) && access.class !== 'DIRECTORY';
}

/**
 * Gives the fields of a rebuilt schema the classes of the one that it was built from. Building a subgraph goes through
 * SDL (`buildSubgraphSchema`), where marks don't survive; call this before {@link requireClassified} and the shield.
 */
export function carryClasses(from: GraphQLSchema, to: GraphQLSchema): void {
  for (const type of Object.values(from.getTypeMap())) {
    const twin = to.getType(type.name);
    if (!hasFields(type) || !hasFields(twin)) continue;
    const twins: FieldMap = twin.getFields();
    const fields: FieldMap = type.getFields();
    for (const [name, field] of Object.entries(fields)) {
      const access = field.extensions[ACCESS_EXTENSION];
      const same = twins[name];
      if (same !== undefined && access !== undefined) {
        same.extensions = { ...same.extensions, [ACCESS_EXTENSION]: access };
      }
    }
  }
}

/** As much of a field, of output or input, as a mark needs. */
type FieldMap = Record<string, { extensions: Readonly<Record<string, unknown>> }>;

function hasFields(type: unknown): type is GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type);
}

function markFederation(schema: GraphQLSchema): void {
  for (const [name, access] of Object.entries(FEDERATION)) {
    const [typeName = '', fieldName = ''] = name.split('.');
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (field !== undefined) field.extensions = { ...field.extensions, [ACCESS_EXTENSION]: access };
  }
}
