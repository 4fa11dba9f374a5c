/** Patients and encounters as the server will seal them, from the same inputs. */
import {
  amendedValues,
  careLabel,
  careRetention,
  ENCOUNTER,
  encounterValues,
  firstHead,
  given,
  type HeadFacts,
  nextHead,
  PATIENT,
  registeredValues,
} from '../../documents/index.js';
import type {
  AmendEncounterInput,
  AmendPatientInput,
  EncounterInput,
  RegisterPatientInput,
} from '../generated/graphql.js';
import type { VersionBase } from './base.js';
import { parseInput } from './parse.js';
import type { VersionToSign } from './sign.js';

/** Whose record a first version will be. */
export interface NewRecord {
  /** A UUIDv7 of the time of issue. */
  readonly id: string;
  /** The uploader's institution. */
  readonly institution: string;
}

/** An encounter that is recorded. @throws VitrineError BAD_USER_INPUT */
export function recordedEncounter(input: EncounterInput, { id, institution }: NewRecord): VersionToSign {
  const values = parseInput(encounterValues, wired(input));
  const facts = { custodian: institution, patient: values.patient, ...headOf(input) };
  const head = firstHead(ENCOUNTER, id, facts);
  return { op: 'encounter.record', head, values, supersedes: null };
}

/** An encounter that is amended. @throws VitrineError BAD_USER_INPUT */
export function amendedEncounter(input: AmendEncounterInput, base: VersionBase): VersionToSign {
  const values = parseInput(encounterValues, { ...base.values, ...given(wired(input)) });
  return next('encounter.amend', ENCOUNTER, base, values, headOf(input));
}

/** A patient who is registered. @throws VitrineError BAD_USER_INPUT */
export function registeredPatient(
  input: RegisterPatientInput,
  { id, institution }: NewRecord,
): VersionToSign {
  const values = parseInput(registeredValues(input), input);
  const head = firstHead(PATIENT, id, { custodian: institution, patient: id, ...headOf(input) });
  return { op: 'patient.register', head, values, supersedes: null };
}

/** A patient who is amended. @throws VitrineError BAD_USER_INPUT */
export function amendedPatient(input: AmendPatientInput, base: VersionBase): VersionToSign {
  const { patient: _patient, ...changes } = input;
  const values = parseInput(amendedValues(base.values), { ...base.values, ...given(changes) });
  return next('patient.amend', PATIENT, base, values, headOf(input));
}

function next(
  op: string,
  kind: { readonly name: string; readonly schema: number },
  base: VersionBase,
  values: object,
  facts: HeadFacts,
): VersionToSign {
  return { op, head: nextHead(kind, base.head, facts), values, supersedes: base.leafHash };
}

/** Label and retention, where the input gives them. */
function headOf(input: { readonly label?: string | null; readonly retainUntil?: string | null }): HeadFacts {
  return {
    ...(input.label !== undefined && { label: parseInput(careLabel, input.label) }),
    ...(input.retainUntil !== undefined && { retention: parseInput(careRetention, input.retainUntil) }),
  };
}

/** What the API's scalars make of an input on its way: ids in lower case, amounts as whole numbers. */
function wired<I extends Pick<AmendEncounterInput, 'cost'> & { readonly patient?: string }>(
  input: I,
): object {
  const { patient, cost } = input;
  return {
    ...input,
    ...(patient !== undefined && { patient: patient.toLowerCase() }),
    ...(cost !== undefined && cost !== null && { cost: { ...cost, amount: String(cost.amount) } }),
  };
}
