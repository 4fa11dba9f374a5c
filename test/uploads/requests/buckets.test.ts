import { describe, expect, it } from 'vitest';
import { Buckets } from '../../../src/uploads/requests/buckets.js';

function buckets(perMinute: number) {
  const time = { now: 0 };
  return { time, all: new Buckets(perMinute, () => new Date(time.now)) };
}

describe('a token bucket', () => {
  it('gives a minute’s worth at once, and then says when there is one again', () => {
    const { all } = buckets(3);
    expect([1, 2, 3, 4].map(() => all.take('a'))).toEqual([0, 0, 0, 20]);
  });

  it('fills up with time, to a minute’s worth and no further', () => {
    const { all, time } = buckets(2);
    all.take('a');
    all.take('a');
    time.now = 30_000;
    expect([all.take('a'), all.take('a')]).toEqual([0, 30]);
    time.now = 10 * 60_000;
    expect([all.take('a'), all.take('a'), all.take('a')]).toEqual([0, 0, 30]);
  });

  it('is each member’s own', () => {
    const { all } = buckets(1);
    expect([all.take('a'), all.take('b'), all.take('a')]).toEqual([0, 0, 60]);
  });

  it('has no bound at 0', () => {
    const { all } = buckets(0);
    for (let i = 0; i < 1000; i++) expect(all.take('a')).toBe(0);
  });

  it('does not lose its bound when the clock goes back', () => {
    const { all, time } = buckets(1);
    time.now = 60_000;
    all.take('a');
    time.now = 0;
    expect(all.take('a')).toBe(60);
  });
});
