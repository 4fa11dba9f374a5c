/**
 * What is to be done to an outbox, left in its folder for the process that has it: so that a program can put an upload in
 * while another one sends. Each wish is a file of its own, whole or absent, and is done once: an item's id is in it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 } from 'uuid';
import type { NewItem, Outbox } from '../../client/index.js';
import { createFile, isCode, removeFile } from '../../ledger/atomic-file.js';
import { type JsonObject, VitrineError } from '../../ledger/core/index.js';
import { makeFolder } from '../../peer/durable.js';
import { journalLine, readSealed } from './journal.js';

/** What is wished. Items to put in have their ids, so that a wish that is read twice is done once. */
export type Wish =
  | { readonly put: readonly (NewItem & { readonly id: string })[] }
  | { readonly retry: string }
  | { readonly drop: string; readonly evenSent: boolean }
  | { readonly forget: true };

/** A wish as it lies there. */
interface Left {
  readonly path: string;
  readonly wish: Wish;
}

const folderOf = (home: string): string => join(home, 'inbox');

/** Leaves a wish; when the promise is fulfilled it survives a power cut. */
export async function leaveWish(home: string, wish: Wish): Promise<void> {
  await makeFolder(home, 0o700);
  await makeFolder(folderOf(home), 0o700);
  // By time, so that they are done in their order.
  await createFile(join(folderOf(home), `${v7()}.json`), journalLine({ ...wish } as unknown as JsonObject));
}

/**
 * Does every wish that was left, in order, and takes it away.
 *
 * @param refused is told of one that can't be done: it is taken away all the same
 */
export async function doWishes(
  home: string,
  outbox: Outbox,
  refused: (message: string) => void,
): Promise<void> {
  for (const { path, wish } of await wishesIn(home)) {
    await grant(outbox, wish).catch((error: unknown) => {
      if (!(error instanceof VitrineError) || !OF_THE_WISH.has(error.code)) throw error;
      refused(`${error.message} (${error.code})`);
    });
    await removeFile(path);
  }
}

/** Errors that say that this wish can't be done; all others that nothing can be now. */
const OF_THE_WISH: ReadonlySet<string> = new Set(['BAD_USER_INPUT', 'CONFLICT', 'NOT_FOUND']);

/** The wishes that nobody has done yet, the oldest first. */
export async function wishesIn(home: string): Promise<Left[]> {
  const names = await readdir(folderOf(home)).catch((cause: unknown) => {
    if (isCode(cause, 'ENOENT')) return [];
    throw cause;
  });
  const left: Left[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const path = join(folderOf(home), name);
    const bytes = await readFile(path).catch((cause: unknown) => {
      if (isCode(cause, 'ENOENT')) return null; // done at this moment
      throw cause;
    });
    // What its checksum holds of was written by `leaveWish`.
    if (bytes !== null) left.push({ path, wish: readSealed(bytes, path) as unknown as Wish });
  }
  return left;
}

/** Does one wish. */
export async function grant(outbox: Outbox, wish: Wish): Promise<void> {
  if ('put' in wish) {
    // What it was to come after may be gone since it was accepted.
    const known = new Set([...outbox.items(), ...wish.put].map(({ id }) => id));
    const items = wish.put.map((item) =>
      item.after === undefined ? item : { ...item, after: item.after.filter((id) => known.has(id)) },
    );
    await outbox.putAll(items);
  } else if ('retry' in wish) await outbox.retry(wish.retry);
  else if ('drop' in wish) await outbox.drop(wish.drop, { evenSent: wish.evenSent });
  else await outbox.forget();
}
