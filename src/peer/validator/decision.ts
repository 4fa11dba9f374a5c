/** A decision as the log takes it (schema/uploads.md, "Endorsements"), signed by the member's own key. */
import {
  compactJws,
  endorsementBytes,
  type EndorsementText,
  parseEndorsement,
  signatureInput,
  statementsHash,
} from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';
import { namedId } from '../../documents/named-id.js';
import type { Self } from './link.js';
import type { DecisionKey } from './signing-key.js';

export interface ToSign {
  readonly key: DecisionKey;
  readonly self: Self;
  readonly origin: string;
  readonly upload: string;
  readonly decision: EndorsementText['decision'];
  readonly reasons: readonly string[];
  readonly statements: readonly string[];
  readonly now: Date;
}

/** The log takes a decision of the last 24 hours; an hour is left for a clock that runs apart. */
const LONGEST_AGE_MS = 23 * 3_600_000;

/** The signed decision on exactly these statements: compact JWS. */
export function signDecision({
  key,
  self,
  origin,
  upload,
  decision,
  reasons,
  statements,
  now,
}: ToSign): string {
  return signText(key, {
    origin,
    decision,
    member: self.member,
    institution: self.institution,
    reasons,
    statements: statementsHash(statements, nativeHash),
    time: now.toISOString(),
    upload,
  });
}

/** The same decision as of now where it has become too old to be taken. */
export function freshened(endorsement: string, key: DecisionKey, now: Date): string {
  const { endorsement: text, jws } = parseEndorsement(endorsement);
  const isFresh = now.getTime() - Date.parse(text.time) < LONGEST_AGE_MS && jws.kid === key.kid;
  return isFresh ? endorsement : signText(key, { ...text, time: now.toISOString() });
}

/**
 * The request id under which a decision is sent, however often: the log takes it once.
 * @param denied how many ids before it the log has denied for good
 */
export function decisionId(
  origin: string,
  upload: string,
  decision: EndorsementText['decision'],
  denied: number,
): string {
  const again = denied === 0 ? '' : `\u0000${denied}`;
  return namedId('vitrine/decision/v1', `${origin}\u0000${upload}\u0000${decision}${again}`);
}

function signText(key: DecisionKey, text: EndorsementText): string {
  const payload = endorsementBytes(text);
  return compactJws(key.kid, payload, key.sign(signatureInput(key.kid, payload)));
}
