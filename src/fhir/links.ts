/** Follows the references of planned resources, and says what a reference that leads nowhere lacks. */
import { codingOf, optional } from './convert.js';
import type { Reference } from './datatypes.js';
import type { Located } from './document.js';
import type { MappedEncounter } from './encounter.js';
import { mapOrganization, mapPractitioner } from './organization.js';
import type { FhirPath, FhirProblem } from './problem.js';
import { Problems } from './problem.js';
import { conditionalIdentifier } from './references.js';
import type { References } from './references.js';
import type { IdentifierValue, OrganisationValues, PractitionerValue } from './values.js';

/** Who provided care: an organisation of the input, or one that is only named by its identifier. */
export type Provider =
  | { readonly organisation: OrganisationValues; readonly identifier: IdentifierValue }
  | { readonly organisation: null; readonly identifier: IdentifierValue };

/** Participation types of whoever was responsible, most telling first: primary performer, attender (v3). */
const RESPONSIBLE = ['PPRF', 'ATND'];

/** What mapping a resource gave, with everything that is wrong with it. */
interface Mapped<T> {
  readonly values: T | null;
  readonly problems: readonly FhirProblem[];
}

export class Links {
  readonly #organisations = new Map<Located, Mapped<OrganisationValues>>();
  readonly #practitioners = new Map<Located, Mapped<PractitionerValue>>();

  constructor(
    private readonly references: References,
    private readonly problems: Problems,
  ) {}

  /** What `reference` leads to; null with a problem when it leads nowhere or to another type. */
  follow(
    reference: Reference,
    type: string | null,
    from: Located,
    member: FhirPath,
    problems: Problems = this.problems,
  ): Located | null {
    const resolved = this.references.resolve(withType(reference, type), from);
    const at = [...from.path, ...member];
    if (resolved.found === null) {
      problems.add([...at, ...(reference.reference === undefined ? [] : ['reference'])], resolved.reason);
      return null;
    }
    if (type !== null && resolved.found.type !== type) {
      problems.add(at, `expected a reference to a ${type}, got one to a ${resolved.found.type}`);
      return null;
    }
    return resolved.found;
  }

  /** Whether an encounter is of this patient. */
  sameSubject(encounter: Located, patient: Located): boolean {
    const subject = encounter.resource['subject'] as Reference | undefined;
    return (
      subject !== undefined &&
      this.references.resolve(withType(subject, 'Patient'), encounter).found === patient
    );
  }

  /** An organisation's values. */
  organisation(located: Located): OrganisationValues | null {
    return this.#once(this.#organisations, mapOrganization, located, (problem) =>
      this.problems.addText(problem.path, problem.message),
    );
  }

  /** Whether a reference led to this organisation. */
  wasFollowed(located: Located): boolean {
    return this.#organisations.has(located);
  }

  /** The organisation that a reference names. It needn't be in the input when its identifier is given. */
  provider(
    reference: Reference,
    from: Located,
    member: FhirPath,
    problems: Problems = this.problems,
  ): Provider | null {
    const { found } = this.references.resolve(withType(reference, 'Organization'), from);
    const named = found === null ? businessIdentifier(reference) : null;
    if (named !== null) return { organisation: null, identifier: named };
    const values = this.#followAndMap(
      this.#organisations,
      mapOrganization,
      'Organization',
      { reference, from, member },
      problems,
    );
    const identifier = values?.identifiers[0];
    return values === null || identifier === undefined ? null : { organisation: values, identifier };
  }

  /** Follows a reference and maps what it leads to; problems of what is in another file are told at the reference. */
  #followAndMap<T>(
    known: Map<Located, Mapped<T>>,
    map: (located: Located, problems: Problems) => T | null,
    type: string,
    { reference, from, member }: { reference: Reference; from: Located; member: FhirPath },
    problems: Problems,
  ): T | null {
    const located = this.follow(reference, type, from, member, problems);
    if (located === null) return null;
    const resolved = this.references.resolve(withType(reference, type), from);
    const file = resolved.found === null ? null : resolved.file;
    return this.#once(known, map, located, ({ path, message }) => {
      if (file === null) problems.addText(path, message);
      else
        problems.add([...from.path, ...member], `${message} (in ${file}${path === '' ? '' : `, ${path}`})`);
    });
  }

  #once<T>(
    known: Map<Located, Mapped<T>>,
    map: (located: Located, problems: Problems) => T | null,
    located: Located,
    tell: (problem: FhirProblem) => void,
  ): T | null {
    let mapped = known.get(located);
    if (mapped === undefined) {
      const own = new Problems();
      mapped = { values: map(located, own), problems: own.found };
      known.set(located, mapped);
    }
    mapped.problems.forEach(tell);
    return mapped.values;
  }

  /** The responsible practitioner of an encounter: the primary performer, the attender, or the first one named. */
  practitioner({ located, resource }: MappedEncounter): PractitionerValue | undefined {
    const candidates = (resource.participant ?? []).flatMap(({ type, individual }, index) => {
      if (individual === undefined) return [];
      const codes = (type ?? []).map((concept) => RESPONSIBLE.indexOf(codingOf(concept)?.code ?? ''));
      const rank = Math.min(
        ...codes.map((place) => (place < 0 ? RESPONSIBLE.length : place)),
        RESPONSIBLE.length,
      );
      return [{ individual, index, rank }];
    });
    const found = candidates
      .sort((a, b) => a.rank - b.rank)
      .map(({ individual, index }) =>
        this.#individual(individual, located, ['participant', index, 'individual']),
      );
    return found.find((value) => value !== null) ?? undefined;
  }

  #individual(reference: Reference, from: Located, member: FhirPath): PractitionerValue | null {
    const type = reference.type ?? /^([A-Z][A-Za-z]*)[/?]/.exec(reference.reference ?? '')?.[1];
    if (type === 'RelatedPerson') return null;
    const named = businessIdentifier(reference);
    if (reference.reference === undefined && (named !== null || reference.display !== undefined)) {
      return { ...optional('identifier', named ?? undefined), ...optional('name', reference.display) };
    }
    return this.#followAndMap(
      this.#practitioners,
      mapPractitioner,
      'Practitioner',
      { reference, from, member },
      this.problems,
    );
  }
}

/** The identifier that a logical or conditional reference names. */
function businessIdentifier(reference: Reference): IdentifierValue | null {
  if (reference.reference !== undefined) {
    const asked = conditionalIdentifier(reference.reference);
    return asked === null ? null : { system: asked.system, value: asked.value };
  }
  const { system, value } = reference.identifier ?? {};
  return system === undefined || value === undefined ? null : { system, value };
}

/** A logical reference without a type has the type that its place wants. */
function withType(reference: Reference, type: string | null): Reference {
  return reference.type !== undefined || type === null ? reference : { ...reference, type };
}
