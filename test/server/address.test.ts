/** Which address a proof has to name: compared as RFC 3986 normalises, and as the client wrote it, whatever stands between. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressesBy, normalisedAddress } from '../../src/server/dpop/address.js';

describe('an address', () => {
  it.each([
    ['HTTPS://Vitrine.Example:443/graphql', 'https://vitrine.example/graphql'],
    ['http://vitrine.example:80/a/../graphql', 'http://vitrine.example/graphql'],
    ['https://vitrine.example/%67raphql?a=1#b', 'https://vitrine.example/graphql'],
    ['https://vitrine.example/a%2fb', 'https://vitrine.example/a%2Fb'],
    ['https://vitrine.example:8443/graphql', 'https://vitrine.example:8443/graphql'],
    ['https://vitrine.example/graphql/', 'https://vitrine.example/graphql/'],
    ['https://me@vitrine.example/graphql', null],
    ['wss://vitrine.example/graphql', null],
    ['/graphql', null],
  ])('%s is %s', (given, normal) => expect(normalisedAddress(given)).toBe(normal));
});

describe('the address of a request', () => {
  let heard: IncomingMessage | undefined;
  const server = createServer((asked, reply) => {
    heard = asked;
    reply.end();
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());

  const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'vitrine.example' };

  async function received(headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    const { port } = server.address() as AddressInfo;
    const sent = request({ port, host: '127.0.0.1', headers: { host: 'inside:4000', ...headers } }).end();
    await once(sent, 'response');
    if (heard === undefined) throw new Error('nothing was heard');
    return heard;
  }

  it.each<[string, readonly string[] | null, Readonly<Record<string, string>>, string]>([
    ['its Host where there is no proxy', null, {}, 'http://inside:4000/graphql'],
    ['its Host whatever an untrusted sender forwards', null, FORWARDED, 'http://inside:4000/graphql'],
    [
      'its Host behind another proxy than the trusted',
      ['10.0.0.0/8'],
      FORWARDED,
      'http://inside:4000/graphql',
    ],
    ['what a trusted proxy says', ['loopback'], FORWARDED, 'https://vitrine.example/graphql'],
    [
      'what the nearest proxy says, of several',
      ['127.0.0.0/8'],
      { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': 'evil.example, vitrine.example' },
      'https://vitrine.example/graphql',
    ],
  ])('is %s', async (_what, trustProxy, headers, address) => {
    const addressesOf = addressesBy({ publicUrls: null, trustProxy });
    expect(addressesOf(await received(headers), '/graphql')).toEqual([address]);
  });

  it('is one of PUBLIC_URL where that is set, whatever the request says', async () => {
    const publicUrls = ['https://vitrine.example/api', 'https://vitrine.inside'];
    const addressesOf = addressesBy({ publicUrls, trustProxy: ['loopback'] });
    const asked = await received({ host: 'evil.example', 'x-forwarded-host': 'evil.example' });
    expect(addressesOf(asked, '/graphql')).toEqual([
      'https://vitrine.example/api/graphql',
      'https://vitrine.inside/graphql',
    ]);
  });
});
