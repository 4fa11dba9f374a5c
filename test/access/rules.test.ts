import { describe, expect, it } from 'vitest';
import {
  type AccessRules,
  hashOfTerms,
  parseRules,
  RULES_IN_CODE,
  rulesText,
  TERMS_IN_CODE,
  widerThan,
} from '../../src/access/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import { requireAccessRules } from '../../src/viewing/index.js';

/** The tables of the code, changed. */
function changed(change: (rules: AccessRules) => void): AccessRules {
  const rules = structuredClone(RULES_IN_CODE);
  change(rules);
  return rules;
}

const row = (rules: AccessRules, name: string): Record<string, 'VIEW' | 'COPY'> => rules.matrix[name] ?? {};

const WIDER: readonly (readonly [string, (rules: AccessRules) => void])[] = [
  ['CLINICAL TREATING COPY', (rules) => (row(rules, 'CLINICAL')['TREATING'] = 'COPY')],
  ['CLINICAL STATE VIEW', (rules) => (row(rules, 'CLINICAL')['STATE'] = 'VIEW')],
  ['GENOME SELF COPY', (rules) => (rules.matrix['GENOME'] = { SELF: 'COPY' })],
  ['role VENDOR CLINICAL', (rules) => rules.roles['VENDOR']?.push('CLINICAL')],
  ['role BROKER IDENTITY', (rules) => (rules.roles['BROKER'] = ['IDENTITY'])],
  ['purpose AUDIT CLINICAL', (rules) => rules.purposes['AUDIT']?.push('CLINICAL')],
  ['writing AUDITOR', (rules) => rules.writing.push('AUDITOR')],
  ['open IDENTITY', (rules) => rules.open.push('IDENTITY')],
];

describe('widerThan', () => {
  it('finds nothing between equal tables, whatever their order', () => {
    const turned = changed((rules) => Object.values(rules.roles).forEach((classes) => classes.reverse()));
    expect(widerThan(turned, RULES_IN_CODE)).toEqual([]);
  });

  it.each(WIDER)('names %s, and nothing the other way round', (place, change) => {
    const wide = changed(change);
    expect(widerThan(wide, RULES_IN_CODE)).toEqual([place]);
    expect(widerThan(RULES_IN_CODE, wide)).toEqual([]);
  });
});

describe('tables as a text', () => {
  it('are read again as they were written', () => {
    expect(parseRules(rulesText(RULES_IN_CODE))).toEqual(RULES_IN_CODE);
  });

  it.each(['', '{}', '[]', 'null', '{"matrix":{"IDENTITY":{"SELF":"TAKE"}}}'])('are none in %s', (text) => {
    expect(parseRules(text)).toBeNull();
  });

  it('have another hash when a cell, a budget or a threshold changes', () => {
    const [[, change] = ['', () => undefined]] = WIDER;
    const [budget, ...budgets] = TERMS_IN_CODE.budgets;
    const hashes = [
      TERMS_IN_CODE,
      { ...TERMS_IN_CODE, rules: changed(change) },
      { ...TERMS_IN_CODE, budgets },
      { ...TERMS_IN_CODE, thresholds: TERMS_IN_CODE.thresholds.slice(1) },
    ].map(hashOfTerms);
    expect(budget).toBeDefined();
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('a start', () => {
  /** A log whose policy has these tables. */
  async function start(rules: AccessRules) {
    const told: string[] = [];
    const values = { ...TERMS_IN_CODE, rules: rulesText(rules) };
    const policy = { kind: 'AccessPolicy', values, anchor: { index: 7n } };
    const source = {
      trusted: { hasSubject: () => true },
      fact: () => Promise.resolve(policy),
    } as unknown as Parameters<typeof requireAccessRules>[0];
    await requireAccessRules(source, { warn: (_facts, message) => void told.push(message) });
    return told;
  }

  it('is quiet with the tables that the log has', async () => {
    expect(await start(RULES_IN_CODE)).toEqual([]);
  });

  it.each(WIDER)('warns when the log allows %s besides', async (_place, change) => {
    expect(await start(changed(change))).toEqual([expect.stringContaining('shows less')]);
  });

  it('is refused, naming the place, when the code gives what the log does not', async () => {
    const narrow = changed((rules) => delete row(rules, 'IDENTITY')['TREATING']);
    const refused = await start(narrow).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(VitrineError);
    expect(refused).toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining('IDENTITY TREATING COPY') as string,
    });
  });
});
