/** Ways to carry data away by asking for it: each ends with nothing taken, and tells nothing of what is there. */
import { randomUUID } from 'node:crypto';
import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareSchema } from '../../src/federation/schema.js';
import { faceless } from '../e2e/refusal.js';
import { expectNothing, INSIDER, Scene, type Thief, THIEVES } from './scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
}, 60_000);
afterAll(() => scene.stop());

/** Asks as a thief: nothing of the prey comes, and the same is told of ids of nothing. */
async function attack(who: Thief, query: string): Promise<void> {
  const aimed = await scene.vitrine.ask(who, scene.aimed(query));
  const missed = await scene.vitrine.ask(who, scene.aimed(query, false));
  expectNothing(aimed.text, `${who}: ${query}`);
  // Of its own institution's records a member knows that they are there, if nothing else.
  if (who === INSIDER) return;
  expect([aimed.status, faceless(aimed.text)], query).toEqual([missed.status, faceless(missed.text)]);
}

const aliases = Array.from(
  { length: 15 },
  (_, at) => `p${at}: patient(id: "PID") { names { family } alerts { text } }
  e${at}: encounter(id: "EID") { note }`,
).join(' ');

const represented = (type: string, id: string) => `{__typename: "${type}", id: "${id}"}`;

const QUERIES: Readonly<Record<string, string>> = {
  'aliases of the same record': `{ ${aliases} }`,
  'fragments on interfaces': `{ node(id: "PID") { ...a ... on Node { id } ... on Record { ...b } } }
    fragment a on Patient { names { family } birthDate accessLog { edges { node { memberId } } } }
    fragment b on Record { version recordedAt custodian { name } history { index opening { bytes } } proof { bundle } ...a }`,
  'fragments of the wrong type': `{ node(id: "EID") { ... on Patient { names { family } } ... on Encounter { note patient { names { family } } } } }`,
  'entities of a gateway': `{ _entities(representations: [${['Patient', 'Encounter', 'View', 'Member']
    .flatMap((type) => [represented(type, 'PID'), represented(type, 'EID')])
    .join(', ')}]) { ... on Patient { names { family } alerts { text } } ... on Encounter { note } } }`,
  'proofs of fields': `{ patient(id: "PID") { proof(fields: ["names", "birthDate"]) { bundle } }
    encounter(id: "EID") { proof { bundle fields } } }`,
  'what stands beside a record': `{ accessLog(patient: "PID") { edges { node { memberId proof { bundle } } } }
    consents(patient: "PID") { edges { node { id } } }
    patientLinks(filter: {patient: "PID"}) { edges { node { id } } pageInfo { hasNextPage } } }`,
  'a download of the log of accesses': '{ accessLogDownload(patient: "PID") }',
  'conditions on what can’t be read': `{ encounters(filter: {patient: "PID", class: AMB}) { edges { cursor node { id note } } pageInfo { hasNextPage endCursor } } }`,
  'a period that holds one record alone': `{ encounters(filter: {patient: "PID", start: {from: "2025-06-01T09:59:59Z", to: "2025-06-01T10:00:01Z"}}, orderBy: {field: START}) { edges { node { id } } } }`,
};

describe('asking for what is there', () => {
  it.each(Object.entries(QUERIES))('by %s gives nothing, and tells nothing', async (_name, query) => {
    for (const who of THIEVES) await attack(who, query);
  });

  it('by the openings of its entries gives nothing', async () => {
    const thread = `{ entries(first: 50, filter: {thread: "${scene.patient}"}) { edges { node { index opening { bytes salt signature } } } } }`;
    for (const who of THIEVES.filter((one) => one !== null)) {
      const { data, text } = await scene.vitrine.ask<{
        entries: { edges: { node: { opening: object | null } }[] } | null;
      }>(who, thread);
      expectNothing(text, who);
      const openings = data?.entries?.edges.map(({ node }) => node.opening) ?? [];
      expect(
        openings.filter((one) => one !== null),
        who,
      ).toEqual([]);
    }
  });

  it('by names and numbers finds nobody elsewhere: a hit and a miss are the same', async () => {
    const list = (filter: string) =>
      `{ patients(filter: ${filter}) { edges { cursor node { id } } pageInfo { hasNextPage } } }`;
    for (const who of THIEVES)
      for (const [hit, miss] of [
        ['{name: "Vasilkovich"}', '{name: "Wasilkowitsch"}'],
        ['{name: "Vas"}', '{name: "Wqx"}'],
        [
          '{identifier: {system: "urn:test:attacks", value: "PREY-90417"}}',
          '{identifier: {system: "urn:test:attacks", value: "NONE-90417"}}',
        ],
      ] as const) {
        const [one, other] = [
          await scene.vitrine.ask(who, list(hit)),
          await scene.vitrine.ask(who, list(miss)),
        ];
        // City's own members find their patients, if their role reads names.
        expect([one.status, one.text], `${who}: ${hit}`).toEqual([other.status, other.text]);
        expect(one.text).not.toContain(scene.patient);
      }
  });
});

describe('walking lists to their ends', () => {
  const schema = bareSchema();

  /** Every field without arguments that must be given, one level deep. */
  function everythingOf(type: GraphQLNamedType, depth: number): string {
    if (!isObjectType(type) && !isInterfaceType(type)) return '';
    const parts = Object.values(type.getFields()).map((field: GraphQLField<unknown, unknown>) => {
      const named = getNamedType(field.type);
      if (field.args.some(isRequiredArgument) || field.name === 'history') return '';
      if (isScalarType(named) || isEnumType(named)) return field.name;
      const inner =
        depth > 0 && isObjectType(named) && !named.name.endsWith('Connection')
          ? everythingOf(named, depth - 1)
          : '';
      return inner === '' ? '' : `${field.name} ${inner}`;
    });
    const fields = parts.filter((part) => part !== '').join(' ');
    return fields === '' ? '' : `{ ${fields} }`;
  }

  const lists = Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap((field) => {
    const connection = getNamedType(field.type);
    if (!connection.name.endsWith('Connection') || field.args.some(isRequiredArgument)) return [];
    const node = schema.getType(connection.name.replace('Connection', ''));
    return node === undefined ? [] : [[field.name, everythingOf(node, 1)] as const];
  });

  interface Page {
    readonly list: {
      readonly edges: readonly { readonly cursor: string }[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    } | null;
  }

  /** All pages as they came. */
  async function walk(who: Thief, list: string, node: string): Promise<string[]> {
    const pages: string[] = [];
    for (let after = ''; pages.length < 40;) {
      const { data, text } = await scene.vitrine.ask<Page>(
        who,
        `{ list: ${list}(first: 25${after}) { edges { cursor node ${node} } pageInfo { hasNextPage } } }`,
      );
      pages.push(text);
      const last = data?.list?.edges.at(-1)?.cursor;
      if (data?.list?.pageInfo.hasNextPage !== true || last === undefined) break;
      after = `, after: "${last}"`;
    }
    return pages;
  }

  it('with every field asked for passes nothing of the prey’s, and not its id', async () => {
    expect(lists.length).toBeGreaterThan(12);
    for (const who of ['clinician.harbour', 'vendor', 'regulator.one'] as const)
      for (const [list, node] of lists) {
        const pages = await walk(who, list, node);
        expect(pages.join(), `${who} ${list}`).not.toContain('LIMIT_EXCEEDED');
        expectNothing(pages.join(), `${who} ${list}`);
        expect(pages.join(), `${who} ${list}`).not.toContain(scene.patient);
        expect(pages.join(), `${who} ${list}`).not.toContain(scene.encounter);
      }
  });

  it('counts nothing that isn’t for the thief: others’ new records change no list', async () => {
    const PUBLIC = new Set(['entries', 'blocks']);
    const seen = async () => {
      const pages: string[][] = [];
      for (const who of ['clinician.harbour', 'regulator.one'] as const)
        for (const [list] of lists)
          if (!PUBLIC.has(list) && list !== 'uploadRequests')
            pages.push(await walk(who, list, '{ __typename }'));
      return pages;
    };
    const before = await seen();
    await scene.care('clinician.city', await scene.person());
    expect(await seen()).toEqual(before);
  });

  it('from a forged cursor begins nowhere else', async () => {
    const cursor = (...place: unknown[]) => Buffer.from(JSON.stringify(place)).toString('base64url');
    /** Just before the prey in the order of ids. */
    const before = (id: string) => `${id.slice(0, -1)}0`;
    for (const who of ['clinician.harbour', 'registrar.north', 'patient.one'] as const)
      for (const [list, target] of [
        ['patients', scene.patient],
        ['encounters', scene.encounter],
      ] as const) {
        const forged = await scene.vitrine.ask(
          who,
          `{ ${list}(first: 100, after: "${cursor('id', before(target), before(target))}") { edges { node { id } } } }`,
        );
        expect(forged.text).not.toContain(target);
        for (const after of [
          cursor('custodian', scene.patient, target),
          cursor('id', target),
          `${cursor('id', target, target)}x`,
          randomUUID(),
        ]) {
          const { codes } = await scene.vitrine.ask(
            who,
            `{ ${list}(after: "${after}") { edges { node { id } } } }`,
          );
          expect(codes, `${who} ${list} ${after}`).toEqual(['BAD_USER_INPUT']);
        }
      }
  });
});

describe('going from one’s own record to another’s', () => {
  it('gives nothing, though the thief recorded care of the prey itself', async () => {
    const own = await scene.care('clinician.harbour', scene.patient);
    const { text, data } = await scene.vitrine.ask<{ encounter: { note: string; patient: object | null } }>(
      'clinician.harbour',
      `{ encounter(id: "${own}") { note patientId patient { names { family } birthDate alerts { text }
          encounters { edges { node { note patient { names { family } } } } } links { id } consents { edges { node { id } } } } } }`,
    );
    expect(data?.encounter.note).toBe('Kryptonotiz');
    expectNothing(text.replace('"note":"Kryptonotiz"', ''));
    for (const id of [scene.patient, scene.encounter]) {
      const direct = await scene.vitrine.ask(
        'clinician.harbour',
        `{ node(id: "${id}") { id ... on Patient { names { family } } ... on Encounter { note } } }`,
      );
      expectNothing(direct.text);
    }
    const look = await scene.vitrine.mutate(
      'clinician.harbour',
      'openView',
      { subject: { kind: 'PATIENT', id: scene.patient }, purpose: 'TREATMENT' },
      'view { id pages { url } }',
    );
    expect(look.codes).toEqual(['EVIDENCE_REQUIRED']);
    expect(await scene.denials('view.open')).toContain('evidence EVIDENCE_REQUIRED');
  });

  it.each([
    'institution',
    'member',
    'consent',
    'view',
    'referral',
    'report',
    'subsidy',
    'hold',
    'erasure',
    'patientLink',
    'uploadRequest',
  ])('by asking for a %s of its id gives nothing', async (root) => {
    for (const who of ['clinician.harbour', 'regulator.one', null] as const)
      for (const id of ['PID', 'EID']) await attack(who, `{ ${root}(id: "${id}") { __typename } }`);
  });
});

describe('changing what isn’t one’s own', () => {
  const SHOWN = 'record { id ... on Patient { names { family } } ... on Encounter { note } }';

  it.each<[string, string, string, object]>([
    ['amendPatient', 'AmendPatientInput', 'receipt { index }', { patient: 'PID', birthDate: '1943-11-29' }],
    ['amendEncounter', 'AmendEncounterInput', 'receipt { index }', { encounter: 'EID' }],
    ['retractRecord', 'RetractRecordInput', SHOWN, { kind: 'ENCOUNTER', id: 'EID', reason: 'x' }],
    ['placeHold', 'HoldInput', SHOWN, { kind: 'PATIENT', id: 'PID', reason: 'x' }],
    ['eraseRecord', 'EraseRecordInput', 'receipt { index }', { kind: 'PATIENT', id: 'PID', legalBasis: 'x' }],
  ])('by %s shows nothing, and is a line of the audit feed', async (mutation, type, shown, input) => {
    const send = (prey: boolean) =>
      scene.vitrine.ask(
        'clinician.harbour',
        `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${shown} } }`,
        {
          input: {
            requestId: randomUUID(),
            ...(type === 'HoldInput' ? {} : { expectedVersion: 1 }),
            ...(JSON.parse(scene.aimed(JSON.stringify(input), prey)) as object),
          },
        },
      );
    const before = (await scene.denials()).length;
    const [aimed, missed] = [await send(true), await send(false)];
    expect(aimed.codes, aimed.text).toEqual(['NOT_FOUND']);
    expect(faceless(aimed.text)).toBe(faceless(missed.text));
    expectNothing(aimed.text);
    expect((await scene.denials()).length - before, aimed.text).toBe(2);
  });
});
