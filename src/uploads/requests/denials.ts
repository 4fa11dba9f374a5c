/**
 * Denials of signed-in members on the log: what a rule refused of a member's change becomes a request that was DENIED,
 * with the rules and their codes and no value. At most so many a minute and member: the rest, and whatever callers do
 * who aren't signed in, is only counted in the metrics, so that nobody can flood the log.
 */
import type { Ledger } from '../../ledger/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Member, Random } from '../../records/index.js';
import type { UploadRequest } from '../change.js';
import { sealedByDeployment } from '../deployment.js';
import { firstHead } from '../../documents/index.js';
import { Buckets } from './buckets.js';
import { DENY_UPLOAD } from './operations.js';
import { uploadIdOf } from './upload-id.js';
import { uploadKind, type UploadValues } from './upload.kind.js';

export interface DenialDependencies {
  readonly ledger: Ledger;
  readonly random: Random;
  readonly clock: () => Date;
  /** Denials a minute and member; 0: none is written. */
  readonly perMinute: number;
  /** Told of a denial that couldn't be written: the refusal is answered all the same. */
  readonly onFailure: (error: unknown) => void;
}

/** Refusals that a member brings about by the number of its requests. */
const OWN_FAULT: ReadonlySet<string> = new Set(['rate']);

export class Denials {
  readonly #deps: DenialDependencies;
  readonly #buckets: Buckets;

  constructor(deps: DenialDependencies) {
    this.#deps = deps;
    this.#buckets = new Buckets(deps.perMinute, deps.clock);
  }

  /** Writes down that a rule refused a request; anything else that was thrown is none. Never throws. */
  async record(
    caller: Member,
    request: Pick<UploadRequest, 'requestId' | 'part' | 'signed'>,
    error: unknown,
  ): Promise<void> {
    const reasons = reasonsOf(error);
    if (this.#deps.perMinute === 0 || reasons.length === 0 || !(error instanceof VitrineError)) return;
    const id = uploadIdOf(caller.id, request.requestId, request.part);
    const { ledger, onFailure } = this.#deps;
    if (ledger.trusted.hasSubject(uploadKind.name, id) || this.#buckets.take(caller.id) > 0) return;
    try {
      const operation = String(error.details['operation'] ?? 'unknown');
      await this.#append(id, caller, request, operation, reasons);
    } catch (failed) {
      // The same request at the same time: one of them was written.
      if (!(failed instanceof VitrineError && failed.code === 'CONFLICT')) onFailure(failed);
    }
  }

  async #append(
    id: string,
    caller: Member,
    { requestId, part = 0, signed = [] }: Pick<UploadRequest, 'requestId' | 'part' | 'signed'>,
    operation: string,
    reasons: UploadValues['reasons'],
  ): Promise<void> {
    const { ledger, clock } = this.#deps;
    const keyed = caller.institution === null ? 'service' : 'delegated';
    const values: UploadValues = {
      operation,
      situation: operation,
      mode: signed.some((one) => one !== null) ? 'own' : keyed,
      state: 'DENIED',
      uploader: {
        member: caller.id,
        institution: caller.institution,
        roles: [...caller.roles].sort(),
        state: caller.state,
      },
      request: requestId,
      part,
      input: null,
      statements: [],
      contents: [],
      requirements: [],
      endorsements: [],
      reasons,
      requestedAt: clock().toISOString(),
      issuedAt: null,
      expiresAt: null,
      confirmableFrom: null,
    };
    const head = firstHead(uploadKind, id, { custodian: caller.institution });
    const entry = await sealedByDeployment(this.#deps, {
      op: DENY_UPLOAD.op,
      kind: uploadKind,
      head,
      values,
      base: null,
      detail: { state: 'DENIED', reasons: reasons.map(({ rule, code }) => `${rule}:${code}`) },
      request: id,
    });
    await ledger.append([entry]);
  }
}

/** The rules that refused, each with its code; none when no rule did. */
export function reasonsOf(error: unknown): UploadValues['reasons'] {
  if (!(error instanceof VitrineError)) return [];
  const rule = error.details['rule'];
  if (typeof rule !== 'string' || OWN_FAULT.has(rule)) return [];
  const all = error.problems.flatMap((problem) =>
    problem.rule === undefined || problem.code === undefined
      ? []
      : [{ rule: problem.rule, code: problem.code }],
  );
  return all.length > 0 ? all : [{ rule, code: error.code }];
}
