/** What was written about a patient's file before it moved, in the lists of its new keeper and of the old one. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdKind } from '../../../src/erasure/index.js';
import { hand as transfer, idIn, open, register as registered, state, verify } from './world.js';

/** A file of City Hospital's that is handed to Harbour, and one that was always Harbour's. */
let moved: string;
let own: string;
/** About the file that moves, from before: a regulator's hold, the old keeper's request for erasure, a link. */
let hold: string;
let erasure: string;
let link: string;
/** About Harbour's own file: holds from before and after that one. */
const holds: string[] = [];

beforeAll(async () => {
  await open();
  [moved, own] = [await register('city'), await register('harbour')];
  holds.push(await place(own, 'registrar.harbour'));
  hold = await place(moved, 'regulator.one');
  const erase = { kind: 'PATIENT', id: await register('city'), expectedVersion: 1, legalBasis: 'Article 17' };
  // Nothing that is held can be asked to be erased: the request is about another file, which moves too.
  const asked = await state.mutate('registrar.city', 'eraseRecord', erase, 'erasure { id }');
  erasure = idIn(asked, 'eraseRecord', 'erasure', 'id');
  const linked = { patient: moved, other: await register('city'), evidence: 'Known' };
  link = idIn(
    await state.mutate('registrar.city', 'linkPatients', linked, 'link { id }'),
    'linkPatients',
    'link',
    'id',
  );
  holds.push(await place(own, 'regulator.one'));
  expect(await listed('harbour', 'holds')).toEqual(newestFirst(holds));
  expect(await listed('harbour', 'erasures')).toEqual([]);
  expect(await listed('city', 'holds')).toEqual([hold]);
  for (const patient of [moved, erase.id]) await hand(patient, 1, 'city', 'harbour');
});
afterAll(() => state.close());

const newestFirst = (ids: readonly string[]): string[] => [...ids].sort().reverse();

const register = (institution: string) => registered({}, `registrar.${institution}`);

async function place(patient: string, who: string): Promise<string> {
  const source = 'mutation ($input: HoldInput!) { placeHold(input: $input) { record { id } } }';
  const input = { requestId: randomUUID(), kind: 'PATIENT', id: patient, reason: 'A court' };
  return idIn(await state.run(who, source, { input }), 'placeHold', 'record', 'id');
}

async function hand(patient: string, expectedVersion: number, from: string, to: string): Promise<void> {
  expect((await transfer(patient, expectedVersion, from, to)).codes).toEqual([]);
}

interface Listed {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

async function page(who: string, field: string, args: string): Promise<Listed> {
  const query = `{ ${field}(${args}) { edges { cursor node { id } } pageInfo { hasNextPage } } }`;
  const answer = await state.run(who, query);
  if (answer.codes.length > 0) throw answer.errors[0]!;
  return answer.data[field] as Listed;
}

async function listed(institution: string, field: string, filter = ''): Promise<string[]> {
  const { edges } = await page(`registrar.${institution}`, field, `first: 50 ${filter}`);
  return edges.map(({ node }) => node.id);
}

describe('the lists of who keeps a file that moved', () => {
  it('have the holds from before, among its own by the time of their making', async () => {
    const all = newestFirst([...holds, hold]);
    expect(all[1]).toBe(hold);
    expect(await listed('harbour', 'holds')).toEqual(all);
    expect(await listed('harbour', 'holds', `filter: { record: "${moved}" }`)).toEqual([hold]);
    expect(await listed('harbour', 'holds', 'filter: { state: PLACED }')).toEqual(all);
    expect(await listed('harbour', 'holds', 'filter: { state: RELEASED }')).toEqual([]);
  });

  it('have them once each when they are read page by page', async () => {
    const seen: string[] = [];
    for (let after = '', more = true; more;) {
      const { edges, pageInfo } = await page('registrar.harbour', 'holds', `first: 1 ${after}`);
      seen.push(...edges.map(({ node }) => node.id));
      after = `after: "${edges.at(-1)!.cursor}"`;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(newestFirst([...holds, hold]));
  });

  it('have the requests for erasure and the links from before', async () => {
    expect(await listed('harbour', 'erasures')).toEqual([erasure]);
    expect(await listed('harbour', 'erasures', 'filter: { state: CONFIRMED }')).toEqual([]);
    expect(await listed('harbour', 'patientLinks')).toEqual([link]);
    expect(await listed('harbour', 'patientLinks', 'filter: { state: ENDED }')).toEqual([]);
  });

  it('are another process’s lists too', async () => {
    const other = await state.another();
    const { records } = await state.context('registrar.harbour', other);
    const { harbour = '' } = state.ids;
    expect((await records.ofArrivals(holdKind, 'patient', harbour)).map(({ head }) => head.id)).toEqual([
      hold,
    ]);
  });
});

describe('the lists of who kept it', () => {
  it('have nothing of it any more but what that institution wrote itself', async () => {
    expect(await listed('city', 'holds')).toEqual([]);
    expect(await listed('city', 'holds', `filter: { record: "${moved}" }`)).toEqual([]);
    expect(await listed('city', 'erasures')).toEqual([erasure]);
  });

  it('have it again when the file comes back, and who gave it back has it no more', async () => {
    const [file, before] = [await register('city'), await listed('harbour', 'holds')];
    const held = await place(file, 'regulator.two');
    await hand(file, 1, 'city', 'harbour');
    expect(await listed('harbour', 'holds')).toEqual(newestFirst([...before, held]));
    await hand(file, 2, 'harbour', 'city');
    expect(await listed('city', 'holds')).toEqual([held]);
    expect(await listed('harbour', 'holds')).toEqual(before);
  });
});

describe('the lists of a new keeper against the owner of the database', () => {
  it.each([
    ['a hold removed', 'DELETE FROM hold WHERE id = $'],
    ['a hold put on another patient’s list', 'UPDATE hold SET patient = NULL WHERE id = $'],
    ['a hold’s state changed', "UPDATE hold SET state = 'RELEASED' WHERE id = $"],
  ])('miss %s, with a filter and without', async (_, sql) => {
    await state.tamper('CREATE TABLE kept_hold AS SELECT * FROM hold', sql.replace('$', `'${hold}'`));
    try {
      for (const filter of ['', '(filter: { state: PLACED })', `(filter: { record: "${moved}" })`]) {
        const { codes } = await state.run(
          'registrar.harbour',
          `{ holds${filter} { edges { node { id } } } }`,
        );
        expect(codes).toEqual(['INTEGRITY_VIOLATION']);
      }
    } finally {
      await state.tamper(
        'DELETE FROM hold',
        'INSERT INTO hold SELECT * FROM kept_hold',
        'DROP TABLE kept_hold',
      );
    }
    expect(await listed('harbour', 'holds')).toContain(hold);
  });

  it('verify with everything else', async () => {
    expect(await verify()).toEqual([]);
  });
});
