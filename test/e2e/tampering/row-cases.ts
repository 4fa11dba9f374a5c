/** Changes of sealed bytes, their keys and the columns beside them. */
import { value } from '../../support/tampering.js';
import type { Case } from './cases.js';
import { file, pair, type World } from './world.js';

export const entryOf = ({ vitrine }: World, table: string, id: string): Promise<string> =>
  value(vitrine, `SELECT entry FROM ${table} WHERE id = '${id}'`);

/** A change of an encounter's row, found by reading it and by verify. */
const column = (name: string, sql: (w: World) => string, lie?: Case['lie']): Case => ({
  name: `the ${name} of an encounter`,
  forge: (w) => [`UPDATE encounter SET ${sql(w)} WHERE id = '${w.encounter}'`],
  asked: (w) => pair(w.encounter, w.amended),
  ...(lie === undefined ? {} : { lie }),
  finding: async (w) => ({
    what: `column ${name} is not what was sealed`,
    where: `Encounter ${w.encounter}`,
    entry: await entryOf(w, 'encounter', w.encounter),
  }),
});

const sealed = (name: string, sql: (w: World) => string, what = 'the sealed bytes do not open'): Case => ({
  name,
  forge: (w) => [sql(w)],
  asked: (w) => file(w.patient),
  finding: async (w) => ({
    what,
    where: `Encounter ${w.encounter}`,
    entry: await entryOf(w, 'encounter', w.encounter),
  }),
});

/** The sealed bytes of the encounter that is asked for. */
export const current = (w: World) => `entry = (SELECT entry FROM encounter WHERE id = '${w.encounter}')`;
const another = (w: World, table: string, column: string) =>
  `(SELECT ${column} FROM ${table} WHERE entry = (SELECT entry FROM encounter WHERE id = '${w.foreign}'))`;

export const SEALED: readonly Case[] = [
  sealed(
    'a bit of a sealed value',
    (w) => `UPDATE sealed SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE ${current(w)}`,
  ),
  sealed(
    'sealed bytes cut short',
    (w) => `UPDATE sealed SET bytes = substr(bytes, 1, 8) WHERE ${current(w)}`,
  ),
  sealed(
    'the nonce of sealed bytes',
    (w) => `UPDATE sealed SET nonce = set_byte(nonce, 0, get_byte(nonce, 0) # 1) WHERE ${current(w)}`,
  ),
  sealed(
    "another record's wrapped key",
    (w) => `UPDATE wrapped_key SET wrapped = ${another(w, 'wrapped_key', 'wrapped')} WHERE ${current(w)}`,
  ),
  sealed(
    "another custodian's key named",
    (w) => `UPDATE wrapped_key SET key_id = '${w.north}/1' WHERE ${current(w)}`,
  ),
  sealed(
    'a key named that is not there',
    (w) => `UPDATE wrapped_key SET key_id = 'none/1' WHERE ${current(w)}`,
    'custodian key none/1 is missing',
  ),
  {
    ...sealed(
      "another record's sealed bytes and key",
      (
        w,
      ) => `UPDATE sealed SET bytes = ${another(w, 'sealed', 'bytes')}, nonce = ${another(w, 'sealed', 'nonce')} WHERE ${current(w)};
        UPDATE wrapped_key SET wrapped = ${another(w, 'wrapped_key', 'wrapped')} WHERE ${current(w)}`,
    ),
  },
  sealed(
    'sealed bytes removed',
    (w) => `DELETE FROM sealed WHERE ${current(w)}`,
    'the sealed bytes of this version are missing',
  ),
  sealed(
    'a wrapped key removed',
    (w) => `DELETE FROM wrapped_key WHERE ${current(w)}`,
    'its sealed bytes or their key are missing',
  ),
  {
    name: 'a sealed value of an earlier version',
    forge: (w) => [
      `UPDATE sealed SET bytes = set_byte(bytes, 3, get_byte(bytes, 3) # 1) WHERE entry = ${w.first}`,
    ],
    finding: (w) => ({ what: 'an earlier version', where: `Encounter ${w.amended}`, entry: w.first }),
  },
  {
    name: "a custodian's key",
    forge: (w) => [
      `UPDATE custodian_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE custodian = '${w.city}'`,
    ],
    finding: (w) => ({ what: "a wrapped key doesn't open", where: `Patient ${w.patient}` }),
  },
];

export const COLUMNS: readonly Case[] = [
  column(
    'custodian',
    (w) => `custodian = '${w.north}'`,
    (w) => w.north,
  ),
  column('custodian', () => 'custodian = NULL'),
  column(
    'patient',
    (w) => `patient = '${w.other}'`,
    (w) => w.other,
  ),
  column(
    'startedAt',
    () => "started_at = '2019-01-01T00:00:00Z'",
    () => '2019-01-01',
  ),
  column('endedAt', () => 'ended_at = NULL'),
  column(
    'status',
    () => "status = 'PLANNED'",
    () => 'PLANNED',
  ),
  column('retracted', () => 'retracted = true'),
  column('version', () => 'version = 7'),
  {
    ...column('entry', (w) => `entry = (SELECT max(index) FROM entry), version = 1 /* ${w.city} */`),
    finding: (w) => ({ what: 'its entry is about another record', where: `Encounter ${w.encounter}` }),
  },
  {
    ...column('entry', () => 'entry = 1000000'),
    finding: (w) => ({
      what: 'its entry is not on the log',
      where: `Encounter ${w.encounter}`,
      entry: '1000000',
    }),
  },
  {
    name: 'the state of a subsidy',
    forge: (w) => [`UPDATE subsidy SET state = 'CONFIRMED' WHERE id = '${w.approved}'`],
    asked: () => ({ as: 'regulator.one', query: '{ subsidies(first: 50) { edges { node { id state } } } }' }),
    finding: async (w) => ({
      what: 'column state is not what was sealed',
      where: `Subsidy ${w.approved}`,
      entry: await entryOf(w, 'subsidy', w.approved),
    }),
  },
  {
    name: 'the amount of a subsidy',
    forge: (w) => [`UPDATE subsidy SET amount = 999777 WHERE id = '${w.approved}'`],
    asked: (w) => ({
      as: 'finance.city',
      query:
        'query ($bad: ID!, $good: ID!) { bad: subsidy(id: $bad) { purpose amount { amount } } good: subsidy(id: $good) { purpose amount { amount } } }',
      variables: { bad: w.approved, good: w.proposed },
    }),
    lie: () => '999777',
    finding: (w) => ({ what: 'column amount is not what was sealed', where: `Subsidy ${w.approved}` }),
  },
  {
    name: 'the last day of a licence',
    forge: (w) => [`UPDATE institution SET licence_until = '2001-02-03' WHERE id = '${w.north}'`],
    asked: () => ({
      as: null,
      query: '{ institutions(first: 50) { edges { node { id name licence { validUntil } } } } }',
    }),
    lie: () => '2001-02-03',
    finding: (w) => ({ what: 'column licenceUntil is not what was sealed', where: `Institution ${w.north}` }),
  },
  {
    name: 'the name of an institution',
    forge: (w) => [`UPDATE institution SET name = 'Potemkin' WHERE id = '${w.north}'`],
    asked: (w) => ({
      as: 'clinician.city',
      query:
        'query ($bad: ID!, $good: ID!) { bad: institution(id: $bad) { name } good: institution(id: $good) { name } }',
      variables: { bad: w.north, good: w.city },
    }),
    lie: () => 'Potemkin',
    finding: (w) => ({ what: 'column name is not what was sealed', where: `Institution ${w.north}` }),
  },
];
