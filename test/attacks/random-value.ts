/**
 * Random values for an input of the schema, as JSON: what a client would mean, with ids of records that are there, of the
 * right or of another kind, and, as often as asked for, what nobody would.
 */
import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputField,
  type GraphQLInputType,
} from 'graphql';
import { drawnUuid, type Draw } from './draw.js';
import { ODD, ODD_ANYWHERE, PLAIN, PLAIN_INPUTS, PLAIN_LISTS } from './values.js';

export interface Known {
  /** Ids of records by type. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** Texts to look for. */
  readonly words: readonly string[];
}

/** Levels of an input object. */
const DEPTH = 4;
/** Items of a list that is too long. */
const MANY = 300;

/** Texts that may say nothing about a person: those who give them are told so. */
const STRICT: ReadonlySet<string> = new Set(['reasons']);

/** What an argument or a member is, beside its type. */
interface Place {
  readonly name: string;
  /** The type that it most likely names a record of. */
  readonly target: string;
  readonly depth: number;
}

export class RandomValue {
  /** @param odd one leaf in so many is what nobody would send; 0: none */
  constructor(
    readonly known: Known,
    readonly draw: Draw,
    readonly odd = 0,
  ) {}

  of(type: GraphQLInputType, name: string, target: string): unknown {
    return this.#of(type, { name, target, depth: DEPTH });
  }

  get #strays(): boolean {
    return this.odd > 0 && this.draw.nat(this.odd) === 0;
  }

  #of(wanted: GraphQLInputType, place: Place): unknown {
    const type = getNullableType(wanted);
    if (this.#strays && this.draw.nat(4) === 0) return this.draw.one(ODD_ANYWHERE);
    if (isListType(type)) return this.#list(type.ofType, place);
    if (isEnumType(type)) return this.#strays ? 'NOPE' : this.draw.one(type.getValues()).name;
    if (!isInputObjectType(type)) return this.#scalar(type.name, place);
    const meant = this.#object(Object.values(type.getFields()), place, this.draw.nat(4) === 0);
    const usual = PLAIN_INPUTS[type.name];
    if (usual === undefined || this.draw.nat(5) === 0) return meant;
    return { ...meant, ...this.draw.one(usual) };
  }

  /** @param much not only what must be there */
  #object(
    all: readonly GraphQLInputField[],
    { target, depth }: Place,
    much: boolean,
  ): Record<string, unknown> {
    const seldom = much ? 3 : 8;
    const fields = all.filter(
      ({ name, type }) =>
        isNonNullType(type) || (depth > 0 && name !== 'signed' && this.draw.nat(seldom) === 0),
    );
    const signed = this.#strays ? all.filter(({ name }) => name === 'signed') : [];
    return Object.fromEntries(
      [...fields, ...signed].map(({ name, type }) => [
        name,
        this.#of(type, { name, target, depth: depth - 1 }),
      ]),
    );
  }

  #list(item: GraphQLInputType, place: Place): unknown[] {
    const plain = PLAIN_LISTS[place.name];
    if (plain !== undefined && !this.#strays) return [...plain];
    const one = (): unknown => this.#of(item, place);
    if (!this.#strays) return this.draw.nat(3) === 0 ? [one(), one()] : [one()];
    const first = one();
    return this.draw.one([[], [first, first], [first, null], Array.from({ length: MANY }, () => first)]);
  }

  #scalar(scalar: string, { name, target }: Place): unknown {
    if (this.#strays) return this.draw.one([...(ODD[scalar] ?? []), ...(ODD['String'] ?? [])]);
    switch (scalar) {
      case 'Int':
        return /version/i.test(name) ? 1 + this.draw.one([0, 0, 0, 1, 2]) : 1 + this.draw.nat(20);
      case 'BigInt':
        // Sometimes a position that the log is far from.
        return String(this.draw.nat(5) === 0 ? 2 ** 40 + this.draw.nat(40) : this.draw.nat(40));
      case 'Boolean':
        return this.draw.nat(2) === 0;
      case '_Any': {
        const type = this.draw.one([...this.known.ids.keys()]);
        return { __typename: type, id: this.#id(type) };
      }
      case 'ID':
      case 'UUID':
        return name === 'requestId'
          ? drawnUuid(this.draw)
          : this.#id(typeNamed(name, target, this.known.ids));
      default:
        return this.#text(scalar, name);
    }
  }

  #text(scalar: string, name: string): unknown {
    const plain = PLAIN[name] ?? PLAIN[scalar];
    if (plain !== undefined && (STRICT.has(name) || this.draw.nat(6) !== 0)) return this.draw.one(plain);
    if (scalar !== 'String') return this.draw.one(PLAIN[scalar] ?? ['']);
    // Texts that no record has yet, or one that some have.
    if (this.draw.nat(2) === 0) return `new ${this.draw.nat(1e6)}`;
    return this.draw.one([...this.known.words, 'urn:test:secret', 'hospital-activity']);
  }

  /** An id of a record of the type, sometimes of any, seldom of none. */
  #id(type: string | undefined): string {
    const own = type === undefined ? undefined : this.known.ids.get(type);
    if (own !== undefined && this.draw.nat(8) !== 0) return this.draw.one(own);
    if (this.draw.nat(8) === 0) return drawnUuid(this.draw);
    return this.draw.one([...this.known.ids.values()].flat());
  }
}

/** The record type that an argument most likely names. */
function typeNamed(
  name: string,
  target: string,
  ids: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const types = [...ids.keys()];
  const wanted = (ALSO[name] ?? name).toLowerCase();
  const byName = types.find((type) => type.toLowerCase() === wanted);
  return byName ?? types.find((type) => target.startsWith(type));
}

/** Names under which records stand that aren't their type's. */
const ALSO: Readonly<Record<string, string>> = {
  payee: 'Institution',
  payer: 'Institution',
  institutions: 'Institution',
  representative: 'Member',
  other: 'Patient',
  link: 'PatientLink',
  upload: 'UploadRequest',
  person: 'Member',
};
