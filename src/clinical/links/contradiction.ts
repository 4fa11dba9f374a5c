/** What says that two files are not of one person. */
import type { Identifier, PatientValues } from '../../documents/index.js';
import { orEmpty } from '../../standing/index.js';

/** Fields in which two files contradict each other. */
export type Contradicted = 'identifiers' | 'birthDate';

type Identifiers = readonly Identifier[];

type Person = Pick<PatientValues, 'identifiers' | 'birthDate'>;

/**
 * The fields in which two files contradict each other: a system that gave each of them numbers and none in common, or two
 * birth dates of which neither is the other told more precisely. Sexes and names change and are misspelt: they say nothing.
 */
export function contradictions(one: Person, other: Person): Contradicted[] {
  const found: Contradicted[] = [];
  if (identifiersContradict(orEmpty(one.identifiers), orEmpty(other.identifiers))) found.push('identifiers');
  const [short, long] = [one.birthDate, other.birthDate].sort((a, b) => (a?.length ?? 0) - (b?.length ?? 0));
  if (typeof short === 'string' && typeof long === 'string' && !long.startsWith(short))
    found.push('birthDate');
  return found;
}

function identifiersContradict(one: Identifiers, other: Identifiers): boolean {
  return one.some(({ system }) => {
    const of = (numbers: Identifiers) =>
      numbers.filter((number) => number.system === system).map(({ value }) => value);
    const theirs = of(other);
    return theirs.length > 0 && !of(one).some((value) => theirs.includes(value));
  });
}
