/** Counts what an import did. */
import type { ImportProgress, ImportSummary, RefusedItem, Tally } from './options.js';

/**
 * A receipt's position tells what is new: the log had `size` entries when the import began, and what was accepted
 * before stands below.
 */
export class Counts {
  readonly #size: bigint;
  readonly #institutions = new Map<string, boolean>();
  readonly #registrars = { added: 0, known: 0 };
  readonly #patients = { added: 0, known: 0 };
  readonly #encounters = { added: 0, known: 0 };
  readonly #ignored: Record<string, number> = {};
  readonly #refused: RefusedItem[] = [];
  #diagnoses = 0;
  #refusedFiles = 0;
  #files = 0;

  constructor(size: bigint) {
    this.#size = size;
  }

  /** @param index position of the registration's receipt; null: it was found */
  institution(id: string, index: string | null): void {
    if (!this.#institutions.has(id)) this.#institutions.set(id, this.#isNew(index));
  }

  registrar(index: string | null): void {
    this.#registrars[this.#isNew(index) ? 'added' : 'known']++;
  }

  patient(index: string | null): void {
    this.#patients[this.#isNew(index) ? 'added' : 'known']++;
  }

  /** @returns whether it is new */
  encounter(index: string | null): boolean {
    const isNew = this.#isNew(index);
    this.#encounters[isNew ? 'added' : 'known']++;
    return isNew;
  }

  diagnoses(count: number): void {
    this.#diagnoses += count;
  }

  ignored(counts: Readonly<Record<string, number>>): void {
    for (const [type, count] of Object.entries(counts))
      this.#ignored[type] = (this.#ignored[type] ?? 0) + count;
  }

  refused(item: RefusedItem): void {
    this.#refused.push(item);
  }

  file(isRefused: boolean): void {
    this.#files++;
    if (isRefused) this.#refusedFiles++;
  }

  progress(files: number): ImportProgress {
    return {
      done: this.#files,
      files,
      patients: total(this.#patients),
      encounters: total(this.#encounters),
      refused: this.#refused.length,
    };
  }

  summary(): ImportSummary {
    const added = [...this.#institutions.values()].filter((isNew) => isNew).length;
    return {
      files: this.#files,
      refusedFiles: this.#refusedFiles,
      institutions: { added, known: this.#institutions.size - added },
      registrars: { ...this.#registrars },
      patients: { ...this.#patients },
      encounters: { ...this.#encounters },
      diagnoses: this.#diagnoses,
      ignored: { ...this.#ignored },
      refused: [...this.#refused],
    };
  }

  #isNew(index: string | null): boolean {
    return index !== null && BigInt(index) >= this.#size;
  }
}

function total({ added, known }: Tally): number {
  return added + known;
}
