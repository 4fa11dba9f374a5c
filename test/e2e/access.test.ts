/**
 * The matrix over real HTTP and real records: every field of every record type, asked
 * by everyone who can be anything to it, by every path that leads there. What is expected is computed from `design.ts`,
 * which is typed from design/access.md.
 */
import { isInterfaceType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_EXTENSION } from '../../src/api/index.js';
import { servedSchema } from '../../src/federation/index.js';
import { TestVitrine } from '../support/vitrine.js';
import { askerOf, enact, EVERYONE, relationsTo, SECRETS, type Records } from './cast.js';
import { designLevel, EXISTENCE, fieldsOf } from './design.js';
import { everyField, outcomesAt, patternOf, schemaOf } from './outcome.js';
import { PATHS, type Way } from './paths.js';

const TYPES = Object.keys(EXISTENCE);
let vitrine: TestVitrine;
let records: Records;
let selections: ReadonlyMap<string, string>;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
  const schema = await schemaOf(vitrine);
  selections = new Map(TYPES.map((type) => [type, everyField(schema, type)]));
}, 120_000);
afterAll(() => vitrine.stop());

/** What the design gives `who` of every field, or null where the record isn't there for it. */
function expected(
  type: string,
  who: string | null,
  more: readonly string[] = [],
): Record<string, string> | null {
  const relations = [...relationsTo(type, who), ...more];
  const level = (fieldClass: string) => designLevel(askerOf(who), relations, fieldClass);
  if (level(EXISTENCE[type] ?? '') !== 'COPY') return null;
  const fields = [...fieldsOf(type)].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([field, fieldClass]) => [field, level(fieldClass)]));
}

describe('the schema', () => {
  it('has a class on every field, and on every record’s the one of the design', () => {
    const types = Object.values(servedSchema().getTypeMap()).filter(
      (type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'),
    );
    expect(types.length).toBeGreaterThan(50);
    for (const type of types) {
      if (!isObjectType(type) && !isInterfaceType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        const mark = field.extensions[ACCESS_EXTENSION] as
          { class?: string; existence?: boolean } | undefined;
        expect(mark?.class, `${type.name}.${field.name}`).toBeTypeOf('string');
        if (!TYPES.includes(type.name)) continue;
        const typed = fieldsOf(type.name).get(field.name);
        const found = mark?.existence === true ? EXISTENCE[type.name] : mark?.class;
        expect(`${type.name}.${field.name} ${found ?? ''}`).toBe(`${type.name}.${field.name} ${typed ?? ''}`);
      }
    }
  });

  it('has no record type and no field that the design’s table here leaves out', async () => {
    const schema = await schemaOf(vitrine);
    const found = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter((type) => type.getInterfaces().some(({ name }) => name === 'Record'));
    expect(found.map(({ name }) => name).sort()).toEqual([...TYPES].sort());
    for (const type of found)
      expect(Object.keys(type.getFields()).sort()).toEqual([...fieldsOf(type.name).keys()].sort());
  });
});

const cases = PATHS.flatMap((way) => EVERYONE.map((who) => ({ ...way, who, name: who ?? 'nobody' })));

async function ask(way: Way, who: string | null) {
  const id = records[way.record ?? way.type] ?? '';
  const query = way.query(selections.get(way.type) ?? '', records);
  const answer = await vitrine.ask<object>(who, query);
  return { answer, outcomes: outcomesAt(answer, way.type, way.path, id) };
}

describe('every field', () => {
  it.each(cases)('of $type by $by is for $name what the matrix says', async (way) => {
    const { type, who } = way;
    const { answer, outcomes } = await ask(way, who);
    const wanted = way.leads?.(who) === false ? null : expected(type, who, way.also);
    expect(outcomes, answer.text.slice(0, 2000)).toEqual(wanted);
    for (const [field, secret] of Object.entries(SECRETS[type] ?? {})) {
      // A list holds other records too, whose values aren't this one's.
      const holds = answer.text.includes(secret);
      if (wanted?.[field] === 'COPY') expect(holds, field).toBe(true);
      else if (way.alone) expect(holds, field).toBe(false);
    }
    const patterns = answer.errors.map(({ path, extensions }) => `${extensions.code} ${patternOf(path)}`);
    expect(new Set(patterns).size).toBe(patterns.length);
    for (const error of answer.errors) {
      expect(error.path?.length ?? 0).toBeGreaterThan(0);
      expect(['FORBIDDEN', 'VIEW_ONLY', 'UNAUTHENTICATED', 'NOT_FOUND']).toContain(error.extensions.code);
      expect(error.extensions.code === 'UNAUTHENTICATED').toBe(who === null);
      if (error.extensions.code === 'VIEW_ONLY') expect(error.message).toContain('openView');
    }
  });
});

describe('the alert about unusual access', () => {
  it('is counted in the metrics of the server that raised it when it started', async () => {
    const text = await (await fetch(`${vitrine.url}/metrics`)).text();
    expect(text).toContain('vitrine_access_alerts_total{rule="MISSES"} 1\n');
  });
});
