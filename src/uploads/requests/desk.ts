/**
 * Where requests for permission wait: whether a change must be asked for, what became of the asking, and what only the
 * clock decides (the end of a waiting time, the end of a request). One for a process; what it knows stands on the log.
 */
import type { Ledger, PendingEntry } from '../../ledger/index.js';
import { StaleAuthority } from '../../ledger/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Member, Random, RecordHead, RecordStore, Unrelated } from '../../records/index.js';
import type { AnyChange } from '../change.js';
import { sealedByDeployment } from '../deployment.js';
import { verdict, type Required, type Requirement } from '../policies/index.js';
import { countedOf } from './endorsers.js';
import { NOTHING, type PolicySource } from './required.js';
import { isEnd, nextState, requireNext, type Refused, type UploadEvent, type UploadState } from './states.js';
import { asEndorser, endorserOf, uploadKind, type UploadValues } from './upload.kind.js';

export interface DeskDependencies {
  readonly ledger: Ledger;
  readonly store: Pick<RecordStore, 'load' | 'find'>;
  readonly policies: PolicySource;
  readonly random: Random;
  readonly clock: () => Date;
  /** How long a request that the deployment signs can be endorsed and loaded, in milliseconds. */
  readonly lifetimeMs: number;
  /** Requests of a member that wait at a time, at most. */
  readonly open: number;
}

/** A request as it stands on the log. */
export type Upload = Unrelated<UploadValues>;

/** How far a request is met, and by which records: what is decided by it must name them as its authority. */
export interface Tally {
  /** What it still waits for, in words; null when its requirements are met. */
  readonly missing: string | null;
  /** Endorsers and their institutions in the versions by which they count. */
  readonly reliesOn: readonly Unrelated<object>[];
}

/** An event that nobody asks for, and what it rests on. */
interface Due extends Pick<Tally, 'reliesOn'> {
  readonly event: 'confirm' | 'expire';
}

/** How often a step is taken anew because somebody else's came first. */
const ATTEMPTS = 64;
/** When it is worth to ask again where too many wait. */
const RETRY_SECONDS = 60;

export class Desk {
  readonly #deps: DeskDependencies;

  constructor(deps: DeskDependencies) {
    this.#deps = deps;
  }

  get lifetimeMs(): number {
    return this.#deps.lifetimeMs;
  }

  /**
   * That a member may ask for one more: whoever endorses looks through what waits. Not under the head lock, so a few that are
   * asked for at the same moment may come on top.
   * @throws VitrineError RATE_LIMITED
   */
  async requireRoom(member: string): Promise<void> {
    const { store, open } = this.#deps;
    const waiting = await store.find(uploadKind, {
      where: [
        { column: 'member', op: 'eq', value: member },
        { column: 'state', op: 'in', value: ['VALIDATING', 'CONFIRMED'] },
      ],
      first: open,
    });
    if (waiting.length < open) return;
    throw new VitrineError(
      'RATE_LIMITED',
      `expected fewer than ${open} requests of yours that wait: load or withdraw some, or ask again once some are decided`,
      { details: { rule: 'rate', open, retryAfter: RETRY_SECONDS } },
    );
  }

  /** What must be met for these changes: each situation's, once. */
  async requiredFor(changes: readonly AnyChange[]): Promise<Required> {
    const situations = new Set<string>();
    const all: Required[] = [];
    for (const change of changes) {
      const situation = [situationOf(change), ...(change.besides ?? [])].join();
      if (!isGated(change)) continue;
      if (change.asks !== undefined) all.push({ ...NOTHING, requirements: change.asks });
      if (situations.has(situation)) continue;
      situations.add(situation);
      all.push(await this.#deps.policies.requiredFor(change));
    }
    const [only = NOTHING, ...more] = all;
    if (more.length === 0) return only;
    return {
      requirements: all.flatMap(({ requirements }) => requirements),
      authority: all.flatMap(({ authority }) => authority),
      absent: all.flatMap(({ absent }) => absent),
    };
  }

  /** What must be met in a situation. */
  requiredBy(change: Pick<AnyChange, 'op' | 'situation'>): Promise<Required> {
    return this.#deps.policies.requiredFor(change);
  }

  /** Whether requirements are met by the uploader's own standing, so that nothing needs to wait. */
  isMetBy(requirements: readonly Requirement[], caller: Member): boolean {
    const now = this.#deps.clock();
    return verdict(requirements, endorserOf(caller), [], now.toISOString(), now).state === 'CONFIRMED';
  }

  /** Whether there is a request of this id, by the verified log alone. */
  has(id: string): boolean {
    return this.#deps.ledger.trusted.hasSubject(uploadKind.name, id);
  }

  /** Whether something was asked for under this id; false for a denial by a rule, which asks for nothing. */
  async isAsked(id: string): Promise<boolean> {
    return this.has(id) && (await this.load(id)).values.statements.length > 0;
  }

  /**
   * A request as it stands now: what its times decide is on the log first.
   * @throws VitrineError NOT_FOUND, INTEGRITY_VIOLATION
   */
  async settled(id: string): Promise<Upload> {
    for (let attempt = 1; ; attempt++) {
      const upload = await this.load(id);
      const due = await this.#dueOf(upload);
      if (due === null) return upload;
      await this.#advance(upload, due, attempt);
    }
  }

  /** A request as the log has it. @throws VitrineError NOT_FOUND, INTEGRITY_VIOLATION */
  async load(id: string): Promise<Upload> {
    await this.#deps.ledger.sync();
    const found = (await this.#deps.store.load(uploadKind, [id])).get(id);
    if (found instanceof VitrineError) throw found;
    if (found === null || found === undefined)
      throw new VitrineError('NOT_FOUND', 'no UploadRequest has this id', { path: ['input', 'upload'] });
    // The store opened it as this kind, whose schema has validated its values.
    return found as Upload;
  }

  /** What is due though nobody asks for it, or null: its time is over; what it waited for is there. */
  async #dueOf(upload: Upload): Promise<Due | null> {
    const { state, expiresAt, confirmableFrom } = upload.values;
    if (isEnd(state)) return null;
    const now = this.#deps.clock().toISOString();
    if (expiresAt !== null && now >= expiresAt) return { event: 'expire', reliesOn: [] };
    if (state !== 'VALIDATING' || (confirmableFrom !== null && now < confirmableFrom)) return null;
    // Without a waiting time too: who endorsed counts again once it is reinstated.
    const { missing, reliesOn } = await this.tally(upload);
    return missing === null ? { event: 'confirm', reliesOn } : null;
  }

  /** How far a request is met by those who endorsed it, as they stand now. */
  async tally(
    { values }: Pick<Upload, 'values'>,
    requirements: readonly Requirement[] = values.requirements,
  ): Promise<Tally> {
    const now = this.#deps.clock();
    const { endorsers, reliesOn } = await countedOf(this.#deps.store, values, now.toISOString().slice(0, 10));
    const outcome = verdict(requirements, asEndorser(values.uploader), endorsers, values.requestedAt, now);
    return { missing: outcome.state === 'CONFIRMED' ? null : outcome.missing, reliesOn };
  }

  /** A request as its refusals tell it. */
  async refused(upload: Upload): Promise<Refused> {
    const { state, expiresAt, confirmableFrom, reasons } = upload.values;
    const missing = state === 'VALIDATING' ? (await this.tally(upload)).missing : null;
    return {
      id: upload.head.id,
      state,
      expiresAt,
      confirmableFrom,
      reasons,
      ...(missing === null ? {} : { missing }),
    };
  }

  /**
   * Whether a request may be loaded, under what is required of the changes today: a policy that became stricter since
   * the asking counts, and so does that an endorser was suspended.
   * @returns what that rests on
   * @throws VitrineError ENDORSEMENT_PENDING, UPLOAD_DENIED, UPLOAD_EXPIRED, CONFLICT
   */
  async requireLoadable(
    upload: Upload,
    inputHash: string,
    today: readonly Requirement[],
  ): Promise<Tally['reliesOn']> {
    requireNext(await this.refused(upload), 'load', false);
    const { input } = upload.values;
    if (input !== null && input !== inputHash)
      throw new VitrineError('CONFLICT', 'this requestId was used for another input; take a new one', {
        path: ['input', 'requestId'],
      });
    const { missing, reliesOn } = await this.tally(upload, [...upload.values.requirements, ...today]);
    if (missing === null) return reliesOn;
    const message = `what must be endorsed, or who endorsed, has changed since the asking (${missing} is missing): ask with a new requestId`;
    throw new VitrineError('CONFLICT', message, { details: { upload: upload.head.id, rule: 'policy' } });
  }

  /** The entry that marks a request as loaded; it goes into the group of what is loaded, which rests on the same. */
  loaded(upload: Upload, reliesOn: Tally['reliesOn']): Promise<PendingEntry> {
    return this.#step(upload, 'load', 'LOADED', reliesOn);
  }

  async #advance(upload: Upload, { event, reliesOn }: Due, attempt: number): Promise<void> {
    const next = nextState(upload.values.state, event, true);
    // `dueOf` names no other event.
    const entry = await this.#step(upload, event, next as UploadState, reliesOn);
    try {
      await this.#deps.ledger.append([entry]);
    } catch (error) {
      // Somebody else's step came first, or an endorser counts no more: it is looked at again.
      const moved =
        error instanceof StaleAuthority || (error instanceof VitrineError && error.code === 'CONFLICT');
      if (!moved || attempt === ATTEMPTS) throw error;
    }
  }

  #step(
    upload: Upload,
    event: UploadEvent,
    state: UploadState,
    reliesOn: Tally['reliesOn'],
  ): Promise<PendingEntry> {
    const head: RecordHead = { ...upload.head, schema: uploadKind.schema, version: upload.head.version + 1 };
    const values: UploadValues = { ...upload.values, state };
    const op = `${uploadKind.noun}.${event}`;
    return sealedByDeployment(this.#deps, {
      op,
      kind: uploadKind,
      head,
      values,
      base: upload,
      detail: { state },
      authority: reliesOn.map(({ anchor }) => anchor.index),
    });
  }
}

/** What policies look at. */
export function situationOf({ situation, op }: Pick<AnyChange, 'situation' | 'op'>): string {
  return situation ?? op;
}

/** Requests for permission, endorsements and refusals need none themselves. */
function isGated({ kind }: AnyChange): boolean {
  return kind.name !== uploadKind.name;
}
