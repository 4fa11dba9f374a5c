/** Refused pages and lookups leave a line on the log, in the name of the member who was refused, up to a bound. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUDGETS } from '../../src/access/index.js';
import { opened, ViewWorld } from './views-world.js';

const BOUND = 3;
const LOOKUPS = BUDGETS.CLINICIAN?.LISTED?.[0] ?? 0;

let world: ViewWorld;
let patient: string;

beforeAll(async () => {
  world = await ViewWorld.start({ settings: { UPLOAD_DENIALS: String(BOUND), UPLOAD_RATE: '1000' } });
  patient = await world.patient();
});
afterAll(() => world.stop());

interface Denial {
  readonly operation: string;
  readonly state: string;
  readonly reasons: readonly { readonly rule: string; readonly code: string }[];
}

/** Denials of an operation, as an auditor of the state finds them. */
async function denials(operation: string): Promise<readonly Denial[]> {
  const { data, text } = await world.vitrine.ask<{ uploadRequests: { edges: { node: Denial }[] } }>(
    'auditor',
    '{ uploadRequests(first: 100) { edges { node { operation state reasons { rule code } } } } }',
  );
  if (data === null) throw new Error(text);
  return data.uploadRequests.edges.map(({ node }) => node).filter((one) => one.operation === operation);
}

const denied = (operation: string, rule: string, code: string): Denial => ({
  operation,
  state: 'DENIED',
  reasons: [{ rule, code }],
});

it('a refused page is a denial that says which rule it was, and no more than the bound are written', async () => {
  const { view } = opened(await world.look('auditor', patient, 'AUDIT'));
  const url = view.pages?.[0]?.url ?? '';
  const [path = ''] = url.split('?');
  expect((await world.fetch('auditor', `${path}?ticket=none`)).status).toBe(404);
  expect((await world.fetch('auditor', url)).status).toBe(200);
  expect((await world.fetch('auditor', url)).status).toBe(404);
  expect((await world.fetch('clinician.north', url)).status).toBe(404);
  const rules = (await denials('view.page')).flatMap(({ reasons }) => reasons);
  expect(rules).toHaveLength(3);
  for (const rule of ['page-ticket', 'page-replayed', 'page-view'])
    expect(rules).toContainEqual({ rule, code: 'NOT_FOUND' });
  await Promise.all(Array.from({ length: 8 }, () => world.fetch('auditor', url)));
  // Two of the auditor's were there.
  expect(await denials('view.page')).toHaveLength(3 + BOUND - 2);
});

it('a lookup beyond the budget is a denial, up to the bound; those within it are none', async () => {
  const lookup = (value: string) =>
    world.vitrine.ask(
      'clinician.harbour',
      `{ patientByIdentifier(system: "urn:test:views", value: "${value}", birthDate: "1951-03-07") { id } }`,
    );
  await Promise.all(Array.from({ length: LOOKUPS }, (_, at) => lookup(`guess-${at}`)));
  expect(await denials('view.list')).toEqual([]);
  const beyond = await Promise.all(Array.from({ length: BOUND + 4 }, (_, at) => lookup(`more-${at}`)));
  expect(new Set(beyond.flatMap(({ codes }) => codes))).toEqual(new Set(['BUDGET_EXHAUSTED']));
  expect(await denials('view.list')).toEqual(
    Array(BOUND).fill(denied('view.list', 'budget', 'BUDGET_EXHAUSTED')),
  );
});
