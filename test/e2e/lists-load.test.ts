/** Lists that are read all the time while eight writers append: each proves itself, and none raises an alarm. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Drill } from '../support/drill.js';

vi.setConfig({ testTimeout: 200_000, hookTimeout: 120_000 });

const WRITERS = 8;
/** Mutations of one round, and rounds. */
const [MUTATIONS, ROUNDS] = [25, 6];

const LISTS = [
  ['registrar.city', '{ patients(first: 100) { edges { node { id } } } }'],
  ['registrar.city', '{ encounters(first: 20, filter: { status: FINISHED }) { edges { node { id } } } }'],
  [
    'registrar.north',
    '{ encounters(first: 20, orderBy: { field: START, direction: DESC }) { edges { node { id } } } }',
  ],
  [
    'registrar.north',
    '{ patients(first: 20) { edges { node { id encounters(first: 5) { edges { node { id } } } } } } }',
  ],
  ['regulator.one', '{ programmes(first: 1) { edges { node { id } } } }'],
  [
    'regulator.one',
    'query ($programme: UUID!) { subsidies(filter: { programme: $programme, state: APPROVED }) { edges { node { id } } } }',
  ],
] as const;

let drill: Drill;

beforeAll(async () => {
  drill = await Drill.open(WRITERS);
});
afterAll(() => drill.end());

describe('lists under a load of mutations', () => {
  it('are answered whole, every time', async () => {
    const found = await drill.api.ask('regulator.one', '{ programmes(first: 1) { edges { node { id } } } }');
    const { edges } = found.data!['programmes'] as { edges: { node: { id: string } }[] };
    const variables = { programme: edges[0]!.node.id };
    const refused: string[] = [];
    let reads = 0;
    let reading = true;
    const read = async ([persona, query]: (typeof LISTS)[number]): Promise<void> => {
      while (reading) {
        const { errors, lost } = await drill.api.ask(
          persona,
          query,
          query.startsWith('query') ? variables : {},
        );
        reads += 1;
        if (errors.length > 0 || lost)
          refused.push(`${query}: ${lost ? 'lost' : ''} ${JSON.stringify(errors)}`);
      }
    };
    const readers = LISTS.map(read);
    for (let round = 0; round < ROUNDS; round++) await drill.loadUntil(MUTATIONS, () => drill.load.stop());
    reading = false;
    await Promise.all(readers);
    expect(drill.load.refusals).toEqual([]);
    expect([...new Set(refused)]).toEqual([]);
    expect(reads).toBeGreaterThan(LISTS.length * ROUNDS);
    const metrics = await (await fetch(`${drill.api.url}/metrics`)).text();
    expect(metrics).not.toMatch(/^vitrine_alarms_total\{.*\} [1-9]/m);
    await drill.expectClean();
  });
});
