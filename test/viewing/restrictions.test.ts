/** What a patient forbids is neither opened nor shown, from the next request on; an emergency goes on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opened, ViewWorld } from './views-world.js';
import { granted, revoke } from './world.js';

let world: ViewWorld;
/** City's, treated by North; with a login of its own. */
let patient: string;

beforeAll(async () => {
  world = await ViewWorld.start();
  patient = await world.patient();
  await world.treat('registrar.north', patient);
  const member = { subject: 'patient.self', roles: ['PATIENT'], patient };
  await world.vitrine.mutate('registrar.city', 'enrolMember', member, 'member { id }');
});
afterAll(() => world.stop());

const restrict = (input: object): Promise<string> =>
  granted({ vitrine: world.vitrine, patient }, 'patient.self', { type: 'VIEW_RESTRICTION', ...input });

const lift = async (consent: string): Promise<void> => {
  const { codes } = await revoke(world.vitrine, 'patient.self', consent);
  expect(codes).toEqual([]);
};

/** Who looks for what. */
interface Looker {
  readonly who: string;
  readonly purpose: string;
}

const TREATMENT: Looker = { who: 'clinician.north', purpose: 'TREATMENT' };
const COVERAGE: Looker = { who: 'registrar.north', purpose: 'COVERAGE' };
const ELSEWHERE: Looker = { who: 'registrar.city', purpose: 'COVERAGE' };
const AUDIT: Looker = { who: 'auditor', purpose: 'AUDIT' };
const EMERGENCY: Looker = { who: 'clinician.north', purpose: 'EMERGENCY' };
const LOOKERS = { TREATMENT, COVERAGE, ELSEWHERE, AUDIT, EMERGENCY };

const look = ({ who, purpose }: Looker) =>
  world.look(who, patient, purpose, purpose === 'EMERGENCY' ? { reason: 'Unconscious on arrival' } : {});

/** As if nobody was there, or nothing was known: nobody is told of a restriction. */
const refusedAs = ({ purpose }: Looker): string =>
  purpose === 'TREATMENT' ? 'EVIDENCE_REQUIRED' : 'NOT_FOUND';

/** How a restriction is made, and which of the lookers it stops. */
const TABLE: readonly (readonly [
  what: string,
  input: () => object,
  stopped: readonly (keyof typeof LOOKERS)[],
])[] = [
  ['an institution', () => ({ institution: world.ids.north }), ['TREATMENT', 'COVERAGE']],
  [
    'an institution for one purpose',
    () => ({ institution: world.ids.north, purposes: ['COVERAGE'] }),
    ['COVERAGE'],
  ],
  ['all institutions for one purpose', () => ({ purposes: ['COVERAGE'] }), ['COVERAGE', 'ELSEWHERE']],
  ['all institutions', () => ({}), ['TREATMENT', 'COVERAGE', 'ELSEWHERE', 'AUDIT']],
];

describe.each(TABLE)('a restriction of %s', (_what, input, stopped) => {
  it('forbids new views and shuts those that are open, but no emergency, until it is revoked', async () => {
    const before = new Map<string, string>();
    for (const [name, looker] of Object.entries(LOOKERS))
      before.set(name, opened(await look(looker)).view.pages?.[0]?.url ?? '');
    const consent = await restrict(input());
    for (const [name, looker] of Object.entries(LOOKERS)) {
      const isStopped = (stopped as readonly string[]).includes(name);
      const answer = await look(looker);
      expect([name, ...answer.codes]).toEqual(isStopped ? [name, refusedAs(looker)] : [name]);
      expect(answer.text).not.toMatch(/restrict|forbid/);
      const page = await world.fetch(looker.who, before.get(name) ?? '');
      expect([name, page.status]).toEqual([name, isStopped ? 404 : 200]);
    }
    await lift(consent);
    for (const [name, looker] of Object.entries(LOOKERS)) {
      expect([name, ...(await look(looker)).codes]).toEqual([name]);
      // The link that was refused wasn't used up by it.
      if (!(stopped as readonly string[]).includes(name)) continue;
      expect([name, (await world.fetch(looker.who, before.get(name) ?? '')).status]).toEqual([name, 200]);
    }
  });
});

describe('a restriction', () => {
  it('takes away links to pages and the relation that an open view gives', async () => {
    const { view } = opened(await look(COVERAGE));
    const query = `{ view(id: "${view.id}") { pageCount pages { number } } patient(id: "${patient}") { id } }`;
    type Seen = { view: { pageCount: number | null; pages: object[] | null }; patient: object | null };
    const seen = async () => (await world.vitrine.ask<Seen>(COVERAGE.who, query)).data;
    // The registrar of North recorded the care itself, so it is the view alone that lets it know of the patient.
    expect(await seen()).toMatchObject({ view: { pages: [{ number: 1 }] }, patient: { id: patient } });
    const consent = await restrict({ purposes: ['COVERAGE'] });
    expect(await seen()).toEqual({ view: { pageCount: null, pages: null }, patient: null });
    await lift(consent);
    expect(await seen()).toMatchObject({ view: { pages: [{ number: 1 }] }, patient: { id: patient } });
  });

  it('that ends by itself lets again from then on', async () => {
    const validUntil = new Date(world.clock().getTime() + 60_000).toISOString();
    await restrict({ institution: world.ids.north, validUntil });
    expect((await look(TREATMENT)).codes).toEqual(['EVIDENCE_REQUIRED']);
    world.move(61_000);
    opened(await look(TREATMENT));
  });
});
