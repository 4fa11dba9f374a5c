/** Signing a decision on a request for permission (schema/uploads.md, "Endorsements") with a member's own key. */
import {
  compactJws,
  endorsementBytes,
  type EndorsementText,
  signatureInput,
  statementsHash,
  thumbprint,
  VitrineError,
} from '../../ledger/core/index.js';
import { type PolicySource, verifyBundle } from '../verify.js';
import type { StatementSigner } from './sign.js';

/** What a decision is signed over, beside what it decides. */
export interface UploadFacts {
  /** The member who decides. */
  readonly member: string;
  /** Compact JWS of the request's statements, in their order, as the log holds them. */
  readonly statements: readonly string[];
}

/** A decision on a request's statements. */
export interface DecisionToSign extends UploadFacts, Omit<EndorsementText, keyof UploadFacts | 'time'> {
  readonly time: Date;
}

/** Signs a decision: what `endorsement` of `endorseUpload` and `denyUpload` takes, within 24 hours. */
export async function signDecision(
  { statements, time, ...decided }: DecisionToSign,
  signer: StatementSigner,
): Promise<string> {
  const kid = thumbprint(signer.publicKey);
  const payload = endorsementBytes({
    ...decided,
    statements: statementsHash(statements),
    time: time.toISOString(),
  });
  return compactJws(kid, payload, await signer.sign(signatureInput(kid, payload)));
}

/**
 * The statements of a request by its proof bundle. Whose keys signed them isn't looked at: `keyEntries` of the request is what
 * a validator does that by.
 * @throws VitrineError INTEGRITY_VIOLATION when the bundle isn't a proof, or one of something else; NOT_FOUND when there are none
 */
export function provedStatements(bundle: string, policy: PolicySource, upload: string): readonly string[] {
  const { head, fields } = verifyBundle(bundle, policy);
  if (head.kind !== 'UploadRequest' || head.id !== upload)
    throw new VitrineError('INTEGRITY_VIOLATION', `expected a proof of upload request ${upload}`);
  const { statements } = fields;
  const isListed = Array.isArray(statements) && statements.length > 0;
  if (isListed && statements.every((one) => typeof one === 'string')) return statements;
  throw new VitrineError('NOT_FOUND', 'the upload request has no statements, or they aren’t shown', {
    path: ['input', 'upload'],
  });
}
