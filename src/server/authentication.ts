/**
 * Reads access tokens (design: access, "Signing in"): JWTs of one OpenID provider, for one audience, RFC 9068 and
 * RFC 8725. A token says who asks and nothing more; role, institution and licence come from verified records. Whether who
 * shows it is the one it was given to, `dpop` tells.
 */
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { VitrineError } from '../ledger/core/error.js';

/** What a verified token says. */
export interface Claims {
  readonly issuer: string;
  readonly subject: string;
  /** When the token ends, seconds since 1970; an open subscription ends with it. */
  readonly expires: number;
  /** RFC 7638 thumbprint of the key that the token is bound to (`cnf.jkt`); null: to none. */
  readonly key: string | null;
}

/** Turns a token into claims. */
export interface TokenReader {
  /**
   * @throws VitrineError UNAUTHENTICATED saying what is wrong with the token; UNAVAILABLE when the issuer's keys
   * cannot be had.
   */
  read(token: string): Promise<Claims>;
}

export interface TokenReaderOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  readonly clock: () => Date;
}

/** Signatures by a key pair only: a shared secret or `none` would let a reader of the keys forge tokens, and proofs. */
export const ALGORITHMS = [
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];

/** Seconds that clocks may differ. */
const TOLERANCE = 5;

/** A longer one is no token of any provider; it is refused before its signature costs anything. */
const LONGEST_TOKEN = 8192;

/** @returns the refusal that tells which part of the token is wrong; the token's own text is never repeated. */
function refusalOf(error: unknown, issuer: string): VitrineError {
  const refuse = (message: string): VitrineError => new VitrineError('UNAUTHENTICATED', message);
  if (error instanceof VitrineError) return error;
  if (error instanceof errors.JWTExpired) return refuse('the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return refuse(`the token is of another issuer than ${issuer}`);
    if (error.claim === 'aud') return refuse('the token is for another audience');
    if (error.claim === 'nbf') return refuse('the token is not valid yet');
    return refuse(`the token's claim ${error.claim} is missing or not valid`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refuse("the token's signature does not verify");
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return refuse('the token names no key of its issuer');
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return refuse('the token is signed by an algorithm that is not accepted');
  }
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return unavailable(error);
  if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC')
    return refuse('the token is malformed');
  return unavailable(error);
}

const unavailable = (cause: unknown): VitrineError =>
  new VitrineError('UNAVAILABLE', "the issuer's keys cannot be fetched at the moment", { cause });

/** @returns the thumbprint of the key that a token is bound to (RFC 9449 section 6.1), null when it is bound to none. */
function boundKey(cnf: unknown): string | null {
  if (cnf === undefined) return null;
  const jkt = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined;
  if (typeof jkt === 'string' && /^[A-Za-z0-9_-]{43}$/.test(jkt)) return jkt;
  // Bound by a certificate, for instance (RFC 8705): taken as a bearer token it would be bound to nothing.
  throw new VitrineError('UNAUTHENTICATED', "the token's claim cnf holds no jkt: it is bound in another way");
}

/** Makes the reader of one issuer's tokens. */
export function createTokenReader(options: TokenReaderOptions): TokenReader {
  const { issuer, audience, keys, clock } = options;
  const verify = async (token: string): Promise<Claims> => {
    if (token.length > LONGEST_TOKEN) throw new VitrineError('UNAUTHENTICATED', 'the token is too long');
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: TOLERANCE,
      currentDate: clock(),
    });
    // `requiredClaims` holds both to be there, jose their types.
    const { sub, exp } = payload as { sub: string; exp: number };
    if (typeof sub !== 'string' || sub === '' || sub.length > 255) {
      throw new VitrineError('UNAUTHENTICATED', "the token's claim sub is missing or not valid");
    }
    return { issuer, subject: sub, expires: exp, key: boundKey(payload['cnf']) };
  };
  return {
    read: async (token) => {
      try {
        return await verify(token);
      } catch (error) {
        throw refusalOf(error, issuer);
      }
    },
  };
}

/** What fetches the provider's documents; passed in so that tests need no network. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** @returns the address of the provider's keys by OpenID Connect Discovery 1.0, 4. */
async function discover(issuer: string, fetcher: Fetch): Promise<URL> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetcher(address, { redirect: 'error', signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw badDiscovery(`discovery at ${address} answered ${response.status}`);
  const found = (await response.json().catch(() => ({}))) as { issuer?: unknown; jwks_uri?: unknown };
  // 4.3: a document of another issuer could hand us that one's keys.
  if (found.issuer !== issuer) throw badDiscovery(`discovery at ${address} names another issuer`);
  if (typeof found.jwks_uri !== 'string' || !URL.canParse(found.jwks_uri))
    throw badDiscovery(`discovery at ${address} names no jwks_uri`);
  // 3: https throughout, or whoever stands between could hand us keys of their own.
  if (issuer.startsWith('https:') && !found.jwks_uri.startsWith('https:'))
    throw badDiscovery(`discovery at ${address} names a jwks_uri without https`);
  return new URL(found.jwks_uri);
}

/** What the operator reads in the log; who asks is told that the keys can't be had. */
const badDiscovery = (message: string): VitrineError =>
  unavailable(new VitrineError('NOT_CONFIGURED', message));

/** Keys of an OpenID provider, as tokens name them. */
export interface RemoteKeys {
  readonly keys: JWTVerifyGetKey;
  /** Fetches them now; throws when that isn't possible. */
  readonly warm: () => Promise<void>;
}

export interface RemoteKeysOptions {
  readonly issuer: string;
  /** Null: by discovery. */
  readonly jwksUrl: string | null;
  readonly fetcher?: Fetch;
  /** Told why keys couldn't be had, for the log. */
  readonly onFailure?: (error: unknown) => void;
}

/** Least milliseconds between two fetches that tokens with an unknown key cause. */
const COOLDOWN_MS = 5000;

/** Tells faults of the provider from those of a token. */
function isProvidersFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  );
}

/**
 * The keys of an OpenID provider, fetched at the first token, again every 10 minutes, and when a token names an unknown
 * key: so a new key is taken within seconds, and a withdrawn one is refused within minutes.
 */
export function remoteKeys(options: RemoteKeysOptions): RemoteKeys {
  const { issuer, jwksUrl, fetcher = fetch, onFailure } = options;
  let loading: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  const load = async (): Promise<ReturnType<typeof createRemoteJWKSet>> => {
    const url = jwksUrl === null ? await discover(issuer, fetcher) : new URL(jwksUrl);
    return createRemoteJWKSet(url, {
      cooldownDuration: COOLDOWN_MS,
      timeoutDuration: 5000,
      [customFetch]: fetcher,
    });
  };
  const use = async <T>(work: (set: ReturnType<typeof createRemoteJWKSet>) => Promise<T>): Promise<T> => {
    // A failed discovery isn't remembered; keys that were fetched outlast a provider's outage.
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    try {
      return await work(await loading);
    } catch (error) {
      if (isProvidersFault(error)) onFailure?.(error);
      throw error;
    }
  };
  return {
    keys: (header, token) => use((set) => set(header, token)),
    warm: () => use((set) => set.reload()),
  };
}
