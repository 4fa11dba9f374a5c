import { describe, expect, it } from 'vitest';
import {
  checkDefinitions,
  checkIndicators,
  canonicalLimits,
  type Indicator,
} from '../../src/documents/indicator.js';

const AT = ['input', 'indicators'];

function indicator(code: string, more: Partial<Indicator> = {}): Indicator {
  return { code, label: code, type: 'INTEGER', unit: null, required: false, min: null, max: null, ...more };
}

const FORM: readonly Indicator[] = [
  indicator('beds', { required: true, min: '0', max: '5000' }),
  indicator('occupancy', { type: 'DECIMAL', unit: '%', min: '0', max: '100' }),
  indicator('emergency', { type: 'BOOLEAN' }),
  indicator('remark', { type: 'TEXT', max: '10' }),
];

describe('checkIndicators', () => {
  it('returns values in the order of the form and in their one form', () => {
    const given = [
      { code: 'remark', value: 'calm' },
      { code: 'occupancy', value: '81.50' },
      { code: 'beds', value: '120' },
      { code: 'emergency', value: null },
    ];
    expect(checkIndicators(FORM, given, AT)).toEqual({
      problems: [],
      values: [
        { code: 'beds', value: '120' },
        { code: 'occupancy', value: '81.5' },
        { code: 'emergency', value: null },
        { code: 'remark', value: 'calm' },
      ],
    });
  });

  it('names every problem at once, each with its path', () => {
    const { problems } = checkIndicators(
      FORM,
      [
        { code: 'occupancy', value: '100.01' },
        { code: 'emergency', value: 'yes' },
        { code: 'doctors', value: '3' },
        { code: 'remark', value: 'far too long a remark' },
        { code: 'remark', value: 'again' },
      ],
      AT,
    );
    expect(problems.map(({ path }) => path.join('.'))).toEqual([
      'input.indicators.0.value',
      'input.indicators.1.value',
      'input.indicators.2.code',
      'input.indicators.3.value',
      'input.indicators.4.code',
      'input.indicators',
    ]);
    expect(problems.at(-1)?.message).toContain('beds');
  });

  it.each([
    ['beds', '-1'],
    ['beds', '5001'],
    ['beds', '1.5'],
    ['beds', ''],
    ['beds', '1e3'],
    ['occupancy', 'NaN'],
    ['occupancy', '-0.01'],
    ['emergency', 'TRUE'],
    ['remark', ''],
    ['remark', '\ud800'],
  ])('refuses %s = %j', (code, value) => {
    const required = code === 'beds' ? [] : [{ code: 'beds', value: '1' }];
    const { problems } = checkIndicators(FORM, [{ code, value }, ...required], AT);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.path).toEqual([...AT, 0, 'value']);
  });

  it('takes limits as inclusive', () => {
    for (const value of ['0', '5000'])
      expect(checkIndicators(FORM, [{ code: 'beds', value }], AT).problems).toEqual([]);
  });

  it('counts characters, not code units', () => {
    const given = [
      { code: 'beds', value: '1' },
      { code: 'remark', value: '🙂'.repeat(10) },
    ];
    expect(checkIndicators(FORM, given, AT).problems).toEqual([]);
  });

  it('refuses null for a required indicator', () => {
    expect(checkIndicators(FORM, [{ code: 'beds', value: null }], AT).problems).toHaveLength(1);
  });
});

describe('checkDefinitions', () => {
  it('passes a form whose limits fit its types', () => {
    expect(checkDefinitions(FORM, AT)).toEqual([]);
  });

  it.each<[string, Partial<Indicator>, string]>([
    ['a limit on a BOOLEAN', { type: 'BOOLEAN', min: '0' }, 'min'],
    ['a decimal limit on an INTEGER', { min: '0.5' }, 'min'],
    ['a limit that is no number', { type: 'DECIMAL', max: 'many' }, 'max'],
    ['a negative length', { type: 'TEXT', min: '-1' }, 'min'],
    ['a length beyond the longest', { type: 'TEXT', max: '4001' }, 'max'],
    ['max below min', { min: '10', max: '9' }, 'max'],
  ])('refuses %s', (_what, more, member) => {
    expect(checkDefinitions([indicator('x', more)], AT).map(({ path }) => path)).toEqual([
      [...AT, 0, member],
    ]);
  });

  it('refuses a code that comes twice', () => {
    expect(checkDefinitions([indicator('x'), indicator('y'), indicator('x')], AT)).toEqual([
      { path: [...AT, 2, 'code'], message: 'expected a code of its own, got x again' },
    ]);
  });
});

describe('canonicalLimits', () => {
  it('brings limits into the form that values have', () => {
    expect(canonicalLimits(indicator('x', { type: 'DECIMAL', min: '0.0', max: '1.50' }))).toMatchObject({
      min: '0',
      max: '1.5',
    });
  });
});
