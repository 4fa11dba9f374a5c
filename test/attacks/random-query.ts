/** Random queries of a schema: any field by any path, with arguments that often name something that is there. */
import {
  getNamedType,
  isAbstractType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { FIELDS } from '../e2e/design.js';
import type { Draw } from './draw.js';
import type { RandomValue } from './random-value.js';

/** Fields of a selection at most, levels of selections, and fields in all: the server takes 30 aliases. */
const WIDTH = 4;
const DEPTH = 6;
const MOST = 28;
/** Levels of what a mutation gives back. */
const SHALLOW = 4;

/** Fields that not everybody may copy, by record type. */
const OPEN_CLASSES = ['PUBLIC', 'DIRECTORY'];
const GUARDED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(FIELDS).map(([type, classes]) => {
    const names = Object.entries(classes).filter(([fieldClass]) => !OPEN_CLASSES.includes(fieldClass));
    return [type, new Set(names.flatMap(([, fields]) => fields.split(' ')))];
  }),
);

/** A document with its variables. */
export interface Asked {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export class RandomQuery {
  #alias = 0;
  readonly #declared: string[] = [];
  readonly #variables: Record<string, unknown> = {};

  constructor(
    readonly schema: GraphQLSchema,
    /** Makes the arguments. */
    readonly value: RandomValue,
  ) {}

  get draw(): Draw {
    return this.value.draw;
  }

  query(): Asked {
    const query = this.schema.getQueryType();
    if (query === undefined || query === null) throw new Error('expected a type Query');
    return this.#asked('query', this.#selection(query, DEPTH));
  }

  /** One mutation or subscription; of its answer at least `least`, where that is given. */
  one(kind: 'mutation' | 'subscription', field: GraphQLField<unknown, unknown>, least?: string): Asked {
    const target = getNamedType(field.type);
    const given = this.#given(field, 2);
    const more =
      isObjectType(target) && (least === undefined || this.draw.nat(2) === 0)
        ? this.#selection(target, SHALLOW)
        : '';
    const selection = least === undefined ? more : `{ ${least} ${inner(more)} }`;
    return this.#asked(kind, `{ ${field.name}${given} ${selection} }`);
  }

  #asked(kind: string, selection: string): Asked {
    const declared = this.#declared.length === 0 ? '' : `(${this.#declared.join(', ')})`;
    return { query: `${kind} ${declared} ${selection}`, variables: this.#variables };
  }

  /** Arguments: those that must be, and of the others one in so many. */
  #given({ args, type }: GraphQLField<unknown, unknown>, seldom: number): string {
    const target = getNamedType(type).name;
    const chosen = args.filter((arg) => isNonNullType(arg.type) || this.draw.nat(seldom) === 0);
    const texts = chosen.map((arg) => `${arg.name}: ${this.#variable(arg, target)}`);
    return texts.length === 0 ? '' : `(${texts.join(', ')})`;
  }

  #variable({ name, type }: GraphQLArgument, target: string): string {
    const variable = `v${this.#declared.length}`;
    this.#declared.push(`$${variable}: ${String(type)}`);
    this.#variables[variable] = this.value.of(type, name, target);
    return `$${variable}`;
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
    return ['Record', '_Entity', ...this.value.known.ids.keys()].some((record) => name.startsWith(record));
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    this.#alias += 1;
    const target = getNamedType(field.type);
    const start = `f${this.#alias}: ${field.name}${this.#given(field, 5)}`;
    if (isObjectType(target)) return `${start} ${this.#selection(target, depth - 1)}`;
    if (!isAbstractType(target)) return start;
    const types = this.schema.getPossibleTypes(target);
    const parts = [this.draw.one(types), this.draw.one(types)].map(
      (type) => `... on ${type.name} ${this.#selection(type, depth - 1)}`,
    );
    return `${start} { ${parts.join(' ')} }`;
  }
}

/** What stands between the braces. */
function inner(selection: string): string {
  return selection.slice(1, -1);
}

function isLeaf(field: GraphQLField<unknown, unknown>): boolean {
  const target = getNamedType(field.type);
  return !isObjectType(target) && !isAbstractType(target);
}
