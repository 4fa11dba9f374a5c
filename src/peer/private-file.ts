/** Files with a secret in them: readable by their owner alone, or not read at all. */
import { readFile, stat } from 'node:fs/promises';
import { isCode } from '../ledger/atomic-file.js';
import { VitrineError } from '../ledger/core/index.js';

/**
 * The file's text.
 * @param what it is, in errors, which never repeat the text: `the witness key`
 * @param make how to make it
 * @throws VitrineError NOT_CONFIGURED naming the file that is missing, or readable by others
 */
export async function readPrivate(path: string, what: string, make: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const why = isCode(cause, 'ENOENT') ? `is missing: make it with ${make}` : "can't be read";
    throw new VitrineError('NOT_CONFIGURED', `${what} ${path} ${why}`, { cause });
  }
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new VitrineError('NOT_CONFIGURED', `other accounts have rights on ${path}; run: chmod 600 ${path}`);
  }
  return text;
}
