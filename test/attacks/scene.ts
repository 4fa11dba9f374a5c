/**
 * What attacks are made on: a patient of City Hospital's whose every value is a word that stands nowhere else, and thieves
 * who know its ids already. An attack has failed when none of the words, and of lists no id either, left the server.
 */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';

/** Values of the prey's. */
const WORDS = {
  family: 'Vasilkovich',
  given: 'Praxedis',
  number: 'PREY-90417',
  birthDate: '1943-11-29',
  alert: 'Penicillinprey',
  note: 'Kryptonotiz',
  city: 'Preyburg',
};

/** Whoever may read none of it, with a token or without. */
export const THIEVES = [
  'clinician.harbour',
  'registrar.north',
  'vendor',
  'regulator.one',
  'finance.city',
  'patient.one',
  null,
] as const;

/** Of the prey's own institution, in a role that reads nothing of it. */
export const INSIDER = 'finance.city';

export type Thief = (typeof THIEVES)[number];

interface Made {
  readonly [mutation: string]: { readonly [record: string]: { readonly id: string } | null } | null;
}

export interface Denial {
  readonly operation: string;
  readonly reasons: readonly { readonly rule: string; readonly code: string }[];
}

export class Scene {
  patient = '';
  encounter = '';
  readonly #number = `${Date.now()}`;
  #made = 0;

  private constructor(
    readonly vitrine: TestVitrine,
    /** The server's clock. */
    readonly clock: () => Date,
  ) {}

  static async set(settings: Readonly<Record<string, string>> = {}): Promise<Scene> {
    let ahead = 0;
    const clock = (): Date => new Date(Date.now() + ahead);
    const vitrine = await TestVitrine.start({
      clock,
      settings: { UPLOAD_DENIALS: '1000', INTROSPECTION: 'vendors', ...settings },
    });
    // Five past the next hour: budgets are counted by the hour, and no attack runs into another one.
    ahead = (65 - new Date().getMinutes()) * 60_000;
    vitrine.renewTokens();
    const scene = new Scene(vitrine, clock);
    scene.patient = await scene.person(WORDS.number);
    scene.encounter = await scene.care('clinician.city', scene.patient);
    return scene;
  }

  stop(): Promise<void> {
    return this.vitrine.stop();
  }

  get size(): bigint {
    return this.vitrine.serving.ledger.trusted.size;
  }

  async make(who: string, mutation: string, record: string, input: object): Promise<string> {
    const { data, text } = await this.vitrine.mutate<Made>(who, mutation, { ...input }, `${record} { id }`);
    const id = data?.[mutation]?.[record]?.id;
    if (id === undefined) throw new Error(`${mutation} as ${who} failed: ${text}`);
    return id;
  }

  /** A patient of City's with the words. */
  person(number = `${this.#number}-${this.#made++}`): Promise<string> {
    return this.make('registrar.city', 'registerPatient', 'patient', {
      identifiers: [{ system: 'urn:test:attacks', value: number }],
      names: [{ family: WORDS.family, given: [WORDS.given] }],
      birthDate: WORDS.birthDate,
      addresses: [{ city: WORDS.city, lines: [] }],
      alerts: [{ category: 'ALLERGY', text: WORDS.alert, severity: 'HIGH' }],
    });
  }

  care(who: string, patient: string): Promise<string> {
    const input = { patient, class: 'AMB', status: 'FINISHED', start: '2025-06-01T10:00:00Z' };
    return this.make(who, 'recordEncounter', 'encounter', { ...input, note: WORDS.note });
  }

  /** The query with the prey's ids in it, or with ids of nothing. */
  aimed(query: string, prey = true): string {
    const [patient, encounter] = prey ? [this.patient, this.encounter] : [randomUUID(), randomUUID()];
    return query.replaceAll('PID', patient).replaceAll('EID', encounter);
  }

  /** Denials on the log, of one operation or of all, as an auditor finds them. */
  async denials(operation?: string): Promise<readonly string[]> {
    const { data, text } = await this.vitrine.ask<{ uploadRequests: { edges: { node: Denial }[] } }>(
      'auditor',
      '{ uploadRequests(first: 100, filter: {state: DENIED}) { edges { node { operation reasons { rule code } } } } }',
    );
    if (data === null) throw new Error(text);
    const nodes = data.uploadRequests.edges.map(({ node }) => node);
    return nodes
      .filter((one) => operation === undefined || one.operation === operation)
      .flatMap(({ reasons }) => reasons.map(({ rule, code }) => `${rule} ${code}`));
  }

  /** How many entries of an operation the log has behind a position. */
  async entries(op: string, from: bigint): Promise<number> {
    const { trusted } = this.vitrine.serving.ledger;
    let count = 0;
    for await (const { opening } of trusted.entries(from, trusted.size)) if (opening.op === op) count += 1;
    return count;
  }
}

/** Fails when a word of the prey's is in what was sent. */
export function expectNothing(text: string, asked = ''): void {
  for (const word of Object.values(WORDS)) expect(text, asked).not.toContain(word);
}
