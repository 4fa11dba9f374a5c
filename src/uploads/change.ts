/** A wished-for mutation as plain data (design: architecture, "The one way in"). */
import type { Charge, CounterMove, WholeList } from '../ledger/index.js';
import type {
  Json,
  Loaded,
  Moving,
  RecordHead,
  RecordKind,
  Relation,
  Role,
  SealedVersion,
  Unrelated,
} from '../records/index.js';
import type { LicensedWork } from '../standing/index.js';
import type { Requirement } from './policies/requirement.js';
import type { SignedStatement } from './statements/signed.js';

/** Who may do an operation: any of the roles, standing in any of the relations to the record. */
export interface Permission {
  readonly roles: readonly Role[];
  /** Relations of the caller to the record, its base version or else the new one; empty: the role suffices. */
  readonly relations: readonly Relation[];
}

/** A public key that the change registers on the log. */
export type KeyRegistration =
  /** Makes a key for the institution's interactive users; the private half stays with the deployment. */
  | { readonly use: 'delegated'; readonly institution: string }
  /** A member's own key. `publicKey` is 32 bytes of Ed25519, base64url; `replaces` a thumbprint that ends. */
  | {
      readonly use: 'own';
      readonly institution: string | null;
      readonly member: string;
      readonly publicKey: string;
      readonly replaces?: string;
    };

export interface Change<V extends object = object> {
  /** `<noun>.<verb>` */
  readonly op: string;
  /** What endorsement policies look at: the operation by default, finer where it matters: `report.amend.late`. */
  readonly situation?: string;
  /** Situations whose policies must be met besides that of its own: the one that a policy's change is about. */
  readonly besides?: readonly string[];
  readonly kind: RecordKind<V>;
  readonly head: RecordHead;
  readonly values: V;
  /** The version that this one replaces, as it was loaded in this request; null for version 1. */
  readonly base: Loaded<V> | null;
  readonly permission: Permission;
  /** The caller's institution must hold an active licence (care, reports). */
  readonly licensed: boolean;
  /** Kinds of work of which the licence must allow one; by default what the table says of the operation. */
  readonly work?: readonly LicensedWork[];
  /** Other records that the decision rests on: they must still be current when the commit is made. */
  readonly reliesOn?: readonly Unrelated<object>[];
  /** Lists that the decision rests on being whole: nothing may have joined one when the commit is made. */
  readonly whole?: readonly WholeList[];
  /** Records that the decision took not to be there: they must be absent still when the commit is made. */
  readonly absent?: readonly { readonly kind: string; readonly id: string }[];
  /** Numbers that the commit moves within bounds. */
  readonly counters?: readonly CounterMove[];
  /** What the commit counts against allowances, each thing once in a window of time. */
  readonly charges?: readonly Charge[];
  /** Small facts for the opening; no personal data. */
  readonly detail?: Readonly<Record<string, Json>>;
  readonly registers?: KeyRegistration;
  /** Values that this change destroys, in its base and in every version before: it has no values of its own then. */
  readonly erases?: {
    readonly names: readonly string[];
    /** Every version of the record, the base last. */
    readonly versions: readonly SealedVersion[];
  };
  /** The lists that the record leaves and joins: its operation is `<noun>.transfer`. */
  readonly moves?: Moving;
  /** What must be approved besides what policies ask, where the change itself says by whom. */
  readonly asks?: readonly Requirement[];
}

/** A change of some kind, for lists of changes of several kinds. */
export type AnyChange = Change;

/** What a mutation carries besides its content. */
export interface UploadRequest {
  /** The client's id of the request (UUID): the same again gets the same receipt. */
  readonly requestId: string;
  /** The mutation and its whole input, for the keyed hash that tells the same request from another under its id. */
  readonly input: Json;
  /** Place within a batch of which each part stands alone; 0 by default. */
  readonly part?: number;
  /** By the place of its changes: those that are signed by the uploader's own key. Not part of `input`. */
  readonly signed?: readonly (SignedStatement | null)[];
}

/** What the pipeline gives back for each change, in order. */
export interface Accepted {
  readonly request: string;
  readonly part: number;
  readonly index: bigint;
  readonly block: bigint;
  /** Kind, id and version of the record, to load what the payload answers with. */
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** The same request had been accepted before. */
  readonly repeated: boolean;
}
