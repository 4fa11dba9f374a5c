import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessDocument } from '../../src/access/index.js';
import { SETTINGS } from '../../src/config.js';
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

describe('README.md', () => {
  it('lists every setting once and no other', () => {
    const [, table = ''] = read('README.md').split('\n## Settings\n');
    const [section = ''] = table.split('\n## ');
    const names = section
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .flatMap((line) => line.split(' | ')[0]?.match(/[A-Z][A-Z_]+/g) ?? []);
    expect(names.sort()).toEqual(Object.keys(SETTINGS).sort());
  });
});

describe('the documents', () => {
  const documents = ['README.md', 'CHANGELOG.md', ...markdownOf('schema')];

  it.each(documents)('in %s lead somewhere by every link', (document) => {
    const broken = [...read(document).matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]*))?\)/g)].filter(
      ([, path = '', heading]) => {
        const target = path === '' ? document : join(dirname(document), path);
        if (!existsSync(join(root, target))) return true;
        return heading !== undefined && !headingsOf(target).has(heading);
      },
    );
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('of schema/ are all named in its table', () => {
    for (const name of readdirSync(join(root, 'schema')).filter((one) => one !== 'README.md'))
      expect(read('schema/README.md')).toContain(`| [\`${name}`);
  });
});

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function markdownOf(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

/** As links name them: lower case, without punctuation, spaces as hyphens. */
function headingsOf(path: string): Set<string> {
  return new Set(
    [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}
