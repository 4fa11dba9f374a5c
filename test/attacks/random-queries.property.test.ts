/**
 * For random members, records and queries: every guarded value in an answer is one that the design lets that member copy. Whatever
 * else stands in the answer, errors, cursors and counts included, is looked through for them too.
 */
import fc from 'fast-check';
import type { GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemaOf } from '../e2e/outcome.js';
import { TestVitrine } from '../support/vitrine.js';
import { drawing, seeded } from './draw.js';
import { RandomQuery, type Asked } from './random-query.js';
import { RandomValue } from './random-value.js';
import { SecretWorld, type Somebody } from './secrets.js';

/** Of the world; a run prints it when it fails. Queries have fast-check's own. */
const SEED = Math.floor(Math.random() * 2 ** 31);
const QUERIES = 500;
/** Times that so many are asked, at most, until they got somewhere. */
const ROUNDS = 8;
/** What they get at least: values of these classes, and these refusals. */
const SOMEWHERE = ['IDENTITY', 'REPORTING', 'FINANCIAL', 'VIEW_ONLY', 'FORBIDDEN'];

let vitrine: TestVitrine;
let world: SecretWorld;
let schema: GraphQLSchema;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  schema = await schemaOf(vitrine);
  world = await SecretWorld.make(vitrine, seeded(SEED));
}, 120_000);
afterAll(() => vitrine.stop());

/** Values in an answer that somebody may not copy. */
async function taken(
  who: Somebody | null,
  { query, variables }: Asked,
  seen: Set<string>,
): Promise<string[]> {
  const { text, codes } = await vitrine.ask(who?.subject ?? null, query, variables);
  for (const code of codes) seen.add(code);
  // No question makes the server doubt its base, or itself.
  const own = codes.filter((code) => code === 'INTEGRITY_VIOLATION' || code === 'INTERNAL');
  if (own.length > 0) return own;
  return world.secrets.flatMap((secret) => {
    if (!text.includes(secret.text)) return [];
    if (world.mayCopy(who, secret)) {
      seen.add(secret.fieldClass);
      return [];
    }
    return [`${secret.fieldClass} ${secret.text} (world ${SEED})`];
  });
}

/** All guarded values of each record, by its id. */
const GUARDED: Readonly<Record<string, string>> = {
  Patient: `identifiers { value } names { family given } addresses { lines } insurance { memberNumber } alerts { text }`,
  Encounter: `note payer practitioner { name } diagnoses { code { display } }`,
  Report: `note indicators { value }`,
  Subsidy: `purpose amount { amount }`,
};

function byId([type, selection]: readonly [string, string]): string[] {
  const ids = world.ids.get(type) ?? [];
  return ids.map((id, at) => `${type}${at}: ${type.toLowerCase()}(id: "${id}") { ${selection} }`);
}

describe('whoever asks for whatever', () => {
  it('gets no value that the matrix doesn’t let it copy', async () => {
    const seen = new Set<string>();
    const draws = fc.gen();
    const property = fc.asyncProperty(draws, async (g) => {
      const draw = drawing((below) => g(fc.nat, { max: below - 1 }));
      const who = draw.one([...world.members, null]);
      // One query in four has arguments that nobody would send.
      const value = new RandomValue(world, draw, draw.nat(4) === 0 ? 3 : 0);
      const asked = new RandomQuery(schema, value).query();
      expect(await taken(who, asked, seen), `${who?.subject ?? 'nobody'}: ${JSON.stringify(asked)}`).toEqual(
        [],
      );
    });
    // The queries got somewhere: some values were copied, others were refused. Of reports and subsidies 500 queries copy 2 to 7, so
    // once in a while none: then there are more.
    for (let round = 1; round <= ROUNDS && !SOMEWHERE.every((one) => seen.has(one)); round++)
      await fc.assert(property, { numRuns: QUERIES });
    expect([...seen]).toEqual(expect.arrayContaining(SOMEWHERE));
  }, 180_000);

  it('finds each value where the design lets it be copied: the model isn’t stricter than the server', async () => {
    const seen = new Set<string>();
    const everything = `{ ${Object.entries(GUARDED).flatMap(byId).join(' ')} }`;
    for (const who of world.members) {
      expect(await taken(who, { query: everything, variables: {} }, seen), who.subject).toEqual([]);
      const { text } = await vitrine.ask(who.subject, everything);
      const missing = world.secrets.filter(
        (secret) => world.mayCopy(who, secret) && !text.includes(secret.text),
      );
      expect(
        missing.map(({ text: value, fieldClass }) => `${fieldClass} ${value} (world ${SEED})`),
        who.subject,
      ).toEqual([]);
    }
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'IDENTITY',
        'CRITICAL',
        'CLINICAL',
        'ADMINISTRATIVE',
        'REPORTING',
        'FINANCIAL',
      ]),
    );
  });

  it('gets no alarm rung by the id of something else, on whose thread the log has records too', async () => {
    const [city] = world.ids.get('Institution') ?? [];
    const asked = `{ consents(patient: "${city}") { edges { cursor } } accessLog(patient: "${city}") { edges { cursor } }
      encounters(filter: { patient: "${city}" }) { edges { cursor } }
      subsidies(filter: { programme: "${city}" }) { edges { cursor } } }`;
    for (const who of ['clinician.city', 'auditor']) {
      const { codes } = await vitrine.ask(who, asked);
      expect(codes).not.toContain('INTEGRITY_VIOLATION');
    }
    const look = { subject: { kind: 'PATIENT', id: city }, purpose: 'TREATMENT' };
    const { codes } = await vitrine.mutate('clinician.city', 'openView', look, 'requestId');
    expect(codes).toEqual(['EVIDENCE_REQUIRED']);
  });
});
