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
