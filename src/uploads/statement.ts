/** The statement of a change and its signature (design: ledger, "Entry"; architecture, "statement"). */
import type { Ledger, RowWrite, SignedBy } from '../ledger/index.js';
import type { JsonObject, StatedTimes } from '../ledger/core/index.js';
import {
  base64url,
  compactJws,
  fromBase64url,
  signatureInput,
  statedDetail,
  statementBytes,
  thumbprint,
  utf8,
  VitrineError,
} from '../ledger/core/index.js';
import type { Member } from '../records/index.js';
import type { AnyChange, KeyRegistration } from './change.js';

/** How long a delegated key may sign, from its making. */
const DELEGATION_YEARS = 5;

export interface Signing {
  readonly origin: string;
  readonly keys: Ledger['keys'];
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly clock: () => Date;
}

/**
 * Under which key the caller's changes are signed for it: the institution's delegated one, or, for a patient, who acts
 * for no institution, the deployment's.
 */
export function signerOf(ledger: Ledger, caller: Member): SignedBy {
  const mode = caller.institution === null ? 'service' : 'delegated';
  const key = ledger.trusted.latestKey(caller.institution, mode);
  if (key === undefined)
    throw new VitrineError('FORBIDDEN', 'no key is registered that may sign for the institution', {
      details: { rule: 'key' },
    });
  return { key: key.thumbprint, entry: key.entry, mode };
}

export interface StatementParts {
  readonly change: Pick<AnyChange, 'op' | 'base' | 'head'>;
  readonly content: Uint8Array | null;
  readonly fields: Uint8Array | null;
  readonly detail: JsonObject | null;
  /** As the entry's leaf will have it. */
  readonly institution: string | null;
  /** Of a statement that is made before its entry; by default it has none. */
  readonly times?: StatedTimes;
  readonly request: string;
  readonly part: number;
}

const NO_TIMES: StatedTimes = { issued: null, expires: null };

/** The compact JWS that the entry carries. */
export async function signStatement(signing: Signing, by: SignedBy, parts: StatementParts): Promise<string> {
  const { head, op, base } = parts.change;
  const stated = statedDetail(parts.detail);
  const payload = statementBytes({
    origin: signing.origin,
    op,
    subject: { kind: head.kind, id: head.id, version: head.version },
    supersedes: base === null ? null : base.anchor.leafHash,
    content: parts.content,
    fields: parts.fields,
    detail: stated === null ? null : signing.hash(utf8(stated)),
    institution: parts.institution,
    ...(parts.times ?? NO_TIMES),
    request: parts.request,
    part: parts.part,
  });
  const signature = await signing.keys.signStatement(by.key, signatureInput(by.key, payload));
  return compactJws(by.key, payload, signature);
}

/** When a delegated key expires that is made now: RFC 3339. */
export function delegationEnds(now: Date): string {
  const expires = new Date(now);
  expires.setUTCFullYear(expires.getUTCFullYear() + DELEGATION_YEARS);
  return expires.toISOString();
}

/** What a registration adds to the opening, and the row of the private half where the deployment holds it. */
export interface RegisteredKey {
  readonly detail: JsonObject;
  readonly rows: readonly RowWrite[];
}

/**
 * Makes or takes the key that a change registers.
 * @param seed of a key that must be the same when it's made again; by default it's random
 */
export async function registerKey(
  signing: Signing,
  registration: KeyRegistration,
  seed?: Uint8Array,
): Promise<RegisteredKey> {
  if (registration.use === 'own') {
    const publicKey = fromBase64url(registration.publicKey);
    const key = {
      use: 'own',
      thumbprint: thumbprint(publicKey),
      publicKey: registration.publicKey,
      institution: registration.institution,
      member: registration.member,
      expires: null,
    };
    const revokes = registration.replaces === undefined ? {} : { revokes: [registration.replaces] };
    return { detail: { keys: [key], ...revokes }, rows: [] };
  }
  const made = await signing.keys.createDelegatedKey(registration.institution, seed);
  const key = {
    use: 'delegated',
    thumbprint: made.thumbprint,
    publicKey: base64url(made.publicKey),
    institution: registration.institution,
    member: null,
    expires: delegationEnds(signing.clock()),
  };
  return { detail: { keys: [key] }, rows: [made.wrappedRow] };
}
