import { describe, expect, it } from 'vitest';
import { type Answered, fill, remember } from '../../src/web/fill.js';

const ids = (): (() => string) => {
  let last = 0;
  return () => `id-${(last += 1)}`;
};

describe('variables that a ready query leaves open', () => {
  it('get a fresh id, or what an answer so far holds, and stay as they are otherwise', () => {
    const answered: Answered = new Map();
    remember(answered, { data: { programmes: { edges: [{ node: { id: 'p' } }] } } });
    const variables = {
      requestId: '<new id>',
      input: [{ request: '<new id>', programme: '<programmes.edges.0.node.id>' }],
      text: 'a < b > c',
      number: 3,
      none: null,
    };
    expect(fill(variables, answered, ids())).toEqual({
      requestId: 'id-1',
      input: [{ request: 'id-2', programme: 'p' }],
      text: 'a < b > c',
      number: 3,
      none: null,
    });
  });

  it('take the newest answer, and none from a refusal', () => {
    const answered: Answered = new Map();
    remember(answered, { data: { a: { id: '1' } } });
    remember(answered, { data: { a: { id: '2' } } });
    remember(answered, { data: { a: null }, errors: [{}] });
    remember(answered, { data: null });
    remember(answered, 'nonsense');
    expect(fill('<a.id>', answered, ids())).toBe('2');
  });

  it.each(['<b.id>', '<a.name>', '<a.id.length>', '<a.constructor>', '<a.empty>'])(
    'are refused while nothing has answered %s',
    (open) => {
      const answered: Answered = new Map([['a', { id: '1', empty: null }]]);
      expect(() => fill({ open }, answered, ids())).toThrow('nothing has answered');
    },
  );
});
