/** The address of a request as its client wrote it: what a proof names by `htu` (RFC 9449 section 4.3). */
import type { IncomingMessage } from 'node:http';
import { compile } from '@fastify/proxy-addr';

/** Says by which addresses an endpoint is known to whoever sent a request. */
export type AddressesOf = (request: IncomingMessage, path: string) => readonly string[];

export interface AddressSettings {
  /** Addresses of this deployment. Null: whatever the request was sent to. */
  readonly publicUrls: readonly string[] | null;
  /** Proxies whose forwarding headers are believed. */
  readonly trustProxy: readonly string[] | null;
}

/** RFC 3986 section 2.3: what is the same written plainly and with a percent sign. */
const UNRESERVED = /[A-Za-z0-9._~-]/;

/**
 * An http(s) address in the one form of RFC 3986 section 6.2.2 and 6.2.3, without query and fragment; null for anything
 * else. Who sends it is whoever makes proofs.
 */
export function normalisedAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, host, pathname, username, password } = new URL(text);
  if ((protocol !== 'http:' && protocol !== 'https:') || username !== '' || password !== '') return null;
  const path = pathname.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const sign = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return UNRESERVED.test(sign) ? sign : escape.toUpperCase();
  });
  return `${protocol}//${host}${path}`;
}

/** The last of a list is the one that the trusted proxy wrote. */
function forwarded(header: string | string[] | undefined): string | undefined {
  return String(header ?? '')
    .split(',')
    .at(-1)
    ?.trim();
}

/**
 * Where a request's addresses come from. Without `publicUrls` the `Host` header is believed: then a server that tricks
 * clients into calling it could pass their proofs on, so production names its addresses.
 */
export function addressesBy({ publicUrls, trustProxy }: AddressSettings): AddressesOf {
  if (publicUrls !== null) return (_request, path) => publicUrls.map((url) => `${url}${path}`);
  const isTrusted = trustProxy === null ? () => false : compile([...trustProxy]);
  return ({ headers, socket }, path) => {
    const believed = socket.remoteAddress !== undefined && isTrusted(socket.remoteAddress, 0);
    const own = 'encrypted' in socket && socket.encrypted === true ? 'https' : 'http';
    const scheme = (believed && forwarded(headers['x-forwarded-proto'])) || own;
    const host = (believed && forwarded(headers['x-forwarded-host'])) || headers.host || '';
    const address = normalisedAddress(`${scheme}://${host}${path}`);
    return address === null ? [] : [address];
  };
}
