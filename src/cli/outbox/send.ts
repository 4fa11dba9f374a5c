/** Sends a folder's outbox, and does meanwhile what other processes leave there. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Outbox, OutboxEvent, SigningOptions } from '../../client/index.js';
import { keyBeside } from '../../peer/index.js';
import { parsePolicy, VitrineError } from '../../ledger/core/index.js';
import { holderOf, openHome, type Sending } from './home.js';
import { readSigner } from './key.js';
import { doWishes } from './wishes.js';

export interface SendOptions {
  readonly home: string;
  readonly endpoint: string;
  /** Read before every request, with the key beside it: whatever renews tokens just writes it. */
  readonly tokenFile: string;
  /** The member's own key; without it the institution's delegated key signs. */
  readonly signingKey?: string;
  /** Keys that are trusted to prove what is amended. */
  readonly policy?: string;
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
  /** Of these, waiting for others to approve them. */
  readonly pending: number;
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
  const signing = signingOf(options);
  const outbox = await take(home, {
    endpoint,
    token: () => readToken(tokenFile) ?? '',
    dpop: () => keyBeside(tokenFile),
    ...(signing && { signing }),
  });
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

function signingOf({ signingKey, policy }: SendOptions): SigningOptions | null {
  if (signingKey === undefined) return null;
  const signer = readSigner(signingKey);
  if (policy === undefined) return { signer };
  return { signer, policy: parsePolicy(readFileSync(policy)) };
}

/** Opens the outbox; a command that puts something in at this moment is waited for. */
async function take(home: string, link: Sending): Promise<Outbox> {
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
  const items = outbox.items();
  const count = (...wanted: readonly string[]) => items.filter(({ state }) => wanted.includes(state)).length;
  return {
    accepted: count('ACCEPTED'),
    refused: count('REFUSED'),
    open: count('WAITING', 'SENT'),
    pending: items.filter(({ pending }) => pending !== null).length,
  };
}

function readToken(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim() || null;
  } catch {
    return null;
  }
}
