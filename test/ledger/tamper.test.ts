import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodeHeader,
  encodeLeaf,
  encodeOpening,
  linkHash,
  parseHeader,
  parseLeaf,
  parseOpening,
} from '../../src/ledger/core/index.js';
import type { Ledger, PendingEntry } from '../../src/ledger/index.js';
import { amendment, Bench, entry } from './support.js';

let bench: Bench;
let ledger: Ledger;
/** A form in its first and second version, and one that stays in its first. */
let first: bigint;
let second: bigint;
let other: bigint;
let wish: PendingEntry;

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create());
  wish = await entry(ledger);
  first = (await ledger.append([wish]))[0]!.index;
  second = (await ledger.append([await amendment(ledger, wish, first)]))[0]!.index;
  other = (await ledger.append([await entry(ledger)]))[0]!.index;
  for (let i = 0; i < 3; i++) await ledger.append([await entry(ledger)]);
});
afterAll(() => bench.drop());

const ROW = 'SELECT index, leaf, opening, salt FROM entry WHERE index = $1';
type Row = { index: bigint; leaf: Uint8Array; opening: Uint8Array; salt: Uint8Array };

async function read(index: bigint): Promise<Row> {
  const { prisma } = await bench.database();
  const [row] = await prisma.$queryRawUnsafe<Row[]>(ROW, index);
  return row!;
}

/** Rewrites leaf and opening together, so that the link holds. */
async function rewrite(
  index: bigint,
  change: (row: Row) => { leaf: object; opening: object },
): Promise<void> {
  const row = await read(index);
  const { leaf, opening } = change(row);
  const openingBytes = encodeOpening({ ...parseOpening(row.opening), ...opening });
  const link = linkHash(row.salt, openingBytes);
  const leafBytes = encodeLeaf({ ...parseLeaf(row.leaf), ...leaf, link });
  await bench.tamper(
    'UPDATE entry SET leaf = $2, opening = $3 WHERE index = $1',
    index.toString(),
    Buffer.from(leafBytes),
    Buffer.from(openingBytes),
  );
}

/** What an attacker inside the database does, and what the findings name. */
const FORGERIES: readonly [
  string,
  () => Promise<void>,
  { what: string; index?: () => bigint; message?: string }[],
][] = [
  [
    "an opening that is another entry's",
    () =>
      bench.tamper(`UPDATE entry SET opening = (SELECT opening FROM entry WHERE index = ${other}),
      salt = (SELECT salt FROM entry WHERE index = ${other}) WHERE index = ${first}`),
    [{ what: 'link', index: () => first }],
  ],
  [
    'an opening with another salt',
    () =>
      bench.tamper(`UPDATE entry SET salt = '\\x00000000000000000000000000000000' WHERE index = ${first}`),
    [{ what: 'link', index: () => first }],
  ],
  [
    'leaf and opening rewritten together',
    () => rewrite(first, () => ({ leaf: { content: new Uint8Array(32) }, opening: {} })),
    [{ what: 'signature', index: () => first }, { what: 'root' }],
  ],
  [
    'a right statement with a wrong signature',
    () =>
      rewrite(first, ({ opening }) => {
        const [head, payload] = parseOpening(opening).signature.split('.');
        return { leaf: {}, opening: { signature: `${head}.${payload}.${'A'.repeat(86)}` } };
      }),
    [{ what: 'signature', index: () => first }],
  ],
  [
    'another actor in the opening',
    () => rewrite(first, () => ({ leaf: {}, opening: { actor: '99999999-9999-4999-8999-999999999999' } })),
    [{ what: 'columns', index: () => first }, { what: 'root' }],
  ],
  [
    'an institution that the key is not of',
    () =>
      rewrite(first, () => ({ leaf: { institution: '99999999-9999-4999-8999-999999999999' }, opening: {} })),
    [{ what: 'signature', index: () => first }],
  ],
  [
    'a bogus supersedes',
    () => rewrite(other, () => ({ leaf: { supersedes: first }, opening: {} })),
    [{ what: 'supersedes', index: () => other }],
  ],
  [
    'a second version 1',
    () =>
      rewrite(second, () => ({
        leaf: { supersedes: null },
        opening: { subject: { ...wish.subject, version: 1 } },
      })),
    [{ what: 'subject', index: () => second }],
  ],
  [
    'an entry taken off its thread',
    () =>
      rewrite(second, () => ({
        leaf: {},
        opening: { threads: [{ id: wish.threads[0], seq: 1n, prev: null }] },
      })),
    [{ what: 'thread', index: () => second, message: 'expected place 2 after' }],
  ],
  [
    'a time that went back',
    () => rewrite(first, () => ({ leaf: { time: '2001-01-01T00:00:00.000Z' }, opening: {} })),
    [{ what: 'leaf', index: () => first }],
  ],
  [
    'index columns that say otherwise',
    () => bench.tamper(`UPDATE entry SET version = 7 WHERE index = ${first}`),
    [{ what: 'columns', index: () => first }],
  ],
  [
    'a removed entry',
    () => bench.tamper(`DELETE FROM entry WHERE index = ${first}`),
    [{ what: 'leaf', index: () => first }, { what: 'root' }],
  ],
  [
    'a rewritten block',
    async () => {
      const { bytes } = await ledger.trusted.block(2n);
      const header = encodeHeader({ ...parseHeader(bytes), time: '2099-01-01T00:00:00.000Z' });
      await bench.tamper('UPDATE block SET header = $1 WHERE height = 2', Buffer.from(header));
    },
    [{ what: 'block' }, { what: 'leaf' }],
  ],
  ['a removed block', () => bench.tamper('DELETE FROM block WHERE height = 2'), [{ what: 'block' }]],
  [
    'block columns that say otherwise',
    () => bench.tamper('UPDATE block SET first = 0 WHERE height = 2'),
    [{ what: 'columns' }],
  ],
  [
    'the last block cut off',
    () =>
      bench.tamper(`WITH gone AS (DELETE FROM block WHERE height = (SELECT max(height) FROM block) RETURNING *)
        UPDATE log_head SET size = gone.first, height = gone.height - 1 FROM gone`),
    [{ what: 'checkpoint' }],
  ],
];

/** Findings only an audit makes: the log itself is untouched. */
const BESIDE: readonly [string, () => Promise<void>, string][] = [
  [
    'another note as checkpoint',
    () => bench.tamper(`UPDATE checkpoint SET note = replace(note, 'test', 'best') WHERE size = 3`),
    'checkpoint',
  ],
  [
    "a checkpoint's root of another size",
    () => bench.tamper(`UPDATE checkpoint SET size = 1000 WHERE size = 3`),
    'checkpoint',
  ],
  [
    'a place on a thread removed',
    () => bench.tamper(`DELETE FROM thread_entry WHERE entry = ${first}`),
    'thread',
  ],
  ['a request removed', () => bench.tamper(`DELETE FROM upload_request WHERE entry = ${first}`), 'request'],
  [
    "a request that cites another's entry",
    () => bench.tamper(`UPDATE upload_request SET entry = ${other} WHERE entry = ${first}`),
    'request',
  ],
];

/** Puts everything back, so that each forgery stands alone. */
async function restored(forge: () => Promise<void>, look: () => Promise<void>): Promise<void> {
  const tables = ['entry', 'block', 'checkpoint', 'log_head', 'thread_entry', 'upload_request'];
  await bench.tamper(tables.map((one) => `CREATE TABLE kept_${one} AS SELECT * FROM ${one};`).join(''));
  try {
    await forge();
    await look();
  } finally {
    const back = (one: string) =>
      `DELETE FROM ${one}; INSERT INTO ${one} SELECT * FROM kept_${one}; DROP TABLE kept_${one};`;
    await bench.tamper(tables.map(back).join(''));
  }
}

describe('the log against the owner of its database', () => {
  it('audits clean while nobody touches it', async () => {
    expect(await bench.audit(ledger)).toEqual([]);
  });

  it.each(FORGERIES)('notices %s', (_, forge, expected) =>
    restored(forge, async () => {
      const findings = await bench.audit(ledger);
      for (const { what, index, message = '' } of expected) {
        const found = findings.filter((one) => one.what === what && one.message.includes(message));
        expect(found).not.toEqual([]);
        if (index !== undefined) expect(found.map((one) => one.index)).toContain(index());
      }
      await expect(bench.open()).rejects.toMatchObject({
        code: expect.stringMatching(/INTEGRITY_VIOLATION|ROLLBACK_DETECTED/) as unknown,
      });
    }),
  );

  it.each(BESIDE)('finds %s in an audit', (_, forge, what) =>
    restored(forge, async () => {
      expect(await bench.audit(ledger)).toContainEqual(expect.objectContaining({ what }));
    }),
  );

  it('refuses a changed row at a read, and reads its neighbours', () =>
    restored(
      () => rewrite(first, () => ({ leaf: { content: new Uint8Array(32) }, opening: {} })),
      async () => {
        const rows = [await read(first), await read(second)];
        const [bad, good] = await ledger.trusted.verifyEntries(rows);
        expect(bad).toMatchObject({ code: 'INTEGRITY_VIOLATION', details: { index: first.toString() } });
        expect(good).toMatchObject({ index: second });
      },
    ));
});
