import { afterEach, describe, expect, it, vi } from 'vitest';
import { progress } from '../../src/cli/output.js';

const { isTTY } = process.stderr;
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

describe('progress off a terminal', () => {
  it('writes a line every five seconds at most, the end no exception', () => {
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    process.stderr.isTTY = false;
    let now = 0;
    const bar = progress('verify', false, () => now);
    for (let done = 1; done <= 12; done++) {
      now += 1000;
      bar.update(done, 12, 'rows');
    }
    bar.update(12, 12, 'rows');
    bar.stop();
    expect(lines).toEqual(['verify: 5 of 12 rows\n', 'verify: 10 of 12 rows\n']);
  });
});
