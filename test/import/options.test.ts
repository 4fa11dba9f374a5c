import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readIdentifier, readTokens } from '../../src/cli/import/index.js';
import { registrarSubject } from '../../src/cli/import/institutions.js';
import { requestIdOf } from '../../src/cli/import/request-id.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-options-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a file of tokens', () => {
  const path = (text: string): string => {
    const name = join(folder, 'tokens.json');
    writeFileSync(name, text);
    return name;
  };

  it('gives a token for each institution', () => {
    expect(readTokens(path('{"ministry":"a","s|v":"b"}'))).toEqual({
      kind: 'tokens',
      tokens: new Map([
        ['ministry', 'a'],
        ['s|v', 'b'],
      ]),
    });
  });

  it.each(['["secret"]', '{"s|v":1}', '{"s|v":""}', '{"s|v":"secret",}', 'secret'])(
    'is refused as %s, without repeating it',
    (text) => {
      expect(() => readTokens(path(text))).toThrow(/tokens\.json: expected/);
      expect(() => readTokens(path(text))).not.toThrow(/secret/);
    },
  );

  it('has to be there', () => {
    expect(() => readTokens(join(folder, 'none.json'))).toThrow('expected a file that can be read');
  });
});

describe('an identifier', () => {
  it('is split at its first bar', () => {
    expect(readIdentifier('urn:oid:9|a|b')).toEqual({ system: 'urn:oid:9', value: 'a|b' });
  });

  it.each(['', 'a', '|a', 'a|'])('is refused as "%s"', (text) => {
    expect(() => readIdentifier(text)).toThrow('expected an identifier');
  });
});

describe('a registrar’s persona', () => {
  it('is a name that the development issuer takes, another for each institution', () => {
    const one = registrarSubject({
      name: 'ST. ANNE’S — Hôpital',
      identifiers: [{ system: 's', value: '1' }],
    });
    const other = registrarSubject({
      name: 'ST. ANNE’S — Hôpital',
      identifiers: [{ system: 's', value: '2' }],
    });
    expect(one).toMatch(/^registrar\.st-anne-s-hopital-[0-9a-f]{8}$/);
    expect(other).not.toBe(one);
    expect(registrarSubject({ name: '上海', identifiers: [] })).toMatch(/^registrar\.[0-9a-f]{8}$/);
  });
});

describe('a request id', () => {
  it('follows from log, operation, what it is about and the content', () => {
    const id = requestIdOf('log', 'op', 'x', { a: 1, b: 2 });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(requestIdOf('log', 'op', 'x', { b: 2, a: 1 })).toBe(id);
    const others = [
      requestIdOf('log2', 'op', 'x', { a: 1, b: 2 }),
      requestIdOf('log', 'op2', 'x', { a: 1, b: 2 }),
      requestIdOf('log', 'op', 'y', { a: 1, b: 2 }),
      requestIdOf('log', 'op', 'x', { a: 1, b: 3 }),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });
});
