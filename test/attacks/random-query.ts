/** Random queries of a schema: any field by any path, with arguments that often name something that is there. */
import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { FIELDS } from '../e2e/design.js';
import type { Draw } from './secrets.js';

export interface Known {
  /** Ids of records by type. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** Texts to look for. */
  readonly words: readonly string[];
}

/** Fields of a selection at most, levels of selections, and fields in all: the server takes 30 aliases. */
const WIDTH = 4;
const DEPTH = 6;
const MOST = 28;
/** Levels of an input object. */
const INPUT_DEPTH = 3;

/** Fields that not everybody may copy, by record type. */
const OPEN_CLASSES = ['PUBLIC', 'DIRECTORY'];
const GUARDED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(FIELDS).map(([type, classes]) => {
    const names = Object.entries(classes).filter(([fieldClass]) => !OPEN_CLASSES.includes(fieldClass));
    return [type, new Set(names.flatMap(([, fields]) => fields.split(' ')))];
  }),
);

export class RandomQuery {
  #alias = 0;

  constructor(
    readonly schema: GraphQLSchema,
    readonly known: Known,
    readonly draw: Draw,
  ) {}

  text(): string {
    const query = this.schema.getQueryType();
    if (query === undefined || query === null) throw new Error('expected a type Query');
    return `query ${this.#selection(query, DEPTH)}`;
  }

  #selection(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter((field) => depth > 1 || isLeaf(field));
    if (fields.length === 0) return '{ __typename }';
    // Mostly towards records and what they guard: most fields of the root lead to the log, which is public.
    const guarded = GUARDED.get(type.name) ?? new Set();
    const likely = fields.filter((field) => guarded.has(field.name) || this.#leadsToRecords(field));
    const count = 1 + this.draw.nat(WIDTH);
    const parts = Array.from({ length: count }, () => {
      const from = likely.length > 0 && this.draw.nat(3) > 0 ? likely : fields;
      return this.#alias >= MOST ? '' : this.#field(this.draw.one(from), depth);
    });
    return `{ __typename ${parts.join(' ')} }`;
  }

  #leadsToRecords({ type }: GraphQLField<unknown, unknown>): boolean {
    const { name } = getNamedType(type);
    return ['Record', '_Entity', ...this.known.ids.keys()].some((record) => name.startsWith(record));
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    this.#alias += 1;
    const target = getNamedType(field.type);
    const chosen = field.args.filter((arg) => isNonNullType(arg.type) || this.draw.nat(5) === 0);
    const args = chosen.map((arg) => `${arg.name}: ${this.#value(arg, target.name, INPUT_DEPTH)}`);
    const given = args.length === 0 ? '' : `(${args.join(', ')})`;
    const start = `f${this.#alias}: ${field.name}${given}`;
    if (isObjectType(target)) return `${start} ${this.#selection(target, depth - 1)}`;
    if (!isAbstractType(target)) return start;
    const types = this.schema.getPossibleTypes(target);
    const parts = [this.draw.one(types), this.draw.one(types)].map(
      (type) => `... on ${type.name} ${this.#selection(type, depth - 1)}`,
    );
    return `${start} { ${parts.join(' ')} }`;
  }

  #value({ name, type }: GraphQLArgument | GraphQLInputField, target: string, depth: number): string {
    return this.#ofType(type, name, target, depth);
  }

  #ofType(wanted: GraphQLInputType, name: string, target: string, depth: number): string {
    const type = getNullableType(wanted);
    if (isListType(type)) return `[${this.#ofType(type.ofType, name, target, depth)}]`;
    if (isEnumType(type)) return this.draw.one(type.getValues()).name;
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => isNonNullType(field.type) || (depth > 0 && this.draw.nat(3) === 0),
      );
      return `{ ${fields.map((field) => `${field.name}: ${this.#value(field, target, depth - 1)}`).join(', ')} }`;
    }
    return this.#scalar(type.name, name, target);
  }

  #scalar(scalar: string, name: string, target: string): string {
    switch (scalar) {
      case 'Int':
        return String(1 + this.draw.nat(20));
      case 'Float':
        return '1.5';
      case 'Boolean':
        return this.draw.one(['true', 'false']);
      case 'BigInt':
        // Sometimes a position that the log is far from.
        return `"${this.draw.nat(5) === 0 ? 2 ** 40 + this.draw.nat(40) : this.draw.nat(40)}"`;
      case 'Date':
      case 'PartialDate':
        return '"1961-05-04"';
      case 'DateTime':
        return '"2025-12-02T09:00:00.000Z"';
      case '_Any': {
        const type = this.draw.one([...this.known.ids.keys()]);
        return `{ __typename: "${type}", id: "${this.#id(type)}" }`;
      }
      case 'ID':
      case 'UUID':
        return `"${this.#id(typeNamed(name, target, this.known.ids))}"`;
      default:
        return JSON.stringify(this.draw.one([...this.known.words, 'urn:test:secret', 'hospital-activity']));
    }
  }

  /** An id of a record of the type, sometimes of any. */
  #id(type: string | undefined): string {
    const own = type === undefined ? undefined : this.known.ids.get(type);
    if (own !== undefined && this.draw.nat(8) !== 0) return this.draw.one(own);
    return this.draw.one([...this.known.ids.values()].flat());
  }
}

function isLeaf(field: GraphQLField<unknown, unknown>): boolean {
  const target = getNamedType(field.type);
  return !isObjectType(target) && !isAbstractType(target);
}

/** The record type that an argument most likely names. */
function typeNamed(
  name: string,
  target: string,
  ids: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const types = [...ids.keys()];
  const byName = types.find((type) => type.toLowerCase() === name.toLowerCase());
  return byName ?? types.find((type) => target.startsWith(type));
}
