/**
 * Denials of signed-in members on the log: what a rule refused of a member's change becomes a request that was DENIED,
 * with the rules and their codes and no value. At most so many a minute and member: the rest, and whatever callers do
 * who aren't signed in, is only counted, so that nobody can flood the log.
 */
import { randomUUID } from 'node:crypto';
import type { DeniedPort } from '../../api/index.js';
import type { Charge, Ledger, PendingEntry } from '../../ledger/index.js';
import { StaleAuthority } from '../../ledger/index.js';
import type { ErrorCode } from '../../ledger/core/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Caller, Member, Random } from '../../records/index.js';
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
  /** Whether something was asked for under the id of a request: then that isn't the denial itself. */
  readonly isAsked: (id: string) => Promise<boolean>;
  /** Told of every rule that refused, and what became of the denial. */
  readonly onDenial?: (reason: Reason, written: Written) => void;
  /** Told of a denial that couldn't be written: the refusal is answered all the same. */
  readonly onFailure: (error: unknown) => void;
}

type Reason = UploadValues['reasons'][number];

/**
 * What became of a denial: `log`, written down; `repeated`, it stands there already; `rate-limited`, its member had as many
 * as are written a minute; `unsigned`, nobody in particular was refused; `failed`, it couldn't be written.
 */
export type Written = 'log' | 'repeated' | 'rate-limited' | 'unsigned' | 'failed';

/** A denied request with an id. */
type Told = DeniedPort & { readonly requestId: string };

/** Where a denial goes on the log, and what must not have been accepted when it does. */
interface Place extends Required<Pick<PendingEntry, 'unaccepted'>> {
  readonly id: string;
}

/** How often it is looked at again where a denial goes, because its request was decided meanwhile. */
const ATTEMPTS = 5;

/** Refusals that a member brings about by the number of its requests: counted alone. */
const OWN_FAULT: ReadonlySet<string> = new Set(['rate']);

/**
 * Counted under the head lock, so that the bound is one for all processes; each has a bucket in front of it, which costs
 * nothing. A denial's id stands on the log, and needs no keyed hash.
 */
function chargeOf({ id: member }: Member, id: string, perMinute: number): Charge {
  const windows = [{ seconds: 60, most: BigInt(perMinute) }];
  return { id: `denied/member/${member}`, item: id, windows, what: 'denials of a member on the log' };
}

/**
 * Codes that only rules give, each with its rule where a refusal names none: a denial always. Others (NOT_FOUND, CONFLICT,
 * ERASED) are one where the refusal names its rule.
 */
export const RULE_OF: Readonly<Partial<Record<ErrorCode, string>>> = {
  FORBIDDEN: 'permission',
  UNAUTHENTICATED: 'caller',
  LICENCE_INACTIVE: 'licence',
  SIGNATURE_INVALID: 'signature',
  KEY_UNKNOWN: 'key',
  KEY_OF_ANOTHER: 'key',
  KEY_REVOKED: 'key',
  KEY_EXPIRED: 'key',
  STATEMENT_MISDIRECTED: 'target',
  WRONG_INSTITUTION: 'institution',
  STATEMENT_EXPIRED: 'window',
  STATEMENT_EARLY: 'window',
  COMMITMENT_MISMATCH: 'commitment',
  DUPLICATE_UPLOAD: 'duplicate',
  EVIDENCE_REQUIRED: 'evidence',
  BUDGET_EXHAUSTED: 'budget',
};

export class Denials {
  readonly #deps: DenialDependencies;
  readonly #buckets: Buckets;
  /** Refusals that were told: one passes several places on its way out. */
  readonly #told = new WeakSet<VitrineError>();

  constructor(deps: DenialDependencies) {
    this.#deps = deps;
    this.#buckets = new Buckets(deps.perMinute, deps.clock);
  }

  /**
   * Writes down, or counts, that a rule refused a request; anything else that was thrown is none. Never throws.
   * @param caller null for whoever isn't signed in
   */
  async record(caller: Caller, request: DeniedPort, error: unknown): Promise<void> {
    if (!(error instanceof VitrineError) || this.#told.has(error)) return;
    const reasons = reasonsOf(error);
    if (reasons.length === 0) return;
    this.#told.add(error);
    const operation = String(error.details['operation'] ?? request.operation);
    const written = await this.#write(caller, { ...request, operation }, reasons);
    for (const reason of reasons) this.#deps.onDenial?.(reason, written);
  }

  async #write(caller: Caller, request: DeniedPort, reasons: Reason[]): Promise<Written> {
    if (caller === null) return 'unsigned';
    const { perMinute, onFailure } = this.#deps;
    if (perMinute === 0 || reasons.some(({ rule }) => OWN_FAULT.has(rule))) return 'rate-limited';
    const told = { ...request, requestId: request.requestId ?? randomUUID() };
    let mayWrite = false;
    for (let attempt = 1; ; attempt++) {
      try {
        const place = await this.#placeOf(caller, told);
        if (place === null) return 'repeated';
        mayWrite ||= this.#buckets.take(caller.id) === 0;
        if (!mayWrite) return 'rate-limited';
        await this.#append(place, caller, told, reasons);
        return 'log';
      } catch (failed) {
        // The same request at the same time: it was denied, asked for or accepted, and that is looked at again.
        const code = failed instanceof VitrineError ? failed.code : null;
        if ((failed instanceof StaleAuthority || code === 'CONFLICT') && attempt < ATTEMPTS) continue;
        if (code === 'BUDGET_EXHAUSTED') return 'rate-limited';
        onFailure(failed);
        return 'failed';
      }
    }
  }

  /**
   * Where the denial of a request goes: under the request's own id, which is over by that; or, where something was asked for
   * or accepted under it and a copy is refused later, under one that follows from it. Null when the denial stands there.
   */
  async #placeOf(caller: Member, { requestId, part }: Told): Promise<Place | null> {
    const { ledger, isAsked } = this.#deps;
    const { id: member, institution } = caller;
    const isTaken = (id: string): boolean => ledger.trusted.hasSubject(uploadKind.name, id);
    const own = uploadIdOf(member, requestId, part);
    if (isTaken(own) && !(await isAsked(own))) return null;
    const asked = { institution, member, request: requestId, part: part ?? 0 };
    const accepted = await ledger.find(institution, member, requestId, asked.part);
    if (!isTaken(own) && accepted.length === 0) return { id: own, unaccepted: [asked] };
    const ofCopy = uploadIdOf(member, own);
    return isTaken(ofCopy) ? null : { id: ofCopy, unaccepted: [] };
  }

  async #append(
    { id, unaccepted }: Place,
    caller: Member,
    { requestId, part = 0, operation }: Told,
    reasons: UploadValues['reasons'],
  ): Promise<void> {
    const { ledger, clock, perMinute } = this.#deps;
    const values: UploadValues = {
      operation,
      situation: operation,
      // The deployment's own word: what a signature says was refused, or never looked at.
      mode: 'service',
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
      unaccepted,
      charges: [chargeOf(caller, id, perMinute)],
    });
    await ledger.append([entry]);
  }
}

/**
 * The rules that refused, each with its code and each once, though it refused every part of a batch: what a denial writes
 * must not grow with what was sent. None when no rule did.
 */
export function reasonsOf(error: VitrineError): Reason[] {
  const rule = error.details['rule'] ?? RULE_OF[error.code];
  if (typeof rule !== 'string') return [];
  const all = error.problems.flatMap((problem) =>
    problem.rule === undefined || problem.code === undefined
      ? []
      : [{ rule: problem.rule, code: problem.code }],
  );
  if (all.length === 0) return [{ rule, code: error.code }];
  return [...new Map(all.map((reason) => [`${reason.rule}:${reason.code}`, reason])).values()];
}
