/**
 * The life of a request for permission to upload as one table: every state × every event. What came to be said on the
 * log is a fact: DENIED, LOADED and EXPIRED are ends.
 */
import type { ErrorCode } from '../../ledger/core/index.js';
import { VitrineError } from '../../ledger/core/index.js';

/** What a request is at. */
export const UPLOAD_STATES = ['VALIDATING', 'CONFIRMED', 'DENIED', 'LOADED', 'EXPIRED'] as const;

export type UploadState = (typeof UPLOAD_STATES)[number];

/** What can happen to a request: asked for, endorsed, refused by someone who decides or by a rule, … */
export const UPLOAD_EVENTS = ['request', 'endorse', 'deny', 'confirm', 'load', 'expire'] as const;

export type UploadEvent = (typeof UPLOAD_EVENTS)[number];

/** Whether the policy in force is met once the event has happened. */
export type Verdict = 'CONFIRMED' | 'VALIDATING';

/** MET: CONFIRMED once the policy is met, VALIDATING until then. A state: always that one. Else the refusal's code. */
type Cell = UploadState | 'MET' | 'WAIT' | Refusal;

type Refusal = Extract<
  ErrorCode,
  'CONFLICT' | 'NOT_FOUND' | 'ENDORSEMENT_PENDING' | 'UPLOAD_DENIED' | 'UPLOAD_EXPIRED'
>;

/** Before there is one. */
export const NO_UPLOAD = 'NONE';

type Row = Readonly<Record<UploadEvent, Cell>>;

/**
 * `confirm` is the deployment's, when the waiting time is over: WAIT is VALIDATING's refusal until the policy is met.
 * `expire` is the deployment's, when the statements' time is over.
 */
const TABLE: Readonly<Record<UploadState | typeof NO_UPLOAD, Row>> = {
  NONE: {
    request: 'MET',
    endorse: 'NOT_FOUND',
    deny: 'DENIED',
    confirm: 'NOT_FOUND',
    load: 'NOT_FOUND',
    expire: 'NOT_FOUND',
  },
  VALIDATING: {
    request: 'CONFLICT',
    endorse: 'MET',
    deny: 'DENIED',
    confirm: 'WAIT',
    load: 'ENDORSEMENT_PENDING',
    expire: 'EXPIRED',
  },
  CONFIRMED: {
    request: 'CONFLICT',
    endorse: 'CONFLICT',
    deny: 'CONFLICT',
    confirm: 'CONFLICT',
    load: 'LOADED',
    expire: 'EXPIRED',
  },
  DENIED: {
    request: 'UPLOAD_DENIED',
    endorse: 'UPLOAD_DENIED',
    deny: 'UPLOAD_DENIED',
    confirm: 'UPLOAD_DENIED',
    load: 'UPLOAD_DENIED',
    expire: 'UPLOAD_DENIED',
  },
  LOADED: {
    request: 'CONFLICT',
    endorse: 'CONFLICT',
    deny: 'CONFLICT',
    confirm: 'CONFLICT',
    load: 'CONFLICT',
    expire: 'CONFLICT',
  },
  EXPIRED: {
    request: 'UPLOAD_EXPIRED',
    endorse: 'UPLOAD_EXPIRED',
    deny: 'UPLOAD_EXPIRED',
    confirm: 'UPLOAD_EXPIRED',
    load: 'UPLOAD_EXPIRED',
    expire: 'UPLOAD_EXPIRED',
  },
};

const STATES: ReadonlySet<string> = new Set(UPLOAD_STATES);

/**
 * The state after an event, or the code of its refusal.
 * @param met whether the policy is met by what was endorsed until and with the event
 */
export function nextState(
  state: UploadState | typeof NO_UPLOAD,
  event: UploadEvent,
  met: boolean,
): UploadState | Refusal {
  const cell = TABLE[state][event];
  if (cell === 'MET') return met ? 'CONFIRMED' : 'VALIDATING';
  if (cell === 'WAIT') return met ? 'CONFIRMED' : 'ENDORSEMENT_PENDING';
  return cell;
}

/** Whether a request in this state takes no event any more. */
export function isEnd(state: UploadState): boolean {
  return state === 'DENIED' || state === 'LOADED' || state === 'EXPIRED';
}

/** As much of a request as a refusal says. */
export interface Refused {
  readonly id: string;
  readonly state: UploadState;
  readonly expiresAt: string | null;
  /** Before it nothing confirms it; null, or left out, without a waiting time. */
  readonly confirmableFrom?: string | null;
  /** What is still asked for; of VALIDATING alone. */
  readonly missing?: string;
  readonly reasons: readonly { readonly rule: string; readonly code: string }[];
}

/** What an uploader, or whoever decides, does next; ids, times, rules and codes, and no value. */
const ADVICE: Readonly<Record<Refusal, (upload: Refused, event: UploadEvent) => string>> = {
  ENDORSEMENT_PENDING: ({ id, expiresAt, confirmableFrom, missing }) =>
    `upload request ${id} waits for ${missing ?? 'its endorsement'}` +
    (isText(confirmableFrom) ? ` and isn't confirmed before ${confirmableFrom}` : '') +
    `, until ${expiresAt ?? 'it expires'}: ` +
    'send the same request again once it is CONFIRMED',
  UPLOAD_DENIED: ({ id, reasons }) =>
    `upload request ${id} was denied (${reasons.map(({ rule, code }) => `${rule}: ${code}`).join(', ')}): ` +
    'mend the cause and ask with a new requestId',
  UPLOAD_EXPIRED: ({ id, expiresAt }) =>
    `upload request ${id} expired${expiresAt === null ? '' : ` at ${expiresAt}`}: ask with a new requestId`,
  CONFLICT: ({ id, state }, event) => `expected an upload request that takes ${event}, ${id} is ${state}`,
  NOT_FOUND: () => 'no UploadRequest has this id',
};

/**
 * The state after an event.
 * @throws VitrineError ENDORSEMENT_PENDING, UPLOAD_DENIED, UPLOAD_EXPIRED, CONFLICT; the message says what to do next
 */
export function requireNext(upload: Refused, event: UploadEvent, met: boolean): UploadState {
  const next = nextState(upload.state, event, met);
  if (isState(next)) return next;
  throw refusalOf(upload, event, next);
}

/** The refusal of an event. */
export function refusalOf(upload: Refused, event: UploadEvent, code: Refusal): VitrineError {
  const { id, state, expiresAt, confirmableFrom, missing } = upload;
  const waits = code === 'ENDORSEMENT_PENDING' && isText(confirmableFrom) ? { confirmableFrom } : {};
  return new VitrineError(code, ADVICE[code](upload, event), {
    path: ['input', event === 'load' || event === 'request' ? 'requestId' : 'upload'],
    details: {
      upload: id,
      state,
      ...(expiresAt === null ? {} : { expires: expiresAt }),
      ...waits,
      ...(missing === undefined ? {} : { waitsFor: missing }),
    },
  });
}

function isText(value: string | null | undefined): value is string {
  return value !== null && value !== undefined;
}

function isState(value: UploadState | Refusal): value is UploadState {
  return STATES.has(value);
}
