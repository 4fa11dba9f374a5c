/** Values that are wrong: a code, the path to the value, nothing written, nothing told. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { enact, type Records } from './cast.js';
import { GOOD, VALUES, type Input } from './bad-values.js';
import { everything, expectRefusal, MARKER } from './refusal.js';

let vitrine: TestVitrine;
let records: Records;
let before: Readonly<Record<string, number>>;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  records = await enact(vitrine);
  before = await everything(vitrine);
}, 120_000);
afterAll(async () => {
  await vitrine.stop();
});

describe('a value', () => {
  it.each(VALUES)('of %s is refused with its path: %s', async (mutation, _what, wrong, path) => {
    const [who, input] = GOOD[mutation] ?? ['', () => ({})];
    const size = vitrine.serving.ledger.trusted.size;
    const answer = await vitrine.mutate<object>(who, mutation, { ...input(records), ...wrong }, 'requestId');
    expectRefusal(answer, { code: 'BAD_USER_INPUT', path });
    expect(answer.errors[0]?.message.length).toBeLessThan(300);
    expect(vitrine.serving.ledger.trusted.size).toBe(size);
  });

  it('is told with all the others that are wrong, each with its path', async () => {
    const [who, input] = GOOD['registerPatient'] ?? ['', () => ({})];
    const wrong = { birthDate: '1200-01-01', language: '?', names: [{ family: '' }, { given: [''] }] };
    const answer = await vitrine.mutate<object>(
      who,
      'registerPatient',
      { ...input(records), ...wrong },
      'requestId',
    );
    const problems = answer.errors[0]?.extensions.problems?.map(({ path }) => path.join('.')) ?? [];
    expect(problems).toEqual(
      expect.arrayContaining([
        'input.birthDate',
        'input.language',
        'input.names.0.family',
        'input.names.1.given.0',
      ]),
    );
  });

  it('of one item refuses a batch whole, or with EACH alone', async () => {
    const { Patient: patient } = records;
    const good = { patient, class: 'AMB', status: 'FINISHED', start: '2025-05-01T10:00:00Z' };
    const bad = { ...good, end: '2001-01-01T00:00:00Z' };
    const all = { encounters: [good, bad], mode: 'ALL' };
    const answer = await vitrine.mutate<object>('clinician.city', 'recordEncounters', all, 'requestId');
    expectRefusal(answer, { code: 'BAD_USER_INPUT', path: 'input.encounters.1.end' });
    for (const length of [0, 257]) {
      const encounters = Array.from({ length }, () => good);
      const refused = await vitrine.mutate<object>(
        'clinician.city',
        'recordEncounters',
        { encounters },
        'requestId',
      );
      expectRefusal(refused, { code: 'BAD_USER_INPUT', path: 'input.encounters' });
    }
  });
});

const IDS: readonly (readonly [mutation: string, input: Input, path: string])[] = [
  ['recordEncounter', { patient: randomUUID() }, 'input.patient'],
  ['amendPatient', { patient: randomUUID() }, 'input.patient'],
  ['amendEncounter', { encounter: randomUUID() }, 'input.encounter'],
  ['changeLicence', { institution: randomUUID() }, 'input.institution'],
  ['fileReport', { form: 'no-such-form' }, 'input.form'],
  ['proposeSubsidy', { programme: randomUUID() }, 'input.programme'],
  ['proposeSubsidy', { payee: randomUUID() }, 'input.payee'],
];

describe('an unknown id', () => {
  it.each(IDS)('of %s is not found: %j', async (mutation, unknown, path) => {
    const [who, input] = GOOD[mutation] ?? ['', () => ({})];
    const answer = await vitrine.mutate<object>(
      who,
      mutation,
      { ...input(records), ...unknown },
      'requestId',
    );
    expectRefusal(answer, { code: 'NOT_FOUND', path });
  });

  it.each(['patient', 'encounter', 'institution', 'member', 'report', 'programme', 'subsidy', 'node'])(
    'asked of %s is null, and a text that is no id is refused',
    async (field) => {
      const ask = (id: string) => vitrine.ask<object>('clinician.city', `{ ${field}(id: "${id}") { id } }`);
      const unknown = await ask(randomUUID());
      expect([unknown.codes, unknown.data]).toEqual([[], { [field]: null }]);
      for (const id of [MARKER, '', "' OR 1=1", '123'])
        expectRefusal(await ask(id), { code: 'BAD_USER_INPUT', path: 'id' });
    },
  );
});

describe('after all of this', () => {
  it('nothing was written anywhere', async () => {
    expect(await everything(vitrine)).toEqual(before);
  });

  it.each(Object.entries(GOOD))('%s takes what is right', async (mutation, [who, input]) => {
    const size = vitrine.serving.ledger.trusted.size;
    const answer = await vitrine.mutate(who, mutation, input(records), 'requestId');
    expect(answer.codes, answer.text).toEqual([]);
    expect(vitrine.serving.ledger.trusted.size).toBe(size + 1n);
  });
});
