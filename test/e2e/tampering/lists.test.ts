/** Lists against the owner of their database: what was taken out of one with all its indexes is missed, not absent. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alarms, describeFindings, Keeping, value, verify } from '../../support/tampering.js';
import { ask, forged, hold, type Case } from './cases.js';
import { ENCOUNTER, file, makeWorld, type Question, type World } from './world.js';

let world: World;
let keeping: Keeping;

beforeAll(async () => {
  world = await makeWorld();
  keeping = await Keeping.of(world.vitrine);
});
afterAll(() => world.vitrine.stop());

/** SQL that takes a record out of every table but the log's own: no row and no index names it any more. */
function removed(table: string, id: string): string[] {
  const entries = `(SELECT index FROM entry WHERE subject = '${id}')`;
  return [
    `DELETE FROM ${table} WHERE id = '${id}'`,
    `DELETE FROM wrapped_key WHERE entry IN ${entries}`,
    `DELETE FROM sealed WHERE id = '${id}'`,
    `DELETE FROM unique_key WHERE subject = '${id}'`,
    `DELETE FROM search_word WHERE subject = '${id}'`,
    `DELETE FROM thread_entry WHERE entry IN ${entries}`,
    `DELETE FROM upload_request WHERE entry IN ${entries}`,
  ];
}

const list = (as: string, field: string, args: string, node: string): Question => ({
  as,
  query: `{ ${field}(${args}) { edges { node { ${node} } } } }`,
});
const visits = (args = 'first: 50') => list('clinician.city', 'encounters', args, ENCOUNTER);
const patients = (args = 'first: 50') => list('registrar.city', 'patients', args, 'id version');
const subsidies = (filter: string) => list('regulator.one', 'subsidies', `filter: {${filter}}`, 'id state');
const reports = (filter: string) => list('reporter.city', 'reports', `filter: {${filter}}`, 'id state');
const members = (w: World) =>
  list('regulator.one', 'members', `filter: { institution: "${w.city}" }, first: 50`, 'id');

/** A record that is gone, by each list in which it stood. */
function gone(
  kind: string,
  idOf: (w: World) => string | Promise<string>,
  lists: Readonly<Record<string, (w: World) => Question>>,
): Case[] {
  const table = kind.toLowerCase();
  return Object.entries(lists).map(([name, asked]) => ({
    name: `${kind} out of ${name}`,
    forge: async (w) => removed(table, await idOf(w)),
    asked,
    finding: async (w) => {
      const id = await idOf(w);
      const entry = await value(w.vitrine, `SELECT max(index) FROM entry WHERE subject = '${id}'`);
      return { what: 'its row is missing', where: `${kind} ${id}`, entry };
    },
  }));
}

const ofCity = (table: string) => (w: World) =>
  value(w.vitrine, `SELECT id FROM ${table} WHERE custodian = '${w.city}' ORDER BY entry LIMIT 1`);

const CASES: readonly Case[] = [
  ...gone('Encounter', (w) => w.encounter, {
    "a patient's file": (w) => file(w.patient),
    "an institution's list": () => visits(),
    'a list of one patient at one institution': (w) => visits(`filter: { patient: "${w.patient}" }`),
    'a list that is ordered by time': () => visits('first: 5, orderBy: { field: START, direction: DESC }'),
    'a filtered list': () => visits('filter: { status: FINISHED }, first: 50'),
  }),
  ...gone('Patient', ofCity('patient'), {
    "an institution's list": () => patients(),
    'a first page': () => patients('first: 1'),
    'a search': () => patients('filter: { name: "a" }, first: 1'),
  }),
  ...gone('Report', ofCity('report'), {
    "an institution's list": (w) => reports(`institution: "${w.city}"`),
  }),
  ...gone('Subsidy', (w) => w.approved, {
    "a programme's list": (w) => subsidies(`programme: "${w.programme}"`),
    "a payee's list": (w) => subsidies(`payee: "${w.city}"`),
    'a list by state': (w) => subsidies(`programme: "${w.programme}", state: PROPOSED`),
  }),
  ...gone('Member', (w) => w.suspended, { "an institution's members": members }),
  {
    name: 'an encounter moved to another patient',
    forge: (w) => [`UPDATE encounter SET patient = '${w.other}' WHERE id = '${w.encounter}'`],
    asked: (w) => file(w.patient),
    finding: (w) => ({ what: 'column patient is not what was sealed', where: `Encounter ${w.encounter}` }),
  },
  {
    name: 'an encounter moved to another institution',
    forge: (w) => [`UPDATE encounter SET custodian = '${w.north}' WHERE id = '${w.encounter}'`],
    asked: () => visits(),
    finding: (w) => ({ what: 'column custodian is not what was sealed', where: `Encounter ${w.encounter}` }),
  },
  {
    name: "an encounter in the place of another patient's",
    forge: (w) => [
      `UPDATE encounter SET patient = '${w.other}' WHERE id = '${w.encounter}'`,
      `UPDATE encounter SET patient = '${w.patient}' WHERE id = '${w.foreign}'`,
    ],
    asked: (w) => file(w.patient),
    finding: (w) => ({ what: 'column patient is not what was sealed', where: `Encounter ${w.foreign}` }),
  },
  {
    name: 'a status that takes an encounter out of a filtered list',
    forge: (w) => [`UPDATE encounter SET status = 'PLANNED' WHERE id = '${w.encounter}'`],
    asked: (w) => visits(`filter: { patient: "${w.patient}", status: FINISHED }`),
    finding: (w) => ({ what: 'column status is not what was sealed', where: `Encounter ${w.encounter}` }),
  },
  {
    name: 'a time that takes an encounter off the first page',
    forge: (w) => [`UPDATE encounter SET started_at = '1990-01-01' WHERE id = '${w.encounter}'`],
    asked: (w) =>
      visits(`filter: { patient: "${w.patient}" }, orderBy: { field: START, direction: DESC }, first: 1`),
    finding: (w) => ({ what: 'column startedAt is not what was sealed', where: `Encounter ${w.encounter}` }),
  },
  {
    name: "a subsidy's state that takes it out of a list",
    forge: (w) => [`UPDATE subsidy SET state = 'CONFIRMED' WHERE id = '${w.proposed}'`],
    asked: (w) => subsidies(`programme: "${w.programme}", state: PROPOSED`),
    finding: (w) => ({ what: 'column state is not what was sealed', where: `Subsidy ${w.proposed}` }),
  },
];

describe('lists against the owner of their database', () => {
  it('are whole while nobody touches them', async () => {
    for (const { asked } of CASES) {
      const answer = await ask(world, asked!(world));
      expect(answer.errors).toEqual([]);
    }
  });

  it.each(CASES)('miss $name', (one) => hold(world, keeping, one));

  it('miss a patient whose words were taken away', async () => {
    const family = 'filter: { name: "e" }, first: 50';
    const patient = await ofCity('patient')(world);
    const raised = await alarms(world.vitrine);
    await forged(world, keeping, [`DELETE FROM search_word WHERE subject = '${patient}'`], async () => {
      const answer = await ask(world, patients(family));
      expect(answer.codes).toEqual(['INTEGRITY_VIOLATION']);
      expect(await alarms(world.vitrine)).toBeGreaterThan(raised);
    });
  });

  it('miss an older version that was put back out of sight', async () => {
    const back = `UPDATE encounter SET (version, entry) = (1, ${world.first}) WHERE id = '${world.amended}'`;
    const asked = visits(`filter: { patient: "${world.patient}", status: PLANNED }`);
    expect((await ask(world, asked)).errors).toEqual([]);
    await forged(world, keeping, [back], async () => {
      expect((await ask(world, asked)).codes).toEqual(['INTEGRITY_VIOLATION']);
    });
  });

  it('miss a version out of the history of a subsidy and of an encounter', async () => {
    const histories = [
      ['subsidy', world.approved, 'regulator.one'],
      ['encounter', world.amended, 'clinician.city'],
    ] as const;
    for (const [field, id, as] of histories) {
      const asked = { as, query: `{ ${field}(id: "${id}") { id history { index } } }` };
      const whole = await ask<Record<string, { history: unknown[] }>>(world, asked);
      expect(whole.data?.[field]?.history).toHaveLength(2);
      const first = await value(world.vitrine, `SELECT min(index) FROM entry WHERE subject = '${id}'`);
      const raised = await alarms(world.vitrine);
      await forged(world, keeping, [`DELETE FROM entry WHERE index = ${first}`], async () => {
        expect((await ask(world, asked)).codes).toContain('INTEGRITY_VIOLATION');
        expect(await alarms(world.vitrine)).toBeGreaterThan(raised);
      });
    }
  });

  it('rest on no place on a thread, which verify finds missing all the same', async () => {
    const sql = `DELETE FROM thread_entry WHERE thread = '${world.patient}' AND seq = 1`;
    await forged(world, keeping, [sql], async () => {
      expect((await ask(world, file(world.patient))).errors).toEqual([]);
      const { findings } = await verify(world.vitrine);
      expect(describeFindings(findings)).toContain('expected the places that the entry names');
    });
  });

  it('are whole again when it is undone, for this process and for a fresh one', async () => {
    for (const { asked } of CASES) expect((await ask(world, asked!(world))).errors).toEqual([]);
    expect(describeFindings((await verify(world.vitrine)).findings)).toBe('');
  });
});
