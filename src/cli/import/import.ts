/**
 * Imports FHIR files, one after the other. Every request's id follows from its content, so a second run, or one after a
 * kill, repeats what was accepted without adding it.
 */
import { readFileSync } from 'node:fs';
import { CheckpointDocument } from '../../client/index.js';
import { indexShared, planFile, References } from '../../fhir/index.js';
import type { IdentifierValue, Plan, PlannedEncounter, PlannedPatient, Provider } from '../../fhir/index.js';
import { recordEncounters } from './care.js';
import { findFiles } from './files.js';
import { Institutions } from './institutions.js';
import type { Known } from './institutions.js';
import type { ImportOptions, ImportSummary } from './options.js';
import { findPatient, registerPatient } from './people.js';
import { Refusal, refusalOf } from './refusal.js';
import { SignIn } from './sign-in.js';
import { Counts } from './summary.js';

/**
 * Imports the files.
 *
 * @returns what was added, found and refused
 * @throws ClientError when the server doesn't answer or doesn't take the tokens; running again completes the import
 */
export async function importFhir(options: ImportOptions): Promise<ImportSummary> {
  const signIn = new SignIn(options);
  const { checkpoint } = await signIn.anyone.request(CheckpointDocument, {});
  const counts = new Counts(BigInt(checkpoint.size));
  const institutions = new Institutions(options, signIn, checkpoint.origin, counts);
  const { files, refused } = findFiles(options.paths);
  refused.forEach((item) => counts.refused(item));
  const { shared, ordered } = orderFiles(files);
  options.onProgress?.(counts.progress(files.length));
  for (const file of ordered) {
    options.signal?.throwIfAborted();
    await new FileImport(file, options, institutions, checkpoint.origin, counts).run(shared);
    options.onProgress?.(counts.progress(files.length));
  }
  return counts.summary();
}

/** Files of organisations and practitioners come first: the others refer to them. */
function orderFiles(files: readonly string[]): { shared: References; ordered: readonly string[] } {
  const shared = new References();
  const directories = new Set(
    files.filter((file) => {
      const bytes = read(file);
      return typeof bytes !== 'string' && indexShared(bytes, file, shared);
    }),
  );
  return { shared, ordered: [...directories, ...files.filter((file) => !directories.has(file))] };
}

/** A file's bytes, or why it can't be read. */
function read(file: string): Uint8Array | string {
  try {
    return readFileSync(file);
  } catch (error) {
    return `expected a file that can be read, got ${(error as NodeJS.ErrnoException).code ?? 'an error'}`;
  }
}

class FileImport {
  constructor(
    private readonly file: string,
    private readonly options: ImportOptions,
    private readonly institutions: Institutions,
    private readonly origin: string,
    private readonly counts: Counts,
  ) {}

  async run(shared: References): Promise<void> {
    const bytes = read(this.file);
    if (typeof bytes === 'string') return this.#refuseFile([{ path: '', message: bytes }]);
    const plan = planFile(bytes, shared);
    if (plan.problems.length > 0) return this.#refuseFile(plan.problems);
    await this.#take(plan);
    this.counts.ignored(plan.ignored);
    this.counts.file(false);
  }

  #refuseFile(problems: Plan['problems']): void {
    for (const { path, message } of problems) this.#refuse(path, message);
    this.counts.file(true);
  }

  #refuse(path: string, message: string, code?: string): void {
    this.counts.refused({ file: this.file, path, message, ...(code === undefined ? {} : { code }) });
  }

  /** Does one part; a refusal of it is told, and the others go on. */
  async #part(path: string, act: () => Promise<void>): Promise<void> {
    this.options.signal?.throwIfAborted();
    try {
      await act();
    } catch (error) {
      const { message, place, code } = refusalOf(error);
      this.#refuse([path, place].filter((part) => part !== '').join('.'), message, code);
    }
  }

  async #take(plan: Plan): Promise<void> {
    for (const { path, values } of plan.organisations) {
      const [identifier] = values.identifiers;
      if (identifier === undefined) continue;
      await this.#part(path, async () => {
        await this.institutions.find({ organisation: values, identifier });
      });
    }
    for (const patient of plan.patients) await this.#part(patient.path, () => this.#patient(patient));
  }

  async #patient(patient: PlannedPatient): Promise<void> {
    const [first] = patient.encounters;
    const custodian = await this.institutions.find(
      first === undefined ? this.#managing(patient) : this.#provider(first),
    );
    const id = await this.#register(patient, custodian);
    const groups = await this.#byInstitution(patient.encounters);
    for (const [institution, encounters] of groups) {
      await this.#encounters(institution, encounters, id);
    }
  }

  /** Encounters by the institution that provided them, in the order of the first of each. */
  async #byInstitution(encounters: readonly PlannedEncounter[]): Promise<Map<Known, PlannedEncounter[]>> {
    const groups = new Map<string, { institution: Known; encounters: PlannedEncounter[] }>();
    for (const encounter of encounters) {
      await this.#part(encounter.path, async () => {
        const institution = await this.institutions.find(this.#provider(encounter));
        const group = groups.get(institution.id);
        if (group === undefined) groups.set(institution.id, { institution, encounters: [encounter] });
        else group.encounters.push(encounter);
      });
    }
    return new Map([...groups.values()].map((group) => [group.institution, group.encounters]));
  }

  async #encounters(
    institution: Known,
    encounters: readonly PlannedEncounter[],
    patient: string,
  ): Promise<void> {
    try {
      const client = await this.institutions.registrar(institution);
      await recordEncounters(client, encounters, {
        origin: this.origin,
        institution: institution.id,
        patient,
        counts: this.counts,
        refuse: (path, message, code) => this.#refuse(path, message, code),
      });
    } catch (error) {
      const { message, code } = refusalOf(error);
      for (const { path } of encounters) this.#refuse(path, message, code);
    }
  }

  /**
   * The patient is registered by the institution of the first encounter. Where there is no token for that one, a
   * patient whom it registered before is still found by the others.
   */
  async #register(patient: PlannedPatient, custodian: Known): Promise<string> {
    let client;
    try {
      client = await this.institutions.registrar(custodian);
    } catch (error) {
      const refusal = refusalOf(error);
      const id = await this.#findByOthers(patient);
      if (id !== null) return id;
      throw new Refusal(`${refusal.message}; the patient and the encounters wait for it`);
    }
    const { origin, counts } = this;
    return registerPatient(client, patient, { origin, institution: custodian.id, counts });
  }

  async #findByOthers(patient: PlannedPatient): Promise<string | null> {
    for (const { provider } of patient.encounters) {
      if (provider === null) continue;
      try {
        const client = await this.institutions.registrar(await this.institutions.find(provider));
        const id = await findPatient(client, patient);
        if (id === null) continue;
        this.counts.patient(null);
        return id;
      } catch (error) {
        refusalOf(error);
      }
    }
    return null;
  }

  #managing(patient: PlannedPatient): Provider {
    if (patient.managing !== null) return patient.managing;
    if (this.options.institution !== undefined) return fallback(this.options.institution);
    const [problem] = patient.managingProblems;
    throw new Refusal(
      problem?.message ??
        'expected an encounter, a managing organisation or --institution: somebody has to keep it',
      'managingOrganization',
    );
  }

  #provider(encounter: PlannedEncounter): Provider {
    if (encounter.provider !== null) return encounter.provider;
    if (this.options.institution !== undefined) return fallback(this.options.institution);
    throw new Refusal('expected the organisation that provided it, or --institution', 'serviceProvider');
  }
}

function fallback(identifier: IdentifierValue): Provider {
  return { organisation: null, identifier };
}
