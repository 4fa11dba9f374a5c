/** What tests of consents share: a patient of City's with a login, a person beside it, and care in two houses. */
import { type Answer, TestVitrine } from '../support/vitrine.js';

export interface World {
  readonly vitrine: TestVitrine;
  readonly patient: string;
  /** City's, of which one is labelled. */
  readonly encounter: string;
  readonly labelled: string;
  /** Northern's, open: it treats the patient. Its clinician didn't record it. */
  readonly elsewhere: string;
  readonly city: string;
  readonly north: string;
  readonly harbour: string;
  /** The member behind `patient.one`. */
  readonly friend: string;
}

interface Made {
  readonly [mutation: string]: { readonly [record: string]: { readonly id: string } | null };
}

export async function make(
  vitrine: TestVitrine,
  who: string,
  mutation: string,
  record: string,
  input: object,
): Promise<string> {
  const { data, text } = await vitrine.mutate<Made>(who, mutation, { ...input }, `${record} { id }`);
  const id = data?.[mutation]?.[record]?.id;
  if (id === undefined) throw new Error(`${mutation} as ${who} failed: ${text}`);
  return id;
}

/** A patient with a login under this subject, City's encounters and Northern's. */
export async function person(vitrine: TestVitrine, subject: string) {
  const patient = await make(vitrine, 'registrar.city', 'registerPatient', 'patient', {
    names: [{ family: 'Tamm', given: ['Liis'] }],
    identifiers: [{ system: 'urn:test:consents', value: subject }],
    birthDate: '1980-02-03',
  });
  await make(vitrine, 'registrar.city', 'enrolMember', 'member', { subject, roles: ['PATIENT'], patient });
  const visit = { patient, class: 'AMB', status: 'FINISHED', start: '2025-06-01T10:00:00Z' };
  const record = (who: string, more: object) =>
    make(vitrine, who, 'recordEncounter', 'encounter', { ...visit, ...more });
  return {
    patient,
    encounter: await record('clinician.city', { note: 'plain' }),
    labelled: await record('clinician.city', { note: 'secret', label: 'PSYCHIATRY' }),
    elsewhere: await record('registrar.north', { status: 'IN_PROGRESS', note: 'going on' }),
  };
}

export async function world(clock?: () => Date): Promise<World> {
  const vitrine = await TestVitrine.start(clock === undefined ? {} : { clock });
  const of = async (who: string) => {
    const { data } = await vitrine.ask<{
      me: { institution: { id: string } | null; member: { id: string } };
    }>(who, '{ me { institution { id } member { id } } }');
    return { institution: data?.me.institution?.id ?? '', member: data?.me.member.id ?? '' };
  };
  return {
    vitrine,
    ...(await person(vitrine, 'patient.self')),
    city: (await of('clinician.city')).institution,
    north: (await of('clinician.north')).institution,
    harbour: (await of('clinician.harbour')).institution,
    friend: (await of('patient.one')).member,
  };
}

export interface Granted {
  readonly grantConsent: { readonly consent: { readonly id: string; readonly grantedAs: string } | null };
}

export function grant(
  { vitrine, patient }: Pick<World, 'vitrine' | 'patient'>,
  who: string,
  input: object,
): Promise<Answer<Granted>> {
  return vitrine.mutate<Granted>(who, 'grantConsent', { patient, ...input }, 'consent { id grantedAs }');
}

export async function granted(at: Pick<World, 'vitrine' | 'patient'>, who: string, input: object) {
  const { data, text } = await grant(at, who, input);
  const id = data?.grantConsent.consent?.id;
  if (id === undefined) throw new Error(`grantConsent as ${who} failed: ${text}`);
  return id;
}

export function revoke(vitrine: TestVitrine, who: string, consent: string, more: object = {}) {
  return vitrine.mutate<{ revokeConsent: { consent: Readonly<Record<string, unknown>> | null } }>(
    who,
    'revokeConsent',
    { consent, ...more },
    'consent { state revokedAs revokedBy grantedAs grantedBy }',
  );
}

/** What `who` gets of an encounter: its note, the code in its place, or null where it isn't there. */
export async function noteFor(vitrine: TestVitrine, who: string, encounter: string): Promise<string | null> {
  const { data, codes } = await vitrine.ask<{ encounter: { note: string | null } | null }>(
    who,
    `{ encounter(id: "${encounter}") { note } }`,
  );
  if (data?.encounter === null || data?.encounter === undefined) return codes[0] ?? null;
  return data.encounter.note ?? codes[0] ?? 'none';
}
