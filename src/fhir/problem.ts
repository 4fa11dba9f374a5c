/** What is wrong with a FHIR file, each with the place inside it. Messages name facts, never a patient's values. */

/** A place inside a file, outermost first: `['entry', 3, 'resource', 'period', 'start']`. */
export type FhirPath = readonly (string | number)[];

/** One thing that is wrong with a file. */
export interface FhirProblem {
  /** For example `entry[3].resource.period.start`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}

/**
 * Writes a path the way FHIRPath and GraphQL do.
 *
 * @example pathText(['entry', 3, 'resource', 'period', 'start']) // 'entry[3].resource.period.start'
 */
export function pathText(path: FhirPath): string {
  return path
    .map((part, place) => (typeof part === 'number' ? `[${part}]` : place === 0 ? part : `.${part}`))
    .join('');
}

/** Collects problems, so that a file is refused with everything that is wrong with it, not only the first. */
export class Problems {
  readonly #found: FhirProblem[] = [];

  get found(): readonly FhirProblem[] {
    return this.#found;
  }

  add(path: FhirPath, message: string): void {
    this.addText(pathText(path), message);
  }

  /** Adds a problem whose path is written already; one that is known isn't told twice. */
  addText(path: string, message: string): void {
    if (!this.#found.some((known) => known.path === path && known.message === message)) {
      this.#found.push({ path, message });
    }
  }
}
