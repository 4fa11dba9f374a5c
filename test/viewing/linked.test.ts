/** Views of who has several files: what holds for one of them holds for all, while the link between them does. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opened, ViewWorld } from './views-world.js';
import { granted, make, revoke } from './world.js';

let world: ViewWorld;
/** City's file, whom nobody else treats by it. */
let known: string;
/** Harbour's file of the same person, whom North treats by it. */
let other: string;
/** North's encounter, which its registrar recorded. */
let care: string;

beforeAll(async () => {
  world = await ViewWorld.start();
  await world.enrol('registrar.harbour', world.ids.harbour, 'REGISTRAR');
  known = await world.patient();
  other = await world.patient({ names: [{ text: 'Found at pier two' }] }, 'clinician.harbour');
  care = await world.treat('registrar.north', other);
  for (let visit = 0; visit < 4; visit++)
    await world.treat('clinician.harbour', other, { note: 'Rest and water. '.repeat(90) });
  const member = { subject: 'patient.other', roles: ['PATIENT'], patient: other };
  await world.vitrine.mutate('registrar.harbour', 'enrolMember', member, 'member { id }');
});
afterAll(() => world.stop());

/** Links the two files; gives what ends the link. */
async function link(): Promise<() => Promise<void>> {
  const { vitrine } = world;
  const input = { patient: known, other, evidence: 'The same fingerprint' };
  const id = await make(vitrine, 'registrar.city', 'linkPatients', 'link', input);
  const agreed = await vitrine.mutate(
    'registrar.harbour',
    'confirmPatientLink',
    { link: id, expectedVersion: 1, contradictionReason: 'Numbered twice' },
    'link { state }',
  );
  expect(agreed.data).toEqual({ confirmPatientLink: { link: { state: 'CONFIRMED' } } });
  return async () => {
    const end = { link: id, expectedVersion: 2, reason: 'Two persons after all' };
    const { data } = await vitrine.mutate('registrar.harbour', 'unlinkPatients', end, 'link { state }');
    expect(data).toEqual({ unlinkPatients: { link: { state: 'ENDED' } } });
  };
}

const treat = () => world.look('clinician.north', known, 'TREATMENT');
const cover = () => world.look('registrar.north', known, 'COVERAGE');
const first = ({ pages }: { pages: readonly { url: string }[] | null }): string => pages?.[0]?.url ?? '';

describe('a person with two linked files', () => {
  it('is open to who treats it by either, while the link stands', async () => {
    expect((await treat()).codes).toEqual(['EVIDENCE_REQUIRED']);
    const end = await link();
    const { view } = opened(await treat());
    expect(view.evidence).toBe('TREATING');
    expect((await world.fetch('clinician.north', first(view))).status).toBe(200);
    const { view: shut } = opened(await treat());
    await end();
    expect((await treat()).codes).toEqual(['EVIDENCE_REQUIRED']);
    expect((await world.fetch('clinician.north', first(shut))).status).toBe(404);
    const { data } = await world.vitrine.ask(
      'clinician.north',
      `{ view(id: "${shut.id}") { pages { number } } }`,
    );
    expect(data).toEqual({ view: { pages: null } });
  });

  it('is looked at as one: the pages hold what is in the other file, and the viewer may know of it', async () => {
    const emergency = async (): Promise<number> => {
      const reason = 'Unconscious on arrival';
      return opened(await world.look('clinician.city', known, 'EMERGENCY', { reason })).view.pageCount ?? 0;
    };
    const alone = await emergency();
    const end = await link();
    expect(await emergency()).toBeGreaterThan(alone);
    opened(await cover());
    // Its own registrar recorded the care, so it is the view alone that lets it know of either file.
    const names = async () => {
      const query = `{ known: patient(id: "${known}") { id } other: patient(id: "${other}") { id } }`;
      return (await world.vitrine.ask('registrar.north', query)).data;
    };
    expect(await names()).toEqual({ known: { id: known }, other: { id: other } });
    await end();
    expect(await names()).toEqual({ known: { id: known }, other: null });
    expect(await emergency()).toBe(alone);
  });

  it('restricts by either file what is seen of both', async () => {
    const end = await link();
    const open = [opened(await treat()).view, opened(await cover()).view] as const;
    const restriction = await granted({ vitrine: world.vitrine, patient: other }, 'patient.other', {
      type: 'VIEW_RESTRICTION',
      institution: world.ids.north,
    });
    expect((await treat()).codes).toEqual(['EVIDENCE_REQUIRED']);
    expect((await cover()).codes).toEqual(['NOT_FOUND']);
    expect((await world.fetch('clinician.north', first(open[0]))).status).toBe(404);
    expect((await world.fetch('registrar.north', first(open[1]))).status).toBe(404);
    const reason = 'Unconscious on arrival';
    opened(await world.look('clinician.north', known, 'EMERGENCY', { reason }));
    await revoke(world.vitrine, 'patient.other', restriction);
    opened(await treat());
    expect((await world.fetch('clinician.north', first(open[0]))).status).toBe(200);
    await end();
  });
});

describe('an open view', () => {
  it('shuts when the referral ends that it was opened by', async () => {
    const validUntil = new Date(world.clock().getTime() + 3600_000).toISOString();
    const input = { patient: known, institution: world.ids.harbour, validUntil };
    const referral = await make(world.vitrine, 'clinician.city', 'referPatient', 'referral', input);
    const { view } = opened(await world.look('clinician.harbour', known, 'TREATMENT'));
    await world.vitrine.mutate('clinician.city', 'endReferral', { referral }, 'referral { state }');
    expect((await world.fetch('clinician.harbour', first(view))).status).toBe(404);
  });

  it('shuts when the encounter is retracted that it was opened by', async () => {
    const { view } = opened(await world.look('clinician.north', other, 'TREATMENT'));
    const input = { kind: 'ENCOUNTER', id: care, expectedVersion: 1, reason: 'Another patient’s' };
    const { codes } = await world.vitrine.mutate('registrar.north', 'retractRecord', input, 'requestId');
    expect(codes).toEqual([]);
    expect((await world.fetch('clinician.north', first(view))).status).toBe(404);
  });
});
