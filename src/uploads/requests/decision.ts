/**
 * One decision on a request: signed by the member's own key, or by the key that its institution left with the deployment
 * for interactive members, and then the decision says so. Verified before it is accepted, and kept.
 */
import type { EndorsementDecision, EndorsementText } from '../../ledger/core/index.js';
import {
  CLOCK_TOLERANCE,
  compactJws,
  endorsementBytes,
  equal,
  parseEndorsement,
  signatureInput,
  statementsHash,
  VitrineError,
} from '../../ledger/core/index.js';
import type { Ledger } from '../../ledger/index.js';
import { nativeHash, nativeVerify } from '../../ledger/index.js';
import type { Member } from '../../records/index.js';
import { signerOf } from '../statement.js';
import type { Upload } from './desk.js';
import type { Endorsement } from './upload.kind.js';

/** A decision that was signed beforehand is taken for so long, in milliseconds. */
const LONGEST_AGE = 24 * 3600_000;

export interface Deciding {
  readonly ledger: Ledger;
  readonly caller: Member;
  readonly now: Date;
  readonly upload: Upload;
  readonly decision: EndorsementDecision;
  readonly reasons: readonly string[];
}

const PATH = ['input', 'endorsement'];

/**
 * The decision as the request keeps it.
 * @param jws the member's own signature; null: the delegated key signs for it
 * @throws VitrineError SIGNATURE_INVALID, KEY_UNKNOWN, KEY_OF_ANOTHER, KEY_REVOKED, STATEMENT_MISDIRECTED,
 *   STATEMENT_EXPIRED, STATEMENT_EARLY
 */
export async function decisionOf(deciding: Deciding, jws: string | null): Promise<Endorsement> {
  const { caller, decision } = deciding;
  const standing = {
    member: caller.id,
    institution: caller.institution,
    roles: [...caller.roles].sort(),
    state: caller.state,
    decision,
  };
  if (jws !== null) return { ...standing, time: requireOwn(deciding, jws), mode: 'own', signature: jws };
  const { ledger, now } = deciding;
  const by = signerOf(ledger, caller);
  const text = textOf(deciding, now.toISOString());
  const payload = endorsementBytes(text);
  const signature = await ledger.keys.signStatement(by.key, signatureInput(by.key, payload));
  return { ...standing, time: text.time, mode: by.mode, signature: compactJws(by.key, payload, signature) };
}

function textOf({ ledger, caller, upload, decision, reasons }: Deciding, time: string): EndorsementText {
  return {
    origin: ledger.origin,
    decision,
    member: caller.id,
    institution: caller.institution,
    reasons,
    statements: statementsHash(upload.values.statements, nativeHash),
    time,
    upload: upload.head.id,
  };
}

/** @returns the time that it names */
function requireOwn(deciding: Deciding, jws: string): string {
  const { jws: signed, endorsement } = read(jws);
  requireKey(deciding, signed.kid);
  const key = deciding.ledger.trusted.key(signed.kid);
  if (key === undefined || !nativeVerify(key.publicKey, signed.signingInput, signed.signature))
    throw refused('SIGNATURE_INVALID', 'expected a signature by the key that it names', 'signature');
  if (!equal(endorsementBytes(textOf(deciding, endorsement.time)), signed.payload))
    throw refused(
      'STATEMENT_MISDIRECTED',
      'expected your decision on exactly these statements of this request, got another',
      'target',
    );
  requireWindow(endorsement.time, deciding.now);
  return endorsement.time;
}

function read(jws: string) {
  try {
    return parseEndorsement(jws);
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    throw refused('SIGNATURE_INVALID', `it can't be read: ${cause.message}`, 'signature');
  }
}

function requireKey({ ledger, caller }: Deciding, kid: string): void {
  const key = ledger.trusted.key(kid);
  if (key === undefined) throw refused('KEY_UNKNOWN', `no key ${kid} is registered on the log`, 'key');
  if (key.use !== 'own' || key.member !== caller.id || key.institution !== caller.institution)
    throw refused('KEY_OF_ANOTHER', `key ${kid} is registered for another than you`, 'key');
  if (key.revoked !== null)
    throw refused('KEY_REVOKED', `key ${kid} was revoked by entry ${key.revoked}`, 'key');
}

function requireWindow(time: string, now: Date): void {
  const age = now.getTime() - Date.parse(time);
  if (age > LONGEST_AGE)
    throw refused('STATEMENT_EXPIRED', 'expected a decision of the last 24 hours', 'window');
  if (age < -CLOCK_TOLERANCE)
    throw refused('STATEMENT_EARLY', 'it was signed at a time that is still to come', 'window');
}

function refused(code: VitrineError['code'], message: string, rule: string): VitrineError {
  return new VitrineError(code, message, { path: PATH, details: { rule } });
}
