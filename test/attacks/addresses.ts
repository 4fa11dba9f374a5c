/** Random requests of the plain HTTP routes, written to the socket as they are: no client mends them on the way. */
import { connect } from 'node:net';
import type { Draw } from './draw.js';
import { ODD } from './values.js';

const BASES = [
  '/log/tile',
  '/log/tile/entries',
  '/log/tile/0',
  '/log/tile/8',
  '/log/tile/63',
  '/log/checkpoint',
  '/log/keys',
  '/log',
  '/views',
  '/playground',
  '/dev/token',
  '/dev/personas',
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known',
  '/graphql',
  '/healthz',
  '/readyz',
  '/metrics',
  '/',
  '',
];
const SEGMENTS = [
  '000',
  '000.p/1',
  '000.p/255',
  '000.p/256',
  '000.p/0',
  '001',
  'x001/000',
  'x000/000',
  'x999/x999/x999/x999/x999/x999/999',
  'x009/x223/x372/x036/x854/x775/807',
  'entries',
  '64',
  '-1',
  '%00',
  '%2e%2e%2f',
  '..',
  '.',
  '%',
  '%zz',
  '%ed%a0%80',
  '%F0%9F%98%80',
  'pages',
  'pages/1',
  'pages/9999999999',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'a'.repeat(300),
  '',
  '?ticket=%00&scale=2',
  '?query=%7B__typename%7D',
  '?query=%00',
  '?query=%7Bentries(after%3A%22417198344%22)%7Bedges%7Bcursor%7D%7D%7D',
  '?a[b][c]=1&a=2',
  '?__proto__[x]=1',
  '#x',
  'playground.js',
];
const METHODS = [
  'GET',
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'PROPFIND',
];
const BODIES = [
  '',
  '{}',
  '[]',
  'null',
  '1',
  '{',
  '\u0000',
  '{"query":1}',
  '[{"query":"{__typename}"}]',
  '{"persona":7}',
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['accept-encoding', ['gzip', 'gzip;q=0', 'br', '*', ',,,;q=x', 'x'.repeat(4000)]],
  [
    'authorization',
    [
      'Bearer',
      'Bearer ',
      'Bearer a.b.c',
      'DPoP x',
      'Basic eDp5',
      'Bearer eyJhbGciOiJub25lIn0.e30.',
      '\u00ff',
    ],
  ],
  ['dpop', ['x', 'eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.', 'a.b.c', '']],
  [
    'content-type',
    ['application/json', 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data', 'x'],
  ],
  ['content-length', ['0', '99', '-1', 'x']],
  ['if-none-match', ['*', '"x"', 'W/']],
  ['range', ['bytes=0-0', 'bytes=9-1', 'x']],
  ['accept', ['text/html', '*/*;q=x', '']],
  ['origin', ['null', 'https://evil.invalid']],
  ['upgrade', ['websocket', 'h2c']],
  ['connection', ['upgrade', 'close']],
  ['transfer-encoding', ['chunked', 'gzip, chunked', 'x']],
  ['expect', ['100-continue', 'x']],
  ['x-forwarded-for', ['127.0.0.1', 'x']],
  ['x-http-method-override', ['DELETE']],
  ['apollo-require-preflight', ['1']],
];

/** A request as it goes over the wire. */
export function randomRequest(draw: Draw, ids: readonly string[]): string {
  const segments = Array.from({ length: draw.nat(4) }, () =>
    draw.one([...SEGMENTS, ...SEGMENTS, draw.one(ids), encodeURIComponent(oddText(draw))]),
  );
  const path = [draw.one(BASES), ...segments].join('/').replaceAll('/?', '?') || '/';
  const body = draw.one(BODIES);
  const method = draw.one(METHODS);
  const headers = Array.from({ length: draw.nat(4) }, () => draw.one(HEADERS)).map(
    ([name, values]) => `${name}: ${draw.one(values)}`,
  );
  const length = method === 'GET' || method === 'HEAD' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const head = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', 'connection: close', ...length, ...headers];
  return `${head.join('\r\n')}\r\n\r\n${length.length === 0 ? '' : body}`;
}

/** An odd text; a lone surrogate is in no address. */
function oddText(draw: Draw): string {
  const text = draw.one(ODD['String'] ?? []);
  return typeof text === 'string' ? text.replaceAll(/\p{Surrogate}/gu, '').slice(0, 500) : '';
}

/** What the server answers before it hangs up; an upgraded or waiting connection is let go after `ms`. */
export function sendRaw(port: number, request: string, ms = 150): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request, 'latin1'));
    const parts: Buffer[] = [];
    socket.setTimeout(ms, () => socket.destroy());
    socket.on('data', (part) => parts.push(part));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? reject(error) : undefined,
    );
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
  });
}
