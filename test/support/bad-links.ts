/**
 * A TCP proxy that does to requests what bad links and bad boxes on the way do, by a seeded generator: it hangs up, loses
 * answers, delays, cuts requests and answers short, sends requests twice, and lets later ones go first.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** What can happen to a request. `whole`: nothing. */
export const HARMS = [
  'whole',
  'hang-up',
  'lost-answer',
  'slow',
  'cut-request',
  'cut-answer',
  'twice',
  'overtaken',
  'stale',
] as const;
export type Harm = (typeof HARMS)[number];

/** Of a hundred requests so many; the rest is whole. */
const SHARES: Readonly<Record<Exclude<Harm, 'whole'>, number>> = {
  'hang-up': 8,
  'lost-answer': 9,
  slow: 9,
  'cut-request': 7,
  'cut-answer': 8,
  twice: 9,
  overtaken: 7,
  stale: 7,
};

/** Longest that a request is held back. */
const HELD_MS = 1_500;

/** A generator of numbers from 0 to 1 (mulberry32): the same ones for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class BadLinks {
  /** How often each harm was done. */
  readonly done: Record<Harm, number>;
  #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #passed = 0;
  #ended = false;
  /** Requests that go on without their connection. */
  #loose = new Set<Promise<unknown>>();
  address = '';

  private constructor(readonly random: () => number) {
    this.done = Object.fromEntries(HARMS.map((harm) => [harm, 0])) as Record<Harm, number>;
  }

  static async lay(seed: number): Promise<BadLinks> {
    const links = new BadLinks(seeded(seed));
    const server = createServer((socket) => links.#take(socket));
    links.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    links.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return links;
  }

  /** Where they lead: `http://127.0.0.1:port`. */
  lead(address: string): void {
    this.#port = Number(new URL(address).port);
  }

  /** Lets everything that is held back arrive. */
  async calm(): Promise<void> {
    while (this.#loose.size > 0) await Promise.all(this.#loose);
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) =>
      this.#server === undefined ? resolve(0) : this.#server.close(() => resolve(0)),
    );
    await this.calm();
  }

  #take(client: Socket): void {
    this.#hold(client);
    let open: Buffer = Buffer.alloc(0);
    client.on('data', (data) => {
      open = Buffer.concat([open, data]);
      const length = requestLength(open);
      if (length === null || open.length < length) return;
      const request = alone(open.subarray(0, length));
      open = Buffer.from(open.subarray(length));
      void this.#pass(client, request);
    });
  }

  #draw(): Harm {
    let left = this.random() * 100;
    for (const [harm, share] of Object.entries(SHARES) as [Harm, number][]) {
      if (left < share) return harm;
      left -= share;
    }
    return 'whole';
  }

  /** Takes one request to the server, or does worse. */
  async #pass(client: Socket, request: Buffer): Promise<void> {
    const harm = this.#draw();
    const place = this.random();
    this.done[harm] += 1;
    this.#passed += 1;
    switch (harm) {
      case 'hang-up':
        return void client.destroy();
      case 'lost-answer':
        return void this.#send(request)
          .once('data', () => client.destroy())
          .on('close', () => client.destroy());
      case 'slow':
        await pause(20 + place * 300);
        return this.#answer(this.#send(request), client);
      case 'cut-request':
        // The half of it, and then the end: whatever the server says to that goes back.
        return this.#answer(this.#send(request, Math.max(1, Math.floor(place * request.length))), client);
      case 'cut-answer':
        return this.#answer(this.#send(request), client, place);
      case 'twice':
        this.#answer(this.#send(request), client);
        return this.#keep(this.#again(request, place));
      case 'overtaken':
        await this.#overtake(place);
        return this.#answer(this.#send(request), client);
      case 'stale':
        client.destroy();
        return this.#keep(this.#overtake(place).then(() => this.#alone(request)));
      case 'whole':
        return this.#answer(this.#send(request), client);
    }
  }

  /** The same request once more, on another connection, at once or when it has long been answered. */
  async #again(request: Buffer, place: number): Promise<void> {
    if (place > 0.3) await pause(place * HELD_MS);
    await this.#alone(request);
  }

  /** Waits until some later requests have gone. */
  async #overtake(place: number): Promise<void> {
    const until = this.#passed + 1 + Math.floor(place * 20);
    const deadline = Date.now() + HELD_MS;
    while (this.#passed < until && Date.now() < deadline && !this.#ended) await pause(10);
  }

  /** Sends a request of which nobody reads the answer. */
  #alone(request: Buffer): Promise<void> {
    const server = this.#send(request).resume();
    return new Promise((resolve) => server.on('close', () => resolve()));
  }

  /** Sends a request, or so many bytes of it and the end, on a connection of its own. */
  #send(request: Buffer, most?: number): Socket {
    const server = this.#hold(connect(this.#port, '127.0.0.1'));
    if (this.#ended) return server.destroy();
    if (most === undefined) server.write(request);
    else server.end(request.subarray(0, most));
    return server;
  }

  /** Gives an answer to the client, of its first part so much of it where it is to be cut; the end is the end of both. */
  #answer(server: Socket, client: Socket, cut?: number): void {
    server.on('data', (data) => {
      if (cut === undefined) return void client.write(data);
      client.write(data.subarray(0, Math.floor(cut * data.length)), () => client.destroy());
      server.destroy();
    });
    server.on('close', () => client.end());
  }

  #keep(work: Promise<unknown>): void {
    this.#loose.add(work);
    void work.finally(() => this.#loose.delete(work));
  }

  #hold(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

/** Bytes of the HTTP/1.1 request at the beginning; null while its head isn't whole. Ours have a content-length. */
function requestLength(bytes: Buffer): number | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const head = bytes.subarray(0, end).toString('latin1');
  return end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
}

/** The request with a head that says that it is the only one on its connection. */
function alone(request: Buffer): Buffer {
  const end = request.indexOf('\r\n\r\n');
  const head = request
    .subarray(0, end)
    .toString('latin1')
    .replace(/\r\nconnection: [^\r]*/i, '');
  return Buffer.concat([Buffer.from(`${head}\r\nconnection: close`, 'latin1'), request.subarray(end)]);
}
