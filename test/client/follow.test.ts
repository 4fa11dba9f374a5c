/** Following over a link that breaks, against the real server behind a proxy that cuts connections. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { AuditTrailDocument, ClientError, VitrineClient } from '../../src/client/index.js';
import { TestVitrine } from '../support/vitrine.js';

/** Hands bytes on, and cuts every connection after so many bytes of answers. */
class Cutting {
  cuts = 0;
  most = 9000;
  readonly #server: Server;

  constructor(port: number) {
    this.#server = createServer((client) => this.#join(client, connect(port, '127.0.0.1')));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  close(): void {
    this.#server.close();
  }

  #join(client: Socket, server: Socket): void {
    let left = this.most;
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      left -= bytes.length;
      if (left >= 0) return void client.write(bytes);
      this.cuts += 1;
      client.end(bytes.subarray(0, Math.max(0, bytes.length + left)));
      server.destroy();
    });
  }
}

let vitrine: TestVitrine;
let proxy: Cutting;
let endpoint: string;
beforeAll(async () => {
  vitrine = await TestVitrine.start();
  proxy = new Cutting(Number(new URL(vitrine.url).port));
  endpoint = await proxy.listen();
}, 120_000);
afterAll(async () => {
  proxy.close();
  await vitrine.stop();
});

const clientOf = (persona: string, address = endpoint): VitrineClient =>
  new VitrineClient({
    endpoint: address,
    token: () => vitrine.token(persona),
    sleep: () => Promise.resolve(),
  });

/** Positions and entries of a whole trail. */
async function follow(
  client: VitrineClient,
  after: number,
  to: number,
): Promise<[string, string | undefined][]> {
  const found: [string, string | undefined][] = [];
  const variables = { filter: { to: String(to) } };
  for await (const event of client.follow(AuditTrailDocument, variables, { after, webSocket: WebSocket }))
    found.push([event.after, event.data?.auditTrail.index]);
  return found;
}

describe('client.follow', () => {
  it('gives every event once and in order over a link that is cut again and again', async () => {
    const size = Number(vitrine.serving.ledger.trusted.size);
    const found = await follow(clientOf('auditor'), -1, size);
    expect(found).toEqual(Array.from({ length: size }, (_, index) => [String(index), String(index)]));
    expect(proxy.cuts).toBeGreaterThan(3);
  });

  it('begins with what comes after the call, and ends when it is left', async () => {
    const client = clientOf('auditor', `${vitrine.url}/graphql`);
    const size = String(vitrine.serving.ledger.trusted.size);
    const events = client.follow(AuditTrailDocument, {}, { webSocket: WebSocket });
    const first = events.next();
    // It has fixed its beginning when it is subscribed; an entry before that wouldn't be its concern.
    await expect
      .poll(async () => (await fetch(`${vitrine.url}/metrics`)).text())
      .toMatch(/^vitrine_feed_subscriptions 1$/m);
    const clinic = {
      name: 'Clinic',
      kind: 'HOSPITAL',
      ownership: 'PUBLIC',
      region: 'capital',
      identifiers: [],
      licence: { number: '7' },
    };
    await vitrine.mutate('regulator.one', 'registerInstitution', clinic, 'requestId');
    expect((await first).value).toMatchObject({ after: size, data: { auditTrail: { index: size } } });
    await events.return();
    await expect
      .poll(async () => (await fetch(`${vitrine.url}/metrics`)).text())
      .toMatch(/^vitrine_feed_subscriptions 0$/m);
  });

  it.each<[string, string, object, string]>([
    ['a filter that isn’t for the member', 'clinician.north', { op: 'patient.register' }, 'FORBIDDEN'],
    ['a filter that is none', 'auditor', { from: '-4' }, 'BAD_USER_INPUT'],
  ])('throws what the server refuses: %s', async (_what, persona, filter, code) => {
    const events = clientOf(persona, `${vitrine.url}/graphql`).follow(
      AuditTrailDocument,
      { filter },
      { after: -1, webSocket: WebSocket },
    );
    const error: unknown = await events.next().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ClientError);
    expect((error as ClientError).code).toBe(code);
  });

  it('throws NETWORK when nobody answers as often as it may ask', async () => {
    const client = new VitrineClient({
      endpoint: 'http://127.0.0.1:9/graphql',
      sleep: () => Promise.resolve(),
      retry: { attempts: 3 },
    });
    const events = client.follow(AuditTrailDocument, {}, { after: 0, webSocket: WebSocket });
    await expect(events.next()).rejects.toMatchObject({ code: 'NETWORK' });
  });
});

describe('client.follow, told to resume', () => {
  it('subscribes again behind the last event that it got, and gives nothing twice', async () => {
    const asked: unknown[] = [];
    const server = new WebSocketServer({ port: 0, handleProtocols: () => 'graphql-transport-ws' });
    server.on('connection', (socket) =>
      socket.on('message', (bytes: Buffer) => {
        const { id, type, payload } = JSON.parse(bytes.toString()) as {
          id: string;
          type: string;
          payload: { variables: { after: string } };
        };
        const send = (message: object): void => socket.send(JSON.stringify(message));
        if (type === 'connection_init') return send({ type: 'connection_ack' });
        if (type !== 'subscribe') return;
        const { after } = payload.variables;
        asked.push(after);
        const next = (index: number): void =>
          send({
            id,
            type: 'next',
            payload: { data: { auditTrail: { index: String(index) } }, extensions: { after: String(index) } },
          });
        const first = Number(after) + 1;
        // The second connection repeats what was given already.
        for (const index of asked.length === 2 ? [first - 1, first] : [first, first + 1]) next(index);
        if (asked.length === 3) return send({ id, type: 'complete' });
        const error = {
          message: 'too slow',
          extensions: { code: 'RESUME_REQUIRED', details: { after: '9' } },
        };
        send({ id, type: 'next', payload: { errors: [error], extensions: { after: '9' } } });
        send({ id, type: 'complete' });
      }),
    );
    const { port } = server.address() as AddressInfo;
    const client = new VitrineClient({ endpoint: `http://127.0.0.1:${port}/graphql` });
    const positions: string[] = [];
    for await (const { after } of client.follow(AuditTrailDocument, {}, { after: 4, webSocket: WebSocket }))
      positions.push(after);
    expect(positions).toEqual(['5', '6', '7', '8', '9']);
    expect(asked).toEqual(['4', '6', '7']);
    await new Promise((resolve) => server.close(resolve));
  });
});
