/** Converts FHIR data types into values of inputs. */
import type { Address, Coding, Concept, ContactPoint, HumanName, Identifier } from './datatypes.js';
import type { Located } from './document.js';
import type { FhirPath, Problems } from './problem.js';
import { isPartialDate, toInstant } from './time.js';
import type {
  AddressValue,
  CodingValue,
  ContactValue,
  IdentifierValue,
  NameUse,
  NameValue,
} from './values.js';

/** `{...optional('end', x)}`: a member that is left out rather than undefined. */
export function optional<N extends string, V>(name: N, value: V | undefined): { [K in N]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [K in N]?: V };
}

/** The items of a primitive list that have a value; null stands where only an extension is. */
function present(list: readonly (string | null)[] | undefined): string[] {
  return (list ?? []).filter((item) => item !== null);
}

function joined(list: readonly (string | null)[] | undefined): string | undefined {
  const items = present(list);
  return items.length === 0 ? undefined : items.join(' ');
}

/**
 * Identifiers that are in use, each once. One without a system names nobody outside its source, so it is reported;
 * `use` old means it is no longer valid (R4, 2.24.0.10).
 */
export function identifiersOf(
  list: readonly Identifier[] | undefined,
  path: FhirPath,
  problems: Problems,
): IdentifierValue[] {
  const found = new Map<string, IdentifierValue>();
  list?.forEach(({ use, system, value }, index) => {
    if (use === 'old' || value === undefined) return;
    if (system === undefined) {
      problems.add([...path, index, 'system'], 'expected a system: without one an identifier is not unique');
    } else {
      found.set(`${system}|${value}`, { system, value });
    }
  });
  return [...found.values()];
}

/** Names that say something. */
export function namesOf(list: readonly HumanName[] | undefined): NameValue[] {
  return (list ?? []).flatMap((name) => {
    const given = present(name.given);
    if (name.text === undefined && name.family === undefined && given.length === 0) return [];
    return [
      {
        ...optional('use', name.use?.toUpperCase() as NameUse | undefined),
        ...optional('text', name.text),
        ...optional('family', name.family),
        given,
        ...optional('prefix', joined(name.prefix)),
        ...optional('suffix', joined(name.suffix)),
      },
    ];
  });
}

/** A name as one text, the official one first. */
export function fullName(list: readonly HumanName[] | undefined): string | undefined {
  const names = namesOf(list);
  const name = names.find(({ use }) => use === 'OFFICIAL') ?? names[0];
  if (name === undefined) return undefined;
  const parts = [name.prefix, ...name.given, name.family, name.suffix].filter((part) => part !== undefined);
  return name.text ?? parts.join(' ');
}

/** Addresses. `text` is taken where there are no lines: else it repeats them. */
export function addressesOf(list: readonly Address[] | undefined): AddressValue[] {
  return (list ?? []).flatMap((address) => {
    const written = present(address.line);
    const lines = written.length > 0 || address.text === undefined ? written : [address.text];
    const { city, district, state, postalCode, country } = address;
    if (
      lines.length === 0 &&
      [city, district, state, postalCode, country].every((part) => part === undefined)
    )
      return [];
    return [
      {
        ...optional('use', address.use?.toUpperCase() as AddressValue['use']),
        lines,
        ...optional('city', city),
        ...optional('district', district),
        ...optional('state', state),
        ...optional('postalCode', postalCode),
        ...optional('country', country),
      },
    ];
  });
}

/** Contacts with a value. FHIR wants a system beside it (R4, cpt-2). */
export function contactsOf(
  list: readonly ContactPoint[] | undefined,
  path: FhirPath,
  problems: Problems,
): ContactValue[] {
  return (list ?? []).flatMap((contact, index) => {
    if (contact.value === undefined) return [];
    if (contact.system === undefined) {
      problems.add([...path, index, 'system'], 'expected a system beside the value');
      return [];
    }
    return [
      {
        system: contact.system.toUpperCase() as ContactValue['system'],
        value: contact.value,
        ...optional('use', contact.use?.toUpperCase() as ContactValue['use']),
      },
    ];
  });
}

/**
 * One coding of a concept: the one the user picked, else the first; the others say the same in other vocabularies
 * (R4, 2.24.0.8). Text stands in where the coding has no display.
 */
export function codingOf(concept: Concept | undefined): CodingValue | undefined {
  if (concept === undefined) return undefined;
  const usable = (concept.coding ?? []).filter((one) => one.code !== undefined || one.display !== undefined);
  const picked: Coding | undefined = usable.find((one) => one.userSelected === true) ?? usable[0];
  const display = picked?.display ?? concept.text;
  if (picked?.code === undefined && display === undefined) return undefined;
  return {
    ...optional('system', picked?.system),
    ...optional('code', picked?.code),
    ...optional('display', display),
  };
}

/** A FHIR dateTime that was checked: a partial date as it is, an instant in UTC. */
export function momentOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return isPartialDate(text) ? text : (toInstant(text) ?? undefined);
}

/** Confidentiality codes that ask for nothing special (v3-Confidentiality: unrestricted, low, moderate, normal). */
const ORDINARY = new Set(['U', 'L', 'M', 'N']);

/** The label of a specially protected record: its security codes, in order, without the ordinary ones. */
export function labelOf(security: readonly Coding[] | undefined): string | undefined {
  const codes = (security ?? []).flatMap(({ code }) =>
    code === undefined || ORDINARY.has(code) ? [] : [code],
  );
  return codes.length === 0 ? undefined : [...new Set(codes)].sort().join(' ');
}

/** The URL of a resource as an identifier, if it has a lasting one: `urn:uuid:…` or an absolute URL. */
export function urlIdentifier(located: Located): IdentifierValue | undefined {
  const url = located.fullUrl;
  return url !== null && /^(urn:uuid:|urn:oid:|https?:\/\/)/.test(url)
    ? { system: 'urn:ietf:rfc:3986', value: url }
    : undefined;
}
