/** Enums of the API: every value is described for its reader, as types and fields are. */
import { registerEnumType } from 'type-graphql';

export interface EnumDescriptions<K extends string> {
  readonly name: string;
  readonly description: string;
  /** What each value says; the compiler asks for all of them. */
  readonly values: { readonly [V in K]: string };
}

/** Registers an object whose members are their own values as a GraphQL enum. */
export function registerEnum<K extends string>(
  members: { readonly [V in K]: V },
  { name, description, values }: EnumDescriptions<NoInfer<K>>,
): void {
  const described = Object.entries<string>(values).map(([value, text]) => [value, { description: text }]);
  const valuesConfig = Object.fromEntries(described) as { [V in K]: { description: string } };
  registerEnumType(members, { name, description, valuesConfig });
}

/** `['A', 'B']` → `{ A: 'A', B: 'B' }`, so that a list of names in a kind is the one source of an enum. */
export function enumOf<const T extends string>(names: readonly T[]): { readonly [K in T]: K } {
  // Every name becomes a key, so the object has exactly the type's members.
  return Object.fromEntries(names.map((name) => [name, name])) as { readonly [K in T]: K };
}
