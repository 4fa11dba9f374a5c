/**
 * The one way in (design: architecture): a request with its changes → standing and permission → seal → sign →
 * append → positions. A request id that was accepted before answers with what it was given then.
 */
import type { DeniedPort, Making } from '../api/index.js';
import type { PendingEntry } from '../ledger/index.js';
import { StaleAuthority } from '../ledger/index.js';
import { canonical, VitrineError } from '../ledger/core/index.js';
import type { Caller, Member, RecordReader } from '../records/index.js';
import type { AnyChange, Accepted, UploadRequest } from './change.js';
import { Preparer, type PrepareDependencies, type Terms } from './prepare.js';
import type { Buckets } from './requests/buckets.js';
import type { Denials } from './requests/denials.js';
import type { Desk } from './requests/desk.js';
import { asking, loading, refusePending, type Asking, type Permitted } from './requests/permission.js';
import type { Required } from './policies/index.js';
import { placesOf, unanswered } from './requests/places.js';
import { makingOf } from './statements/making.js';
import { readEach, type ReadSigned } from './statements/signed.js';
import { allOrTogether, speaksAlone, together } from './together.js';

export interface UploadsDependencies extends PrepareDependencies {
  /** Where what can't be done at once waits. */
  readonly desk: Desk;
  readonly denials: Denials;
  /** New requests a minute and member. */
  readonly rate: Buckets;
}

/** Who submits, and how its standing is looked at again when the log has moved under the decision. */
export interface Submitter {
  readonly caller: Caller;
  readonly records: RecordReader;
  readonly renew: () => Promise<Caller>;
}

/** At most this many changes in one request: what fits a block. */
export const MAX_CHANGES = 256;
/** How often a decision is made anew because what it rested on was replaced meanwhile. */
const ATTEMPTS = 5;

/** One submission: what it is, of whom, and how its changes are made. */
interface Submission {
  readonly request: UploadRequest;
  readonly caller: Member;
  readonly inputHash: string;
  readonly signed: readonly (ReadSigned | null)[];
  /** What is wrong with signed changes that can't be read; as `signed` has none for them, they are never accepted. */
  readonly unread: readonly VitrineError[];
  readonly build: (making: Making) => Promise<readonly AnyChange[]>;
}

const AT_ONCE: Permitted = { sealing: () => null, upload: null };

export class Uploads {
  readonly #deps: UploadsDependencies;
  readonly #submitter: Submitter;
  readonly #preparer: Preparer;

  constructor(deps: UploadsDependencies, submitter: Submitter) {
    this.#deps = deps;
    this.#submitter = submitter;
    this.#preparer = new Preparer(deps, submitter.records);
  }

  /**
   * Submits the changes that `build` makes, all in one block or none. `build` runs only for a request that is new, and
   * again when a record that it relied on was replaced before the commit, or when what it makes was asked for before.
   * @throws VitrineError UNAUTHENTICATED, FORBIDDEN, LICENCE_INACTIVE, CONFLICT, BAD_USER_INPUT, UNAVAILABLE;
   *   ENDORSEMENT_PENDING, UPLOAD_DENIED, UPLOAD_EXPIRED, COMMITMENT_MISMATCH where a policy asks for more than the rules;
   *   RATE_LIMITED
   */
  async submit(
    request: UploadRequest,
    build: (making: Making) => Promise<readonly AnyChange[]>,
  ): Promise<readonly Accepted[]> {
    let caller = requireSignedIn(this.#submitter.caller);
    const inputHash = this.#deps.ledger.keys.inputMac(canonical(request.input));
    const known = await this.#known(request, caller, inputHash);
    if (known !== null) return known;
    this.#requireRate(caller);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once({ request, caller, inputHash, ...readEach(request.signed ?? []), build });
      } catch (error) {
        this.#submitter.records.forget();
        if (!(error instanceof StaleAuthority))
          return this.#acceptedMeanwhile(error, request, caller, inputHash);
        if (attempt === ATTEMPTS)
          throw new VitrineError('UNAVAILABLE', 'what the request rests on keeps changing; ask again', {
            details: { moved: true },
          });
        caller = sameStanding(caller, requireSignedIn(await this.#submitter.renew()));
      }
    }
  }

  /** Writes down, or counts, that a rule refused a request. Never throws. */
  denied(request: DeniedPort, error: unknown): Promise<void> {
    return this.#deps.denials.record(this.#submitter.caller, request, error);
  }

  /** The value of a bounded counter, checked against the entry that moved it last. */
  counter(id: string): Promise<bigint> {
    return this.#deps.ledger.counter(id);
  }

  async #known(
    request: UploadRequest,
    caller: Member,
    inputHash: string,
  ): Promise<readonly Accepted[] | null> {
    const all = await this.#deps.ledger.find(caller.institution, caller.id, request.requestId, request.part);
    const parts = request.part === undefined ? all : all.filter((one) => one.part === request.part);
    if (parts.length === 0) return null;
    if (parts.some((one) => one.inputHash !== inputHash))
      throw new VitrineError('CONFLICT', 'this requestId was used for another input; take a new one', {
        path: ['input', 'requestId'],
      });
    return parts.map(({ part, index, block, subject }) => ({
      request: request.requestId,
      part,
      index,
      block,
      ...subject,
      repeated: true,
    }));
  }

  /**
   * A request that was sent twice may have been accepted while this one was checked, and is then refused for what it did
   * itself: it gets the same receipt.
   * @throws the error itself, when it wasn't accepted
   */
  async #acceptedMeanwhile(
    error: unknown,
    request: UploadRequest,
    caller: Member,
    inputHash: string,
  ): Promise<readonly Accepted[]> {
    const known = error instanceof VitrineError ? await this.#known(request, caller, inputHash) : null;
    if (known !== null) return known;
    throw error;
  }

  /** At once, where nothing must be endorsed: all of that is known in memory. Else in two steps. */
  async #once(submission: Submission): Promise<readonly Accepted[]> {
    const { request, caller, unread } = submission;
    const { desk } = this.#deps;
    const changes = await this.#build(submission);
    if (changes.length === 0 || changes.length > MAX_CHANGES)
      throw new VitrineError('BAD_USER_INPUT', `expected 1 to ${MAX_CHANGES} changes, got ${changes.length}`);
    const required = await desk.requiredFor(changes);
    if (unread.length > 0)
      throw together([...unread, ...(await this.#refused(submission, changes, required))]);
    const places = placesOf(caller, request);
    const id = places.find((place) => desk.has(place)) ?? places[0];
    const isAsked = desk.has(id);
    if (!isAsked && desk.isMetBy(required.requirements, caller)) {
      const group = await this.#prepare(submission, changes, unanswered(required, places), AT_ONCE);
      return this.#append(submission, changes, group);
    }
    const terms = this.#asking(submission, id, required);
    if (!isAsked) return this.#ask(terms);
    const loaded = await loading(terms, changes);
    return this.#append(submission, loaded.changes, loaded.group);
  }

  async #ask(terms: Asking): Promise<never> {
    const { id, caller, inputHash } = terms;
    await this.#deps.desk.requireRoom(caller.id);
    const change = await asking(terms);
    // Under the id of what it makes: the request's own id is for what it asks for.
    const request: UploadRequest = { requestId: id, input: null };
    const build = () => Promise.resolve([change]);
    const submission: Submission = { request, caller, inputHash, signed: [], unread: [], build };
    const required = unanswered(terms.required, placesOf(caller, terms.request));
    const group = await this.#prepare(submission, [change], required, AT_ONCE);
    await this.#append(submission, [change], group);
    return refusePending(this.#deps.desk, id);
  }

  #asking(submission: Submission, id: string, required: Required): Asking {
    const { ledger, desk, clock } = this.#deps;
    const { request, caller, inputHash, build } = submission;
    return {
      desk,
      keys: ledger.keys,
      signerOf: (thumbprint) => {
        const key = ledger.trusted.key(thumbprint);
        if (key === undefined || key.revoked !== null) return null;
        return {
          key: thumbprint,
          entry: key.entry,
          mode: caller.institution === null ? 'service' : 'delegated',
        };
      },
      clock,
      pipeline: {
        build,
        permit: async (changes) => {
          await allOrTogether(changes.map((change) => this.#preparer.permit(change, caller)));
        },
        prepare: (changes, permitted) => this.#prepare(submission, changes, required, permitted),
      },
      request,
      id,
      caller,
      inputHash,
      required,
    };
  }

  async #prepare(
    { request, caller, inputHash, signed }: Submission,
    changes: readonly AnyChange[],
    required: Required,
    { sealing, upload }: Permitted,
  ): Promise<readonly PendingEntry[]> {
    const first = request.part ?? 0;
    const prepare = (change: AnyChange, place: number): Promise<PendingEntry> => {
      const own = signed[place] ?? null;
      const terms: Terms = {
        request,
        part: first + place,
        inputHash,
        signed: own,
        sealing: own === null ? sealing(place) : null,
        upload,
        required,
      };
      return this.#preparer.prepare(change, caller, terms);
    };
    // Side by side, since signatures are made on other threads.
    return allOrTogether(changes.map(prepare));
  }

  /** @throws what `build` throws, and with it what is wrong with the statements themselves and with the licence */
  async #build({ request, caller, signed, unread, build }: Submission): Promise<readonly AnyChange[]> {
    const making = makingOf(
      signed.map((one) => one && one.parsed.statement),
      this.#deps.clock,
    );
    try {
      return await build(making);
    } catch (error) {
      if (speaksAlone(error)) throw error;
      throw together([error, ...unread, ...this.#preparer.refusedUnmade(request, caller, signed)]);
    }
  }

  /** What else is wrong with changes that can't be accepted. */
  async #refused(
    submission: Submission,
    changes: readonly AnyChange[],
    required: Required,
  ): Promise<readonly unknown[]> {
    try {
      await this.#prepare(submission, changes, required, AT_ONCE);
      return [];
    } catch (error) {
      return [error];
    }
  }

  /** @param group the changes' entries, and behind them what commits with them */
  async #append(
    { request, caller, inputHash }: Submission,
    changes: readonly AnyChange[],
    group: readonly PendingEntry[],
  ): Promise<readonly Accepted[]> {
    const positions = await this.#deps.ledger
      .append(group)
      .catch((error: unknown) => this.#requireHolder(error, changes));
    this.#submitter.records.forget();
    // Accepted while this one was checked: with the ids that it was given then, not with those of this group.
    if (positions.some(({ repeated }) => repeated)) {
      const known = await this.#known(request, caller, inputHash);
      if (known !== null) return known;
    }
    return group.slice(0, changes.length).map((entry, place) => {
      const position = positions[place];
      if (position === undefined)
        throw new VitrineError('INTERNAL', 'the ledger gave fewer places than entries');
      const { index, block } = position;
      return {
        request: entry.request,
        part: entry.part,
        index,
        block,
        ...entry.subject,
        repeated: false,
      };
    });
  }

  /**
   * A conflict names who holds a key by a row that whoever holds the database could have written: that record must have
   * the key, or it isn't named.
   * @throws the error itself; VitrineError INTEGRITY_VIOLATION when the holder doesn't hold it
   */
  async #requireHolder(error: unknown, changes: readonly AnyChange[]): Promise<never> {
    if (!(error instanceof VitrineError) || error.code !== 'CONFLICT') throw error;
    const path = JSON.stringify(error.inputPath);
    const { records } = this.#submitter;
    records.forget();
    for (const { kind, head, values } of changes)
      for (const key of kind.uniqueKeys?.(values, head) ?? [])
        if (JSON.stringify(key.path) === path) await records.byKey(kind, key.scope, key.value);
    throw error;
  }

  #requireRate(caller: Member): void {
    const retryAfter = this.#deps.rate.take(caller.id);
    if (retryAfter === 0) return;
    throw new VitrineError(
      'RATE_LIMITED',
      `expected fewer requests a minute: send the next one in ${retryAfter} seconds, or many in a batch`,
      { details: { rule: 'rate', retryAfter } },
    );
  }
}

/** @throws VitrineError UNAUTHENTICATED */
export function requireSignedIn(caller: Caller): Member {
  if (caller !== null) return caller;
  throw new VitrineError('UNAUTHENTICATED', 'this needs an access token', { details: { rule: 'caller' } });
}

/** The renewed caller, if the log moved but its standing is what it was. */
function sameStanding(before: Member, now: Member): Member {
  const roles = [...before.roles].sort().join() === [...now.roles].sort().join();
  const same = roles && before.institution === now.institution && before.licensed === now.licensed;
  if (same && before.patient === now.patient) return now;
  throw new VitrineError('FORBIDDEN', 'your standing changed while the request was checked', {
    details: { rule: 'caller' },
  });
}
