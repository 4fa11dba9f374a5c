/**
 * What one FHIR file asks for: organisations, patients and their encounters, every reference followed. A file is the
 * unit: with any problem in it nothing of it is sent, so nothing is half-taken.
 */
import { isErroneousCondition, mapCondition } from './condition.js';
import type { MappedCondition } from './condition.js';
import type { Reference } from './datatypes.js';
import type { FhirDocument, Located } from './document.js';
import { readDocument } from './document.js';
import { completeEncounter, isErroneousEncounter, mapEncounter } from './encounter.js';
import type { MappedEncounter } from './encounter.js';
import { Links } from './links.js';
import type { Provider } from './links.js';
import { isProvider } from './organization.js';
import { mapPatient } from './patient.js';
import { pathText, Problems } from './problem.js';
import type { FhirPath, FhirProblem } from './problem.js';
import { References } from './references.js';
import type { EncounterValues, OrganisationValues, PatientValues } from './values.js';

/** An encounter to record, and by whom. */
export interface PlannedEncounter {
  readonly path: string;
  /** What the resource is called: its URL, or type and id. */
  readonly identity: string;
  /** Null: the file doesn't tell. */
  readonly provider: Provider | null;
  readonly values: EncounterValues;
}

/** A patient to register, with the encounters in the order of their starts. */
export interface PlannedPatient {
  readonly path: string;
  readonly identity: string;
  /** The organisation that keeps the record at its source, asked only without encounters; null when it can't be told. */
  readonly managing: Provider | null;
  /** Why `managing` can't be told; another institution may still keep the record. */
  readonly managingProblems: readonly FhirProblem[];
  readonly values: PatientValues;
  readonly encounters: readonly PlannedEncounter[];
}

export interface Plan {
  /** Organisations that say of themselves that they provide care. */
  readonly organisations: readonly { readonly path: string; readonly values: OrganisationValues }[];
  readonly patients: readonly PlannedPatient[];
  /** How many resources of each type weren't taken because Vitrine has no place for them. */
  readonly ignored: Readonly<Record<string, number>>;
  /** Not empty: the file is refused. */
  readonly problems: readonly FhirProblem[];
}

/**
 * Plans one file.
 *
 * @param shared organisations and practitioners of other files, for references that lead out of this one
 */
export function planFile(bytes: Uint8Array, shared: References | null = null): Plan {
  const problems = new Problems();
  const document = readDocument(bytes, problems);
  if (problems.found.length > 0) {
    return { organisations: [], patients: [], ignored: {}, problems: problems.found };
  }
  return new Planning(document, shared, problems).plan();
}

/**
 * Remembers the organisations and practitioners of a file without patients, for references of other files to find.
 * Files with patients hold their own and would fill the memory.
 *
 * @returns whether it is such a file
 */
export function indexShared(bytes: Uint8Array, file: string, shared: References): boolean {
  const { resources } = readDocument(bytes, new Problems());
  const found = resources.filter(({ type }) => type === 'Organization' || type === 'Practitioner');
  if (found.length === 0 || resources.some(({ type }) => type === 'Patient')) return false;
  for (const located of found) shared.add(located, file);
  return true;
}

class Planning {
  readonly #ignored: Record<string, number>;
  readonly #links: Links;

  constructor(
    private readonly document: FhirDocument,
    shared: References | null,
    private readonly problems: Problems,
  ) {
    const references = new References(shared);
    for (const located of document.resources) references.add(located);
    this.#links = new Links(references, problems);
    this.#ignored = { ...document.bare };
  }

  plan(): Plan {
    const encounters = this.#encounters();
    const diagnoses = this.#diagnoses(encounters);
    const bySubject = new Map<Located, PlannedEncounter[]>();
    for (const mapped of encounters.values()) {
      const found = diagnoses.get(mapped.located) ?? [];
      const planned = this.#plannedEncounter(mapped, found);
      const subject = this.#links.follow(mapped.resource.subject, 'Patient', mapped.located, ['subject']);
      if (subject !== null) bySubject.set(subject, [...(bySubject.get(subject) ?? []), planned]);
    }
    const patients = this.#patients(bySubject);
    const organisations = this.#organisations();
    this.#countIgnored();
    return { organisations, patients, ignored: this.#ignored, problems: this.problems.found };
  }

  #of(type: string): readonly Located[] {
    return this.document.resources.filter((located) => located.type === type);
  }

  #ignore(label: string): void {
    this.#ignored[label] = (this.#ignored[label] ?? 0) + 1;
  }

  #encounters(): Map<Located, MappedEncounter> {
    const found = new Map<Located, MappedEncounter>();
    for (const located of this.#of('Encounter')) {
      if (isErroneousEncounter(located)) {
        this.#ignore('Encounter entered in error');
        continue;
      }
      const mapped = mapEncounter(located, this.problems);
      if (mapped !== null) found.set(located, mapped);
    }
    return found;
  }

  /** Conditions by the encounter they name, or that names them (`Encounter.diagnosis`), each once. */
  #diagnoses(encounters: ReadonlyMap<Located, MappedEncounter>): Map<Located, MappedCondition[]> {
    const conditions = new Map<Located, MappedCondition>();
    for (const located of this.#of('Condition')) {
      if (isErroneousCondition(located)) {
        this.#ignore('Condition entered in error');
        continue;
      }
      const mapped = mapCondition(located, this.problems);
      if (mapped !== null) conditions.set(located, mapped);
    }
    const placed = new Map<Located, Set<MappedCondition>>();
    const place = (encounter: Located, condition: MappedCondition) =>
      placed.set(encounter, (placed.get(encounter) ?? new Set()).add(condition));
    const named = this.#namedByEncounters(encounters, conditions, place);
    for (const condition of conditions.values()) {
      this.#placeByOwnReference(condition, named, place);
    }
    return new Map([...placed].map(([encounter, set]) => [encounter, [...set]]));
  }

  #namedByEncounters(
    encounters: ReadonlyMap<Located, MappedEncounter>,
    conditions: ReadonlyMap<Located, MappedCondition>,
    place: (encounter: Located, condition: MappedCondition) => void,
  ): ReadonlySet<MappedCondition> {
    const named = new Set<MappedCondition>();
    for (const { located, resource } of encounters.values()) {
      resource.diagnosis?.forEach((diagnosis, index) => {
        const at: FhirPath = ['diagnosis', index, 'condition'];
        const target = this.#links.follow(diagnosis.condition, null, located, at);
        const condition = target === null ? undefined : conditions.get(target);
        if (condition === undefined) return;
        named.add(condition);
        place(located, condition);
      });
    }
    return named;
  }

  #placeByOwnReference(
    condition: MappedCondition,
    named: ReadonlySet<MappedCondition>,
    place: (encounter: Located, condition: MappedCondition) => void,
  ): void {
    const { located, resource } = condition;
    if (resource.encounter === undefined) {
      if (named.has(condition)) return;
      this.problems.add(
        [...located.path, 'encounter'],
        'expected an encounter: a diagnosis is part of the encounter it was made in',
      );
      return;
    }
    const encounter = this.#links.follow(resource.encounter, 'Encounter', located, ['encounter']);
    const subject = this.#links.follow(resource.subject, 'Patient', located, ['subject']);
    if (encounter === null || subject === null) return;
    if (!this.#links.sameSubject(encounter, subject)) {
      this.problems.add([...located.path, 'subject'], 'expected the patient of the encounter, got another');
    }
    place(encounter, condition);
  }

  #plannedEncounter(mapped: MappedEncounter, diagnoses: readonly MappedCondition[]): PlannedEncounter {
    const { located, resource } = mapped;
    const provider: Reference | undefined = resource.serviceProvider;
    return {
      path: pathText(located.path),
      identity: identityOf(located),
      provider: provider === undefined ? null : this.#links.provider(provider, located, ['serviceProvider']),
      values: completeEncounter(mapped, this.#links.practitioner(mapped), diagnoses),
    };
  }

  #patients(encounters: ReadonlyMap<Located, readonly PlannedEncounter[]>): PlannedPatient[] {
    const patients: PlannedPatient[] = [];
    for (const located of this.#of('Patient')) {
      const mapped = mapPatient(located, this.problems);
      if (mapped === null) continue;
      const own = [...(encounters.get(located) ?? [])];
      patients.push({
        path: pathText(located.path),
        identity: identityOf(located),
        ...this.#managing(located, own.length === 0 ? mapped.resource.managingOrganization : undefined),
        values: mapped.values,
        encounters: own.sort((a, b) =>
          a.values.start < b.values.start ? -1 : a.values.start > b.values.start ? 1 : 0,
        ),
      });
    }
    return patients;
  }

  #managing(
    patient: Located,
    reference: Reference | undefined,
  ): Pick<PlannedPatient, 'managing' | 'managingProblems'> {
    if (reference === undefined) return { managing: null, managingProblems: [] };
    const problems = new Problems();
    const managing = this.#links.provider(reference, patient, ['managingOrganization'], problems);
    return { managing, managingProblems: problems.found };
  }

  #organisations(): { path: string; values: OrganisationValues }[] {
    return this.#of('Organization').flatMap((located) => {
      if (!isProvider(located)) {
        if (!this.#links.wasFollowed(located)) this.#ignore('Organization that provides no care');
        return [];
      }
      const values = this.#links.organisation(located);
      return values === null ? [] : [{ path: pathText(located.path), values }];
    });
  }

  #countIgnored(): void {
    const taken = new Set(['Patient', 'Encounter', 'Condition', 'Organization', 'Practitioner']);
    for (const { type } of this.document.resources) if (!taken.has(type)) this.#ignore(type);
  }
}

/** What a resource is called, the most lasting name first. */
function identityOf(located: Located): string {
  return located.fullUrl ?? (located.id === null ? pathText(located.path) : `${located.type}/${located.id}`);
}
