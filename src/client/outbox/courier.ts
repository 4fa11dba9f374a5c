/**
 * Takes one request to the server: signed, where the outbox signs, and not before others have approved what it waits for.
 * Whatever stops it on the way is told as an answer would be, so that there is one judge of both.
 */
import { VitrineError } from '../../ledger/core/index.js';
import type { Answer } from '../answer.js';
import { ClientError, type ResponseError } from '../error.js';
import { UploadRequestStateDocument } from '../generated/graphql.js';
import type { Sending, StoredItem } from './item.js';
import { PENDING } from './judge.js';
import { type Link, type Way, WrongMember } from './link.js';
import { inputOf, unsignedInput } from './request.js';
import type { Shelf } from './shelf.js';
import type { Signing } from './signing.js';

type Came = Answer<Readonly<Record<string, unknown>>> | ClientError;

export interface CourierParts {
  readonly shelf: Shelf;
  readonly link: Link;
  /** Null where nothing is signed here. */
  readonly signing: Signing | null;
  readonly turn: <T>(act: () => Promise<T>) => Promise<T>;
}

/** Codes of the way to the server; any other one of what is asked on the way is about the item. */
const OF_THE_WAY: ReadonlySet<string> = new Set(['NETWORK', 'BAD_RESPONSE']);

export class Courier {
  readonly #parts: CourierParts;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  /**
   * Sends a request once, with everything that comes before it.
   *
   * @param onSend is told when it goes
   * @throws WrongMember, what the store throws, the signal's reason
   */
  async carry(
    sending: Sending,
    items: readonly StoredItem[],
    signal: AbortSignal,
    onSend: () => void,
  ): Promise<Came> {
    const { link } = this.#parts;
    try {
      const way = await link.way(signal);
      const waiting = await stillWaiting(way, items, signal, link.now());
      if (waiting !== null) return waiting;
      const ready = await this.#signed(sending, items, way);
      if (!('id' in ready)) return ready;
      onSend();
      return await link.send(ready.operation, inputOf(ready, items), signal);
    } catch (error) {
      if (error instanceof ClientError) return error;
      throw error;
    }
  }

  /** The request with its signatures, written down; or why it can't have any. */
  async #signed(sending: Sending, items: readonly StoredItem[], way: Way): Promise<Sending | Came> {
    const { signing, link, shelf, turn } = this.#parts;
    const { signatures, toSign = false } = sending;
    if (!toSign) return sending;
    // What was asked for is loaded byte for byte.
    if (signatures !== undefined && items.some(({ pending }) => pending !== null)) return sending;
    if (signing === null)
      return signatures === undefined
        ? refusal('NOT_CONFIGURED', 'it was to be signed with a key of your own: give that key')
        : sending;
    if (signatures !== undefined && !signing.isOver(signatures, link.now())) return sending;
    const made = await signing
      .sign(sending.operation, unsignedInput(sending, items), way, () => link.now())
      .catch(asCame);
    if ('signed' in made) {
      const signed = { ...sending, signatures: made };
      // It may have been given up meanwhile: then it isn't brought back.
      if (shelf.sending(sending.id) !== undefined) await turn(() => shelf.write({ sendings: [signed] }));
      return signed;
    }
    // It may have arrived as it was, and what it builds on have changed by that: the server knows, and says so.
    const isOfWay = made instanceof ClientError;
    return signatures === undefined || isOfWay ? made : sending;
  }
}

/** Asks what became of the requests for permission that items wait for; null once there is something new in any. */
async function stillWaiting(
  { client }: Way,
  items: readonly StoredItem[],
  signal: AbortSignal,
  now: Date,
): Promise<Came | null> {
  const open = items.filter(({ state }) => state === 'SENT');
  const ids = new Set(open.map(({ pending }) => pending?.upload ?? null));
  const found: { id: string; waitsFor: string | null; expiresAt: string | null }[] = [];
  for (const id of ids) {
    // One that waits for nobody, or isn't known by name: the request itself is the question.
    if (id === null) return null;
    const { uploadRequest } = await client.request(UploadRequestStateDocument, { id }, { signal });
    if (uploadRequest?.state !== 'VALIDATING') return null;
    // Its end is written down when somebody comes for it.
    const { expiresAt } = uploadRequest;
    if (uploadRequest.waitsFor === null || (expiresAt !== null && Date.parse(expiresAt) <= now.getTime()))
      return null;
    found.push(uploadRequest);
  }
  const [first] = found;
  if (first === undefined) return null;
  const { id, waitsFor, expiresAt } = first;
  const message = `upload request ${id} waits for ${waitsFor ?? 'its endorsement'}`;
  const details = { upload: id, waitsFor, expires: expiresAt };
  // Of several, each keeps what it was told.
  return refusal(PENDING, message, found.length === 1 ? { details } : {});
}

/** A failure of signing as what an answer would say; of the way, as no answer. */
function asCame(error: unknown): Came {
  if (error instanceof ClientError)
    return OF_THE_WAY.has(error.code) ? error : { data: null, errors: error.errors };
  if (!(error instanceof VitrineError) || error instanceof WrongMember) throw error;
  const { code, message, inputPath, problems, details } = error;
  return refusal(code, message, { inputPath: inputPath ?? ['input'], problems, details });
}

function refusal(
  code: ResponseError['code'],
  message: string,
  more: Partial<Pick<ResponseError, 'inputPath' | 'problems' | 'details'>> = {},
): Came {
  return {
    data: null,
    errors: [{ code, message, path: [], inputPath: [], problems: [], details: {}, ...more }],
  };
}
