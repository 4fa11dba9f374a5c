import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionOf, levelOf, MATRIX_RELATIONS, RULES_IN_CODE, tablesOf } from '../../src/access/index.js';
import { FIELD_CLASSES, RELATIONS, ROLES } from '../../src/records/index.js';
import { memberWith } from '../api/sample.js';

const RANK = { NONE: 0, VIEW: 1, COPY: 2 } as const;

const anyone = fc.record({
  roles: fc.subarray([...ROLES]),
  relations: fc.subarray([...RELATIONS]),
  fieldClass: fc.constantFrom(...FIELD_CLASSES),
  wrote: fc.boolean(),
});

describe('a decision with its grounds', () => {
  it('has the level that the shield decides, which is the highest of its grounds', () => {
    fc.assert(
      fc.property(anyone, ({ roles, relations, fieldClass, wrote }) => {
        const member = memberWith(...roles);
        const decision = decisionOf(member, new Set(relations), fieldClass, wrote);
        expect(decision.level).toBe(levelOf(member, new Set(relations), fieldClass, wrote));
        expect(decision.grounds.map(({ relation }) => relation)).toEqual([...relations].sort());
        const highest = Math.max(0, ...decision.grounds.map(({ level }) => RANK[level]));
        if (!decision.open) expect(RANK[decision.level]).toBe(highest);
      }),
    );
  });

  it('takes a ground for nothing that no role carries, and says so', () => {
    fc.assert(
      fc.property(anyone, ({ roles, relations, fieldClass, wrote }) => {
        for (const { cell, carriedBy, level } of decisionOf(
          memberWith(...roles),
          new Set(relations),
          fieldClass,
          wrote,
        ).grounds)
          expect(level).toBe(carriedBy.length > 0 || fieldClass === 'DIRECTORY' ? cell : 'NONE');
      }),
    );
  });

  it('goes by other tables where they are given: without a cell nothing is left of it', () => {
    for (const [fieldClass, row] of Object.entries(RULES_IN_CODE.matrix))
      for (const relation of MATRIX_RELATIONS) {
        const { [relation]: _, ...rest } = row;
        const tables = tablesOf({
          ...RULES_IN_CODE,
          matrix: { ...RULES_IN_CODE.matrix, [fieldClass]: rest },
        });
        const known = FIELD_CLASSES.find((name) => name === fieldClass);
        expect(known).toBeDefined();
        if (known === undefined) continue;
        expect(decisionOf(memberWith(...ROLES), new Set([relation]), known, false, tables).level).toBe(
          'NONE',
        );
      }
  });
});
