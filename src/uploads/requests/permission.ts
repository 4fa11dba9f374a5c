/**
 * The two steps of a change that can't be made at once: it is asked for, as statements; and once it is confirmed, the
 * same mutation loads it, which must come out as it was asked for, byte for byte.
 */
import type { Making } from '../../api/index.js';
import type { ParsedStatement, StatedTimes } from '../../ledger/core/index.js';
import {
  base64url,
  canonical,
  fromHex,
  LONGEST_LIFE,
  parseStatement,
  saltsFrom,
  utf8,
  VitrineError,
} from '../../ledger/core/index.js';
import type { KeyStore, PendingEntry, SignedBy } from '../../ledger/index.js';
import { nativeHash } from '../../ledger/index.js';
import type { Member } from '../../records/index.js';
import type { AnyChange, UploadRequest } from '../change.js';
import { confirmableFromOf, type Required } from '../policies/index.js';
import { makingOf } from '../statements/making.js';
import { creation } from '../versions.js';
import { firstHead } from '../../documents/index.js';
import { situationOf, type Desk, type Upload } from './desk.js';
import { REQUEST_UPLOAD } from './operations.js';
import { requireNext } from './states.js';
import { uploadKind, type UploadValues } from './upload.kind.js';

/** How the deployment seals and signs what it will seal again: the same input gives the same bytes. */
export interface Sealing {
  readonly salts: (name: string) => Uint8Array;
  /** Of a key that the change registers. */
  readonly keySeed: Uint8Array;
  readonly times: StatedTimes;
  /** The key that signs; by default the one in force. */
  readonly by?: SignedBy;
}

/** What an entry carries that was asked for before. */
export interface Permitted {
  /** By the place of the changes; none where they are signed by the uploader's own key. */
  readonly sealing: (place: number) => Sealing | null;
  /** The request in its confirmed version; null while it is asked for. */
  readonly upload: Upload | null;
}

/** The pipeline's steps, as far as they are taken here. */
export interface Pipeline {
  build(making: Making): Promise<readonly AnyChange[]>;
  /** @throws VitrineError what the rules refuse */
  permit(changes: readonly AnyChange[]): Promise<void>;
  prepare(changes: readonly AnyChange[], permitted: Permitted): Promise<readonly PendingEntry[]>;
}

export interface Asking {
  readonly desk: Desk;
  readonly keys: Pick<KeyStore, 'inputMac'>;
  /** The key of a thumbprint, unless it was revoked. */
  readonly signerOf: (thumbprint: string) => SignedBy | null;
  readonly clock: () => Date;
  readonly pipeline: Pipeline;
  readonly request: UploadRequest;
  /** The request's place in the log: `uploadIdOf`. */
  readonly id: string;
  readonly caller: Member;
  readonly inputHash: string;
  /** Of all the changes together. */
  readonly required: Required;
}

/** What is loaded: the changes as they were asked for, their entries, and the entry that marks the request. */
export interface Loading {
  readonly changes: readonly AnyChange[];
  readonly group: readonly PendingEntry[];
}

const isOwn = ({ signed = [] }: UploadRequest): boolean => signed.some((one) => one !== null);

/**
 * What is loaded of a request that there is.
 * @throws VitrineError ENDORSEMENT_PENDING, UPLOAD_DENIED, UPLOAD_EXPIRED, CONFLICT, COMMITMENT_MISMATCH; what the rules
 *   refuse comes first
 */
export async function loading(asking: Asking, changes: readonly AnyChange[]): Promise<Loading> {
  const { desk, id, inputHash, required, pipeline, clock, request } = asking;
  await pipeline.permit(changes);
  const upload = await desk.settled(id);
  const reliesOn = await desk.requireLoadable(upload, inputHash, required.requirements);
  const statements = upload.values.statements.map(parseStatement);
  const own = upload.values.mode === 'own';
  if (own !== isOwn(request))
    throw mismatch(
      own ? 'expected `signed`: the request was made with your own key' : 'expected no `signed`',
    );
  const making = makingOf(
    statements.map(({ statement }) => statement),
    clock,
  );
  const again = await pipeline.build(making);
  const sealing = (place: number): Sealing | null =>
    own ? null : sealingAgain(asking, place, statements[place]);
  const entries = await pipeline.prepare(again, { sealing, upload });
  requireSame(entries, upload.values.statements, statements);
  return { changes: again, group: [...entries, await desk.loaded(upload, reliesOn)] };
}

/**
 * The change that asks: version 1 of the request.
 * @throws VitrineError what the rules refuse
 */
export async function asking(asking: Asking): Promise<AnyChange> {
  const { pipeline, clock, request } = asking;
  const now = clock();
  const times = {
    issued: now.toISOString(),
    expires: expiryOf(asking, now).toISOString(),
  };
  const own = isOwn(request);
  const signed = (request.signed ?? []).map((one) => one && parseStatement(one.statement).statement);
  const changes = await pipeline.build(makingOf(signed, () => now));
  const sealing = (place: number) => (own ? null : sealingOf(asking, place, times));
  const entries = await pipeline.prepare(changes, { sealing, upload: null });
  return requestChange(asking, changes, entries);
}

/** A waiting time leaves as much time for loading as there is without one, as far as statements live. */
function expiryOf({ desk, required }: Asking, now: Date): Date {
  const waits = required.requirements.map(({ waitSeconds }) => waitSeconds * 1000);
  return new Date(now.getTime() + Math.min(LONGEST_LIFE, desk.lifetimeMs + Math.max(0, ...waits)));
}

function requestChange(
  { id, caller, request, inputHash, required, clock }: Asking,
  changes: readonly AnyChange[],
  entries: readonly PendingEntry[],
): AnyChange {
  const [first] = changes;
  const [entry] = entries;
  if (first === undefined || entry === undefined)
    throw new VitrineError('BAD_USER_INPUT', 'expected at least one change');
  const statements = entries.map(({ signature }) => signature);
  const stated = statements.map((one) => parseStatement(one).statement);
  const requestedAt = clock().toISOString();
  const { requirements } = required;
  const values: UploadValues = {
    operation: first.op,
    situation: situationOf(first),
    mode: entry.by.mode,
    state: 'VALIDATING',
    uploader: uploaderOf(caller),
    request: request.requestId,
    part: request.part ?? 0,
    input: inputHash,
    statements,
    contents: stated.map(({ content }) => content && base64url(content)),
    requirements: requirements.map((one) => ({ ...one, institutions: [...one.institutions] })),
    endorsements: [],
    reasons: [],
    requestedAt,
    issuedAt: least(stated.map(({ issued }) => issued)),
    expiresAt: least(stated.map(({ expires }) => expires)),
    confirmableFrom: confirmableFromOf(requirements, requestedAt),
  };
  const head = firstHead(uploadKind, id, { custodian: caller.institution });
  return creation(uploadKind, head, values, { ...REQUEST_UPLOAD, detail: { state: values.state } });
}

/** Who asks, as it stands now. */
export function uploaderOf({ id, institution, roles, state }: Member): UploadValues['uploader'] {
  return { member: id, institution, roles: [...roles].sort(), state };
}

/** Times in their one form sort as texts. */
export function least(times: readonly (string | null)[]): string | null {
  return times.reduce((one, other) => (one === null || (other !== null && other < one) ? other : one), null);
}

const SALTS = 'vitrine/upload/seed/v1';
const KEY = 'vitrine/upload/key/v1';

/** Seeds that the deployment alone can make again, for one record version of one request each. */
function sealingOf({ keys, caller, request }: Asking, place: number, times: StatedTimes): Sealing {
  const part = (request.part ?? 0) + place;
  // The keyed hash of inputs is over canonical JSON: this text is none, so no input has the same.
  const seed = (label: string) =>
    fromHex(keys.inputMac(utf8(`${label}\0${caller.id}\0${request.requestId}\0${part}`)));
  return { salts: saltsFrom(seed(SALTS), nativeHash), keySeed: seed(KEY), times };
}

function sealingAgain(asking: Asking, place: number, parsed: ParsedStatement | undefined): Sealing {
  if (parsed === undefined) throw mismatch('expected as many changes as were asked for');
  const { issued, expires } = parsed.statement;
  const by = asking.signerOf(parsed.jws.kid);
  if (by === null)
    throw new VitrineError(
      'CONFLICT',
      'the key that signed the request was replaced since: ask with a new requestId',
      { path: ['input', 'requestId'] },
    );
  return { ...sealingOf(asking, place, { issued, expires }), by };
}

/** Ed25519 signatures follow from key and text, so equal signatures are over equal statements, and none else. */
function requireSame(
  entries: readonly PendingEntry[],
  asked: readonly string[],
  parsed: readonly ParsedStatement[],
): void {
  if (entries.length !== asked.length) throw mismatch('expected as many changes as were asked for');
  entries.forEach(({ signature }, place) => {
    if (signature === asked[place]) return;
    const before = parsed[place];
    const now = parseStatement(signature);
    const other = before === undefined ? [] : differing(before, now);
    throw mismatch(
      `expected what was asked for, byte for byte; part ${place} has another ${other.join(', ')}`,
    );
  });
}

/** Names of the statement's members that aren't the same. */
function differing({ statement: before }: ParsedStatement, { statement: now }: ParsedStatement): string[] {
  const names = Object.keys(before) as (keyof typeof before)[];
  const text = (value: unknown) =>
    value instanceof Uint8Array ? base64url(value) : new TextDecoder().decode(canonical(value));
  const found = names.filter((name) => text(before[name]) !== text(now[name]));
  return found.length > 0 ? found : ['signature'];
}

function mismatch(message: string): VitrineError {
  return new VitrineError('COMMITMENT_MISMATCH', message, {
    path: ['input'],
    details: { rule: 'commitment' },
  });
}

/** What is answered once it was asked for. @throws VitrineError ENDORSEMENT_PENDING, or what became of it meanwhile */
export async function refusePending(desk: Desk, id: string): Promise<never> {
  const upload = await desk.settled(id);
  requireNext(await desk.refused(upload), 'load', false);
  throw new VitrineError('UNAVAILABLE', 'it was confirmed meanwhile: send the same request again');
}
