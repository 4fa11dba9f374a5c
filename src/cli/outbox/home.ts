/** A folder's outbox for one command: to change it, whoever sends it, or to look at it. */
import { MemoryStore, Outbox, type LinkOptions, type SigningOptions } from '../../client/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import { note } from '../output.js';
import { FileStore, readOutbox } from './file-store.js';
import { doWishes, grant, leaveWish, wishesIn, type Wish } from './wishes.js';

/** Where to send to, and whose key to sign with. */
export interface Sending extends LinkOptions {
  readonly signing?: SigningOptions;
}

/** For what sends nothing. */
const NOWHERE: Sending = { endpoint: 'http://localhost/graphql' };

/** Opens an outbox for this process alone, with everything that was left for it done. */
export async function openHome(
  home: string,
  link: Sending = NOWHERE,
  refused: (message: string) => void = (message) => note(`not done: ${message}`),
): Promise<Outbox> {
  const outbox = await Outbox.open({ store: await FileStore.open(home), ...link });
  try {
    await doWishes(home, outbox, refused);
    return outbox;
  } catch (cause) {
    await outbox.close();
    throw cause;
  }
}

/**
 * Does something to an outbox, or leaves the wish for the process that has it.
 *
 * @returns the process that will do it; null when it is done
 * @throws VitrineError what the outbox says to it
 */
export async function wishOf(home: string, wish: Wish): Promise<number | null> {
  // First of all it is kept; what is put in is never lost by what follows.
  if ('put' in wish) await leaveWish(home, wish);
  const refused: string[] = [];
  let outbox: Outbox;
  try {
    outbox = await openHome(home, NOWHERE, (message) => refused.push(message));
  } catch (error) {
    const pid = holderOf(error);
    if (pid === null) throw error;
    if (!('put' in wish)) await leaveWish(home, wish);
    return pid;
  }
  try {
    if (!('put' in wish)) await grant(outbox, wish);
    else if (wish.put.some(({ id }) => outbox.item(id) === null))
      throw new VitrineError('CONFLICT', `nothing was put in: ${refused.join('; ')}`);
    return null;
  } finally {
    await outbox.close();
  }
}

/** The outbox as it is now, whoever has it, with what is left for it; changing it changes nothing. */
export async function viewHome(home: string): Promise<Outbox> {
  // Before the journal: what moves there meanwhile is found twice, and counted once.
  const wishes = await wishesIn(home);
  const store = new MemoryStore();
  await store.write(await readOutbox(home));
  const outbox = await Outbox.open({ store, ...NOWHERE });
  for (const { wish } of wishes) await grant(outbox, wish).catch(() => undefined);
  return outbox;
}

/** The process that has the folder, by the error that says so; null for any other error. */
export function holderOf(error: unknown): number | null {
  if (!(error instanceof VitrineError) || error.code !== 'NOT_CONFIGURED') return null;
  const { pid } = error.details;
  return typeof pid === 'number' ? pid : null;
}
