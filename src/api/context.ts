/**
 * What a resolver may reach. `uploads` stands above this room, so its port is declared here by its shape; a service
 * that hands a `Change` to `ctx.uploads.submit` fits it without a cast.
 */
import type { InputPath, VitrineError } from '../ledger/core/index.js';
import type { Ledger } from '../ledger/index.js';
import type {
  Caller,
  FieldClass,
  Json,
  KindRegistry,
  Looked,
  Member,
  RecordHead,
  RecordKind,
  RecordReader,
  Relation,
  Role,
  Unrelated,
} from '../records/index.js';

/** One wished-for mutation, as far as this room knows it; `uploads/change.ts` says all of it. */
export interface ChangePort {
  readonly op: string;
  readonly kind: object;
  readonly head: RecordHead;
  readonly values: object;
  readonly base: object | null;
  readonly permission: { readonly roles: readonly Role[]; readonly relations: readonly Relation[] };
  readonly licensed: boolean;
}

/** What the pipeline gives back for each change (`uploads/change.ts`, `Accepted`). */
export interface AcceptedPort {
  /** The client's request id. */
  readonly request: string;
  /** Place within the request, from 0. */
  readonly part: number;
  /** Position on the log. */
  readonly index: bigint;
  /** Height of its block. */
  readonly block: bigint;
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** The same request had been accepted before. */
  readonly repeated: boolean;
}

/** What a change holds without its input saying it: chosen anew, or as its uploader signed it beforehand. */
export interface Making {
  /**
   * Id of the record that a change begins.
   * @param place of the change in the list that `build` gives; 0 by default
   */
  readonly id: (place?: number) => string;
  /** The moment of values that hold one, such as the time of a report's filing. What is allowed now, `clock` says. */
  readonly moment: (place?: number) => Date;
}

/** A change's signature by its uploader's own key (`uploads/statements/signed.ts`). */
export interface SignedPort {
  readonly statement: string;
  readonly seed: string;
  readonly path?: InputPath;
}

/** What was refused, as far as a denial tells it. */
export interface DeniedPort {
  readonly requestId: string | null;
  /** Of a batch of which each part stands alone; without it, the request as a whole. */
  readonly part?: number;
  /** `<noun>.<verb>`, where the refusal itself doesn't name it. */
  readonly operation: string;
}

/** The one way in (design: architecture). All changes of one call are one group: all are committed, or none. */
export interface Submit {
  /**
   * @param request the client's request id, the mutation's whole input, and the part of a batch of which each part
   *   stands alone.
   *   `signed` by the place of its changes: what is signed by the caller's own key.
   * @param build makes the changes; called only when the request is new, and again when standing changed meanwhile.
   */
  submit(
    request: {
      readonly requestId: string;
      readonly input: Json;
      readonly part?: number;
      readonly signed?: readonly (SignedPort | null)[];
    },
    build: (making: Making) => Promise<readonly ChangePort[]>,
  ): Promise<readonly AcceptedPort[]>;
  /**
   * Tells that a mutation was refused: where a rule did it, that becomes a denial (schema/uploads.md, "Denials"). Anything
   * else that was thrown is none. Never throws.
   * @param request the client's request id, if it gave one, the part of a batch, and what it asked for
   */
  denied(request: DeniedPort, error: unknown): Promise<void>;
  /** The value of a bounded counter, checked against the entry that moved it last. */
  counter(id: string): Promise<bigint>;
}

/** Lays pages out and draws them, beside the main thread. */
export interface PagesPort {
  count(model: object): Promise<number>;
  /** A PNG; null when there is no such page. */
  page(
    model: object,
    mark: object,
    asked: { readonly page: number; readonly scale: 1 | 2 },
  ): Promise<Uint8Array | null>;
}

/** What looking without taking needs of the deployment (`viewing`). */
export interface ViewingPort {
  /** Keyed hash, lower-case hex, that nobody but the deployment can make. */
  mac(scope: string, value: string): string;
  /** Uses a value up, for every process: true the first time only. */
  spend(scope: string, value: string, expires: Date): Promise<boolean>;
  /**
   * That a member may try identifiers by giving them to a patient: not while its lookups are used up.
   * @throws VitrineError BUDGET_EXHAUSTED
   */
  requireTries(caller: Member): void;
  /**
   * Writes down and charges that a member tried an identifier which somebody else's patient has: as the lookup that it was.
   * @param patient the holder, where it was told
   * @throws VitrineError BUDGET_EXHAUSTED
   */
  tried(ctx: RequestContext, identifier: string, patient: string | null): Promise<void>;
  /** Signs for the deployment itself. */
  sign(payload: Uint8Array): Promise<{
    readonly jws: string;
    /** 32 bytes of Ed25519. */
    readonly key: Uint8Array;
    /** The entry that registered it. */
    readonly entry: bigint;
  }>;
  /** Where models of pages become images; `viewing` knows what they hold. */
  readonly pages: PagesPort;
  /** How long a view stays open, in milliseconds. */
  readonly lifetimeMs: number;
  /** How long one for an emergency does. */
  readonly emergencyMs: number;
}

/** Raw values of patients that an answer shows: written down before it leaves (`viewing/reads`). */
export interface ReadsPort {
  /** That the answer shows the caller values of a class of a patient's, for what the caller is to the patient. */
  note(patient: string, relation: Relation, fieldClass: FieldClass): void;
  /**
   * Writes down what was noted since the last time.
   * @throws VitrineError UNAVAILABLE; nothing of the answer may leave then
   */
  settle(): Promise<void>;
}

/**
 * What stood at a moment (RFC 3339 UTC with milliseconds), by verified versions and the log's times: for explaining what was
 * decided then. What was erased since reads null.
 */
export interface PastPort {
  /**
   * Whether the log has an entry that is about a patient and concerns a member or its institution: it recorded care, looked, was granted
   * something, kept the file. One statement, whomever it is about.
   */
  met(caller: Member, patient: string): Promise<boolean>;
  /** The version of a record that stood; null when there was none yet. */
  record<V extends object>(kind: RecordKind<V>, id: string, at: string): Promise<Unrelated<V> | null>;
  /** A member as it stood; the refusal that its standing got; null for nobody. */
  member(id: string, at: string): Promise<Member | VitrineError | null>;
  /** Who a caller was to a record, by what the kind's relations rested on then. */
  relations<V extends object>(
    kind: RecordKind<V>,
    record: Unrelated<V>,
    caller: Caller,
    at: string,
  ): Promise<ReadonlySet<Relation>>;
}

/** Requests for permission to upload (`uploads/requests`). */
export interface UploadRequestsPort {
  ask(input: {
    readonly requestId: string;
    /** Compact JWS by the caller's own key, of one operation, parts 0, 1, 2 … */
    readonly statements: readonly string[];
    readonly situation?: string | null;
  }): Promise<AcceptedPort>;
  endorse(input: {
    readonly requestId: string;
    /** Id of the request. */
    readonly upload: string;
    /** Compact JWS by the caller's own key; left out, the delegated one signs. */
    readonly endorsement?: string | null;
  }): Promise<AcceptedPort>;
  deny(input: {
    readonly requestId: string;
    readonly upload: string;
    readonly reasons: readonly string[];
    readonly endorsement?: string | null;
  }): Promise<AcceptedPort>;
}

/** The log as a request may see it. */
export type AuditLog = Pick<
  Ledger,
  | 'origin'
  | 'verifierKeys'
  | 'trusted'
  | 'proofs'
  | 'witnesses'
  | 'sync'
  | 'onAdvance'
  | 'checkpoint'
  | 'checkpointOver'
>;

/** Where a request writes its log lines; a pino logger fits. Never a patient's data, never a value of a field. */
export interface RequestLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** One per request, and one per event of a subscription. Not frozen: graphql-shield keeps a property of its own on it. */
export interface RequestContext {
  /** The member who asks, in good standing at this moment; null without a token. */
  readonly caller: Caller;
  /**
   * RFC 7638 thumbprint of the key that this request's DPoP proof was made with, and which the token is bound to; null
   * where the token is bound to none (development alone), and where the answer is shared with others.
   */
  readonly key: string | null;
  /** The one way out: verified records, with the caller's relations to each. */
  readonly records: RecordReader;
  /** The one way in. */
  readonly uploads: Submit;
  /** Asking first, and deciding on what others ask. */
  readonly requests: UploadRequestsPort;
  /** Links to pages, codes and lifetimes of views. */
  readonly viewing: ViewingPort;
  /** What of patients is read raw in this request. */
  readonly reads: ReadsPort;
  /** What stood at other times. */
  readonly past: PastPort;
  readonly log: AuditLog;
  /** Every kind of the deployment, to load a record of which only the log's name of its kind is known. */
  readonly kinds: KindRegistry;
  readonly clock: () => Date;
  readonly requestLog: RequestLog;
  /**
   * A context of the same bearer as of now, with nothing cached: for each event of a subscription.
   * @throws VitrineError when the bearer's token or standing has ended.
   */
  readonly renew: () => Promise<RequestContext>;
  /**
   * Whether everything that the caller's standing rests on is still so, as far as this process has read the log; without
   * the database, so it may be asked for every event. When it says no, `renew` tells what became of it.
   */
  readonly holds: () => boolean;
  /** The same for an answer that callers of the same standing share: with a note of what is the caller's own in it. */
  readonly watched: () => WatchedContext;
}

/** A context whose caller is watched. */
export interface WatchedContext {
  readonly context: RequestContext;
  /** Complete when the answer is. */
  readonly looked: Readonly<Looked>;
}
