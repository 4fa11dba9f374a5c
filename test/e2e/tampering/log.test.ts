/** The tampering table of the ledger's design: entries, blocks, and what is said about them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeHeader, parseHeader } from '../../../src/ledger/core/index.js';
import {
  bytea,
  describeFindings,
  Keeping,
  readEntry,
  rewriting,
  rows,
  value,
  verify,
} from '../../support/tampering.js';
import { ask, type Case, forged, hold, requireFound } from './cases.js';
import { file, makeWorld, pair, type Question, type World } from './world.js';

let world: World;
let keeping: Keeping;
/** Entry of the encounter that is asked for. */
let index: string;
/** An entry of the other patient's. */
let foreign: string;
beforeAll(async () => {
  world = await makeWorld();
  keeping = await Keeping.of(world.vitrine);
  index = await value(world.vitrine, `SELECT entry FROM encounter WHERE id = '${world.encounter}'`);
  foreign = await value(world.vitrine, `SELECT entry FROM encounter WHERE id = '${world.foreign}'`);
});
afterAll(() => world.vitrine.stop());

/** Entries around the one that is tampered with: it alone is null. */
const around = (): Question => ({
  as: 'auditor',
  query: `query ($after: String) { entries(first: 3, after: $after)
    { edges { cursor node { index leaf opening { op subject { id } } } } } }`,
  variables: { after: String(Number(index) - 2) },
});

const rewritten = async (at: string, change: Parameters<typeof rewriting>[2]): Promise<string[]> => [
  rewriting(at, await readEntry(world.vitrine, at), change),
];

const entry = (name: string, what: string, forge: Case['forge'], asked: Case['asked'] = around): Case => ({
  name,
  forge,
  asked,
  finding: () => ({ what, where: `entry ${index}`, entry: index }),
});

const NOBODY = '99999999-9999-4999-8999-999999999999';

const ENTRIES: readonly Case[] = [
  entry('a leaf that says another content', 'signature', () =>
    rewritten(index, { leaf: { content: new Uint8Array(32) } }),
  ),
  entry(
    'the same, to who reads the record',
    'signature',
    () => rewritten(index, { leaf: { content: new Uint8Array(32) } }),
    (w) => file(w.patient),
  ),
  entry('a time that an entry never had', 'leaf', () =>
    rewritten(index, { leaf: { time: '2001-01-01T00:00:00.000Z' } }),
  ),
  entry('another institution in a leaf', 'signature', (w) =>
    rewritten(index, { leaf: { institution: w.north } }),
  ),
  entry('another actor in an opening', 'columns', () => rewritten(index, { opening: { actor: NOBODY } })),
  entry('another operation in an opening', 'signature', () =>
    rewritten(index, { opening: { op: 'encounter.retract' } }),
  ),
  entry('bytes of a leaf that are not its form', 'link', () => [
    `UPDATE entry SET leaf = convert_to(' ', 'UTF8') || leaf WHERE index = ${index}`,
  ]),
  entry("an opening swapped with another's", 'link', () => [
    `UPDATE entry e SET opening = o.opening, salt = o.salt FROM entry o WHERE (e.index, o.index) IN ((${index}, ${foreign}), (${foreign}, ${index}))`,
  ]),
  entry('an opening removed', 'link', () => [`UPDATE entry SET opening = '' WHERE index = ${index}`]),
  entry('another salt', 'link', () => [
    `UPDATE entry SET salt = set_byte(salt, 0, get_byte(salt, 0) # 1) WHERE index = ${index}`,
  ]),
  entry('an entry removed', 'missing', () => [`DELETE FROM entry WHERE index = ${index}`]),
  entry('a bogus supersedes', 'supersedes', () =>
    rewritten(index, { leaf: { supersedes: BigInt(foreign) } }),
  ),
  entry('a place on a thread', 'thread', async () => {
    const { opening } = await readEntry(world.vitrine, index);
    const threads = opening.threads.map((one) => ({ ...one, seq: one.seq + 1n }));
    return rewritten(index, { opening: { threads } });
  }),
  {
    name: 'a second version 1 in the place of version 2',
    forge: async (w) => {
      const { opening } = await readEntry(w.vitrine, w.second);
      const subject = { ...opening.subject, version: 1 };
      const change = { leaf: { supersedes: null }, opening: { subject } };
      return [
        ...(await rewritten(w.second, change)),
        `UPDATE entry SET version = 1 WHERE index = ${w.second}`,
        `UPDATE encounter SET version = 1 WHERE id = '${w.amended}'`,
        `UPDATE sealed SET version = 1 WHERE entry = ${w.second}`,
      ];
    },
    asked: (w) => pair(w.amended, w.encounter),
    finding: (w) => ({ what: 'expected version 2', where: `entry ${w.second}`, entry: w.second }),
  },
  {
    name: 'entry and row rewritten together',
    // Another record's sealed bytes and key, which open under the commitment that the entry now makes.
    forge: async (w) => {
      const { leaf } = await readEntry(w.vitrine, foreign);
      const take = (table: string, columns: string) =>
        `UPDATE ${table} t SET (${columns}) = (SELECT ${columns} FROM ${table} WHERE entry = ${foreign}) WHERE entry = ${index}`;
      return [
        ...(await rewritten(index, { leaf: { content: leaf.content, fields: leaf.fields } })),
        take('sealed', 'nonce, bytes'),
        take('wrapped_key', 'key_id, wrapped'),
        `UPDATE encounter e SET patient = o.patient, started_at = o.started_at, ended_at = o.ended_at, class = o.class
           FROM encounter o WHERE o.id = '${w.foreign}' AND e.id = '${w.encounter}'`,
      ];
    },
    asked: (w) => pair(w.encounter, w.amended),
    finding: () => ({ what: 'signature', where: `entry ${index}`, entry: index }),
  },
];

/** What the server itself never reads; an audit does. */
const INDEX_COLUMNS: readonly [string, string][] = [
  ['kind', "kind = 'Patient'"],
  ['subject', `subject = '${NOBODY}'`],
  ['version', 'version = 9'],
  ['institution', 'institution = NULL'],
  ['actor', `actor = '${NOBODY}'`],
  ['block', 'block = 0'],
];

async function header(height: string): Promise<Uint8Array> {
  const [row] = await rows<{ header: Buffer }>(
    world.vitrine,
    `SELECT header FROM block WHERE height = ${height}`,
  );
  const changed = { ...parseHeader(row?.header ?? new Uint8Array()), time: '2001-01-01T00:00:00.000Z' };
  return encodeHeader(changed);
}

const blockQuestion = (): Question => ({
  as: 'auditor',
  query: '{ bad: block(height: 5) { height time root } good: block(height: 6) { height time root } }',
});

const BLOCKS: readonly Case[] = [
  {
    name: 'a rewritten header',
    forge: async () => [`UPDATE block SET header = ${bytea(await header('5'))} WHERE height = 5`],
    asked: blockQuestion,
    lie: () => '2001-01-01',
    finding: () => ({ what: 'expected a time from', where: 'block 5' }),
  },
  {
    name: 'a header that is no header',
    forge: () => ["UPDATE block SET header = convert_to('{}', 'UTF8') WHERE height = 5"],
    asked: blockQuestion,
    finding: () => ({ what: 'block', where: 'block 5' }),
  },
  {
    name: 'a removed block',
    forge: () => ['DELETE FROM block WHERE height = 5'],
    asked: blockQuestion,
    finding: () => ({ what: 'the block is missing', where: 'block 5' }),
  },
];

const PINNED = 'SELECT max(size) FROM checkpoint';

describe('the log against the owner of its database', () => {
  it('verifies clean while nobody touches it', async () => {
    expect(describeFindings((await verify(world.vitrine)).findings)).toBe('');
  });

  it.each([...ENTRIES, ...BLOCKS].map((one) => [one.name, one] as const))('notices %s', (_, one) =>
    hold(world, keeping, one),
  );

  it.each(INDEX_COLUMNS)('finds the column %s of an entry in an audit', (_, set) =>
    hold(world, keeping, {
      name: set,
      forge: () => [`UPDATE entry SET ${set} WHERE index = ${index}`],
      finding: () => ({ what: 'columns', where: `entry ${index}`, entry: index }),
    }),
  );

  it("gives no other size's checkpoint for a block's", () =>
    hold(world, keeping, {
      name: 'checkpoint',
      forge: () => [
        'UPDATE checkpoint SET note = (SELECT note FROM checkpoint ORDER BY size LIMIT 1) WHERE size = (SELECT size FROM block WHERE height = 5)',
      ],
      asked: () => ({
        as: 'auditor',
        query: '{ bad: block(height: 5) { checkpoint } good: block(height: 6) { checkpoint } }',
      }),
      finding: () => ({ what: 'checkpoint: of size', where: 'log' }),
    }));

  it('finds the newest checkpoint replaced, and removed', async () => {
    const forgeries = [
      `UPDATE checkpoint SET note = replace(note, 'vitrine.test', 'vitrine.best') WHERE size = (${PINNED})`,
      `DELETE FROM checkpoint WHERE size = (${PINNED})`,
    ];
    for (const forgery of forgeries)
      await forged(world, keeping, [forgery], () =>
        requireFound(world, { what: 'checkpoint: of size', where: 'log' }),
      );
  });

  it('finds an entry that no block holds, and a head that names another end', async () => {
    const size = await value(world.vitrine, 'SELECT size FROM log_head');
    await forged(
      world,
      keeping,
      [
        `INSERT INTO entry SELECT ${size}, block, leaf, opening, salt, kind, subject, version, institution, actor, txid FROM entry WHERE index = ${index}`,
      ],
      () => requireFound(world, { what: 'belongs to no block', where: `entry ${size}`, entry: size }),
    );
    await forged(world, keeping, ['UPDATE log_head SET size = size + 5'], () =>
      requireFound(world, { what: 'head', where: 'log' }),
    );
  });

  it('counts a second head row for nothing', () =>
    forged(world, keeping, ['INSERT INTO log_head SELECT 2, size, height FROM log_head'], async () => {
      const { data, errors } = await ask<{ patient: { encounters: { edges: unknown[] } } }>(
        world,
        file(world.patient),
      );
      expect(errors).toEqual([]);
      expect(data?.patient.encounters.edges).toHaveLength(4);
    }));

  it('is clean again for a fresh process when it is undone', async () => {
    await world.vitrine.restart();
    expect(describeFindings((await verify(world.vitrine)).findings)).toBe('');
  });
});
