import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../../src/ledger/core/index.js';
import { reasonsOf } from '../../../src/uploads/requests/denials.js';

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
