/**
 * The deployment's key files, copied out and in. They are apart from the backup on purpose: the backup alone opens no
 * record, and the keys alone hold none. Whoever gets both has everything.
 */
import { copyFile, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { VitrineError } from '../../ledger/core/error.js';
import { requireAbsent, writeFolder } from './files.js';

/** Copies the key files to a new folder that its owner alone may enter. */
export function exportKeys(keysDir: string, to: string): Promise<void> {
  return writeFolder(to, (folder) => copyFiles(keysDir, folder));
}

/** Keys go to a new folder, and not below the backup's, with which they would be carried away. */
export async function requireApart(to: string, backup: string): Promise<void> {
  const path = relative(resolve(backup), resolve(to));
  if (path === '' || !(path.split(sep)[0] === '..' || isAbsolute(path))) {
    throw new VitrineError(
      'BAD_USER_INPUT',
      `--keys ${to}: keep the keys apart from the backup, not inside it`,
    );
  }
  await requireAbsent(resolve(to));
}

/**
 * Puts exported keys back into a key folder that has none. Keys that are there already have to be the same.
 *
 * @throws VitrineError CONFLICT when others are there, NOT_CONFIGURED when the export can't be read
 */
export async function importKeys(from: string, keysDir: string): Promise<void> {
  const names = await readdir(from).catch((cause: unknown) => {
    throw new VitrineError('NOT_CONFIGURED', `--keys ${from}: can't be read`, { cause });
  });
  if (names.length === 0) throw new VitrineError('NOT_CONFIGURED', `--keys ${from}: holds no keys`);
  const there = await readdir(keysDir).catch(() => []);
  if (there.length === 0) return writeFolderInto(keysDir, (folder) => copyFiles(from, folder));
  for (const name of names) {
    const [given, standing] = [join(from, name), join(keysDir, name)];
    const same = (await readFile(given)).equals(await readFile(standing).catch(() => Buffer.alloc(0)));
    if (same) continue;
    throw new VitrineError(
      'CONFLICT',
      `${standing} isn't the key file of ${from}: one deployment, one set of keys`,
    );
  }
}

/** An empty folder that is there is no obstacle. */
async function writeFolderInto(to: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if ((await stat(to).catch(() => undefined)) === undefined) {
    await mkdir(resolve(to, '..'), { recursive: true });
    return writeFolder(to, fill);
  }
  return fill(to);
}

async function copyFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(to, entry.name);
    await copyFile(join(from, entry.name), path);
    const file = await open(path, 'r+');
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
