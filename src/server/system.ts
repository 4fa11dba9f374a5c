/** The system without its network side: store, standing and uploads over one ledger, and a context for each request. */
import type { RequestContext, RequestLog, ViewingPort } from '../api/index.js';
import { Reads, Spent, type Database } from '../database/index.js';
import type { Ledger } from '../ledger/index.js';
import { nativeHash, systemRandom } from '../ledger/index.js';
import { VitrineError } from '../ledger/core/index.js';
import type { Caller, KindRegistry, LookupsFor, Looked } from '../records/index.js';
import { CallerReader, RecordStore, watchedCaller } from '../records/index.js';
import { requireTrusted, Standing, trustIdOf, trustKind } from '../standing/index.js';
import {
  Buckets,
  type DenialDependencies,
  Denials,
  Desk,
  operationOf,
  type Operations,
  Policies,
  signByService,
  sweepUploads,
  UploadRequests,
  Uploads,
} from '../uploads/index.js';
import { NotedReads, PageRenderer, Tries, Watch, sealReads } from '../viewing/index.js';
import type { Claims } from './authentication.js';
import { Past } from './past.js';
import type { RefusedMutation } from './refused-bearer.js';
import { UPLOADS_BY_DEFAULT, type UploadSettings, VIEWS_BY_DEFAULT, type ViewSettings } from './settings.js';

export interface SystemDependencies {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly kinds: KindRegistry;
  readonly operations: Operations;
  readonly lookups: LookupsFor;
  readonly clock: () => Date;
  readonly onViolation: (error: VitrineError) => void;
  readonly uploads?: UploadSettings;
  readonly views?: ViewSettings;
  /** Told of every rule that refused a mutation, and what became of the denial. */
  readonly onDenial?: DenialDependencies['onDenial'];
  /** Told of every alert about unusual access that this process raised, by its rule. */
  readonly onAlert?: (rule: string) => void;
  /** Told of what failed beside a request. */
  readonly onFailure?: (error: unknown, message: string) => void;
}

/** Nobody who isn't signed in is anybody in particular. */
const UNSIGNED: Readonly<Looked> = { personal: false, compared: new Set() };

/** Who bears the request: what a checked token says. */
export type Bearer = Pick<Claims, 'subject' | 'expires'> & Partial<Pick<Claims, 'key'>>;

export class System {
  readonly ledger: Ledger;
  readonly kinds: KindRegistry;
  readonly store: RecordStore;
  readonly standing: Standing;
  /** What may be used once, by all processes on the database. */
  readonly spent: Spent;
  /** What was read raw of patients and isn't sealed yet. */
  readonly reads: Reads;
  /** Draws pages of views; its threads start with the first. */
  readonly pages = new PageRenderer();
  readonly #desk: Desk;
  readonly #denials: Denials;
  readonly #rate: Buckets;
  readonly #viewing: ViewingPort;
  readonly #tries: Tries;
  readonly #past: Past;
  readonly #watch: Watch;
  readonly #deps: SystemDependencies;

  constructor(deps: SystemDependencies) {
    this.#deps = deps;
    this.ledger = deps.ledger;
    this.kinds = deps.kinds;
    this.store = new RecordStore(deps);
    this.standing = new Standing({
      ledger: deps.ledger,
      reader: () => this.#reader(null),
      clock: deps.clock,
    });
    const { ledger, clock, uploads = UPLOADS_BY_DEFAULT, onFailure } = deps;
    const onUncleaned = (error: unknown) => onFailure?.(error, 'what was spent long ago was not removed');
    this.spent = new Spent({ sql: deps.database.sql, clock, onFailure: onUncleaned });
    this.reads = new Reads(deps.database.sql);
    const common = { ledger, clock, random: systemRandom };
    const { facts } = this.store;
    const policies = new Policies({
      trusted: ledger.trusted,
      fact: (kind, id) => facts.newest(kind, id),
      clock,
    });
    const { lifetimeMs, open, denials: perMinute } = uploads;
    this.#desk = new Desk({ ...common, store: this.store, policies, lifetimeMs, open });
    const failed = (error: unknown) => onFailure?.(error, 'a denial was not written down');
    const isAsked = (id: string) => this.#desk.isAsked(id);
    const { onDenial } = deps;
    this.#denials = new Denials({
      ...common,
      perMinute,
      isAsked,
      onFailure: failed,
      ...(onDenial === undefined ? {} : { onDenial }),
    });
    this.#rate = new Buckets(uploads.rate, clock);
    this.#past = new Past(this.store, deps.lookups, deps.database.sql);
    const { onAlert } = deps;
    this.#watch = new Watch({
      ledger,
      clock,
      random: systemRandom,
      store: this.store,
      ...(onAlert === undefined ? {} : { onRaised: onAlert }),
    });
    this.#tries = new Tries(clock);
    this.#viewing = {
      mac: (scope, value) => ledger.keys.blindKey.mac(scope, value),
      spend: (scope, value, expires) => this.spent.spend(scope, value, expires),
      requireTries: (caller) => this.#tries.require(caller),
      tried: (ctx, identifier, patient) => this.#tries.tried(ctx, identifier, patient),
      sign: (payload) => signByService(ledger, payload),
      pages: this.pages,
      ...(deps.views ?? VIEWS_BY_DEFAULT),
    };
  }

  /** Settles the requests for permission whose time has come; how many were looked at. */
  sweep(): Promise<number> {
    return sweepUploads({ desk: this.#desk, store: this.store, clock: this.#deps.clock });
  }

  /** Raises alerts about unusual access that came since the last time; how many. */
  watch(): Promise<number> {
    return this.#watch.look();
  }

  /** Seals what was read raw of patients; how many entries hold it. */
  sealReads(): Promise<number> {
    const { ledger, clock, onViolation } = this.#deps;
    return sealReads({ ledger, clock, random: systemRandom, reads: this.reads, onViolation });
  }

  /**
   * The context of one request, or of one event of a subscription.
   * @param document of a subscription: each of its contexts is for it alone, while a vendor may send it
   * @throws VitrineError UNAUTHENTICATED, FORBIDDEN, LICENCE_INACTIVE as the bearer's standing is; UNTRUSTED_DOCUMENT;
   *   ROLLBACK_DETECTED
   */
  async contextOf(bearer: Bearer | null, requestLog: RequestLog, document?: string): Promise<RequestContext> {
    const context = this.#contextFor(await this.#callerOf(bearer), bearer, requestLog, document);
    if (document !== undefined) await requireTrusted(context, document);
    return context;
  }

  /**
   * Tells that a mutation was refused for what its bearer is: a stranger, or a member whose standing has ended, in whose name
   * it is a denial. Never throws.
   */
  async denied(bearer: Bearer | null, refused: RefusedMutation, error: unknown): Promise<void> {
    const operation = operationOf(this.#deps.operations, refused.mutation);
    if (operation === null) return;
    const request = { requestId: refused.requestId, operation };
    try {
      const member = bearer === null ? null : await this.standing.memberOf(bearer.subject);
      await this.#denials.record(member, request, error);
    } catch (failed) {
      this.#deps.onFailure?.(failed, 'a denial was not written down');
    }
  }

  #contextFor(
    caller: Caller,
    bearer: Bearer | null,
    requestLog: RequestLog,
    document?: string,
  ): RequestContext {
    const { ledger, clock, kinds } = this.#deps;
    const records = this.#reader(caller);
    const renew = () => this.#callerOf(bearer);
    const uploads = new Uploads(
      {
        ledger,
        clock,
        random: systemRandom,
        hash: nativeHash,
        desk: this.#desk,
        denials: this.#denials,
        operations: this.#deps.operations,
        rate: this.#rate,
      },
      { caller, records, renew },
    );
    const today = dayOf(clock());
    const list = this.#listOf(caller);
    return {
      caller,
      key: bearer?.key ?? null,
      records,
      uploads,
      requests: new UploadRequests(
        { ledger, desk: this.#desk, clock, kinds, operations: this.#deps.operations },
        { caller, records, uploads },
      ),
      viewing: this.#viewing,
      reads: new NotedReads(
        { reads: this.reads, mac: (scope, value) => this.#viewing.mac(scope, value), clock },
        caller,
      ),
      past: this.#past,
      log: ledger,
      kinds,
      clock,
      requestLog,
      renew: () => this.contextOf(bearer, requestLog, document),
      holds: () => this.#holds(caller, bearer, today) && this.#listOf(caller) === list,
      watched: () => {
        // Shared with those who hold other keys.
        const shared = bearer && { ...bearer, key: null };
        if (caller === null)
          return { context: this.#contextFor(null, shared, requestLog, document), looked: UNSIGNED };
        const { caller: watched, looked } = watchedCaller(caller);
        return { context: this.#contextFor(watched, shared, requestLog, document), looked };
      },
    };
  }

  /** The entry of a vendor's list of trusted documents; what it has open may not be on a newer one. */
  #listOf(caller: Caller): bigint | undefined {
    if (caller?.roles.has('VENDOR') !== true) return undefined;
    return this.ledger.trusted.subject(trustKind.name, trustIdOf(caller.id))?.index;
  }

  /** A licence begins and ends with a day. */
  #holds(caller: Caller, bearer: Bearer | null, day: string): boolean {
    if (caller === null || bearer === null) return true;
    const now = this.#deps.clock();
    const { trusted } = this.#deps.ledger;
    if (bearer.expires * 1000 <= now.getTime() || dayOf(now) !== day || trusted.alarm !== undefined)
      return false;
    return !caller.authority.some((index) => trusted.isSuperseded(index));
  }

  async #callerOf(bearer: Bearer | null): Promise<Caller> {
    if (bearer === null) return null;
    if (bearer.expires * 1000 <= this.#deps.clock().getTime())
      throw new VitrineError('UNAUTHENTICATED', 'the access token has expired');
    return this.standing.callerOf(bearer.subject);
  }

  #reader(caller: Caller): CallerReader {
    return new CallerReader(this.store, caller, this.#deps.lookups);
  }
}

function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}
