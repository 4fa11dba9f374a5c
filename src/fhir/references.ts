/** Follows references: `urn:uuid:…`, absolute, relative, contained, conditional and logical ones (R4, 2.3.0). */
import type { Reference } from './datatypes.js';
import type { Located } from './document.js';
import { isObject } from './rules.js';
import type { JsonValue } from './json.js';

/** What a reference led to; `reason` says why it led nowhere. */
export type Resolved =
  | { readonly found: Located; readonly file: string | null }
  | { readonly found: null; readonly reason: string };

/** An identifier with its system. */
export interface BusinessIdentifier {
  readonly system: string;
  readonly value: string;
}

const RELATIVE = /^([A-Z][A-Za-z]*)\/([A-Za-z0-9\-.]{1,64})(\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const CONDITIONAL = /^([A-Z][A-Za-z]*)\?identifier=([^|&]+)\|([^|&]+)$/;

/** The resources of one file, or those that several files share, by every name that a reference may use. */
export class References {
  readonly #byName = new Map<string, { located: Located; file: string | null }[]>();

  /** @param shared where to look for what isn't here: organisations and practitioners of other files */
  constructor(private readonly shared: References | null = null) {}

  add(located: Located, file: string | null = null): void {
    const names = new Set([located.fullUrl, ...relativeName(located)]);
    for (const { system, value } of identifiersOf(located)) names.add(`${located.type}?${system}|${value}`);
    for (const name of names) {
      if (name === null) continue;
      const list = this.#byName.get(name);
      if (list === undefined) this.#byName.set(name, [{ located, file }]);
      else list.push({ located, file });
    }
  }

  /** Follows `reference`, which stands in `from`. */
  resolve(reference: Reference, from: Located): Resolved {
    const target = reference.reference;
    if (target === undefined) return this.#byLogical(reference, from);
    if (target.startsWith('#')) return contained(target.slice(1), from);
    const conditional = conditionalIdentifier(target);
    if (conditional !== null) {
      return this.#lookup(`${conditional.type}?${conditional.system}|${conditional.value}`, target);
    }
    const relative = RELATIVE.exec(target);
    if (relative === null) return this.#lookup(target, target);
    if (relative[3] !== undefined) return nowhere(`expected a reference to no particular version`);
    return this.#relative(`${relative[1]}/${relative[2]}`, from);
  }

  /** A relative reference is relative to the server of the entry it stands in, when that is known (R4, 2.36.4.1). */
  #relative(name: string, from: Located): Resolved {
    const own = relativeName(from)[0];
    if (own !== undefined && from.fullUrl?.endsWith(`/${own}`) === true) {
      const absolute = from.fullUrl.slice(0, -own.length) + name;
      if (this.#byName.has(absolute)) return this.#lookup(absolute, name);
    }
    return this.#lookup(name, name);
  }

  #byLogical(reference: Reference, from: Located): Resolved {
    const { system, value } = reference.identifier ?? {};
    if (system === undefined || value === undefined) {
      return nowhere('expected a reference or an identifier with its system');
    }
    const type = reference.type ?? '';
    return this.resolve({ reference: `${type}?identifier=${system}|${value}` }, from);
  }

  #lookup(name: string, shown: string): Resolved {
    const list = this.#byName.get(name) ?? [];
    const different = new Map(list.map((item) => [JSON.stringify(item.located.resource), item]));
    if (different.size > 1) return nowhere(`expected one resource, got ${different.size} called ${shown}`);
    const [first] = different.values();
    if (first !== undefined) return { found: first.located, file: first.file };
    return this.shared === null
      ? nowhere(`expected a resource of this file, got ${shown}, which isn't in it`)
      : this.shared.#lookup(name, shown);
  }
}

/** The identifier that a conditional reference asks for: `Organization?identifier=system|value`. */
export function conditionalIdentifier(
  target: string,
): (BusinessIdentifier & { readonly type: string }) | null {
  const match = CONDITIONAL.exec(target);
  if (match === null) return null;
  const [, type = '', system = '', value = ''] = match;
  try {
    return { type, system: decodeURIComponent(system), value: decodeURIComponent(value) };
  } catch {
    return { type, system, value };
  }
}

function relativeName(located: Located): string[] {
  return located.id === null ? [] : [`${located.type}/${located.id}`];
}

function identifiersOf(located: Located): BusinessIdentifier[] {
  const list: JsonValue = located.resource['identifier'] ?? [];
  if (!Array.isArray(list)) return [];
  return (list as readonly JsonValue[]).flatMap((item) => {
    if (!isObject(item)) return [];
    const { system, value } = item;
    return typeof system === 'string' && typeof value === 'string' ? [{ system, value }] : [];
  });
}

function contained(id: string, from: Located): Resolved {
  const list: JsonValue = from.resource['contained'] ?? [];
  const items = Array.isArray(list) ? (list as readonly JsonValue[]) : [];
  const index = items.findIndex((item) => isObject(item) && item['id'] === id);
  const item = items[index];
  if (!isObject(item) || typeof item['resourceType'] !== 'string') {
    return nowhere(`expected a contained resource, got #${id}, which isn't contained`);
  }
  const path = [...from.path, 'contained', index];
  return { found: { path, fullUrl: null, type: item['resourceType'], id, resource: item }, file: null };
}

function nowhere(reason: string): Resolved {
  return { found: null, reason };
}
