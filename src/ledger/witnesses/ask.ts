/** One `add-checkpoint` request (c2sp.org/tlog-witness). The witness controls every byte of its answer, and its pace. */
import {
  base64,
  equal,
  type NoteKey,
  type NoteSignature,
  parseCosignatures,
  verifyNote,
  VitrineError,
} from '../core/index.js';
import { readBounded } from '../bounded-body.js';
import { nativeVerify } from '../native.js';

/** How an asking can fail, as metrics name it: a status of the specification, or what else went wrong. */
export const FAILURES = [
  '400',
  '403',
  '404',
  '409',
  '422',
  'status',
  'redirect',
  'timeout',
  'unreachable',
  'malformed',
  'cosignature',
] as const;

export type Failure = (typeof FAILURES)[number];

export type Answer =
  | { readonly kind: 'cosigned'; readonly line: NoteSignature; readonly time: bigint }
  /** 409: the size that it says it cosigned last. */
  | { readonly kind: 'holds'; readonly size: bigint }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly message: string };

export interface Asking {
  readonly url: string;
  readonly key: NoteKey;
  /** Milliseconds until the whole answer must be there. */
  readonly timeoutMs: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

export interface Offer {
  /** The size that the witness is believed to have cosigned last. */
  readonly old: bigint;
  readonly proof: readonly Uint8Array[];
  /** The checkpoint, signed by the log. */
  readonly note: string;
  /** What is signed in it. */
  readonly text: string;
}

/** A hundred signature lines of the longest names are shorter. */
const MOST_ANSWER = 65_536;
const SIZE = /^(0|[1-9][0-9]{0,18})\n$/;
const LARGEST = 0x7fffffffffffffffn;
const STATUSES: ReadonlySet<string> = new Set(['400', '403', '404', '422']);

/** Asks for a cosignature. Never throws for what the witness does; a cosignature that is given is verified. */
export async function askWitness(asking: Asking, offer: Offer): Promise<Answer> {
  const late = AbortSignal.timeout(asking.timeoutMs);
  try {
    const response = await fetch(asking.url, {
      method: 'POST',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'vitrine' },
      body: bodyOf(offer),
      redirect: 'manual', // whoever else it names isn't the witness of the policy
      signal: AbortSignal.any([asking.signal, late]),
    });
    const body = await readBounded(response, MOST_ANSWER);
    if (body === undefined) return failed('malformed', `answered more than ${MOST_ANSWER} bytes`);
    return answerOf(response, body, offer, asking.key);
  } catch (cause) {
    if (late.aborted) return failed('timeout', `gave no answer within ${asking.timeoutMs} ms`);
    return failed('unreachable', `can't be reached: ${reasonOf(cause)}`);
  }
}

/** The request body: old size, proof, an empty line, the checkpoint. */
function bodyOf({ old, proof, note }: Offer): string {
  return [`old ${old}`, ...proof.map(base64), '', note].join('\n');
}

function answerOf(response: Response, body: Uint8Array, { text }: Offer, key: NoteKey): Answer {
  const { status } = response;
  if (status === 200) return cosignatureOf(body, text, key);
  if (status === 409) return sizeOf(response, body);
  if (status >= 300 && status < 400)
    return failed('redirect', `answered ${status}: redirects aren't followed`);
  const failure = STATUSES.has(String(status)) ? (String(status) as Failure) : 'status';
  return failed(failure, `answered ${status}${wordsOf(body)}`);
}

/** "The client MUST ignore any cosignatures from unknown keys." */
function cosignatureOf(body: Uint8Array, text: string, key: NoteKey): Answer {
  try {
    const signatures = parseCosignatures(body).filter(
      (line) => line.name === key.name && equal(line.keyId, key.keyId),
    );
    const { time } = verifyNote({ text, signatures }, key, nativeVerify);
    const [line] = signatures;
    if (line !== undefined && time !== null) return { kind: 'cosigned', line, time };
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    return failed('cosignature', `gave no valid cosignature: ${cause.message}`);
  }
  return failed('cosignature', 'gave no cosignature of its key');
}

function sizeOf(response: Response, body: Uint8Array): Answer {
  const type = (response.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  const digits = SIZE.exec(Buffer.from(body).toString('latin1'))?.[1];
  if (type === 'text/x.tlog.size' && digits !== undefined && BigInt(digits) <= LARGEST)
    return { kind: 'holds', size: BigInt(digits) };
  return failed('malformed', 'answered 409 without its size');
}

/** The beginning of an answer's text for the log: printable characters alone. */
function wordsOf(body: Uint8Array): string {
  const words = Buffer.from(body.subarray(0, 120))
    .toString('latin1')
    .replaceAll(/[^ -~]+/g, ' ')
    .trim();
  return words === '' ? '' : `: ${words}`;
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const { code, message } = inner as { code?: unknown; message?: unknown };
  return String(code ?? message ?? 'no reason');
}

function failed(failure: Failure, message: string): Answer {
  return { kind: 'failed', failure, message };
}
