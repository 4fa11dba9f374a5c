/** Laying a view out is the dearest part of an answer: it is done once for each request, however its links are asked for. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { opened, ViewWorld } from './views-world.js';

const laidOut = vi.hoisted(() => ({ times: 0 }));

// The real layout, which counts how often it is asked for.
vi.mock(import('../../src/viewing/pages/index.js'), async (load) => {
  const real = await load();
  const layOut: typeof real.layOut = (...given) => {
    laidOut.times += 1;
    return real.layOut(...given);
  };
  return { ...real, layOut };
});

let world: ViewWorld;
let patient: string;

beforeAll(async () => {
  world = await ViewWorld.start();
  patient = await world.patient();
});
afterAll(() => world.stop());

it('a view is laid out once a request, and anew in the next one', async () => {
  const { view } = opened(await world.look('auditor', patient, 'AUDIT'));
  expect([view.pageCount, view.pages?.length, laidOut.times]).toEqual([1, 1, 1]);
  const query = `{ view(id: "${view.id}") { pageCount pages { number } } again: view(id: "${view.id}") { pages { url } } }`;
  const { data } = await world.vitrine.ask<{ view: object; again: { pages: object[] } }>('auditor', query);
  expect(data?.view).toEqual({ pageCount: 1, pages: [{ number: 1 }] });
  expect(data?.again.pages).toHaveLength(1);
  expect(laidOut.times).toBe(2);
  await world.fetch('auditor', view.pages?.[0]?.url ?? '');
  expect(laidOut.times).toBe(3);
});
