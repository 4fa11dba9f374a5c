/**
 * A log over real HTTP, made of `ledger/core` alone, that can misbehave: fork, roll back, fall silent, serve other leaves.
 * It also answers the one GraphQL query that a peer sends.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  base64,
  base64url,
  canonical,
  compactJws,
  consistencyProof,
  ED25519,
  encodeBundle,
  encodeLeaf,
  encodeOpening,
  formatCheckpoint,
  formatNote,
  leafHash,
  linkHash,
  merkleRoot,
  noteKey,
  type NoteKey,
  noteSignature,
  type Opening,
  parseTilePath,
  signatureInput,
  signedMessage,
  statementBytes,
  thumbprint,
  TILE_WIDTH,
} from '../../src/ledger/core/index.js';
import { nativeHash, type SigningKey, signingKeyOf } from '../../src/ledger/native.js';

export const ORIGIN = 'fake.example/log';
export const MINE = '11111111-1111-4111-8111-111111111111';
export const OTHER = '22222222-2222-4222-8222-222222222222';
const MEMBER = '33333333-3333-4333-8333-333333333333';

/** A key pair that is the same each time it is asked for by its name. */
export function keyNamed(name: string): SigningKey {
  return signingKeyOf(new Uint8Array(createHash('sha256').update(name).digest()));
}

/** What an entry of the fake log is. */
export interface Wish {
  readonly institution?: string | null;
  readonly time?: Date;
  /** Who signs it; by default the key that entry 0 registers for the institution. */
  readonly signer?: SigningKey;
  readonly mode?: 'delegated' | 'service';
  /** Signs a statement of something else. */
  readonly forged?: boolean;
}

interface Entry {
  readonly leaf: Uint8Array;
  readonly opening: Uint8Array;
  readonly salt: Uint8Array;
  readonly institution: string | null;
}

/** Keys that entry 0 registers. */
export const MY_KEY = keyNamed('mine');
export const OTHER_KEY = keyNamed('other');
const SERVICE = keyNamed('service');

export class FakeLog {
  entries: Entry[] = [];
  /** The newest signed note; what is served as the checkpoint. */
  note = '';
  /** Answers everything with this status. */
  broken: number | null = null;
  /** Changes answers before they are sent. */
  forge: (path: string, body: Uint8Array) => Uint8Array = (_path, body) => body;
  /** Openings that aren't given. */
  readonly withheld = new Set<number>();
  token: string | null = null;
  readonly requests: string[] = [];
  private readonly hashes: Uint8Array[] = [];
  private server: Server | undefined;

  constructor(
    readonly key: SigningKey = keyNamed('log'),
    readonly origin = ORIGIN,
  ) {
    this.append({
      institution: null,
      signer: SERVICE,
      mode: 'service',
      time: new Date(Date.now() - 86_400_000),
    });
  }

  get noteKey(): NoteKey {
    return noteKey(this.origin, ED25519, this.key.publicKey);
  }

  get size(): number {
    return this.entries.length;
  }

  /** Adds entries in one block and signs the new checkpoint. */
  append(...wishes: readonly Wish[]): void {
    const block = this.blocks++;
    for (const wish of wishes) {
      const entry = this.build(wish, block);
      this.entries.push(entry);
      this.hashes.push(leafHash(entry.leaf, nativeHash));
    }
    this.note = this.sign();
  }

  /** Adds entries of another institution, one block each, cheaply. */
  grow(count: number): void {
    const time = new Date();
    for (let i = 0; i < count; i++) {
      const entry = this.build({ institution: OTHER, time }, this.blocks++);
      this.entries.push(entry);
      this.hashes.push(leafHash(entry.leaf, nativeHash));
    }
    this.note = this.sign();
  }

  /** Another log of the same name and key that begins with the first `size` entries of this one. */
  fork(size: number): FakeLog {
    const other = new FakeLog(this.key, this.origin);
    other.entries = this.entries.slice(0, size);
    other.hashes.splice(0, Infinity, ...this.hashes.slice(0, size));
    other.blocks = this.blocks;
    other.note = other.sign();
    return other;
  }

  /** Shows what another log holds. */
  become(other: FakeLog): void {
    this.entries = other.entries;
    this.hashes.splice(0, Infinity, ...other.hashes);
    this.blocks = other.blocks;
    this.note = other.note;
  }

  /** A signed note over the first `size` entries. */
  sign(
    size = this.size,
    root = merkleRoot(this.hashes.slice(0, size), nativeHash),
    keys = [this.key],
  ): string {
    const text = formatCheckpoint({ origin: this.origin, size: BigInt(size), root });
    const signatures = keys.map((one) => {
      const key = noteKey(this.origin, ED25519, one.publicKey);
      return noteSignature(key, one.sign(signedMessage(key, text)));
    });
    return formatNote({ text, signatures });
  }

  /** Body of `add-checkpoint` from one size to another. */
  request(old: number, size = this.size, note = this.sign(size)): string {
    const proof =
      old === 0 || old > size
        ? []
        : consistencyProof(this.hashes.slice(0, size), BigInt(old), BigInt(size), nativeHash);
    return [`old ${old}`, ...proof.map(base64), '', note].join('\n');
  }

  async listen(): Promise<string> {
    this.server = createServer((request, response) => this.answer(request, response));
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private blocks = 0n;

  private build(wish: Wish, block: bigint): Entry {
    const { institution = MINE, mode = 'delegated', time = new Date() } = wish;
    const index = this.entries.length;
    const signer = wish.signer ?? (institution === MINE ? MY_KEY : OTHER_KEY);
    const id = randomUUID();
    const detail = index === 0 ? { keys: registrations() } : null;
    const content = nativeHash(canonical(id));
    const key = thumbprint(signer.publicKey);
    const stated = {
      origin: this.origin,
      op: index === 0 ? 'log.genesis' : 'form.publish',
      subject: { kind: 'Form', id, version: 1 },
      supersedes: null,
      content: wish.forged === true ? nativeHash(content) : content,
      fields: content,
      detail: detail === null ? null : nativeHash(canonical(detail)),
      institution,
      issued: null,
      expires: null,
      request: randomUUID(),
      part: 0,
    };
    const payload = statementBytes(stated);
    const opening: Opening = {
      op: stated.op,
      actor: MEMBER,
      by: { key, entry: 0n, mode },
      subject: stated.subject,
      threads: [{ id, seq: 1n, prev: null }],
      request: stated.request,
      part: 0,
      signature: compactJws(key, payload, signer.sign(signatureInput(key, payload))),
      detail,
    };
    const bytes = encodeOpening(opening);
    const salt = new Uint8Array(randomBytes(16));
    const leaf = encodeLeaf({
      v: 1,
      time: time.toISOString(),
      block,
      institution,
      supersedes: null,
      content,
      fields: content,
      link: linkHash(salt, bytes, nativeHash),
    });
    return { leaf, opening: bytes, salt, institution };
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').slice(1);
    this.requests.push(path);
    if (this.broken !== null) return void response.writeHead(this.broken).end();
    if (path === 'graphql') return this.graphql(request, response);
    const body = this.file(path.replace(/^log\//, ''));
    if (body === undefined) return void response.writeHead(404).end();
    response.end(this.forge(path, body));
  }

  private file(path: string): Uint8Array | undefined {
    if (path === 'checkpoint') return new TextEncoder().encode(this.note);
    const name = parseTilePath(path);
    if (name === undefined) return undefined;
    const first = Number(name.index) * TILE_WIDTH;
    if (name.level === 'entries') {
      const leaves = this.entries.slice(first, first + name.width).map(({ leaf }) => leaf);
      return leaves.length < name.width ? undefined : encodeBundle(leaves);
    }
    const span = 256 ** name.level;
    const width = Math.min(name.width, Math.floor(this.size / span) - first);
    if (width < name.width) return undefined;
    const hash = (i: number): Uint8Array =>
      merkleRoot(this.hashes.slice(i * span, (i + 1) * span), nativeHash);
    return Buffer.concat(Array.from({ length: width }, (_, i) => hash(first + i)));
  }

  private graphql(request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.on('data', (part) => (text += String(part)));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      const allowed = this.token === null || request.headers.authorization === `Bearer ${this.token}`;
      const refused = { errors: [{ message: 'no valid token', extensions: { code: 'UNAUTHENTICATED' } }] };
      response.end(JSON.stringify(allowed ? this.openings(text) : refused));
    });
  }

  private openings(text: string): unknown {
    const { variables } = JSON.parse(text) as {
      variables: { first: number; filter: { from: string; to: string; institution: string | null } };
    };
    const { from, to, institution } = variables.filter;
    const edges = this.entries
      .map((entry, index) => ({ entry, index }))
      .slice(Number(from), Number(to))
      .filter(({ entry }) => institution === null || entry.institution === institution)
      .slice(0, variables.first)
      .map(({ entry, index }) => ({
        node: {
          index: String(index),
          opening: this.withheld.has(index)
            ? null
            : { bytes: base64(entry.opening), salt: base64(entry.salt) },
        },
      }));
    return { data: { entries: { edges } } };
  }
}

function registrations() {
  const one = (use: string, key: SigningKey, institution: string | null) => ({
    use,
    thumbprint: thumbprint(key.publicKey),
    publicKey: base64url(key.publicKey),
    institution,
    member: null,
    expires: null,
  });
  return [one('service', SERVICE, null), one('delegated', MY_KEY, MINE), one('delegated', OTHER_KEY, OTHER)];
}
