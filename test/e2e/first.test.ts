import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';

describe('a whole Vitrine', () => {
  let vitrine: TestVitrine;
  beforeAll(async () => {
    vitrine = await TestVitrine.start();
  });
  afterAll(() => vitrine.stop());

  it('answers a clinician with verified patients', async () => {
    const answer = await vitrine.ask<{ patients: { edges: { node: { anchor: { verified: boolean } } }[] } }>(
      'clinician.city',
      '{ patients(first: 5) { edges { node { id names { family } anchor { index verified } } } } }',
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data?.patients.edges).toHaveLength(5);
    expect(answer.data?.patients.edges.every(({ node }) => node.anchor.verified)).toBe(true);
  });
});
