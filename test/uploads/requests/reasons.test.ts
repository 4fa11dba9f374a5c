import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, VitrineError } from '../../../src/ledger/core/index.js';
import { reasonsOf, RULE_OF } from '../../../src/uploads/requests/denials.js';

const problem = (rule: string, code: 'FORBIDDEN' | 'KEY_REVOKED', part: number) => {
  return { path: ['input', 'statements', part], message: 'no', rule, code };
};

describe('the reasons of a denial', () => {
  it('are each rule that refused, once, however many parts of a batch it refused', () => {
    const parts = Array.from({ length: 256 }, (_, part) => part);
    const problems = parts.flatMap((part) => [
      problem('key', 'KEY_REVOKED', part),
      problem('role', 'FORBIDDEN', part),
    ]);
    const error = new VitrineError('KEY_REVOKED', 'no', { details: { rule: 'key' }, problems });
    expect(reasonsOf(error)).toEqual([
      { rule: 'key', code: 'KEY_REVOKED' },
      { rule: 'role', code: 'FORBIDDEN' },
    ]);
  });

  it('are the error’s own where it names one rule, and none where it names none', () => {
    const one = new VitrineError('FORBIDDEN', 'no', { details: { rule: 'relation' } });
    expect(reasonsOf(one)).toEqual([{ rule: 'relation', code: 'FORBIDDEN' }]);
    expect(reasonsOf(new VitrineError('CONFLICT', 'no'))).toEqual([]);
  });
});

describe('what a refusal means for its request id', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../schema/uploads.md'), 'utf8');
  const table = /\| refused with \|.*?\n\n/s.exec(text)?.[0] ?? '';
  /** The codes of the row whose second column begins so. */
  const row = (begins: string) => {
    const line = table.split('\n').find((one) => one.includes(`| ${begins}`)) ?? '';
    return [...(line.split('|')[1] ?? '').matchAll(/`([A-Z_]+)`/g)].map(([, code = '']) => code);
  };

  it('is told of each code, once', () => {
    const told = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, codes = '']) =>
      [...codes.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code),
    );
    expect(told.sort()).toEqual([...ERROR_CODES].sort());
  });

  it('is as it is told: over where only rules give the code, or where the refusal names its rule', () => {
    // Of callers who are nobody in particular nothing is written.
    const always = Object.keys(RULE_OF).filter((code) => code !== 'UNAUTHENTICATED');
    expect(row('over, once').sort()).toEqual(always.sort());
    const codes = ERROR_CODES.filter((code) => !(code in RULE_OF));
    for (const code of codes) expect(reasonsOf(new VitrineError(code, 'no'))).toEqual([]);
    expect(row('over where')).toHaveLength(3);
    for (const code of codes.filter((one) => row('over where').includes(one))) {
      const details = { rule: 'visible' };
      expect(reasonsOf(new VitrineError(code, 'no', { details }))).toEqual([{ ...details, code }]);
    }
  });
});
