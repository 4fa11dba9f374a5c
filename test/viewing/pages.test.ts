/** Links to pages: once, for the one who opened, while the view is open; and no page of what doesn't verify. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, opened, PNG, ViewWorld, type Fetched } from './views-world.js';

let world: ViewWorld;
let patient: string;

beforeAll(async () => {
  world = await ViewWorld.start();
  patient = await world.patient();
  await world.treat('registrar.north', patient, { note: 'Suture removal' });
  await world.enrol('second.north', world.ids.north, 'CLINICIAN');
});
afterAll(() => world.stop());

const openPages = async (who = 'clinician.north', more: object = {}) =>
  opened(await world.look(who, patient, 'TREATMENT', more)).view;

const first = (view: Awaited<ReturnType<typeof openPages>>): string => view.pages?.[0]?.url ?? '';

/** The same words for every link that doesn't work. */
let refusal: Fetched;

describe('a link to a page', () => {
  it('gives a PNG that no cache keeps and no other origin reads', async () => {
    const view = await openPages();
    expect(view.pageCount).toBe(view.pages?.length);
    const page = await world.fetch('clinician.north', first(view));
    expect([page.status, page.bytes.subarray(0, 8)]).toEqual([200, PNG]);
    const header = (name: string): string | null => page.headers.get(name);
    expect(header('content-type')).toBe('image/png');
    expect(header('cache-control')).toBe('no-store');
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('works once, also when it is fetched many times at once', async () => {
    const url = first(await openPages());
    const answers = await Promise.all(Array.from({ length: 6 }, () => world.fetch('clinician.north', url)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    refusal = await world.fetch('clinician.north', url);
    expect([refusal.status, refusal.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('has twice the pixels on demand', async () => {
    const page = await world.fetch('clinician.north', `${first(await openPages())}&scale=2`);
    expect(page.bytes.readUInt32BE(16)).toBe(1600);
  });

  it('is refused to everybody else in the same words, and still works for who opened it', async () => {
    const url = first(await openPages());
    for (const who of ['second.north', 'registrar.north', 'clinician.city', 'auditor', 'patient.one']) {
      const answer = await world.fetch(who, url);
      expect([who, answer.status, answer.text]).toEqual([who, 404, refusal.text]);
    }
    expect((await world.fetch(null, url)).status).toBe(401);
    expect((await world.fetch('clinician.north', url)).status).toBe(200);
  });

  it('is refused in the same words when it is forged, of another page, or of no view', async () => {
    const view = await openPages();
    const other = await openPages();
    const [path = '', ticket = ''] = first(view).split('?ticket=');
    const forged = [
      `${path}?ticket=${'0'.repeat(ticket.length)}`,
      `${path}?ticket=`,
      path,
      `/views/${view.id}/pages/2?ticket=${ticket}`,
      `/views/${view.id}/pages/0?ticket=${ticket}`,
      `/views/${view.id}/pages/x?ticket=${ticket}`,
      `/views/${other.id}/pages/1?ticket=${ticket}`,
      `/views/nobody/pages/1?ticket=${ticket}`,
      `${path}?ticket=${ticket}&ticket=${ticket}`,
    ];
    for (const url of forged) {
      const answer = await world.fetch('clinician.north', url);
      expect([url, answer.status, answer.text]).toEqual([url, 404, refusal.text]);
    }
    expect((await world.fetch('clinician.north', first(view))).status).toBe(200);
  });

  it('is given to nobody but who opened the view', async () => {
    const view = await openPages();
    const query = `{ view(id: "${view.id}") { purpose pageCount pages { url } } }`;
    for (const who of ['second.north', 'auditor']) {
      const { data } = await world.vitrine.ask<{ view: { pages: null; pageCount: null } }>(who, query);
      expect(data?.view).toEqual({ purpose: 'TREATMENT', pageCount: null, pages: null });
    }
  });

  it('ends with the view', async () => {
    const view = await openPages();
    world.move(15 * MINUTE);
    const answer = await world.fetch('clinician.north', first(view));
    expect([answer.status, answer.text]).toEqual([404, refusal.text]);
  });

  it('ends with the member’s standing', async () => {
    const member = await world.enrol('third.north', world.ids.north, 'CLINICIAN');
    const url = first(await openPages('third.north'));
    await world.vitrine.mutate(
      'regulator.one',
      'suspendMember',
      { member, reason: 'Asked for' },
      'member { state }',
    );
    expect((await world.fetch('third.north', url)).code).toBe('FORBIDDEN');
  });
});

describe('what a page shows', () => {
  it('is nothing when a value doesn’t verify', async () => {
    const other = await world.patient();
    const encounter = await world.treat('registrar.north', other, { note: 'Before' });
    const view = opened(await world.look('clinician.north', other, 'TREATMENT')).view;
    await world.vitrine.tamper(`UPDATE encounter SET class = 'EMER' WHERE id = '${encounter}'`);
    const page = await world.fetch('clinician.north', first(view));
    expect([page.status, page.code]).toEqual([500, 'INTEGRITY_VIOLATION']);
    expect(page.bytes.subarray(0, 8)).not.toEqual(PNG);
  });

  it('is nothing when an encounter was taken away', async () => {
    const other = await world.patient();
    const gone = await world.treat('registrar.north', other);
    await world.treat('registrar.north', other);
    await world.vitrine.tamper(`DELETE FROM encounter WHERE id = '${gone}'`);
    const reason = 'Unconscious on arrival';
    const { errors } = await world.look('clinician.harbour', other, 'EMERGENCY', { reason });
    expect(errors.map(({ extensions }) => extensions.code)).toContain('INTEGRITY_VIOLATION');
  });

  it('stays what was verified, when an encounter is taken away from the base meanwhile', async () => {
    const other = await world.patient();
    const gone = await world.treat('registrar.north', other);
    await world.treat('registrar.north', other);
    const view = opened(await world.look('clinician.north', other, 'TREATMENT')).view;
    await world.vitrine.tamper(`DELETE FROM encounter WHERE id = '${gone}'`);
    const page = await world.fetch('clinician.north', first(view));
    expect([page.status, page.bytes.subarray(0, 8)]).toEqual([200, PNG]);
  });
});
