import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  asJson,
  MAX_TEXT,
  PageArgs,
  pageOf,
  parseInput,
  requireId,
  textProblems,
} from '../../src/api/index.js';
import type { VitrineError } from '../../src/ledger/core/index.js';

const schema = z.object({
  name: z.string().min(1),
  beds: z.number().int().min(0),
  identifiers: z.array(z.object({ value: z.string().max(5) })),
});

function refusal(attempt: () => unknown): VitrineError {
  try {
    attempt();
  } catch (error) {
    return error as VitrineError;
  }
  throw new Error('expected a refusal');
}

describe('parseInput', () => {
  it('gives back what fits the schema', () => {
    const value = { name: 'City', beds: 3, identifiers: [{ value: 'a' }] };
    expect(parseInput(schema, value)).toEqual(value);
  });

  it('reports all problems with their paths', () => {
    const error = refusal(() =>
      parseInput(schema, { name: '', beds: -1, identifiers: [{ value: 'too long' }] }),
    );
    expect(error.code).toBe('BAD_USER_INPUT');
    expect(error.problems.map(({ path }) => path)).toEqual([
      ['input', 'name'],
      ['input', 'beds'],
      ['input', 'identifiers', 0, 'value'],
    ]);
    expect(error.inputPath).toEqual(['input', 'name']);
    expect(error.message).toMatch(/and 2 more/);
    expect(JSON.stringify(error.problems)).not.toContain('too long');
  });

  it.each([
    ['a lone surrogate', '\ud800', /lone surrogate/],
    ['the other half alone', 'x\udc00', /lone surrogate/],
    ['U+0000', 'a\u0000b', /U\+0000/],
    ['a text that is too long', 'x'.repeat(MAX_TEXT + 1), /at most 65536/],
  ])('refuses %s where it stands', (_what, name, message) => {
    const error = refusal(() => parseInput(schema, { name, beds: 0, identifiers: [] }));
    expect(error).toMatchObject({ code: 'BAD_USER_INPUT', inputPath: ['input', 'name'] });
    expect(error.message).toMatch(message);
  });
});

describe('textProblems', () => {
  it('sees texts in lists, in member names, and none in good ones', () => {
    expect(textProblems({ a: [{ b: '\ud800' }] }, ['input'])).toEqual([
      { path: ['input', 'a', 0, 'b'], message: expect.stringContaining('lone surrogate') as string },
    ]);
    expect(textProblems({ '\ud800': 1 }, [])).toHaveLength(1);
    expect(textProblems({ a: ['pair \u{1F600}', 1, null, true] }, [])).toEqual([]);
  });

  it('stops at hostile nesting', () => {
    let nested: unknown = 'x';
    for (let level = 0; level < 100_000; level++) nested = [nested];
    expect(textProblems(nested, [])[0]?.message).toMatch(/levels of nesting/);
  });
});

describe('arguments', () => {
  it.each([0, -1, 101, 1.5, Number.NaN])('refuse first: %s', (first) => {
    expect(refusal(() => pageOf(Object.assign(new PageArgs(), { first })))).toMatchObject({
      code: 'BAD_USER_INPUT',
      inputPath: ['first'],
    });
  });

  it('take first from 1 to 100, and 20 unless said', () => {
    expect(pageOf(new PageArgs())).toEqual({ first: 20 });
    expect(pageOf(Object.assign(new PageArgs(), { first: 100, after: 'x' }))).toEqual({
      first: 100,
      after: 'x',
    });
    expect(pageOf(Object.assign(new PageArgs(), { first: null, after: null }))).toEqual({ first: 20 });
  });

  it('take an id in its one form', () => {
    expect(requireId('01890A5D-ac96-774b-bcce-b302099a8057', ['id'])).toBe(
      '01890a5d-ac96-774b-bcce-b302099a8057',
    );
    expect(refusal(() => requireId("1' OR 1=1", ['id']))).toMatchObject({
      code: 'BAD_USER_INPUT',
      inputPath: ['id'],
    });
  });
});

describe('asJson', () => {
  it('makes plain JSON of coerced inputs', () => {
    class Input {
      amount = 2n ** 60n;
      bytes = Uint8Array.of(1);
      absent = undefined;
      cleared = null;
      list = [1, 'a', false];
    }
    expect(asJson(new Input())).toEqual({
      amount: (2n ** 60n).toString(),
      bytes: 'AQ==',
      cleared: null,
      list: [1, 'a', false],
    });
  });
});
