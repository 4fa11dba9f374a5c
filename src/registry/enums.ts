/** Enums as type-graphql wants them: an object whose members are their own values. */

/** `['A', 'B']` → `{ A: 'A', B: 'B' }`, so that a list of names in a kind is the one source of an enum. */
export function enumOf<const T extends string>(names: readonly T[]): { readonly [K in T]: K } {
  // Every name becomes a key, so the object has exactly the type's members.
  return Object.fromEntries(names.map((name) => [name, name])) as { readonly [K in T]: K };
}
