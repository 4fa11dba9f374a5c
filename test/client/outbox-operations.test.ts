import { readFileSync } from 'node:fs';
import { buildSchema, getNamedType, isInputObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/client/index.js';

/** What is not for an outbox, and why. */
const NOT_KEPT: Readonly<Record<string, string>> = {
  openView: 'who looks is there, now',
  issueAccessCode: 'its answer is a secret, to be shown and not kept',
};

describe('an outbox', () => {
  it('sends every mutation of the schema that takes a request id, but those that are not to be kept', () => {
    const schema = buildSchema(
      readFileSync(new URL('../../schema/vitrine.graphql', import.meta.url), 'utf8'),
    );
    const takes = Object.values(schema.getMutationType()?.getFields() ?? {})
      .filter(({ args }) => {
        const input = getNamedType(args[0]?.type);
        return isInputObjectType(input) && 'requestId' in input.getFields();
      })
      .map(({ name }) => name);
    expect(takes.length).toBeGreaterThan(30);
    expect([...Object.keys(OPERATIONS), ...Object.keys(NOT_KEPT)].sort()).toEqual(takes.sort());
  });
});
