/** What the tests of holds and erasures ask of a running server. */
import { randomUUID } from 'node:crypto';
import type { Answer, TestVitrine } from '../support/vitrine.js';

export interface Held {
  readonly id: string;
  readonly state: string;
  readonly recordId: string;
  readonly reason: string;
  readonly releaseReason: string | null;
  readonly version: number;
}

const HELD = '... on Hold { id state recordId reason releaseReason version }';

export type Holding = 'placeHold' | 'releaseHold';

/** Places or releases a hold on an encounter, unless `input` says another. */
export function holding(
  vitrine: TestVitrine,
  who: string | null,
  name: Holding,
  input: Readonly<Record<string, unknown>>,
): Promise<Answer<Readonly<Record<Holding, { readonly repeated: boolean; readonly record: Held | null }>>>> {
  return vitrine.ask(
    who,
    `mutation ($input: HoldInput!) { ${name}(input: $input) { repeated receipt { index } record { ${HELD} } } }`,
    { input: { requestId: randomUUID(), kind: 'ENCOUNTER', reason: 'A court asks for it', ...input } },
  );
}

export interface Requested {
  readonly id: string;
  readonly state: string;
  readonly version: number;
  readonly fields: readonly string[] | null;
  readonly recordId: string;
  readonly legalBasis: string;
  readonly refusal: string | null;
}

const REQUESTED = 'erasure { id state version kind recordId fields legalBasis refusal }';

export type ErasureAnswer<N extends string> = Answer<
  Readonly<
    Record<
      N,
      {
        readonly repeated: boolean;
        readonly erasure: Requested | null;
        readonly receipt: { readonly index: string };
      }
    >
  >
>;

/** Asks for the erasure of an encounter in its first version, unless `input` says another. */
export function request(
  vitrine: TestVitrine,
  who: string,
  input: Readonly<Record<string, unknown>>,
): Promise<ErasureAnswer<'eraseRecord'>> {
  const asked = { kind: 'ENCOUNTER', expectedVersion: 1, legalBasis: 'Article 17', ...input };
  return vitrine.mutate(who, 'eraseRecord', asked, `repeated receipt { index } ${REQUESTED}`);
}

/** Confirms a request. */
export function confirm(
  vitrine: TestVitrine,
  who: string,
  erasure: string | undefined,
  input: Readonly<Record<string, unknown>> = {},
): Promise<ErasureAnswer<'confirmErasure'>> {
  const asked = { erasure, expectedVersion: 1, ...input };
  return vitrine.mutate(who, 'confirmErasure', asked, `repeated receipt { index } ${REQUESTED}`);
}

/** Asks and confirms; throws when either is refused. */
export async function erase(
  vitrine: TestVitrine,
  input: Readonly<Record<string, unknown>>,
  who = 'clinician.city',
): Promise<void> {
  const asked = await request(vitrine, who, input);
  const done = await confirm(vitrine, 'regulator.one', asked.data?.eraseRecord.erasure?.id);
  if (done.data === null) throw new Error(asked.text + done.text);
}

/** Something made by a mutation: its id. Throws when it is refused. */
export async function make(
  vitrine: TestVitrine,
  who: string,
  mutation: string,
  record: string,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const answer = await vitrine.mutate<Record<string, Record<string, { readonly id: string }>>>(
    who,
    mutation,
    input,
    `${record} { id }`,
  );
  const id = answer.data?.[mutation]?.[record]?.id;
  if (id === undefined) throw new Error(`${mutation} as ${who}: ${answer.text}`);
  return id;
}

let numbers = 0;

/** A new patient of City Hospital, with names and numbers of its own. */
export function register(
  vitrine: TestVitrine,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const identifiers = [{ system: 'urn:erasure', value: `E-${(numbers += 1)}` }];
  const names = [{ family: 'Vergessen', given: ['Paula'] }];
  return make(vitrine, 'registrar.city', 'registerPatient', 'patient', { identifiers, names, ...facts });
}

/** A new encounter of a patient at City Hospital. */
export function visit(
  vitrine: TestVitrine,
  patient: string,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return make(vitrine, 'clinician.city', 'recordEncounter', 'encounter', {
    patient,
    class: 'AMB',
    status: 'FINISHED',
    start: '2025-05-05T08:00:00.000Z',
    ...facts,
  });
}

export function amend(
  vitrine: TestVitrine,
  encounter: string,
  expectedVersion: number,
  facts: Readonly<Record<string, unknown>>,
): Promise<string> {
  const input = { encounter, expectedVersion, ...facts };
  return make(vitrine, 'clinician.city', 'amendEncounter', 'encounter', input);
}
