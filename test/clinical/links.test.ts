/** Linking the files of one person: who must agree, what contradicts, and what a link opens and closes again. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../../src/records/index.js';
import { contradictions } from '../../src/clinical/links/contradiction.js';
import { groupsOf, type LinkFacts } from '../../src/clinical/links/groups.js';
import { AMEND_PATIENT, first, makeScene, NORTH, REGISTER, type Scene, SSN } from './scene.js';
import { uuid, type World } from './world.js';

const LINK = `mutation ($input: LinkPatientsInput!) {
  linkPatients(input: $input) { link { id version state patientIds keeperIds evidence contradictionReason } } }`;
const CONFIRM =
  'mutation ($input: ConfirmPatientLinkInput!) { confirmPatientLink(input: $input) { link { state version } } }';
const UNLINK =
  'mutation ($input: UnlinkPatientsInput!) { unlinkPatients(input: $input) { link { state endReason } } }';
const EVIDENCE = 'The same scar';
/** A third hospital. */
const HARBOUR = uuid();

let world: World;
let registrar: Member;
let clinician: Member;
let north: Member;
let northRegistrar: Member;
let visit: Scene['visit'];
/** City's file. */
let patient: string;
/** North's file of the same person. */
let other: string;

beforeEach(async () => {
  ({ world, registrar, clinician, north, northRegistrar, patient, visit } = await makeScene());
  other = await register(northRegistrar, { unidentified: true, names: [{ use: 'TEMP', text: 'Bed nine' }] });
});

async function register(who: Member, facts: object): Promise<string> {
  const answer = await world.ask(who, REGISTER, facts);
  expect(answer.errors).toEqual([]);
  return first(answer.data, 'registerPatient', 'patient', 'id');
}

const codesOf = ({ errors }: { errors: readonly { extensions: Record<string, unknown> }[] }) =>
  errors.map(({ extensions }) => extensions['code']);

const link = (who: Member, facts: object = {}) =>
  world.ask(who, LINK, { patient, other, evidence: EVIDENCE, ...facts });

async function linked(who: Member, facts: object = {}): Promise<string> {
  const answer = await link(who, facts);
  expect(answer.errors).toEqual([]);
  return first(answer.data, 'linkPatients', 'link', 'id');
}

const confirm = (who: Member, id: string, facts: object = {}) =>
  world.ask(who, CONFIRM, { link: id, expectedVersion: 1, ...facts });

const unlink = (who: Member, id: string, expectedVersion: number) =>
  world.ask(who, UNLINK, { link: id, expectedVersion, reason: 'It was another person' });

/** Whether a member may know of a file, read its names, and sees it beside another one. */
async function sees(who: Member, file: string, beside: string) {
  const { data } = await world.ask(
    who,
    `{ file: patient(id: "${file}") { names { text family } } beside: patient(id: "${beside}") { linkedPatients { id } } }`,
  );
  const { file: found, beside: from } = data as {
    file: { names: unknown } | null;
    beside: { linkedPatients: { id: string }[] } | null;
  };
  return {
    knows: found !== null,
    reads: found !== null && found.names !== null,
    beside: from?.linkedPatients.some(({ id }) => id === file) ?? false,
  };
}

const NOTHING = { knows: false, reads: false, beside: false };

describe('a link of files of two institutions', () => {
  it('is a proposal that opens nothing, until the other’s keeper agrees', async () => {
    const treating = world.member(HARBOUR, ['CLINICIAN']);
    await visit(world.member(HARBOUR, ['REGISTRAR']), { end: null });
    const self = world.member(null, ['PATIENT'], { patient });
    const made = await link(registrar);
    const [one, two] = [patient, other].sort();
    const id = first(made.data, 'linkPatients', 'link', 'id');
    expect(made.data).toMatchObject({
      linkPatients: { link: { state: 'PROPOSED', patientIds: [one, two], evidence: EVIDENCE } },
    });
    for (const who of [registrar, clinician, treating, self])
      expect(await sees(who, other, patient)).toEqual(NOTHING);
    expect((await confirm(north, id)).data).toEqual({
      confirmPatientLink: { link: { state: 'CONFIRMED', version: 2 } },
    });
    // City doesn't treat the person: a link alone gives it nothing.
    for (const who of [registrar, clinician]) expect(await sees(who, other, patient)).toEqual(NOTHING);
    for (const who of [treating, self])
      expect(await sees(who, other, patient)).toEqual({ knows: true, reads: true, beside: true });
    expect(await sees(world.member(HARBOUR, ['FINANCE']), other, patient)).toEqual({
      knows: true,
      reads: false,
      beside: true,
    });
  });

  it.each<[string, () => Member]>([
    ['the keeper of the first', () => registrar],
    ['the keeper of the other', () => north],
    ['the first patient', () => world.member(null, ['PATIENT'], { patient })],
    ['the other patient', () => world.member(null, ['PATIENT'], { patient: other })],
  ])('is ended by %s, and closes at the next request', async (_who, who) => {
    const treating = world.member(HARBOUR, ['CLINICIAN']);
    await visit(world.member(HARBOUR, ['REGISTRAR']), { end: null });
    const self = world.member(null, ['PATIENT'], { patient });
    const id = await linked(registrar);
    expect(codesOf(await confirm(north, id))).toEqual([]);
    for (const one of [treating, self]) expect((await sees(one, other, patient)).knows).toBe(true);
    expect((await unlink(who(), id, 2)).data).toMatchObject({ unlinkPatients: { link: { state: 'ENDED' } } });
    for (const one of [treating, self]) expect(await sees(one, other, patient)).toEqual(NOTHING);
    expect(codesOf(await unlink(north, id, 3))).toEqual(['CONFLICT']);
    expect(codesOf(await confirm(north, id, { expectedVersion: 3 }))).toEqual(['CONFLICT']);
    // And may be proposed anew.
    expect(codesOf(await link(registrar))).toEqual([]);
  });

  it('is confirmed by the other file’s own patient too', async () => {
    const id = await linked(registrar);
    const self = world.member(null, ['PATIENT'], { patient: other });
    expect((await sees(self, patient, other)).knows).toBe(false);
    expect(codesOf(await confirm(self, id))).toEqual([]);
    expect(await sees(self, patient, other)).toEqual({ knows: true, reads: true, beside: true });
  });

  it.each<[string, () => Member, string]>([
    ['its proposer', () => registrar, 'FORBIDDEN'],
    ['the proposer’s patient', () => world.member(null, ['PATIENT'], { patient }), 'FORBIDDEN'],
    ['a finance officer of the other', () => world.member(NORTH, ['FINANCE']), 'FORBIDDEN'],
    ['an auditor', () => world.member(uuid(), ['AUDITOR']), 'FORBIDDEN'],
    ['a third institution', () => world.member(HARBOUR, ['CLINICIAN']), 'NOT_FOUND'],
    ['another patient', () => world.member(null, ['PATIENT'], { patient: uuid() }), 'NOT_FOUND'],
    ['the state', () => world.member(uuid(), ['REGULATOR'], { state: true }), 'NOT_FOUND'],
    [
      'the other without a licence',
      () => world.member(NORTH, ['REGISTRAR'], { licensed: false }),
      'LICENCE_INACTIVE',
    ],
  ])('is not confirmed by %s', async (_who, who, code) => {
    const id = await linked(registrar);
    expect(codesOf(await confirm(who(), id))).toEqual([code]);
    expect((await sees(world.member(null, ['PATIENT'], { patient }), other, patient)).knows).toBe(false);
  });

  it.each<[string, () => Member, string]>([
    ['who keeps neither', () => world.member(HARBOUR, ['REGISTRAR']), 'NOT_FOUND'],
    ['who keeps the other alone', () => northRegistrar, 'NOT_FOUND'],
    ['a patient', () => world.member(null, ['PATIENT'], { patient }), 'FORBIDDEN'],
    ['a reporter', () => world.member(registrar.institution, ['REPORTER']), 'FORBIDDEN'],
    [
      'an institution without a licence',
      () => world.member(registrar.institution, ['REGISTRAR'], { licensed: false }),
      'LICENCE_INACTIVE',
    ],
  ])('is not proposed by %s', async (_who, who, code) => {
    expect(codesOf(await link(who()))).toEqual([code]);
  });

  it('names the link that two files have already, whichever way round', async () => {
    const id = await linked(registrar);
    const again = await link(northRegistrar, { patient: other, other: patient });
    expect(again.errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      details: { kind: 'PatientLink', id },
    });
  });

  it('is not made with itself, with nobody, or with a file that was retracted', async () => {
    expect(codesOf(await link(registrar, { other: patient }))).toEqual(['BAD_USER_INPUT']);
    expect(codesOf(await link(registrar, { other: uuid() }))).toEqual(['NOT_FOUND']);
    const gone = await world.ask(
      northRegistrar,
      'mutation ($input: RetractRecordInput!) { retractRecord(input: $input) { repeated } }',
      { kind: 'PATIENT', id: other, expectedVersion: 1, reason: 'A test' },
    );
    expect(gone.errors).toEqual([]);
    expect(codesOf(await link(registrar))).toEqual(['CONFLICT']);
  });
});

describe('files that contradict each other', () => {
  const contrary = { identifiers: [{ system: SSN.system, value: 'of somebody else' }], birthDate: '1980' };

  it('of one institution are linked for a reason alone', async () => {
    const second = await register(registrar, contrary);
    const refused = await link(registrar, { other: second });
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      path: ['input', 'contradictionReason'],
      details: { contradicted: 'identifiers' },
    });
    const made = await link(registrar, { other: second, contradictionReason: 'A typing error' });
    expect(made.data).toMatchObject({
      linkPatients: { link: { state: 'CONFIRMED', contradictionReason: 'A typing error' } },
    });
  });

  it('tell nothing to a proposer who doesn’t read both, and need a reason of who agrees', async () => {
    const second = await register(northRegistrar, { ...contrary, birthDate: '1981' });
    const id = await linked(registrar, { other: second, contradictionReason: 'Sure' });
    const refused = await confirm(north, id);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      details: { contradicted: 'identifiers, birthDate' },
    });
    expect(JSON.stringify(refused)).not.toContain('999-1');
    expect(codesOf(await confirm(north, id, { contradictionReason: 'Same person, I know her' }))).toEqual([]);
  });

  it('can’t be told by changing one’s own file until they agree', async () => {
    const id = await linked(registrar);
    const amended = await world.ask(northRegistrar, AMEND_PATIENT, {
      patient: other,
      expectedVersion: 1,
      birthDate: '1979',
    });
    expect(amended.errors).toEqual([]);
    const refused = await confirm(north, id);
    expect(codesOf(refused)).toEqual(['CONFLICT']);
    expect(refused.errors[0]?.extensions).not.toHaveProperty('details.contradicted');
  });

  it.each<[string, object, object, string[]]>([
    ['nothing known', {}, {}, []],
    ['one known', { identifiers: [SSN], birthDate: '1980' }, {}, []],
    ['other systems', { identifiers: [SSN] }, { identifiers: [{ system: 'urn:b', value: '1' }] }, []],
    ['another number', { identifiers: [SSN] }, { identifiers: [{ ...SSN, value: '2' }] }, ['identifiers']],
    ['a number in common', { identifiers: [SSN] }, { identifiers: [{ ...SSN, value: '2' }, SSN] }, []],
    ['a date told more precisely', { birthDate: '1980' }, { birthDate: '1980-02-29' }, []],
    ['another year', { birthDate: '1981' }, { birthDate: '1980-02-29' }, ['birthDate']],
    ['another month', { birthDate: '1980-02-29' }, { birthDate: '1980-03' }, ['birthDate']],
    ['erased values', { identifiers: null, birthDate: null }, { identifiers: [SSN], birthDate: '1980' }, []],
  ])('are these: %s', (_what, one, two, found) => {
    const person = (facts: object) => ({ identifiers: [], birthDate: null, ...facts });
    expect(contradictions(person(one), person(two))).toEqual(found);
    expect(contradictions(person(two), person(one))).toEqual(found);
  });
});

describe('several files of one person', () => {
  it('lead from each to each, through confirmed links alone', async () => {
    const links: LinkFacts[] = [
      { first: 'a', second: 'b', state: 'CONFIRMED' },
      { first: 'b', second: 'c', state: 'CONFIRMED' },
      { first: 'a', second: 'c', state: 'CONFIRMED' },
      { first: 'c', second: 'd', state: 'PROPOSED' },
      { first: 'd', second: 'e', state: 'ENDED' },
    ];
    const asked: string[] = [];
    const groups = await groupsOf(['c', 'd', 'a', 'f'], (patient) => {
      asked.push(patient);
      return Promise.resolve(links.filter(({ first: one, second }) => one === patient || second === patient));
    });
    const found = (id: string) => [...(groups.get(id) ?? [])].sort();
    expect([found('c'), found('a'), found('d'), found('f')]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
      ['d'],
      ['f'],
    ]);
    expect(asked.sort()).toEqual(['a', 'b', 'c', 'd', 'f']);
  });

  it('are sixteen at most', async () => {
    for (let count = 2; count <= 16; count++)
      await linked(registrar, { other: await register(registrar, { unidentified: true }) });
    const one = await register(registrar, { unidentified: true });
    expect(codesOf(await link(registrar, { other: one }))).toEqual(['CONFLICT']);
  });

  it('are listed for who keeps one, for the person, and for nobody else', async () => {
    const id = await linked(registrar);
    const list = async (who: Member | null) => {
      const { data, errors } = await world.ask(
        who,
        '{ patientLinks(filter: { state: PROPOSED }) { edges { node { id } } } }',
      );
      if (errors.length > 0) return errors[0]?.extensions['code'];
      return (first(data, 'patientLinks', 'edges') as unknown as { node: { id: string } }[]).map(
        ({ node }) => node.id,
      );
    };
    for (const who of [registrar, north, world.member(null, ['PATIENT'], { patient: other })])
      expect(await list(who)).toEqual([id]);
    expect(await list(world.member(uuid(), ['AUDITOR']))).toEqual([id]);
    expect(await list(world.member(HARBOUR, ['CLINICIAN']))).toEqual([]);
    expect(await list(world.member(uuid(), ['REGULATOR'], { state: true }))).toEqual([]);
    expect(await list(null)).toBe('UNAUTHENTICATED');
  });
});
