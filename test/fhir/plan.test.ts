import { describe, expect, it } from 'vitest';
import { indexShared, References } from '../../src/fhir/index.js';
import { bundleOf, bytesOf, condition, encounter, organisation, patient, planOf } from './support.js';

describe('a plan of a file', () => {
  it('holds patient, encounter, diagnosis, practitioner and organisation with every reference followed', () => {
    const plan = planOf(
      bundleOf(
        patient({ gender: 'female', deceasedDateTime: '2021-01-01T00:00:00-05:00' }),
        organisation(),
        {
          resourceType: 'Practitioner',
          id: 'd1',
          identifier: [{ system: 'npi', value: '7' }],
          name: [{ family: 'Stark', given: ['Ned'], prefix: ['Dr.'] }],
        },
        encounter({
          participant: [{ individual: { reference: 'urn:uuid:d1' } }],
          type: [{ coding: [{ code: '1', system: 's' }], text: 'Checkup' }],
          reasonCode: [{ text: 'fever' }],
        }),
        condition({
          clinicalStatus: { coding: [{ code: 'active' }] },
          onsetDateTime: '2019',
          recordedDate: '2020-01-02T10:00:00+02:00',
        }),
        { resourceType: 'Observation', id: 'x' },
      ),
    );
    expect(plan.problems).toEqual([]);
    expect(plan.ignored).toEqual({ Observation: 1 });
    expect(plan.organisations.map(({ values }) => values.name)).toEqual(['Testing Hospital']);
    const [one] = plan.patients;
    expect(one?.values).toMatchObject({
      names: [{ family: 'Muñoz', given: ['Ana', 'María'], prefix: 'Dr.' }],
      gender: 'FEMALE',
      deceased: true,
      deceasedAt: '2021-01-01T05:00:00.000Z',
    });
    expect(one?.encounters).toHaveLength(1);
    expect(one?.encounters[0]).toMatchObject({
      path: 'entry[3].resource',
      identity: 'urn:uuid:e1',
      provider: {
        identifier: { system: 'urn:oid:9', value: 'H1' },
        organisation: { kind: 'HOSPITAL', region: 'MA' },
      },
      values: {
        identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:e1' },
        class: 'AMB',
        status: 'FINISHED',
        start: '2020-01-02T08:00:00.000Z',
        serviceCode: { system: 's', code: '1', display: 'Checkup' },
        reason: [{ display: 'fever' }],
        practitioner: { identifier: { system: 'npi', value: '7' }, name: 'Dr. Ned Stark' },
        diagnoses: [
          {
            code: { code: '38341003' },
            clinicalStatus: 'ACTIVE',
            onset: '2019',
            recordedAt: '2020-01-02T08:00:00.000Z',
          },
        ],
      },
    });
  });

  it('orders encounters by their start', () => {
    const later = encounter();
    const earlier = encounter({ id: 'e0', period: { start: '2019-12-31T23:59:59Z' } });
    const plan = planOf(bundleOf(patient(), organisation(), later, earlier));
    expect(plan.patients[0]?.encounters.map(({ identity }) => identity)).toEqual([
      'urn:uuid:e0',
      'urn:uuid:e1',
    ]);
  });

  it('refuses the whole file with everything that is wrong in it', () => {
    const plan = planOf(
      bundleOf(
        patient({ birthDate: '1980-02-30', id: 'bad_id' }),
        organisation(),
        encounter({ period: { start: '2020-01-02' } }),
      ),
    );
    expect(plan.problems.map(({ path }) => path)).toEqual([
      'entry[2].resource.period.start',
      'entry[0].resource.id',
      'entry[0].resource.birthDate',
    ]);
  });

  it.each([
    ['no such entry', { subject: { reference: 'urn:uuid:nobody' } }, 'subject.reference'],
    ['another type', { subject: { reference: 'urn:uuid:o1' } }, 'subject'],
    [
      'no provider of that name',
      { serviceProvider: { reference: 'Organization/77' } },
      'serviceProvider.reference',
    ],
    [
      'a version',
      { serviceProvider: { reference: 'Organization/o1/_history/1' } },
      'serviceProvider.reference',
    ],
    [
      'nothing contained',
      { participant: [{ individual: { reference: '#doc' } }] },
      'participant[0].individual.reference',
    ],
  ])('refuses a reference to %s', (_name, more, path) => {
    const plan = planOf(bundleOf(patient(), organisation(), encounter(more)));
    expect(plan.problems.map((problem) => problem.path)).toEqual([`entry[2].resource.${path}`]);
  });

  it.each([
    ['relative', { reference: 'Organization/o1' }],
    ['conditional', { reference: 'Organization?identifier=urn:oid:9|H1' }],
    ['logical', { identifier: { system: 'urn:oid:9', value: 'H1' } }],
  ])('follows a %s reference', (_name, serviceProvider) => {
    const plan = planOf(bundleOf(patient(), organisation(), encounter({ serviceProvider })));
    expect(plan.problems).toEqual([]);
    expect(plan.patients[0]?.encounters[0]?.provider?.organisation?.name).toBe('Testing Hospital');
  });

  it('follows a contained reference', () => {
    const plan = planOf(
      bundleOf(
        patient(),
        encounter({
          contained: [organisation({ id: 'own' })],
          serviceProvider: { reference: '#own' },
        }),
      ),
    );
    expect(plan.problems).toEqual([]);
    expect(plan.patients[0]?.encounters[0]?.provider?.identifier.value).toBe('H1');
  });

  it('leaves an organisation that only its identifier names to the registry', () => {
    const serviceProvider = { reference: 'Organization?identifier=urn:oid:9|H2' };
    const plan = planOf(bundleOf(patient(), encounter({ serviceProvider })));
    expect(plan.problems).toEqual([]);
    expect(plan.patients[0]?.encounters[0]?.provider).toEqual({
      organisation: null,
      identifier: { system: 'urn:oid:9', value: 'H2' },
    });
  });

  it('finds organisations and practitioners of other files, and tells their problems with the file', () => {
    const shared = new References();
    indexShared(bytesOf(bundleOf(organisation())), 'hospitals.json', shared);
    indexShared(bytesOf(organisation({ id: 'o2', identifier: undefined })), 'bad.json', shared);
    expect(planOf(bundleOf(patient(), encounter()), shared).problems).toEqual([]);
    const bad = planOf(
      bundleOf(patient(), encounter({ serviceProvider: { reference: 'Organization/o2' } })),
      shared,
    );
    expect(bad.problems).toEqual([
      {
        path: 'entry[1].resource.serviceProvider',
        message: 'expected an identifier, which an institution is recognised by (in bad.json, identifier)',
      },
    ]);
  });

  it('refuses a reference that several files answer differently', () => {
    const shared = new References();
    indexShared(bytesOf(organisation()), 'a.json', shared);
    indexShared(bytesOf(organisation({ name: 'Other Hospital' })), 'b.json', shared);
    const plan = planOf(
      bundleOf(patient(), encounter({ serviceProvider: { reference: 'Organization/o1' } })),
      shared,
    );
    expect(plan.problems[0]?.message).toBe('expected one resource, got 2 called Organization/o1');
  });

  it('places a diagnosis by the encounter that names it, once', () => {
    const plan = planOf(
      bundleOf(
        patient(),
        organisation(),
        encounter({ diagnosis: [{ condition: { reference: 'urn:uuid:c1' } }] }),
        condition(),
        condition({ id: 'c2' }),
      ),
    );
    expect(plan.patients[0]?.encounters[0]?.values.diagnoses).toHaveLength(2);
  });

  it('refuses a diagnosis of another patient than the encounter’s', () => {
    const plan = planOf(
      bundleOf(
        patient(),
        patient({ id: 'p2', identifier: [{ system: 's', value: '2' }] }),
        organisation(),
        encounter(),
        condition({ subject: { reference: 'urn:uuid:p2' } }),
      ),
    );
    expect(plan.problems).toEqual([
      { path: 'entry[4].resource.subject', message: 'expected the patient of the encounter, got another' },
    ]);
  });

  it('counts what was entered in error instead of taking it', () => {
    const plan = planOf(
      bundleOf(
        patient(),
        organisation(),
        encounter(),
        encounter({ id: 'e2', status: 'entered-in-error' }),
        condition({ verificationStatus: { coding: [{ code: 'entered-in-error' }] } }),
      ),
    );
    expect(plan.problems).toEqual([]);
    expect(plan.ignored).toEqual({ 'Encounter entered in error': 1, 'Condition entered in error': 1 });
    expect(plan.patients[0]?.encounters).toHaveLength(1);
  });

  it('names two resources of one URL', () => {
    const plan = planOf(bundleOf(patient(), patient()));
    expect(plan.problems).toEqual([
      { path: 'entry[1].fullUrl', message: 'expected one resource of this URL, got several' },
    ]);
  });

  it('carries the security labels of an encounter and its diagnoses', () => {
    const plan = planOf(
      bundleOf(
        patient(),
        organisation(),
        encounter({ meta: { security: [{ code: 'N' }, { code: 'R' }] } }),
        condition({ meta: { security: [{ code: 'HIV' }] } }),
      ),
    );
    expect(plan.patients[0]?.encounters[0]?.values.label).toBe('HIV R');
    expect(plan.patients[0]?.values.label).toBeUndefined();
  });
});

describe('a patient', () => {
  it.each([
    ['null in a list', { name: [{ given: ['A', null] }] }, 'name[0].given[1]'],
    ['an empty list', { name: [] }, 'name'],
    ['an empty text', { name: [{ family: '' }] }, 'name[0].family'],
    ['an empty object', { name: [{}] }, 'name[0]'],
    ['a modifying extension', { modifierExtension: [{ url: 'x' }] }, 'modifierExtension'],
    ['implicit rules', { implicitRules: 'http://x' }, 'implicitRules'],
    ['an inactive record', { active: false }, 'active'],
    [
      'a replaced record',
      { link: [{ other: { reference: 'Patient/2' }, type: 'replaced-by' }] },
      'link[0].type',
    ],
    ['no identifier', { identifier: undefined }, 'identifier'],
    ['a wrong type', { birthDate: 1980 }, 'birthDate'],
    ['a date of death without a time', { deceasedDateTime: '2002-08-24' }, 'deceasedDateTime'],
    ['a contact without a system', { telecom: [{ value: '1' }] }, 'telecom[0].system'],
    ['an id that is none', { id: 'bad-id_1' }, 'id'],
  ])('with %s is refused', (_name, more, path) => {
    expect(planOf(patient(more)).problems.map((problem) => problem.path)).toEqual([path]);
  });

  it('keeps null beside an extension out, and the value', () => {
    const name = [{ family: 'Windsor', given: [null, 'James'], _given: [{ extension: [{ url: 'x' }] }] }];
    expect(planOf(patient({ name })).patients[0]?.values.names).toEqual([
      { family: 'Windsor', given: ['James'] },
    ]);
  });

  it('may have no name and a year of birth only', () => {
    const plan = planOf(patient({ name: undefined, birthDate: '1980' }));
    expect(plan.problems).toEqual([]);
    expect(plan.patients[0]?.values).toMatchObject({ names: [], birthDate: '1980' });
  });

  it('has each identifier once, and none that is no longer valid', () => {
    const identifier = [
      { system: 's', value: '1' },
      { system: 's', value: '1' },
      { use: 'old', system: 's', value: '0' },
    ];
    expect(planOf(patient({ identifier })).patients[0]?.values.identifiers).toEqual([
      { system: 's', value: '1' },
    ]);
  });

  it('whose managing organisation is not known may still be kept by another', () => {
    const plan = planOf(patient({ managingOrganization: { reference: 'Organization/1' } }));
    expect(plan.problems).toEqual([]);
    expect(plan.patients[0]?.managing).toBeNull();
    expect(plan.patients[0]?.managingProblems.map(({ path }) => path)).toEqual([
      'managingOrganization.reference',
    ]);
  });
});
