/** Sends a folder's outbox, and does meanwhile what other processes leave there. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { LinkOptions, Outbox, OutboxEvent } from '../../client/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import { holderOf, openHome } from './home.js';
import { doWishes } from './wishes.js';

export interface SendOptions {
  readonly home: string;
  readonly endpoint: string;
  /** Read before every request: whatever renews tokens just writes it. */
  readonly tokenFile: string;
  /** Go on when nothing is left, until the signal. */
  readonly watch: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: OutboxEvent) => void;
  readonly onNote: (message: string) => void;
}

/** How it stands at the end. */
export interface SendSummary {
  readonly accepted: number;
  readonly refused: number;
  /** Waiting, or sent and not answered. */
  readonly open: number;
}

/** Milliseconds between two looks at what others left. */
const LOOK_MS = 300;

/** Milliseconds that another process may have the outbox before it is told. */
const TAKE_MS = 2_000;

/**
 * Sends until everything has its end, or until the signal.
 *
 * @throws VitrineError NOT_CONFIGURED without a token file or while another process sends it; FORBIDDEN when the token is
 *   another member's
 */
export async function sendHome(options: SendOptions): Promise<SendSummary> {
  const { home, endpoint, tokenFile, watch, signal, onEvent, onNote } = options;
  const token = readToken(tokenFile);
  if (token === null) throw new VitrineError('NOT_CONFIGURED', `expected an access token in ${tokenFile}`);
  // While it is being written anew there may be none: the server says so, and it is asked again.
  const outbox = await take(home, { endpoint, token: () => readToken(tokenFile) ?? '' });
  outbox.watch(onEvent);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    const looking = look(home, outbox, onNote, stop.signal).catch((error: unknown) => {
      stop.abort();
      throw error;
    });
    await Promise.all([outbox.send({ signal: stop.signal, stay: watch }).finally(onAbort), looking]);
    await settledEvents();
    return summaryOf(outbox);
  } finally {
    signal.removeEventListener('abort', onAbort);
    await outbox.close();
  }
}

/** Opens the outbox; a command that puts something in at this moment is waited for. */
async function take(home: string, link: LinkOptions): Promise<Outbox> {
  for (const deadline = Date.now() + TAKE_MS; ; await pause(50)) {
    try {
      return await openHome(home, link);
    } catch (error) {
      if (holderOf(error) === null || Date.now() > deadline) throw error;
    }
  }
}

async function look(
  home: string,
  outbox: Outbox,
  onNote: (message: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await doWishes(home, outbox, onNote);
  }
}

/** Events are told behind what happened: the last ones too, before the end is told. */
const settledEvents = (): Promise<void> => pause(0);

function summaryOf(outbox: Outbox): SendSummary {
  const states = outbox.items().map(({ state }) => state);
  const count = (...wanted: readonly string[]) => states.filter((state) => wanted.includes(state)).length;
  return { accepted: count('ACCEPTED'), refused: count('REFUSED'), open: count('WAITING', 'SENT') };
}

function readToken(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch {
    return null;
  }
}
