import { describe, expect, it } from 'vitest';
import { collapseErrors } from '../../src/access/index.js';

const error = (code: string, path: (string | number)[], message = code) => ({
  message,
  path,
  extensions: { code },
});

describe('collapsed errors', () => {
  it('are one for each pattern of withheld fields', () => {
    const errors = [0, 1, 2].flatMap((row) => [
      error('VIEW_ONLY', ['reports', 'edges', row, 'node', 'indicators']),
      error('FORBIDDEN', ['reports', 'edges', row, 'node', 'note']),
    ]);
    expect(collapseErrors(errors)).toEqual([
      { ...errors[0], extensions: { code: 'VIEW_ONLY', pattern: 'reports.edges.node.indicators' } },
      { ...errors[1], extensions: { code: 'FORBIDDEN', pattern: 'reports.edges.node.note' } },
    ]);
  });

  it('keep what differs in code or message', () => {
    const errors = [
      error('VIEW_ONLY', ['a', 0, 'b']),
      error('FORBIDDEN', ['a', 1, 'b']),
      error('FORBIDDEN', ['a', 2, 'b'], 'other'),
    ];
    expect(collapseErrors(errors)).toHaveLength(3);
  });

  it('leave every other error as it is', () => {
    const errors = [
      error('INTEGRITY_VIOLATION', ['a', 0]),
      error('INTEGRITY_VIOLATION', ['a', 1]),
      { message: 'x' },
    ];
    expect(collapseErrors(errors)).toEqual(errors);
  });
});
