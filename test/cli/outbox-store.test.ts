import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileStore, readOutbox } from '../../src/cli/outbox/file-store.js';
import { journalLine, journalOf, readJournal } from '../../src/cli/outbox/journal.js';
import type { Changes } from '../../src/client/index.js';
import type { Json } from '../../src/ledger/core/index.js';
import { canMount, fill, mount, unmount } from '../support/disk.js';

let folder: string;
let journal: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'vitrine-store-')), 'outbox');
  journal = join(folder, 'outbox.journal');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const change = (values: Readonly<Record<string, Json | null>>): Changes => new Map(Object.entries(values));
const code = (error: unknown) => (error as { code?: string }).code;

async function written(...changes: Readonly<Record<string, Json | null>>[]): Promise<void> {
  const store = await FileStore.open(folder);
  for (const one of changes) await store.write(change(one));
  await store.close();
}

/** As a crash leaves it: closed by nobody, so not shortened. */
async function crashed(...changes: Readonly<Record<string, Json | null>>[]): Promise<void> {
  await written();
  await appendFile(journal, changes.map(journalLine).join(''));
}

describe('an outbox’s folder', () => {
  it('gives back what was written, in the order of putting in', async () => {
    await written({ a: 1, b: { text: 'ü\n' } }, { c: [true, null] }, { a: null });
    const store = await FileStore.open(folder);
    expect([...(await store.load())]).toEqual([
      ['b', { text: 'ü\n' }],
      ['c', [true, null]],
    ]);
    await store.close();
  });

  it('is its owner’s alone', async () => {
    await written({ a: 1 });
    expect([(await stat(folder)).mode & 0o777, (await stat(journal)).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it('belongs to one process, and is read by others meanwhile', async () => {
    const store = await FileStore.open(folder);
    await store.write(change({ a: 1 }));
    await expect(FileStore.open(folder)).rejects.toThrow(/is in use by process \d+/);
    expect(await readOutbox(folder)).toEqual(new Map([['a', 1]]));
    await store.close();
    await (await FileStore.open(folder)).close();
  });

  it('loses nothing that was promised when a crash tears its last line, wherever', async () => {
    await crashed({ a: 1 }, { b: 2 });
    const whole = await readFile(journal);
    const torn = Buffer.from(journalLine({ c: 'x'.repeat(50), a: null }));
    for (let cut = 1; cut < torn.length; cut++) {
      await writeFile(journal, Buffer.concat([whole, torn.subarray(0, cut)]));
      expect([...(await readOutbox(folder)).keys()], `cut at ${cut}`).toEqual(['a', 'b']);
    }
    const store = await FileStore.open(folder);
    await store.write(change({ d: 4 }));
    await store.close();
    expect([...(await readOutbox(folder)).keys()]).toEqual(['a', 'b', 'd']);
  });

  it('takes a last line whose sectors came in another order for torn', async () => {
    await crashed({ a: 1 }, { b: 'x'.repeat(5000) });
    const bytes = await readFile(journal);
    bytes.fill(0, bytes.length - 4000, bytes.length - 100);
    await writeFile(journal, bytes);
    expect([...(await readOutbox(folder)).keys()]).toEqual(['a']);
  });

  it('is refused with the line that was changed in it: nothing that was kept is lost in silence', async () => {
    await crashed({ a: 1 }, { b: 2 }, { c: 3 });
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.replace('{"b":2}', '{"b":9}'));
    const error = await FileStore.open(folder).catch((thrown: unknown) => thrown);
    expect([code(error), String(error)]).toEqual(['INTEGRITY_VIOLATION', expect.stringContaining('line 4')]);
    await writeFile(journal, text);
    await written();
  });

  it('is refused when another version wrote it', async () => {
    await written();
    await writeFile(journal, journalLine({ 'vitrine-outbox': 2 }));
    expect(code(await FileStore.open(folder).catch((thrown: unknown) => thrown))).toBe('INTEGRITY_VIOLATION');
  });

  it('keeps nothing of what was taken out once it is closed, or opened after a crash', async () => {
    await written({ a: 'a secret' }, { a: null, b: 1 });
    expect(await readFile(journal, 'utf8')).not.toContain('secret');
    await crashed({ a: 'a secret' }, { a: null });
    const store = await FileStore.open(folder);
    expect(await readFile(journal, 'utf8')).not.toContain('secret');
    await store.close();
  });

  it('doesn’t grow with what is long done', async () => {
    const store = await FileStore.open(folder);
    for (let turn = 0; turn < 40; turn++) await store.write(change({ a: 'x'.repeat(100_000) }));
    expect((await stat(journal)).size).toBeLessThan(1.3 * (1 << 20));
    await store.write(change({ b: 1 }));
    await store.close();
    expect([...(await readOutbox(folder)).keys()]).toEqual(['a', 'b']);
  });

  it('promises nothing any more when its lock was taken away', async () => {
    const store = await FileStore.open(folder);
    await rm(join(folder, 'outbox.lock'));
    expect(code(await store.write(change({ a: 1 })).catch((thrown: unknown) => thrown))).toBe('UNAVAILABLE');
    await store.close();
    expect((await readOutbox(folder)).size).toBe(0);
  });
});

const possible = canMount();
const title = possible
  ? 'an outbox’s folder on a full disk'
  : 'an outbox’s folder on a full disk (skipped: no file system may be mounted)';

describe.skipIf(!possible)(title, () => {
  it('promises nothing, says what the disk says, keeps what it has, and goes on when there is room', async () => {
    const disk = join(folder, '..');
    expect(mount(disk, '1m')).toBe(true);
    try {
      await written({ a: 1 });
      const store = await FileStore.open(folder);
      fill(join(disk, 'ballast'));
      const full = await store.write(change({ b: 'x'.repeat(10_000) })).catch((thrown: unknown) => thrown);
      expect([code(full), String(full)]).toEqual([
        'UNAVAILABLE',
        expect.stringContaining('the disk says ENOSPC'),
      ]);
      expect(await readOutbox(folder)).toEqual(new Map([['a', 1]]));
      await rm(join(disk, 'ballast'));
      await store.write(change({ b: 2 }));
      await store.close();
      expect(await readOutbox(folder)).toEqual(new Map(Object.entries({ a: 1, b: 2 })));
    } finally {
      unmount(disk);
    }
  });
});

describe('a journal', () => {
  const values = fc.dictionary(fc.string({ minLength: 1 }), fc.option(fc.jsonValue()), { maxKeys: 4 });

  it('says at any length what its whole lines say', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 6 }), fc.nat(), (changes, at) => {
        const head = journalOf(new Map());
        // As JSON has it: no -0, no `__proto__` that is more than a name.
        const lines = changes.map((one) =>
          journalLine(JSON.parse(JSON.stringify(one)) as Record<string, Json>),
        );
        const bytes = Buffer.from(head + lines.join(''));
        const cut = head.length + (at % (bytes.length - head.length + 1));
        const { values: found, length } = readJournal(bytes.subarray(0, cut), 'it');
        const whole = Buffer.from(bytes.subarray(0, length));
        expect(length).toBeLessThanOrEqual(cut);
        expect(readJournal(whole, 'it').values).toEqual(found);
        expect(bytes.subarray(length, cut).includes(10)).toBe(false);
        expect(readJournal(Buffer.from(journalOf(found)), 'it')).toMatchObject({
          values: found,
          isLong: false,
        });
      }),
    );
  });

  it('of no bytes is an empty one', async () => {
    await written();
    await truncate(journal, 0);
    await written({ a: 1 });
    expect(await readOutbox(folder)).toEqual(new Map([['a', 1]]));
  });
});
