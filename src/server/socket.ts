/**
 * One WebSocket as the GraphQL side sees it: it tells when too much is unsent, writes many messages at once, and lets
 * go of a peer that shows no sign of life.
 */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** Milliseconds from one sign of life that is asked for to the next. */
const PING_MS = 12_000;

/**
 * Signs of life that may fail to come in a row. A slow reader answers a ping only when it has read all that was sent
 * before, so there are many; what it takes meanwhile is a sign, too.
 */
const MOST_SILENT = 5;

export class Socket {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #bound: number;
  readonly #waiting = new Set<() => void>();
  readonly #pings: NodeJS.Timeout;
  #silent = 0;

  /**
   * @param stream what the upgrade was made on
   * @param bound bytes that may be unsent before the socket is full
   */
  constructor(socket: WebSocket, stream: Duplex, bound: number) {
    this.#socket = socket;
    this.#stream = stream;
    this.#bound = bound;
    this.#pings = setInterval(() => this.#ping(), PING_MS).unref();
    for (const sign of ['pong', 'message'] as const) socket.on(sign, () => (this.#silent = 0));
    socket.once('close', () => {
      clearInterval(this.#pings);
      this.#tell();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** More is unsent than may be; nothing is to be given to it before it told that there is room. */
  get isFull(): boolean {
    return this.isOpen && this.#socket.bufferedAmount > this.#bound;
  }

  /** Calls back whenever something was taken by the network, and when the socket closes. Gives what stops it. */
  onRoom(heard: () => void): () => void {
    this.#waiting.add(heard);
    return () => this.#waiting.delete(heard);
  }

  /** Sends a message; fulfils when the network has taken it, or when nobody is there any more. */
  send(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (!this.isOpen) return resolve();
      this.#socket.send(text, () => {
        this.#taken();
        resolve();
      });
    });
  }

  /** Sends messages, each the bytes of a text, in one write. Whether there is room is to be asked before. */
  push(messages: readonly Buffer[]): void {
    if (!this.isOpen) return;
    const last = messages.length - 1;
    this.#stream.cork();
    messages.forEach((message, place) =>
      this.#socket.send(message, { binary: false }, place === last ? () => this.#taken() : undefined),
    );
    this.#stream.uncork();
  }

  #ping(): void {
    if (!this.isOpen) return;
    this.#silent += 1;
    if (this.#silent > MOST_SILENT) this.#socket.terminate();
    else this.#socket.ping();
  }

  #taken(): void {
    this.#silent = 0;
    this.#tell();
  }

  #tell(): void {
    for (const heard of this.#waiting) heard();
  }
}
