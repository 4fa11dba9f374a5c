/** A witness over real HTTP that does what it is told: the right thing, or any wrong one. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  COSIGNATURE,
  cosign,
  formatCosignatures,
  formatVkey,
  noteKey,
  type NoteKey,
  parseNote,
} from '../../src/ledger/core/index.js';
import { type SigningKey, signingKeyOf } from '../../src/ledger/native.js';

/** A request as it came. */
export interface AskedFor {
  readonly old: string;
  readonly proof: readonly string[];
  readonly note: string;
  readonly size: bigint;
}

/** Answers one request; undefined: never. */
export type Behaviour = (asked: AskedFor, response: ServerResponse) => void | Promise<void>;

export class FaultyWitness {
  readonly key: NoteKey;
  readonly asked: AskedFor[] = [];
  private server: Server | undefined;
  private readonly signing: SigningKey;

  constructor(
    readonly name: string,
    public behave: Behaviour = (asked, response) => this.sign(asked, response),
  ) {
    const seed = new Uint8Array(32).fill(name.length);
    seed.set(new TextEncoder().encode(name).subarray(0, 32));
    this.signing = signingKeyOf(seed);
    this.key = noteKey(`${name}.example/witness`, COSIGNATURE, this.signing.publicKey);
  }

  get vkey(): string {
    return formatVkey(this.key);
  }

  /** Signs anything, without a look. */
  sign({ note }: AskedFor, response: ServerResponse): void {
    response.end(this.line(note));
  }

  /** Its cosignature of a note. */
  line(note: string): string {
    const seconds = BigInt(Math.floor(Date.now() / 1000));
    return formatCosignatures([cosign(parseNote(note).text, this.key, this.signing.sign, seconds)]);
  }

  async listen(port = 0): Promise<string> {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const asked = parse(Buffer.concat(parts).toString('utf8'));
        this.asked.push(asked);
        void this.behave(asked, response);
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server === undefined ? resolve(0) : this.server.close(resolve)));
  }
}

function parse(body: string): AskedFor {
  const border = body.indexOf('\n\n');
  const [old = '', ...proof] = body.slice(0, border).split('\n');
  const note = body.slice(border + 2);
  return { old, proof, note, size: BigInt(note.split('\n')[1] ?? '0') };
}

/** Answers with a status, a body and a type. */
export function says(status: number, body = '', type = 'text/plain'): Behaviour {
  return (_asked, response) => void response.writeHead(status, { 'content-type': type }).end(body);
}

/** Answers 409 with a size. */
export const holds = (size: bigint | number): Behaviour => says(409, `${size}\n`, 'text/x.tlog.size');
