/** Laying a view out is the dearest part of an answer: it is done once for each request, however its links are asked for. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { PageRenderer } from '../../src/viewing/index.js';
import { opened, ViewWorld } from './views-world.js';

// The real renderer, watched: how often it is asked to lay a view out, or to draw a page of one.
const counted = vi.spyOn(PageRenderer.prototype, 'count');
const drawn = vi.spyOn(PageRenderer.prototype, 'page');

let world: ViewWorld;
let patient: string;

beforeAll(async () => {
  world = await ViewWorld.start();
  patient = await world.patient();
});
afterAll(() => world.stop());

it('a view is laid out once a request, and anew in the next one', async () => {
  const { view } = opened(await world.look('auditor', patient, 'AUDIT'));
  expect([view.pageCount, view.pages?.length, counted.mock.calls.length]).toEqual([1, 1, 1]);
  const query = `{ view(id: "${view.id}") { pageCount pages { number } } again: view(id: "${view.id}") { pages { url } } }`;
  const { data } = await world.vitrine.ask<{ view: object; again: { pages: object[] } }>('auditor', query);
  expect(data?.view).toEqual({ pageCount: 1, pages: [{ number: 1 }] });
  expect(data?.again.pages).toHaveLength(1);
  expect(counted).toHaveBeenCalledTimes(2);
  await world.fetch('auditor', view.pages?.[0]?.url ?? '');
  expect([counted.mock.calls.length, drawn.mock.calls.length]).toEqual([2, 1]);
});
