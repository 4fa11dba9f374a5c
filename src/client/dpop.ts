/**
 * Proofs that a request comes from whom its token was given to (DPoP, RFC 9449). The key is made where it is used, by
 * WebCrypto, and can't be read out of it; a token that is bound to it is worth nothing elsewhere.
 *
 * This file imports nothing: the playground serves it as it is.
 */

/** What one proof is for. */
export interface ProofOf {
  readonly method: string;
  /** Address of the request; its query doesn't matter. */
  readonly url: string | URL;
  /** The access token that goes with it; absent where one is being asked for. */
  readonly token?: string;
}

/** A private key as RFC 7517 and RFC 8037 write it down: P-256 or Ed25519. */
export interface PrivateJwk extends JsonWebKey {
  readonly kty: 'EC' | 'OKP';
  readonly crv: 'P-256' | 'Ed25519';
}

interface Algorithm {
  /** Of JWS (RFC 7518 section 3.1, RFC 8037). */
  readonly name: 'ES256' | 'EdDSA';
  readonly key: EcKeyImportParams | { readonly name: 'Ed25519' };
  readonly sign: EcdsaParams | { readonly name: 'Ed25519' };
}

const ES256: Algorithm = {
  name: 'ES256',
  key: { name: 'ECDSA', namedCurve: 'P-256' },
  sign: { name: 'ECDSA', hash: 'SHA-256' },
};
const EDDSA: Algorithm = { name: 'EdDSA', key: { name: 'Ed25519' }, sign: { name: 'Ed25519' } };

/** The code by which a server asks for its nonce in the proof (RFC 9449 section 8). */
const NONCE_WANTED = 'use_dpop_nonce';

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  const signs = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
  return btoa(signs).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const sha256 = async (text: string): Promise<string> =>
  base64url(await crypto.subtle.digest('SHA-256', utf8(text)));

export class DpopKey {
  /** The newest nonce of each server, by its origin. */
  readonly #nonces = new Map<string, string>();

  private constructor(
    /** To keep it: a browser's IndexedDB takes it as it is. */
    readonly pair: CryptoKeyPair,
    private readonly algorithm: Algorithm,
    /** Public members of the key, in the order of RFC 7638. */
    private readonly jwk: Readonly<Record<string, string>>,
  ) {}

  /** Makes a key (P-256) that cannot be read out. */
  static async generate(): Promise<DpopKey> {
    const pair = await crypto.subtle.generateKey(ES256.key as EcKeyGenParams, false, ['sign', 'verify']);
    return DpopKey.of(pair);
  }

  /** The key of a pair that was kept. */
  static async of(pair: CryptoKeyPair): Promise<DpopKey> {
    const { kty = '', crv = '', x = '', y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    const jwk = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
    return new DpopKey(pair, kty === 'EC' ? ES256 : EDDSA, jwk);
  }

  /** The key of a private JWK. Throws when it is none of P-256 or Ed25519. */
  static async fromJwk({ kty, crv, x, y, d }: PrivateJwk): Promise<DpopKey> {
    const algorithm = kty === 'EC' && crv === 'P-256' ? ES256 : EDDSA;
    const isPoint = algorithm === EDDSA ? crv === 'Ed25519' && kty === 'OKP' : y !== undefined;
    if (!isPoint || x === undefined || d === undefined)
      throw new Error('expected a private JWK of P-256 or Ed25519');
    const half = y === undefined ? { kty, crv, x } : { kty, crv, x, y };
    const take = (jwk: JsonWebKey, extractable: boolean, use: KeyUsage): Promise<CryptoKey> =>
      crypto.subtle.importKey('jwk', jwk, algorithm.key, extractable, [use]);
    const privateKey = await take({ ...half, d }, false, 'sign');
    return DpopKey.of({ privateKey, publicKey: await take(half, true, 'verify') });
  }

  /** RFC 7638: what a token that is bound to the key names it by. */
  thumbprint(): Promise<string> {
    return sha256(JSON.stringify(this.jwk));
  }

  /** Makes a proof for one request; it is good for one sending. */
  async proof({ method, url, token }: ProofOf): Promise<string> {
    const address = new URL(url);
    const nonce = this.#nonces.get(address.origin);
    const header = { typ: 'dpop+jwt', alg: this.algorithm.name, jwk: this.jwk };
    const claims = {
      jti: crypto.randomUUID(),
      htm: method,
      htu: `${address.origin}${address.pathname}`,
      iat: Math.floor(Date.now() / 1000),
      ...(token === undefined ? {} : { ath: await sha256(token) }),
      ...(nonce === undefined ? {} : { nonce }),
    };
    const parts = [header, claims].map((part) => base64url(utf8(JSON.stringify(part))));
    const signed = utf8(parts.join('.'));
    const signature = await crypto.subtle.sign(this.algorithm.sign, this.pair.privateKey, signed);
    return [...parts, base64url(signature)].join('.');
  }

  /** What a WebSocket to the endpoint shows when it connects; `url` is the endpoint's http(s) address. */
  async connectionParams(url: string | URL, token: string): Promise<Readonly<Record<string, string>>> {
    return { authorization: `DPoP ${token}`, dpop: await this.proof({ method: 'GET', url, token }) };
  }

  /**
   * Reads why a WebSocket was closed.
   * @returns true when the server asked for a nonce, which the next proof will hold: connect again
   */
  takeCloseReason(url: string | URL, reason: string): boolean {
    const [code, nonce] = reason.split(' ');
    if (code !== NONCE_WANTED || nonce === undefined) return false;
    this.#nonces.set(new URL(url).origin, nonce);
    return true;
  }

  /**
   * Sends a request with a proof, and once more when the server asks for its nonce in it.
   *
   * @param send the platform's `fetch`
   * @param token the access token to show; absent where one is asked for
   */
  async fetch(
    send: typeof globalThis.fetch,
    url: string | URL,
    init: RequestInit & { readonly headers: Readonly<Record<string, string>> },
    token?: string,
  ): Promise<Response> {
    const { method = 'GET' } = init;
    const once = async (): Promise<Response> => {
      const dpop = await this.proof({ method, url, ...(token === undefined ? {} : { token }) });
      const authorization = token === undefined ? {} : { authorization: `DPoP ${token}` };
      const response = await send(url, { ...init, headers: { ...init.headers, ...authorization, dpop } });
      const nonce = response.headers.get('dpop-nonce');
      if (nonce !== null) this.#nonces.set(new URL(url).origin, nonce);
      return response;
    };
    const response = await once();
    const asked = response.headers.get('www-authenticate') ?? '';
    if (response.status !== 401 || !asked.includes(NONCE_WANTED)) return response;
    await response.body?.cancel();
    return once();
  }
}
