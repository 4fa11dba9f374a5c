/** What is read of a request whose bearer was refused: just enough for the denial, and nothing that hides the mutation. */
import { describe, expect, it } from 'vitest';
import { refusedMutation } from '../../src/server/refused-bearer.js';

const ID = '55555555-5555-4555-8555-555555555555';
const CALL = `suspendMember(input: { requestId: "${ID}" }) { requestId }`;
const found = (query: string, variables: object = {}) => refusedMutation({ query, variables }, 1000);

describe('the mutation of a refused bearer', () => {
  it.each([
    ['stands first', `mutation { ${CALL} }`],
    ['stands behind what does nothing', `mutation { __typename ${CALL} }`],
    ['stands in an inline fragment', `mutation { ... on Mutation { ... { __typename ${CALL} } } }`],
    ['stands in a named fragment', `mutation { ...one } fragment one on Mutation { ${CALL} }`],
    [
      'stands behind fragments that go in circles',
      `mutation { ...a ${CALL} } fragment a on Mutation { ...a }`,
    ],
    ['has another name in the answer', `mutation { me: ${CALL} }`],
  ])('is found where it %s', (_what, query) => {
    expect(found(query)).toEqual({ mutation: 'suspendMember', requestId: ID });
  });

  it('has the request id that stands in its variables', () => {
    const query = 'mutation ($input: X!) { suspendMember(input: $input) { requestId } }';
    expect(found(query, { input: { requestId: ID } })).toEqual({ mutation: 'suspendMember', requestId: ID });
    expect(found(query, { input: { requestId: 'none' } })).toEqual({
      mutation: 'suspendMember',
      requestId: null,
    });
  });

  it.each([
    ['a question', `{ me { roles } }`],
    ['a mutation of nothing', `mutation { __typename }`],
    ['a fragment that isn’t there', `mutation { ...one }`],
    ['no GraphQL', `mutation {`],
  ])('is none for %s', (_what, query) => {
    expect(found(query)).toBeNull();
  });
});
