/** What lies before a request, for who looks at it. The desk decides; this only tells. */
import type { EndorsementDecision } from '../../ledger/core/index.js';
import type { Caller } from '../../records/index.js';
import { approvals, approversOf, mayEndorse, mayRefuse, verdict } from '../policies/index.js';
import { asEndorser, endorserOf, type UploadValues } from './upload.kind.js';

/** What a request waits for, in words; null when it waits for nothing. */
export function waitsFor(values: UploadValues, now: Date): string | null {
  if (values.state !== 'VALIDATING') return null;
  const endorsers = values.endorsements.map(asEndorser);
  const uploader = asEndorser(values.uploader);
  const outcome = verdict(values.requirements, uploader, endorsers, values.requestedAt, now);
  return outcome.state === 'CONFIRMED' ? null : outcome.missing;
}

/** Whether a caller's decision would be taken now. */
export function mayDecide(
  values: UploadValues,
  caller: Caller,
  decision: EndorsementDecision,
  now: Date,
): boolean {
  const { state, expiresAt, requirements, endorsements } = values;
  const over = expiresAt !== null && now.toISOString() >= expiresAt;
  if (caller === null || state !== 'VALIDATING' || over) return false;
  const may = decision === 'endorse' ? mayEndorse : mayRefuse;
  const again = decision === 'endorse' && endorsements.some(({ member }) => member === caller.id);
  return !again && may(requirements, endorserOf(caller), asEndorser(values.uploader));
}

/** One requirement of a request, and how far it is met. */
export interface Progress {
  readonly requirement: UploadValues['requirements'][number];
  /** Ids of the members who count for it, as they stood when they endorsed; the uploader's, where its own standing counts. */
  readonly approvedBy: readonly string[];
  /** As `count` counts: members, or institutions. */
  readonly approvals: number;
}

/** What a request must meet, each requirement by itself. */
export function progressOf({ requirements, uploader, endorsements }: UploadValues): readonly Progress[] {
  const asks = asEndorser(uploader);
  const made = endorsements.filter(({ decision }) => decision === 'endorse').map(asEndorser);
  return requirements.map((requirement) => ({
    requirement,
    approvedBy: [...new Set(approversOf(requirement, asks, made).map(({ member }) => member))],
    approvals: approvals(requirement, asks, made),
  }));
}
