/**
 * An OpenID provider for tests: discovery, keys and tokens over loopback HTTPS, with a certificate that is made here and
 * that whoever talks to it has to be told of (`NODE_EXTRA_CA_CERTS`).
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { generate } from 'selfsigned';

/** PEM texts of a self-signed certificate. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes a certificate of this machine's loopback names, good for a day. */
export async function makeCertificate(): Promise<Certificate> {
  const day = 24 * 3600 * 1000;
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { cert, key };
}

/** What a token says instead of what it should. */
export interface TokenChange {
  readonly iss?: string;
  readonly aud?: string;
  /** Seconds from now. */
  readonly expires?: number;
  readonly signer?: Signer;
  /** Thumbprint of the key that it is bound to; null: to none. */
  readonly jkt?: string | null;
}

/** A key pair that signs tokens. */
export interface Signer {
  readonly kid: string;
  readonly key: CryptoKey;
  readonly published: JWK;
}

/** Makes a key pair. */
export async function makeSigner(): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomUUID();
  return {
    kid,
    key: privateKey,
    published: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' },
  };
}

export class OpenIdProvider {
  /** Every token that was given, to look for where none may be. */
  readonly given: string[] = [];
  /** Thumbprint of the key that tokens are bound to unless they say otherwise. */
  jkt: string | null = null;

  private constructor(
    readonly issuer: string,
    readonly audience: string,
    private readonly server: Server,
    private current: Signer,
  ) {}

  static async start(certificate: Certificate, audience: string): Promise<OpenIdProvider> {
    const server = createServer(certificate);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `https://localhost:${(server.address() as AddressInfo).port}/realms/health`;
    const provider = new OpenIdProvider(issuer, audience, server, await makeSigner());
    server.on('request', ({ url }, response) => {
      const document = provider.document(url ?? '');
      response.writeHead(document === null ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(document));
    });
    return provider;
  }

  private document(path: string): object | null {
    if (path === '/realms/health/.well-known/openid-configuration')
      return { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` };
    return path === '/realms/health/keys' ? { keys: [this.current.published] } : null;
  }

  /** Withdraws the key and signs with a new one from now on. @returns the old one */
  async rotate(): Promise<Signer> {
    const old = this.current;
    this.current = await makeSigner();
    return old;
  }

  /** An access token of a subject. */
  async token(
    sub: string,
    { signer = this.current, expires = 3600, jkt = this.jkt, ...change }: TokenChange = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + expires };
    const bound = jkt === null ? {} : { cnf: { jkt } };
    const claims = { iss: this.issuer, aud: this.audience, sub, ...times, ...bound, ...change };
    const header = { alg: 'ES256', kid: signer.kid, typ: 'at+jwt' };
    const token = await new SignJWT(claims).setProtectedHeader(header).sign(signer.key);
    this.given.push(token);
    return token;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** `WWW-Authenticate` and `DPoP-Nonce`. */
  readonly challenge: string | undefined;
  readonly nonce: string | undefined;
}

/** One request over TLS that trusts this certificate and no other. */
export function ask(
  url: string,
  ca: string,
  options: { readonly token?: string | undefined; readonly proof?: string; readonly body?: object } = {},
): Promise<Reply> {
  const { token, proof, body } = options;
  const scheme = proof === undefined ? 'Bearer' : 'DPoP';
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `${scheme} ${token}` }),
    ...(proof === undefined ? {} : { dpop: proof }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { ca, headers, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text,
          challenge: response.headers['www-authenticate'],
          nonce: response.headers['dpop-nonce'] as string | undefined,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
