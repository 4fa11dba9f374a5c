import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessDocument } from '../../src/access/index.js';
import { ERROR_CODES } from '../../src/ledger/core/index.js';

const root = join(import.meta.dirname, '../..');

/** Files that name every code whether anything throws it or not: the list, and its HTTP statuses. */
const NOT_THROWING = /generated|core\/error\.ts$|server\/problem\.ts$/;

describe('schema/access.md', () => {
  it('has the tables that the code has', async () => {
    const path = join(root, 'schema/access.md');
    await expect(accessDocument(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
  });

  it('is refused when a table has no place in it', () => {
    expect(() => accessDocument('# nothing')).toThrow(/no place for the table matrix/);
  });
});

describe('schema/errors.md', () => {
  const listed = [
    ...readFileSync(join(root, 'schema/errors.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` +\|/gm),
  ].map((match) => match[1]);

  it('lists every code once and no other', () => {
    expect([...listed].sort()).toEqual([...ERROR_CODES].sort());
  });

  it('lists only codes that something throws', () => {
    const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !NOT_THROWING.test(name.replaceAll('\\', '/')))
      .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
      .join('\n');
    const unused = ERROR_CODES.filter((code) => !source.includes(`'${code}'`));
    expect(unused).toEqual([]);
  });
});
