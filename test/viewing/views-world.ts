/** A Vitrine with people who may look: institutions, patients of City, and what tests of views do with them. */
import { randomUUID } from 'node:crypto';
import { type Answer, TestVitrine, type VitrineOptions } from '../support/vitrine.js';

export const MINUTE = 60_000;

export interface Page {
  readonly number: number;
  readonly url: string;
}

export interface Opened {
  readonly openView: {
    readonly receipt: { readonly index: string };
    readonly view: {
      readonly id: string;
      readonly purpose: string;
      readonly evidence: string | null;
      readonly openedAt: string;
      readonly expiresAt: string;
      readonly pageCount: number | null;
      readonly pages: readonly Page[] | null;
    };
  };
}

const OPENED =
  'receipt { index } view { id purpose evidence openedAt expiresAt pageCount pages { number url } }';

/** An image, or the code of the refusal. */
export interface Fetched {
  readonly status: number;
  readonly code: string | null;
  readonly text: string;
  readonly bytes: Buffer;
  readonly headers: Headers;
}

/** A running Vitrine whose clock a test moves. */
export class ViewWorld {
  #number = 0;

  private constructor(
    public vitrine: TestVitrine,
    readonly ids: Readonly<Record<'city' | 'north' | 'harbour' | 'ministry', string>>,
    /** The server's clock. */
    readonly clock: () => Date,
  ) {}

  static async start(options: VitrineOptions = {}): Promise<ViewWorld> {
    const moved = { by: 0 };
    const clock = (): Date => new Date(Date.now() + moved.by);
    const vitrine = await TestVitrine.start({ ...options, clock });
    const at = async (who: string): Promise<string> => {
      const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>(
        who,
        '{ me { institution { id } } }',
      );
      return data?.me.institution.id ?? '';
    };
    const world = new ViewWorld(
      vitrine,
      {
        city: await at('clinician.city'),
        north: await at('clinician.north'),
        harbour: await at('clinician.harbour'),
        ministry: await at('regulator.one'),
      },
      clock,
    );
    world.move = (ms) => {
      moved.by += ms;
      vitrine.forgetTokens();
    };
    // Five past the next hour: budgets are counted by the hour, and no test runs into another one by itself.
    world.move(65 * MINUTE - (Date.now() % (60 * MINUTE)));
    return world;
  }

  /** Moves the server's clock on. */
  move: (ms: number) => void = () => undefined;

  /** Enrols somebody under a name of its own. */
  async enrol(subject: string, institution: string, role: string): Promise<string> {
    const { data, text } = await this.vitrine.mutate<{ enrolMember: { member: { id: string } } }>(
      'regulator.one',
      'enrolMember',
      { subject, institution, name: subject, roles: [role] },
      'member { id }',
    );
    if (data === null) throw new Error(text);
    return data.enrolMember.member.id;
  }

  /** Registers a patient of City. */
  async patient(more: object = {}, who = 'registrar.city'): Promise<string> {
    this.#number += 1;
    const { data, text } = await this.vitrine.mutate<{ registerPatient: { patient: { id: string } } }>(
      who,
      'registerPatient',
      {
        identifiers: [{ system: 'urn:test:views', value: `V-${randomUUID()}` }],
        names: [{ family: 'Quellmalz', given: ['Ottilie'] }],
        birthDate: '1951-03-07',
        alerts: [{ category: 'ALLERGY', text: 'Chlorhexidine', severity: 'HIGH' }],
        ...more,
      },
      'patient { id }',
    );
    if (data === null) throw new Error(text);
    return data.registerPatient.patient.id;
  }

  /** Care of a patient, by default open. */
  async treat(who: string, patient: string, more: object = {}): Promise<string> {
    const { data, text } = await this.vitrine.mutate<{ recordEncounter: { encounter: { id: string } } }>(
      who,
      'recordEncounter',
      { patient, class: 'AMB', status: 'IN_PROGRESS', start: '2025-12-02T09:00:00.000Z', ...more },
      'encounter { id }',
    );
    if (data === null) throw new Error(text);
    return data.recordEncounter.encounter.id;
  }

  open(who: string, input: Readonly<Record<string, unknown>>): Promise<Answer<Opened>> {
    return this.vitrine.mutate<Opened>(who, 'openView', input, OPENED);
  }

  look(who: string, patient: string, purpose: string, more: object = {}): Promise<Answer<Opened>> {
    return this.open(who, { subject: { kind: 'PATIENT', id: patient }, purpose, ...more });
  }

  async fetch(who: string | null, url: string): Promise<Fetched> {
    const authorization = who === null ? {} : { authorization: `Bearer ${await this.vitrine.token(who)}` };
    const response = await fetch(`${this.vitrine.url}${url}`, { headers: authorization });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString('latin1');
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    const body = isJson ? (JSON.parse(text) as { errors: { extensions: { code: string } }[] }) : null;
    const code = body?.errors[0]?.extensions.code ?? null;
    return { status: response.status, code, text, bytes, headers: response.headers };
  }

  stop(): Promise<void> {
    return this.vitrine.stop();
  }
}

/** The first eight bytes of every PNG. */
export const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

/** What was opened; fails the test with the refusal otherwise. */
export function opened({ data, text }: Answer<Opened>): Opened['openView'] {
  if (data === null || data.openView === null) throw new Error(text);
  return data.openView;
}
