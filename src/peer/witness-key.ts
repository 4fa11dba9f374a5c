/** The witness's key: a C2SP signing key of type `cosignature/v1` in a file that its owner alone may read. */
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { createFile } from '../ledger/atomic-file.js';
import {
  COSIGNATURE,
  formatNote,
  formatSkey,
  noteKey,
  type NoteKey,
  noteSignature,
  parseSkey,
  signedMessage,
  VitrineError,
} from '../ledger/core/index.js';
import { signingKeyOf } from '../ledger/native.js';
import { makeFolder } from './durable.js';
import { readPrivate } from './private-file.js';

/** A witness's key, ready to cosign with. */
export interface WitnessKey {
  readonly key: NoteKey;
  /** The cosignature line (c2sp.org/tlog-cosignature) of a checkpoint's text. `time`: seconds since 1970. */
  readonly cosign: (text: string, time: bigint) => string;
}

/** Makes a key file, unless one stands there. Returns the key that stands there in the end. */
export async function createWitnessKey(path: string, name: string): Promise<WitnessKey> {
  const seed = new Uint8Array(randomBytes(32));
  const key = noteKeyOf(name, signingKeyOf(seed).publicKey);
  await makeFolder(dirname(path), 0o700);
  await createFile(path, `${formatSkey({ ...key, seed })}\n`);
  const standing = await readWitnessKey(path);
  if (standing.key.name === name) return standing;
  throw new VitrineError(
    'NOT_CONFIGURED',
    `${path} holds the key of ${standing.key.name}: choose another file`,
  );
}

/** @throws VitrineError NOT_CONFIGURED naming the file that is missing, readable by others, or no witness's key */
export async function readWitnessKey(path: string): Promise<WitnessKey> {
  const text = await readPrivate(path, 'the witness key', 'vitrine peer --init --name <name>');
  return parseWitnessKey(text, path);
}

/** The key of its text; `path` names it in errors, which never repeat the text. */
export function parseWitnessKey(text: string, path: string): WitnessKey {
  try {
    const { seed, ...key } = parseSkey(text.trimEnd(), (bytes) => signingKeyOf(bytes).publicKey);
    if (key.type === COSIGNATURE) return { key, cosign: cosigner(key, signingKeyOf(seed).sign) };
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
  }
  throw new VitrineError('NOT_CONFIGURED', `${path} holds no C2SP signing key of type cosignature/v1`);
}

function cosigner(key: NoteKey, sign: (message: Uint8Array) => Uint8Array): WitnessKey['cosign'] {
  return (text, time) => {
    const signature = noteSignature(key, sign(signedMessage(key, text, time)), time);
    const note = formatNote({ text, signatures: [signature] });
    return note.slice(text.length + 1);
  };
}

function noteKeyOf(name: string, publicKey: Uint8Array): NoteKey {
  try {
    return noteKey(name, COSIGNATURE, publicKey);
  } catch (cause) {
    throw new VitrineError(
      'NOT_CONFIGURED',
      `${JSON.stringify(name)} can't be a witness's name: no spaces, no plus`,
      {
        cause,
      },
    );
  }
}
