/**
 * The deployment's own keys as files in a folder that its owner alone may enter: `master.json`, `log.json`,
 * `service.json` and `index.json`; after a rotation `log.2.json`, `master.2.json` and so on. Whoever has these files can
 * read and write everything, so backups keep them apart from the database.
 */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createFile, isCode, removeFile } from './atomic-file.js';
import { base64url, fromBase64url, VitrineError } from './core/index.js';

const USES = ['master', 'log', 'service', 'index'] as const;
export type KeyUse = (typeof USES)[number];

/** A key as its file has it. */
export interface KeyFile {
  readonly use: KeyUse;
  /** From 1, the same as in the file's name; a rotation's key has the next one. */
  readonly number: number;
  /** The log's name when the keys were made. */
  readonly origin: string;
  /** 32 secret bytes; of a signing key its Ed25519 seed. */
  readonly key: Uint8Array;
  /** Of a log key: the public keys of those before it. */
  readonly former: readonly Uint8Array[];
}

const KEY_LENGTH = 32;
const NAME = /^(master|log|service|index)(?:\.([2-9]|[1-9][0-9]{1,5}))?\.json$/;
const bytes = z.string().transform((text) => fromBase64url(text));
const keyFile = z.strictObject({
  v: z.literal(1),
  use: z.enum(USES),
  number: z.int().min(1),
  origin: z.string().min(1),
  key: bytes,
  former: z.array(bytes).default([]),
});

/** Makes the keys that aren't there yet; another process that does so at the same time gets the same ones. */
export async function createKeyFiles(
  folder: string,
  origin: string,
  random: (length: number) => Uint8Array,
): Promise<readonly KeyFile[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const there = new Set((await listKeys(folder)).map(({ use }) => use));
  for (const use of USES) {
    if (there.has(use)) continue;
    await createKeyFile(folder, { use, number: 1, origin, key: random(KEY_LENGTH), former: [] });
  }
  return readKeyFiles(folder);
}

/** Writes a key file, whole and on the disk when this returns. False when one of its name stands there already. */
export function createKeyFile(
  folder: string,
  { use, number, origin, key, former }: KeyFile,
): Promise<boolean> {
  const content = {
    v: 1,
    use,
    number,
    origin,
    key: base64url(key),
    ...(former.length > 0 && { former: former.map(base64url) }),
  };
  return createFile(pathOf(folder, use, number), `${JSON.stringify(content)}\n`);
}

/** Removes a key file for good. */
export function removeKeyFile(
  folder: string,
  { use, number }: Pick<KeyFile, 'use' | 'number'>,
): Promise<void> {
  return removeFile(pathOf(folder, use, number));
}

/**
 * Reads the keys, those of each use in the order of their numbers. Throws NOT_CONFIGURED naming the file that is missing,
 * unreadable, open to others or another log's.
 */
export async function readKeyFiles(folder: string): Promise<readonly KeyFile[]> {
  await requirePrivate(folder, '700');
  const found = await listKeys(folder);
  const keys: KeyFile[] = [];
  // One after the other, so that of several missing files always the same one is named.
  for (const use of USES) {
    const numbers = found.filter((one) => one.use === use).map(({ number }) => number);
    for (const number of numbers.length > 0 ? numbers : [1]) {
      const key = await readKey(folder, use, number);
      if (key !== undefined) keys.push(key);
      else if (numbers.length <= 1) throw missing(pathOf(folder, use, number));
    }
  }
  if (new Set(keys.map(({ origin }) => origin)).size !== 1)
    throw new VitrineError('NOT_CONFIGURED', `the keys in ${folder} belong to different logs`);
  return keys;
}

function pathOf(folder: string, use: KeyUse, number: number): string {
  return join(folder, number === 1 ? `${use}.json` : `${use}.${number}.json`);
}

async function listKeys(folder: string): Promise<{ use: KeyUse; number: number }[]> {
  const names = await readdir(folder).catch(() => []); // what is missing is told by the reading
  return names
    .map((name) => NAME.exec(name))
    .filter((match) => match !== null)
    .map(([, use, number]) => ({ use: use as KeyUse, number: number === undefined ? 1 : Number(number) }))
    .sort((a, b) => a.number - b.number);
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

/** Undefined when it was removed since the folder was read. */
async function readKey(folder: string, use: KeyUse, number: number): Promise<KeyFile | undefined> {
  const path = pathOf(folder, use, number);
  await requirePrivate(path, '600');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return undefined;
    throw new VitrineError('NOT_CONFIGURED', `the key file ${path} can't be read by this account`, { cause });
  }
  const parsed = keyFile.safeParse(parseJson(text));
  // The text is secret: the refusal doesn't say what was found.
  const { data } = parsed;
  if (data?.use !== use || data.number !== number || data.key.length !== KEY_LENGTH)
    throw new VitrineError('NOT_CONFIGURED', `the key file ${path} is damaged`);
  return data;
}

function missing(path: string): VitrineError {
  return new VitrineError('NOT_CONFIGURED', `the key file ${path} is missing: put it back from its backup`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
