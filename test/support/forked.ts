/** What whoever stole a log's key can make: notes of a fork that begins as the log does, and `add-checkpoint` bodies. */
import { readFile } from 'node:fs/promises';
import {
  base64,
  consistencyProof,
  ED25519,
  formatCheckpoint,
  formatNote,
  fromBase64url,
  leafHash,
  merkleRoot,
  noteKey,
  noteSignature,
  parseBundle,
  signedMessage,
  TILE_WIDTH,
  tilePath,
  utf8,
} from '../../src/ledger/core/index.js';
import { nativeHash, signingKeyOf } from '../../src/ledger/native.js';

export class Forked {
  private constructor(
    /** Leaf hashes of the log itself. */
    private readonly own: readonly Uint8Array[],
    private readonly origin: string,
    private readonly seed: Uint8Array,
  ) {}

  /** Copies the log's leaves over HTTP, and takes its key from its file. */
  static async of(url: string, size: number, keyFile: string): Promise<Forked> {
    const leaves: Uint8Array[] = [];
    for (let index = 0; leaves.length < size; index++) {
      const width = Math.min(TILE_WIDTH, size - leaves.length);
      const path = tilePath({ level: 'entries', index: BigInt(index), width });
      const bytes = new Uint8Array(await (await fetch(`${url}/log/${path}`)).arrayBuffer());
      leaves.push(...parseBundle(bytes, width));
    }
    const { origin, key } = JSON.parse(await readFile(keyFile, 'utf8')) as { origin: string; key: string };
    return new Forked(
      leaves.map((leaf) => leafHash(leaf, nativeHash)),
      origin,
      fromBase64url(key),
    );
  }

  /** The signed note over the first `common` entries of the log and others up to `size`. */
  note(size: number, common: number): string {
    const root = merkleRoot(this.hashes(size, common), nativeHash);
    const signing = signingKeyOf(this.seed);
    const key = noteKey(this.origin, ED25519, signing.publicKey);
    const text = formatCheckpoint({ origin: this.origin, size: BigInt(size), root });
    return formatNote({ text, signatures: [noteSignature(key, signing.sign(signedMessage(key, text)))] });
  }

  /** A request for a witness to sign it, with the fork's own proof from `old` on. */
  request(old: number, size: number, common: number): string {
    const hashes = this.hashes(size, common);
    const proof =
      old === 0 || old >= size ? [] : consistencyProof(hashes, BigInt(old), BigInt(size), nativeHash);
    return [`old ${old}`, ...proof.map(base64), '', this.note(size, common)].join('\n');
  }

  private hashes(size: number, common: number): Uint8Array[] {
    const other = (index: number): Uint8Array => leafHash(utf8(`another entry ${index}`), nativeHash);
    return Array.from({ length: size }, (_, index) =>
      index < common ? (this.own[index] ?? other(index)) : other(index),
    );
  }
}
