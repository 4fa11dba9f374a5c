import { describe, expect, it } from 'vitest';
import { operationsOf } from '../../src/web/operations.js';

const named = (text: string): string[] => operationsOf(text).map(({ kind, name }) => `${kind} ${name}`);

describe('operationsOf', () => {
  it('finds the operations of a document in their order', () => {
    const text = `# query Commented { a }
      query First($id: ID!, $of: In = {query: ")", list: [1]}) { node(id: $id) { query mutation { id } } }
      fragment F on Query { subscription }
      mutation Second { query(mutation: "mutation Quoted {") }
      subscription($after: Int) @live { trail }`;
    expect(operationsOf(text)).toEqual([
      { kind: 'query', name: 'First', variables: ['id', 'of'] },
      { kind: 'mutation', name: 'Second', variables: [] },
      { kind: 'subscription', name: '', variables: ['after'] },
    ]);
  });

  it('takes braces alone for a query', () => {
    expect(operationsOf('# one\n{ a { b } }')).toEqual([{ kind: 'query', name: '', variables: [] }]);
  });

  it('reads no operation in strings, block strings and comments', () => {
    expect(named('query A { a(b: """query B { \\""" """) }#mutation C {a}\r\nquery D{a}')).toEqual([
      'query A',
      'query D',
    ]);
  });

  it.each(['', '   ', 'fragment F on Query { a }', '}', '{', '"'])('finds none in %j', (text) => {
    expect(operationsOf(text)).toEqual([]);
  });
});
