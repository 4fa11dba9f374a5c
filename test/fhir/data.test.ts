/** The real files of ../shared/data/fhir, when they are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { indexShared, planFile, References } from '../../src/fhir/index.js';
import type { Plan } from '../../src/fhir/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../../shared/data/fhir');
const isThere = existsSync(root);
if (!isThere) console.warn(`skipped: ${root} is not there`);

function plans(folder: string): Map<string, Plan> {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.json'));
  const shared = new References();
  for (const name of names) indexShared(readFileSync(join(root, folder, name)), name, shared);
  return new Map(names.map((name) => [name, planFile(readFileSync(join(root, folder, name)), shared)]));
}

/** Resources in the files, counted by the text alone: independent of the reader. */
function countInFiles(folder: string, type: string): number {
  return readdirSync(join(root, folder))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
    .reduce((sum, text) => sum + text.split(new RegExp(`"resourceType": ?"${type}"`)).length - 1, 0);
}

describe.skipIf(!isThere)('the synthetic population', () => {
  it.each(['bundles', 'bundles-full'])('in %s is taken whole', (folder) => {
    const all = [...plans(folder).values()];
    const patients = all.flatMap((plan) => plan.patients);
    const encounters = patients.flatMap((patient) => patient.encounters);
    expect(all.flatMap((plan) => plan.problems)).toEqual([]);
    expect(patients.length).toBe(countInFiles(folder, 'Patient'));
    expect(encounters.length).toBe(countInFiles(folder, 'Encounter'));
    expect(encounters.reduce((sum, { values }) => sum + values.diagnoses.length, 0)).toBe(
      countInFiles(folder, 'Condition'),
    );
    expect(all.reduce((sum, plan) => sum + plan.organisations.length, 0)).toBe(
      countInFiles(folder, 'Organization'),
    );
    expect(encounters.every(({ provider }) => provider !== null)).toBe(true);
  });
});

/** Every odd file: how many patients it gives, or the places of its problems. */
const ODD: Record<string, number | string[]> = {
  'r4__examples__organization-1.json': 0,
  'r4__examples__patient-example.json': 1,
  'r4__patient-name-extensions.json': ['identifier'],
  'validator__mimic__encounter.json': ['class'],
  'validator__patient-deprecated-extension.json': ['identifier'],
  'validator__patient-duplicate.json': ['active'],
  'validator__patient-example-ra4.json': 1,
  'validator__patient-good.json': ['identifier'],
  'validator__patient-id-bad-1.json': ['id'],
  'validator__patient-id-bad-3.json': ['id'],
  'validator__patient-ig-bad.json': ['identifier'],
  'validator__patient-ig-ig.json': 0,
  'validator__patient-lang1.json': ['identifier'],
  'validator__patient-lang2a.json': ['identifier'],
  'validator__patient-lang3.json': ['identifier'],
  'validator__patient-min-fixed1.json': ['identifier'],
  'validator__patient-min-none1.json': ['identifier'],
  'validator__patient-min-pattern1.json': ['identifier'],
  'validator__patient-with-turvakielto.json': 1,
};

describe.skipIf(!isThere)('odd files', () => {
  it('are each taken right or refused with the place', () => {
    const found = [...plans('odd')].map(([name, plan]) => [
      name,
      plan.problems.length > 0 ? plan.problems.map(({ path }) => path) : plan.patients.length,
    ]);
    expect(Object.fromEntries(found)).toEqual(ODD);
  });

  it('keep the label of a protected patient', () => {
    const plan = plans('odd').get('validator__patient-with-turvakielto.json');
    expect(plan?.patients[0]?.values.label).toBe('TURVAKIELTO');
  });
});

describe.skipIf(!isThere)('specification examples', () => {
  it('that are taken are patients, providers or of types without a place; the others are refused', () => {
    const all = plans('spec-examples');
    const refused = [...all].filter(([, plan]) => plan.problems.length > 0).map(([name]) => name);
    expect(refused).toEqual([
      'bundle-references.json',
      'bundle-response-simplesummary.json',
      'condition-example-f001-heart.json',
      'condition-example-f003-abscess.json',
      'condition-example-f202-malignancy.json',
      'condition-example-f204-renal.json',
      'condition-example-family-history.json',
      'condition-example.json',
      'encounter-example-emerg.json',
      'encounter-example-f002-lung.json',
      'encounter-example-f201-20130404.json',
      'encounter-example-f203-20130311.json',
      'encounter-example-xcda.json',
      'patient-examples-general.json',
    ]);
    expect(all.get('patient-example-chinese.json')?.patients[0]?.values.names).toEqual([
      { use: 'OFFICIAL', text: '张无忌', given: [] },
    ]);
    expect(all.get('patient-example-infant-fetal.json')?.patients[0]?.values).not.toHaveProperty('birthDate');
    expect(all.get('organization-example-f001-burgers.json')?.organisations).toHaveLength(1);
  });
});
