/** A backup in which the rows of one moment stand under the signed checkpoint of another. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backUp } from '../../src/cli/backup/backup.js';
import type { Manifest } from '../../src/cli/backup/manifest.js';
import { restore } from '../../src/cli/backup/restore.js';
import { parseConfig, type Config } from '../../src/config.js';
import { createLog, openSystem } from '../../src/server/index.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { TestVitrine } from '../support/vitrine.js';

const log = createLog('silent');
const ignore = (): void => undefined;

function configOf({ url, ownerUrl }: TestDatabase, dataDir: string, keysDir: string): Config {
  return parseConfig({
    NODE_ENV: 'test',
    DATABASE_URL: url,
    DATABASE_OWNER_URL: ownerUrl,
    DATA_DIR: dataDir,
    KEYS_DIR: keysDir,
    LOG_LEVEL: 'silent',
  });
}

/** Puts what `edit` makes of the manifest in its place, as somebody would who can compute hashes. */
async function editManifest(folder: string, edit: (manifest: Manifest) => Manifest): Promise<Manifest> {
  const path = join(folder, 'manifest.json');
  const before = JSON.parse(await readFile(path, 'utf8')) as Manifest;
  const text = JSON.stringify(edit(before));
  await writeFile(path, text);
  await writeFile(`${path}.sha256`, `${createHash('sha256').update(text).digest('hex')}  manifest.json\n`);
  return before;
}

it('is refused, though all of its rows hold by themselves, and nothing starts on it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-moment-'));
  const vitrine = await TestVitrine.start();
  const database = await freshDatabase();
  try {
    const keysDir = join(vitrine.dataDir, 'keys');
    const source = configOf(vitrine.database, vitrine.dataDir, keysDir);
    const [older, newer] = [join(folder, 'older'), join(folder, 'newer')];
    await backUp({ config: source, log, to: older, onProgress: ignore });
    const programme = { code: 'LATER', title: 'Later', budget: { amount: 10, currency: 'EUR' } };
    await vitrine.mutate('regulator.one', 'createProgramme', programme, 'receipt { index }');
    await backUp({ config: source, log, to: newer, onProgress: ignore });
    const { log: said } = await editManifest(newer, (manifest) => manifest);
    await editManifest(older, (manifest) => ({ ...manifest, log: said }));
    const config = configOf(database, await mkdtemp(join(folder, 'data-')), keysDir);
    const restoring = { config, log, from: older, onProgress: ignore, onFinding: ignore };
    const { findings } = await restore(restoring);
    expect(findings).toMatchObject([{ where: 'log' }]);
    const start = openSystem({ config, log, clock: () => new Date(), trustFirst: true });
    await expect(start).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
  } finally {
    await vitrine.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
