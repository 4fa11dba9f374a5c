import { createConnection } from 'node:net';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from './fixture.js';
import type { TestServer } from './fixture.js';

let server: TestServer;
let clients: Client[] = [];
beforeAll(async () => {
  server = await startServer({ MAX_SUBSCRIPTIONS: '2', MAX_BODY_BYTES: '4096' });
});
afterEach(async () => {
  for (const client of clients) await client.dispose();
  clients = [];
});
afterAll(() => server.close());

const connect = (connectionParams: Record<string, unknown> = {}): Client => {
  const url = `${server.url.replace('http', 'ws')}/graphql`;
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
    lazy: true,
  });
  clients.push(client);
  return client;
};

/** Waits for a condition instead of for luck. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 500) throw new Error('it never came true');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function next(results: AsyncIterableIterator<unknown>): Promise<unknown> {
  return ((await results.next()) as { value: unknown }).value;
}

describe('GraphQL over WebSocket', () => {
  it('hands events to a signed-in subscriber, and tells the source when it leaves', async () => {
    const client = connect({ authorization: `Bearer ${await server.issuer.issue('auditor')}` });
    const results = client.iterate({ query: 'subscription { ticks }' });
    const first = next(results);
    await until(() => server.events.listeners === 1);
    server.events.emit(1);
    expect(await first).toEqual({ data: { ticks: 1 } });
    await results.return?.();
    await until(() => server.events.listeners === 0);
  });

  it('takes nobody too', async () => {
    const results = connect().iterate({ query: '{ me }' });
    expect(await next(results)).toEqual({ data: { me: null } });
  });

  it('closes the connection of a bad token with 4401 and the reason', async () => {
    const results = connect({ authorization: 'Bearer abc' }).iterate({ query: '{ me }' });
    await expect(results.next()).rejects.toMatchObject({ code: 4401, reason: 'the token is malformed' });
  });

  it('closes the connection of a suspended member with 4403', async () => {
    server.suspended.add('reporter.city');
    const client = connect({ authorization: `Bearer ${await server.issuer.issue('reporter.city')}` });
    await expect(client.iterate({ query: '{ me }' }).next()).rejects.toMatchObject({ code: 4403 });
  });

  it('ends an open subscription when its member is suspended, before the next event', async () => {
    const client = connect({ authorization: `Bearer ${await server.issuer.issue('finance.city')}` });
    const results = client.iterate({ query: 'subscription { ticks }' });
    const first = next(results);
    await until(() => server.events.listeners === 1);
    server.events.emit(1);
    await first;
    server.suspended.add('finance.city');
    const second = next(results);
    server.events.emit(2);
    expect(await second).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(await results.next()).toMatchObject({ done: true });
    await until(() => server.events.listeners === 0);
  });

  it('ends an open subscription when its token ends', async () => {
    const client = connect({ authorization: `Bearer ${await server.issuer.issue('vendor')}` });
    const results = client.iterate({ query: 'subscription { ticks }' });
    const first = next(results);
    await until(() => server.events.listeners === 1);
    server.setNow(new Date(Date.now() + 13 * 3_600_000));
    server.events.emit(1);
    expect(await first).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    server.setNow(null);
  });

  it.each([
    ['an unknown field', '{ nothing }', 'BAD_USER_INPUT'],
    ['a syntax error', '{ me', 'BAD_USER_INPUT'],
    ['an unknown operation', 'query A { me } query B { me }', 'BAD_USER_INPUT'],
    ['more than the limits allow', '{ tooDear: me }', 'LIMIT_EXCEEDED'],
    ['brackets that would use up the stack', '{me'.repeat(1200), 'LIMIT_EXCEEDED'],
    ['a missing variable', 'query A($size: Int!) { echo(size: $size) }', 'BAD_USER_INPUT'],
  ])('refuses %s with a code', async (_what, query, code) => {
    const results = connect().iterate({ query });
    const outcome = await results.next().then(
      (result) => (result.value as { errors: unknown }).errors,
      (errors: unknown) => errors,
    );
    expect(outcome).toMatchObject([{ extensions: { code } }]);
  });

  it('says nothing of an unexpected error but a reference', async () => {
    const answer = JSON.stringify(await next(connect().iterate({ query: '{ fails }' })));
    expect(answer).toContain('INTERNAL');
    expect(answer).not.toContain('Jane');
  });

  it('refuses more operations on one connection than the limit', async () => {
    const client = connect();
    const open = [1, 2].map(() => client.iterate({ query: 'subscription { ticks }' }));
    const waiting = open.map((results) => results.next());
    await until(() => server.events.listeners === 2);
    await expect(client.iterate({ query: '{ me }' }).next()).rejects.toMatchObject([
      { extensions: { code: 'LIMIT_EXCEEDED' } },
    ]);
    for (const results of open) await results.return?.();
    await Promise.all(waiting);
    await until(() => server.events.listeners === 0);
  });

  it('serves no other path', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/other`, 'graphql-transport-ws');
    const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(error.message).toContain('404');
  });

  it.each(['//', '/\\', '*', 'http://['])('outlives the address %s', async (address) => {
    const { hostname, port } = new URL(server.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = createConnection(Number(port), hostname, () =>
        socket.write(
          `GET ${address} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
        ),
      );
      let text = '';
      socket.on('data', (part) => (text += part.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 40[04] /);
  });

  it('closes open subscriptions when the server stops', async () => {
    const other = await startServer();
    const url = `${other.url.replace('http', 'ws')}/graphql`;
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
    const results = client.iterate({ query: 'subscription { ticks }' });
    const waiting = results.next();
    await until(() => other.events.listeners === 1);
    await Promise.all([other.close(), expect(waiting).rejects.toMatchObject({ code: 1001 })]);
    expect(other.events.listeners).toBe(0);
  });
});
