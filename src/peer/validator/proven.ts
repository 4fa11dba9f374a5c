/**
 * A request for permission as the log has it: what the API shows is held against the leaf in the peer's own copy, field by
 * field (schema/ledger.md, "Proof bundle"). So nobody can be shown another request than the rest of the world.
 */
import { z } from 'zod';
import {
  base64url,
  equal,
  parseProofBundle,
  parseTlogProof,
  utf8,
  verifyShown,
  VitrineError,
} from '../../ledger/core/index.js';
import { nativeHash } from '../../ledger/native.js';
import type { Copy } from './copy.js';

const MODES = ['own', 'delegated', 'service'] as const;
const id = z.string();

/** What of a request's sealed values a decision rests on, and whether there is anything to decide any more. */
const values = z.object({
  operation: z.string(),
  situation: z.string(),
  state: z.string(),
  mode: z.enum(MODES),
  uploader: z.object({ member: id, institution: id.nullable() }),
  request: id,
  part: z.number(),
  statements: z.array(z.string()),
  contents: z.array(z.string().nullable()),
  endorsements: z.array(z.object({ member: id })),
});

export interface ProvenUpload extends z.output<typeof values> {
  readonly id: string;
  /** Institution whose record the request is. */
  readonly custodian: string | null;
  /** Entry of this version. */
  readonly index: bigint;
  /** When it was asked for, by the log's leaf of version 1. */
  readonly askedAt: string;
}

/** A request that can't be judged yet, and why: the copy, or the cosignature, isn't that far. */
export interface NotYet {
  readonly later: string;
}

/**
 * The request of an id.
 * @param bundle as the API gave it; its own proof isn't looked at
 * @throws VitrineError INTEGRITY_VIOLATION when it isn't what the log holds: the API, or whoever stands between, changed it
 */
export async function provenUpload(
  upload: string,
  bundle: string,
  copy: Copy,
  cosigned: boolean,
): Promise<ProvenUpload | NotYet> {
  const parsed = parseProofBundle(utf8(bundle));
  const { index } = parseTlogProof(parsed.proof);
  const held = await copy.leaf(index);
  if (held === undefined) return { later: `entry ${index} isn't copied yet` };
  if (!equal(held.bytes, parsed.leaf))
    throw violation(`expected the leaf that the copy holds of entry ${index}, got another`);
  const shown = verifyShown(parsed, held.leaf, nativeHash);
  const { head } = parsed;
  if (head.kind !== 'UploadRequest' || head.id !== upload)
    throw violation(`expected upload request ${upload}, got ${head.kind} ${head.id}`);
  const read = values.safeParse(shown);
  if (!read.success) throw violation(`its fields aren't all shown: ${read.error.issues[0]?.path.join('.')}`);
  const doubt = cosigned ? await copy.uncosigned(index) : null;
  if (doubt !== null) return { later: doubt };
  const askedAt = await copy.firstTime(held.leaf);
  return { ...read.data, id: upload, custodian: head.custodian, index, askedAt };
}

/** Base64url of a commitment, as requests name it. */
export function contentText(content: Uint8Array | null): string | null {
  return content === null ? null : base64url(content);
}

function violation(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', message);
}
