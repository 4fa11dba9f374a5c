/**
 * Decisions on requests for permission, by the members whom the policies entitle. Each is a new version of the request,
 * so of several at once each sees what those before it decided.
 */
import { requireVisible } from '../../access/index.js';
import { asJson, type AcceptedPort, type UploadRequestsPort } from '../../api/index.js';
import type { EndorsementDecision } from '../../ledger/core/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Ledger } from '../../ledger/index.js';
import type { Caller, KindRegistry, Loaded, Member, RecordReader } from '../../records/index.js';
import { firstHead } from '../../documents/index.js';
import type { AnyChange } from '../change.js';
import type { Operations } from '../operations.js';
import { confirmableFromOf, mayEndorse, mayRefuse } from '../policies/index.js';
import { only } from '../service.js';
import { requireSignedIn, type Uploads } from '../uploads.js';
import { amendment, creation } from '../versions.js';
import { decisionOf } from './decision.js';
import type { Desk, Tally, Upload } from './desk.js';
import { DENY_UPLOAD, ENDORSE_UPLOAD, REQUEST_UPLOAD } from './operations.js';
import { checkAsked, OPEN_ELSEWHERE, type Asked, type Checked } from './own-request.js';
import { least, uploaderOf } from './permission.js';
import { nextState, NO_UPLOAD, requireNext, type UploadState } from './states.js';
import { uploadIdOf } from './upload-id.js';
import { asEndorser, endorserOf, uploadKind, type Endorsement, type UploadValues } from './upload.kind.js';

export interface RequestsDependencies {
  readonly ledger: Ledger;
  readonly desk: Desk;
  readonly operations: Operations;
  readonly kinds: KindRegistry;
  readonly clock: () => Date;
}

/** Who decides, in one request. */
export interface Decider {
  readonly caller: Caller;
  readonly records: RecordReader;
  readonly uploads: Uploads;
}

type DecisionInput = Parameters<UploadRequestsPort['deny']>[0];

/** How often a decision is made anew because others decided meanwhile; each time the pipeline tried five times. */
const ROUNDS = 20;

export class UploadRequests implements UploadRequestsPort {
  readonly #deps: RequestsDependencies;
  readonly #decider: Decider;

  constructor(deps: RequestsDependencies, decider: Decider) {
    this.#deps = deps;
    this.#decider = decider;
  }

  /**
   * Asks for permission with statements by the caller's own key: CONFIRMED at once where its own standing suffices.
   * @throws VitrineError what a rule refuses; DUPLICATE_UPLOAD, NOT_FOUND, BAD_USER_INPUT, CONFLICT; UPLOAD_DENIED,
   *   UPLOAD_EXPIRED for a request id that is over
   */
  async ask(input: Asked): Promise<AcceptedPort> {
    const { uploads, caller: asking } = this.#decider;
    const caller = requireSignedIn(asking);
    const id = uploadIdOf(caller.id, input.requestId);
    // Under the id of what it makes: the client's own is for what it asks for.
    const request = { requestId: id, input: asJson({ requestUpload: input }) };
    const checked = this.#deps.desk.has(id) ? null : await this.#checked(caller, input);
    const build = async () => {
      const asked = checked ?? (await this.#checked(caller, input));
      await this.#requireNone(id);
      return [await this.#requested(caller, id, input, asked)];
    };
    try {
      return { ...only(await uploads.submit(request, build)), request: input.requestId };
    } catch (error) {
      // A copy of it was denied meanwhile.
      if (error instanceof VitrineError && error.details['id'] === id) await this.#requireNone(id);
      throw asDuplicate(error);
    }
  }

  #checked(caller: Member, input: Asked): Promise<Checked> {
    const { ledger, clock, operations, kinds } = this.#deps;
    const { records } = this.#decider;
    return checkAsked({ ledger, operations, kinds, records, caller, now: clock() }, input);
  }

  /** Of a request that there is, only the very same asking is answered, and that was before. */
  async #requireNone(id: string): Promise<void> {
    const { desk } = this.#deps;
    if (desk.has(id)) requireNext(await desk.refused(await desk.settled(id)), 'request', false);
  }

  async #requested(caller: Member, id: string, input: Asked, checked: Checked): Promise<AnyChange> {
    const { desk, clock } = this.#deps;
    const { operation, situation, statements, contents } = checked;
    await desk.requireRoom(caller.id);
    const required = await desk.requiredBy({ op: operation.op, situation });
    const met = desk.isMetBy(required.requirements, caller);
    const requestedAt = clock().toISOString();
    const values: UploadValues = {
      operation: operation.op,
      situation,
      mode: 'own',
      // A request that there isn't yet is at one of the two.
      state: nextState(NO_UPLOAD, 'request', met) as UploadState,
      uploader: uploaderOf(caller),
      request: input.requestId,
      part: 0,
      input: null,
      statements: [...input.statements],
      contents: [...contents],
      requirements: required.requirements.map((one) => ({ ...one, institutions: [...one.institutions] })),
      endorsements: [],
      reasons: [],
      requestedAt,
      issuedAt: least(statements.map(({ statement }) => statement.issued)),
      expiresAt: least(statements.map(({ statement }) => statement.expires)),
      confirmableFrom: confirmableFromOf(required.requirements, requestedAt),
    };
    const head = firstHead(uploadKind, id, { custodian: caller.institution });
    return creation(uploadKind, head, values, { ...REQUEST_UPLOAD, detail: { state: values.state } });
  }

  /**
   * Endorses a request; it is CONFIRMED once what the policies ask is there.
   * @throws VitrineError NOT_FOUND, FORBIDDEN, CONFLICT (decided, or endorsed by the caller already), UPLOAD_DENIED,
   *   UPLOAD_EXPIRED, and what is wrong with a signature of the caller's own
   */
  endorse(input: Omit<DecisionInput, 'reasons'>): Promise<AcceptedPort> {
    return this.#decide('endorseUpload', { ...input, reasons: [] }, 'endorse');
  }

  /** Denies a request for good. @throws VitrineError as `endorse` */
  deny(input: DecisionInput): Promise<AcceptedPort> {
    return this.#decide('denyUpload', input, 'refuse');
  }

  async #decide(name: string, input: DecisionInput, decision: EndorsementDecision): Promise<AcceptedPort> {
    const request = { requestId: input.requestId, input: asJson({ [name]: input }) };
    const { uploads, records } = this.#decider;
    for (let round = 1; ; round++) {
      try {
        const build = async () => [await this.#change(input, decision)];
        return only(await uploads.submit(request, build));
      } catch (error) {
        const busy = error instanceof VitrineError && error.code === 'UNAVAILABLE' && error.details['moved'];
        if (busy !== true || round === ROUNDS) throw error;
        records.forget();
      }
    }
  }

  async #change(input: DecisionInput, decision: EndorsementDecision): Promise<AnyChange> {
    const { desk, ledger, clock } = this.#deps;
    const caller = requireSignedIn(this.#decider.caller);
    await requireVisible(this.#decider, uploadKind, input.upload, ['input', 'upload']);
    const upload = await desk.settled(input.upload);
    this.#requireDecider(caller, upload, decision);
    const deciding = { ledger, caller, now: clock(), upload, decision, reasons: input.reasons };
    const made = await decisionOf(deciding, input.endorsement ?? null);
    const { values, reliesOn } = await this.#after(upload, made, input.reasons);
    const base: Loaded<UploadValues> = { ...upload, relations: new Set() };
    return amendment(uploadKind, base, values, {
      ...(decision === 'endorse' ? ENDORSE_UPLOAD : DENY_UPLOAD),
      // Whoever decides at the same time goes first or after: never on the same version.
      reliesOn: [upload, ...reliesOn],
      detail: { decision },
    });
  }

  #requireDecider(caller: Member, { values }: Upload, decision: EndorsementDecision): void {
    const may = decision === 'endorse' ? mayEndorse : mayRefuse;
    const uploader = asEndorser(values.uploader);
    if (may(values.requirements, endorserOf(caller), uploader)) return;
    const who =
      caller.id === uploader.member ? 'another member than the uploader' : 'a member whom the policy names';
    throw new VitrineError('FORBIDDEN', `expected ${who}`, {
      path: ['input', 'upload'],
      details: { rule: 'policy', operation: decision === 'endorse' ? ENDORSE_UPLOAD.op : DENY_UPLOAD.op },
    });
  }

  /** The values once the decision stands, and the other endorsers by whom they come to be so. */
  async #after(
    upload: Upload,
    made: Endorsement,
    reasons: readonly string[],
  ): Promise<Pick<Tally, 'reliesOn'> & { readonly values: UploadValues }> {
    const { desk } = this.#deps;
    const { values } = upload;
    const again = values.endorsements.some(({ member }) => member === made.member);
    const endorsements = [...values.endorsements, made];
    if (made.decision === 'refuse') {
      const state = requireNext(await desk.refused(upload), 'deny', false);
      const told = reasons.map((rule) => ({ rule, code: 'UPLOAD_DENIED' }));
      return { values: { ...values, state, endorsements, reasons: told }, reliesOn: [] };
    }
    const { missing, reliesOn } = await desk.tally({ values: { ...values, endorsements } });
    const state = requireNext(await desk.refused(upload), 'endorse', missing === null);
    if (again)
      throw new VitrineError('CONFLICT', 'you have endorsed this request already', {
        path: ['input', 'upload'],
        details: { upload: upload.head.id },
      });
    return { values: { ...values, state, endorsements }, reliesOn };
  }
}

/** A content that another open request is about: which one isn't told, it may be another's. */
function asDuplicate(error: unknown): unknown {
  if (!(error instanceof VitrineError) || error.code !== 'CONFLICT') return error;
  const path = error.inputPath ?? [];
  if (path[1] !== 'statements' || path.length !== 3 || 'rule' in error.details) return error;
  return new VitrineError(OPEN_ELSEWHERE.code, OPEN_ELSEWHERE.message, {
    path,
    details: { rule: 'duplicate' },
  });
}
