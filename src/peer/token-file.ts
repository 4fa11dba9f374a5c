/** The access token in a file, read at each sending: whoever renews it needs no restart. */
import { readFile } from 'node:fs/promises';
import { VitrineError } from '../ledger/core/index.js';

/** @throws VitrineError UNAUTHENTICATED when the file can't be read */
export async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new VitrineError('UNAUTHENTICATED', `the token file ${file} can't be read`, { cause });
  }
}
