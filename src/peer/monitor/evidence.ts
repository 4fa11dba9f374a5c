/** Keeps both notes of a contradiction: with them anyone can be shown what the log signed. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, sha256, utf8 } from '../../ledger/core/index.js';
import { replaceDurably } from '../durable.js';

/** What contradicts what. */
export interface Evidence {
  /** The newest note that the peer holds, or undefined before the first. */
  readonly held: string | undefined;
  readonly offered: string;
  readonly message: string;
  readonly at: Date;
}

/** A log that signs without end doesn't fill the disk. */
const MOST_CASES = 200;

/** Writes the evidence below the folder. Returns where it is; the same note is kept once. */
export async function keepEvidence(folder: string, evidence: Evidence): Promise<string> {
  const { held, offered, message, at } = evidence;
  const name = hex(sha256(utf8(`${held ?? ''}\0${offered}`))).slice(0, 16);
  const place = join(folder, name);
  const cases = await readdir(folder).catch((): string[] => []);
  if (cases.includes(name) || cases.length >= MOST_CASES) return place;
  const about = { at: at.toISOString(), message };
  await replaceDurably([
    { path: join(place, 'offered.note'), content: offered },
    ...(held === undefined ? [] : [{ path: join(place, 'held.note'), content: held }]),
    { path: join(place, 'about.json'), content: `${JSON.stringify(about, null, 2)}\n` },
  ]);
  return place;
}
