/**
 * The deployment's own keys as files: `master.json`, `log.json`, `service.json` in a folder that its owner alone may
 * enter. Whoever has these files can read and write everything, so backups keep them apart from the database.
 */
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createFile, isCode } from './atomic-file.js';
import { base64url, fromBase64url, VitrineError } from './core/index.js';

/** 32 random bytes each. */
export interface KeySecrets {
  /** The log's name, which the log key signs for. */
  readonly origin: string;
  readonly master: Uint8Array;
  /** Ed25519 seeds. */
  readonly log: Uint8Array;
  readonly service: Uint8Array;
}

const USES = ['master', 'log', 'service'] as const;
type Use = (typeof USES)[number];

const KEY_LENGTH = 32;
const keyFile = z.strictObject({
  v: z.literal(1),
  use: z.enum(USES),
  origin: z.string().min(1),
  key: z.string().transform((text) => fromBase64url(text)),
});

/** Makes the keys that aren't there yet; another process that does so at the same time gets the same ones. */
export async function createKeyFiles(
  folder: string,
  origin: string,
  random: (length: number) => Uint8Array,
): Promise<KeySecrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const use of USES) {
    const content = { v: 1, use, origin, key: base64url(random(KEY_LENGTH)) };
    await createFile(join(folder, `${use}.json`), `${JSON.stringify(content)}\n`);
  }
  return readKeyFiles(folder);
}

/**
 * Reads the keys. Throws NOT_CONFIGURED naming the file that is missing, unreadable, open to others or another log's.
 */
export async function readKeyFiles(folder: string): Promise<KeySecrets> {
  await requirePrivate(folder, '700');
  // One after the other, so that of several missing files always the same one is named.
  const master = await readKey(folder, 'master');
  const log = await readKey(folder, 'log');
  const service = await readKey(folder, 'service');
  if (master.origin !== log.origin || service.origin !== log.origin) {
    throw new VitrineError('NOT_CONFIGURED', `the keys in ${folder} belong to different logs`);
  }
  return { origin: log.origin, master: master.key, log: log.key, service: service.key };
}

/**
 * Whoever reads a key has everything, so a folder or file that other accounts of the machine can get at is refused, as
 * ssh does. Windows keeps its rights elsewhere; what is missing is told by the reading.
 */
async function requirePrivate(path: string, expected: '700' | '600'): Promise<void> {
  if (process.platform === 'win32') return;
  const mode = (await stat(path).catch(() => undefined))?.mode ?? 0;
  if ((mode & 0o077) === 0) return;
  const found = (mode & 0o777).toString(8);
  throw new VitrineError(
    'NOT_CONFIGURED',
    `other accounts have rights on the keys: ${path} has mode ${found}; run: chmod ${expected} ${path}`,
  );
}

async function readKey(folder: string, use: Use): Promise<z.infer<typeof keyFile>> {
  const path = join(folder, `${use}.json`);
  await requirePrivate(path, '600');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const what = isCode(cause, 'ENOENT')
      ? 'is missing: put it back from its backup'
      : "can't be read by this account";
    throw new VitrineError('NOT_CONFIGURED', `the key file ${path} ${what}`, { cause });
  }
  const parsed = keyFile.safeParse(parseJson(text));
  // The text is secret: the refusal doesn't say what was found.
  if (!parsed.success || parsed.data.use !== use || parsed.data.key.length !== KEY_LENGTH) {
    throw new VitrineError('NOT_CONFIGURED', `the key file ${path} is damaged`);
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
