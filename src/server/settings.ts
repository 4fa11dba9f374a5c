/** The settings as data. `src/config.ts` reads them from the environment; nobody else does. */

/** Whose tokens are accepted. */
export type Identity =
  | {
      readonly kind: 'openid';
      readonly issuer: string;
      readonly audience: string;
      /** Null: by the provider's discovery document. */
      readonly jwksUrl: string | null;
    }
  /** Tokens of the process's own issuer: anyone on this machine can be anyone. */
  | { readonly kind: 'development'; readonly audience: string }
  | { readonly kind: 'none' };

/** What a request may cost at most. */
export interface Limits {
  /** Bytes of a request body or a WebSocket message. */
  readonly bodyBytes: number;
  readonly depth: number;
  readonly aliases: number;
  readonly tokens: number;
  readonly cost: number;
  /** Open operations on one WebSocket. */
  readonly subscriptions: number;
  /** Milliseconds for a request to arrive, and to be answered. */
  readonly requestMs: number;
  /** Milliseconds that open requests are waited for when stopping. */
  readonly stopMs: number;
}

/** Asking for permission to upload. */
export interface UploadSettings {
  /** How long a request that the deployment signs can be endorsed and loaded, in milliseconds. */
  readonly lifetimeMs: number;
  /** New requests a minute and member, of whatever mutation; 0: no bound. */
  readonly rate: number;
  /** Requests of a member that wait at a time, at most. */
  readonly open: number;
  /** Denials a minute and member that are written to the log; 0: none. */
  readonly denials: number;
  /** How often requests are looked for whose time has come, in milliseconds. */
  readonly sweepMs: number;
}

export const UPLOADS_BY_DEFAULT: UploadSettings = {
  lifetimeMs: 7 * 24 * 3600_000,
  rate: 120_000,
  open: 512,
  denials: 10,
  sweepMs: 30_000,
};

/** What subscribers who follow the log may cost, all of them at one process. */
export interface FeedBounds {
  /** Bytes that a WebSocket may have unsent before its subscriptions get no more. */
  readonly bufferBytes: number;
  /** Milliseconds that it may be so full before they are told to resume. */
  readonly stallMs: number;
  /** Bytes of answers kept for those who are a little behind. */
  readonly cacheBytes: number;
}

/** How long views stay open. */
export interface ViewSettings {
  readonly lifetimeMs: number;
  readonly emergencyMs: number;
}

export const VIEWS_BY_DEFAULT: ViewSettings = { lifetimeMs: 15 * 60_000, emergencyMs: 5 * 60_000 };

/** Raw reads of patients. */
export interface ReadSettings {
  /** How often those that were written down are sealed into batches on the log, in milliseconds. */
  readonly sealMs: number;
}

export const READS_BY_DEFAULT: ReadSettings = { sealMs: 60_000 };

/** Alerts about unusual access. */
export interface AlertSettings {
  /** How often receipts that came since the last time are looked through, in milliseconds. */
  readonly watchMs: number;
}

export const ALERTS_BY_DEFAULT: AlertSettings = { watchMs: 5_000 };

export interface Config {
  readonly mode: 'development' | 'test' | 'production';
  readonly host: string;
  readonly port: number;
  /** PEM files, or null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Addresses of a proxy whose forwarding headers are believed. */
  readonly trustProxy: readonly string[] | null;
  /** Addresses by which clients reach this deployment, normalised, without a slash at the end; null: as they say. */
  readonly publicUrls: readonly string[] | null;
  readonly dataDir: string;
  readonly keysDir: string;
  /** Null: embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null;
  /** Login that owns the tables; null: as `databaseUrl`. */
  readonly databaseOwnerUrl: string | null;
  readonly identity: Identity;
  /** Whether tokens must be bound to a key of their holder's (DPoP). */
  readonly dpop: 'required' | 'optional';
  readonly personaSwitch: boolean;
  /** Load the sample population into an empty base. */
  readonly sample: boolean;
  readonly playground: boolean;
  readonly introspection: 'all' | 'vendors' | 'none';
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  readonly logOrigin: string;
  /** C2SP tlog-policy file of the witnesses that cosign the log, or null: nobody does. */
  readonly witnessPolicy: string | null;
  readonly limits: Limits;
  readonly uploads: UploadSettings;
  readonly views: ViewSettings;
  readonly reads: ReadSettings;
  readonly alerts: AlertSettings;
  readonly feed: FeedBounds;
}
