import { describe, expect, it } from 'vitest';
import { readJson } from '../../src/fhir/json.js';
import { Problems } from '../../src/fhir/problem.js';

function problemsOf(text: string | Uint8Array): readonly { path: string; message: string }[] {
  const problems = new Problems();
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const value = readJson(bytes, problems);
  if (problems.found.length > 0) expect(value).toBeUndefined();
  return problems.found;
}

describe('strict JSON', () => {
  it('gives the value of a strict file, a byte order mark before it or not', () => {
    const problems = new Problems();
    const bytes = new TextEncoder().encode('\ufeff{"a":[1,{"b":null}],"__proto__":"x"}');
    expect(readJson(bytes, problems)).toEqual(JSON.parse('{"a":[1,{"b":null}],"__proto__":"x"}'));
    expect(problems.found).toEqual([]);
  });

  it.each([
    ['a duplicate member', '{"a":{"b":1,"c":2,"b":1}}', 'a.b', 'expected the member once, got it twice'],
    [
      'a duplicate spelled by an escape',
      '[{"ab":1,"\\u0061b":2}]',
      '[0].ab',
      'expected the member once, got it twice',
    ],
    ['a lone surrogate', '{"a":["\\ud800"]}', 'a[0]', 'expected well-formed text, got a lone surrogate'],
    ['a syntax error', '{"a":1,\n "b":01}', '', 'expected JSON, got a syntax error in line 2, column 7'],
    ['a trailing comma', '{"a":1,}', '', 'expected JSON, got a syntax error in line 1, column 8'],
    ['a cut file', '{"a":', '', 'expected JSON, got a syntax error at its end'],
    ['deep nesting', '['.repeat(5000) + ']'.repeat(5000), '', 'expected at most 100 levels of nesting'],
  ])('refuses %s', (_name, text, path, message) => {
    expect(problemsOf(text)).toEqual([{ path, message }]);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(problemsOf(new Uint8Array([0x22, 0xff, 0x22]))).toEqual([
      { path: '', message: 'expected UTF-8, got other bytes' },
    ]);
  });

  it('never repeats the file in a message', () => {
    const [problem] = problemsOf('{"name":"Everywoman",}');
    expect(problem?.message).not.toContain('Everywoman');
  });
});
