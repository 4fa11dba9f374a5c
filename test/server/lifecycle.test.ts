import { describe, expect, it } from 'vitest';
import { Closing, stopOnSignal } from '../../src/server/lifecycle.js';

/** Signals without a process. */
class TestSignals {
  readonly listeners = new Map<string, () => void>();
  readonly exits: number[] = [];
  on(signal: string, listener: () => void): void {
    this.listeners.set(signal, listener);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
  send(signal: string): void {
    this.listeners.get(signal)?.();
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('closing', () => {
  it('goes in the opposite order of opening, once, past failures', async () => {
    const order: string[] = [];
    const closing = new Closing();
    closing.add('database', () => void order.push('database'));
    closing.add('ledger', () => {
      order.push('ledger');
      throw new Error('disk');
    });
    closing.add('server', () => void order.push('server'));
    await expect(closing.close()).rejects.toThrow('not everything could be closed');
    await expect(closing.close()).rejects.toBeInstanceOf(AggregateError);
    expect(order).toEqual(['server', 'ledger', 'database']);
  });
});

describe('a signal', () => {
  const start = (stop: () => Promise<void>, clock = { now: 0 }): TestSignals => {
    const signals = new TestSignals();
    stopOnSignal({ stop, deadlineMs: 60_000, report: () => undefined, signals, now: () => clock.now });
    return signals;
  };

  it('stops and exits with 0', async () => {
    let stopped = 0;
    const signals = start(() => Promise.resolve(void (stopped += 1)));
    signals.send('SIGTERM');
    await settle();
    expect([stopped, signals.exits]).toEqual([1, [0]]);
  });

  it('exits with 1 when stopping failed', async () => {
    const signals = start(() => Promise.reject(new Error('disk')));
    signals.send('SIGINT');
    await settle();
    expect(signals.exits).toEqual([1]);
  });

  it('that npm passes on twice counts once, a later one forces', () => {
    const clock = { now: 0 };
    const signals = start(() => new Promise(() => undefined), clock);
    signals.send('SIGINT');
    clock.now = 5;
    signals.send('SIGINT');
    expect(signals.exits).toEqual([]);
    clock.now = 900;
    signals.send('SIGINT');
    expect(signals.exits).toEqual([1]);
  });
});
