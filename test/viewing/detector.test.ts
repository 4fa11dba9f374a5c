import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnomalyRule, Threshold } from '../../src/access/index.js';
import { Detector, MOST_RECEIPTS, type Anomaly } from '../../src/viewing/anomalies/detector.js';
import type { Observed } from '../../src/viewing/anomalies/rules.js';

const HOUR = 3600;
const START = Date.parse('2026-03-01T10:00:00.000Z');
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

let index = 0n;
/** A view of a stranger by default. */
const seen = (more: Partial<Observed> = {}): Observed => ({
  index: (index += 1n),
  act: 'OPENED',
  member: 'm1',
  institution: 'i1',
  patient: 'p1',
  evident: false,
  kept: false,
  at: at(0),
  ...more,
});

const of = (rule: AnomalyRule, most = 2): Threshold => ({ rule, most, seconds: HOUR });

function raised(thresholds: readonly Threshold[], all: readonly Observed[]): readonly Anomaly[] {
  const detector = new Detector(thresholds);
  return all.flatMap((one) => detector.observe(one));
}

/** Three of what a rule counts, and whom it is about. */
const TABLE: readonly (readonly [AnomalyRule, string, (place: number) => Observed])[] = [
  ['STRANGERS', 'm1', (place) => seen({ patient: `p${place}` })],
  ['MEMBERS', 'p1', (place) => seen({ member: `m${place}`, evident: true })],
  ['INSTITUTIONS', 'p1', (place) => seen({ institution: `i${place}`, member: `m${place}`, evident: true })],
  ['MISSES', 'm1', () => seen({ act: 'LISTED', patient: null })],
];

describe.each(TABLE)('%s', (rule, subject, nth) => {
  it('is raised by one more than is usual, with the receipts and in words', () => {
    const all = [nth(1), nth(2), nth(3)];
    expect(raised([of(rule)], all.slice(0, 2))).toEqual([]);
    const [alert, ...more] = raised([of(rule)], all);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ rule, subject, count: 3, most: 2, from: at(0), to: at(HOUR) });
    expect(alert?.receipts).toEqual(all.map((one) => one.index));
    expect(alert?.words).toContain(rule);
    expect(alert?.words).toContain('3 ');
    expect(alert?.words).toContain('more than 2 within 1 hours');
  });

  it('is raised once in a window, and anew in the next', () => {
    const all = Array.from({ length: 9 }, (_, place) => nth(place));
    expect(raised([of(rule)], all)).toHaveLength(1);
    const next = Array.from({ length: 9 }, (_, place) => ({ ...nth(place), at: at(HOUR) }));
    expect(raised([of(rule)], [...all, ...next]).map(({ from }) => from)).toEqual([at(0), at(HOUR)]);
  });

  it('isn’t raised by what is spread over two windows', () => {
    expect(
      raised([of(rule)], [nth(1), nth(2), { ...nth(3), at: at(HOUR) }, { ...nth(4), at: at(HOUR) }]),
    ).toEqual([]);
  });

  it('is off without a threshold', () => {
    const others = TABLE.map(([name]) => name).filter((name) => name !== rule);
    const all = Array.from({ length: 9 }, (_, place) => nth(place));
    expect(
      raised(
        others.map((name) => of(name, 99)),
        all,
      ),
    ).toEqual([]);
  });
});

describe('what is counted', () => {
  const three = (more: Partial<Observed>) =>
    [1, 2, 3].map((place) => seen({ patient: `p${place}`, ...more }));

  it.each([
    ['evidence of treatment', { evident: true }],
    ['a file of the member’s own institution', { kept: true }],
    ['a lookup that found somebody', { act: 'LISTED' }],
    ['a view of a report', { patient: null }],
  ] as const)('as a stranger isn’t %s', (_what, more) => {
    expect(raised([of('STRANGERS')], three(more))).toEqual([]);
  });

  it('is each patient once, however often it was opened', () => {
    expect(raised([of('STRANGERS')], [seen(), seen(), seen(), seen()])).toEqual([]);
  });

  it('is each member by itself', () => {
    expect(
      raised(
        [of('STRANGERS')],
        three({}).map((one, place) => ({ ...one, member: `m${place}` })),
      ),
    ).toEqual([]);
  });

  it('as a miss isn’t a lookup that found somebody', () => {
    expect(raised([of('MISSES')], three({ act: 'LISTED' }))).toEqual([]);
  });

  it('names the newest hundred receipts', () => {
    const many = Array.from({ length: 200 }, (_, place) => seen({ patient: `p${place}` }));
    const [alert] = raised([of('STRANGERS', 150)], many);
    expect(alert?.count).toBe(151);
    expect(alert?.receipts).toHaveLength(MOST_RECEIPTS);
    expect(alert?.receipts.at(-1)).toBe(many[150]?.index);
  });
});

describe('two processes', () => {
  it('raise the same alerts from the same log, each once a rule, subject and window', () => {
    const access = fc.record({
      act: fc.constantFrom('OPENED' as const, 'LISTED' as const),
      member: fc.constantFrom('m1', 'm2', 'm3'),
      institution: fc.constantFrom('i1', 'i2', 'i3', null),
      patient: fc.constantFrom('p1', 'p2', 'p3', 'p4', null),
      evident: fc.boolean(),
      kept: fc.boolean(),
      step: fc.integer({ min: 0, max: HOUR }),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 60 }), (accesses) => {
        let time = 0;
        const all = accesses.map(({ step, ...more }) => seen({ ...more, at: at((time += step)) }));
        const thresholds = TABLE.map(([rule]) => of(rule, 1));
        const [one, other] = [raised(thresholds, all), raised(thresholds, all)];
        expect(one).toEqual(other);
        const keys = one.map(({ rule, subject, from }) => `${rule} ${subject} ${from}`);
        expect(new Set(keys).size).toBe(keys.length);
        for (const { receipts, count } of one) expect(receipts).toHaveLength(count);
      }),
    );
  });
});
