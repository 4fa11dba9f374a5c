/**
 * Offline verification, in browsers too: with the keys of a policy alone, and no server. Each function gives what is
 * proved, or throws a VitrineError INTEGRITY_VIOLATION that says what doesn't hold.
 */
import {
  fromUtf8,
  leafHash,
  parsePolicy,
  parseTlogProof,
  type Policy,
  type TrustedCheckpoint,
  utf8,
  type VerifiedAccessLog,
  type VerifiedBundle,
  requireParts,
  verifyAccessLogFile,
  verifyCheckpoint,
  verifyConsistency,
  verifyProof,
  verifyProofBundle,
  VitrineError,
} from '../ledger/core/index.js';
import { verifyEd25519 } from './ed25519.js';

/** Text of a C2SP policy file (c2sp.org/tlog-policy), or what `parsePolicy` made of one. */
export type PolicySource = string | Policy;

/** An entry that is proved to be on a log. */
export interface VerifiedReceipt extends TrustedCheckpoint {
  readonly index: bigint;
  readonly leafHash: Uint8Array;
}

/** Two states of a log, of which the newer is proved to begin with the older. */
export interface VerifiedPair {
  readonly older: TrustedCheckpoint;
  readonly newer: TrustedCheckpoint;
}

/**
 * Checks a proof bundle (schema/ledger.md): the text that `proof { bundle }` of a record gave, or its bytes.
 *
 * @example
 * const { fields, entry } = verifyBundle(bundle, policyText);
 */
export function verifyBundle(bundle: string | Uint8Array, policy: PolicySource): VerifiedBundle {
  return verifyProofBundle(bytesOf(bundle), policyOf(policy), verifyEd25519);
}

/**
 * Checks a patient's log of accesses (schema/ledger.md): the file that `accessLogDownload` gave. That it is whole is said,
 * and signed, by the deployment.
 */
export function verifyAccessLog(file: string | Uint8Array, policy: PolicySource): VerifiedAccessLog {
  return verifyAccessLogFile(bytesOf(file), policyOf(policy), verifyEd25519);
}

/**
 * Checks the parts of a patient's log of accesses as one list, from the newest access to the oldest: each file that `accessLogDownload` gave,
 * in the order in which they were asked for, the last one too.
 */
export function verifyAccessLogParts(
  files: readonly (string | Uint8Array)[],
  policy: PolicySource,
): readonly VerifiedAccessLog[] {
  const parts = files.map((file) => verifyAccessLog(file, policy));
  requireParts(parts.map(({ statement }) => statement));
  return parts;
}

/**
 * Checks a receipt: the C2SP tlog-proof that `receipt { proof }` gave, for an entry whose leaf the holder has, or at
 * least its hash (`anchor { leafHash }`).
 */
export function verifyReceipt(
  proof: string | Uint8Array,
  entry: { readonly leaf: Uint8Array } | { readonly leafHash: Uint8Array },
  policy: PolicySource,
): VerifiedReceipt {
  const parsed = parseTlogProof(proof);
  const trusted = verifyCheckpoint(parsed.checkpoint, policyOf(policy), verifyEd25519);
  const hashed = 'leaf' in entry ? leafHash(entry.leaf) : entry.leafHash;
  if (hashed.length !== 32)
    throw new VitrineError('BAD_USER_INPUT', `expected a leaf hash of 32 bytes, got ${hashed.length}`);
  verifyProof(parsed, hashed, trusted.checkpoint);
  return { ...trusted, index: parsed.index, leafHash: hashed };
}

/**
 * Checks that a log only grew between two signed checkpoints: that nothing of the older was changed or removed.
 *
 * @param proof the hashes of `consistencyProof`, in their order; none between equal sizes
 */
export function verifyCheckpointPair(
  older: string | Uint8Array,
  newer: string | Uint8Array,
  proof: readonly Uint8Array[],
  policy: PolicySource,
): VerifiedPair {
  const rules = policyOf(policy);
  const [from, to] = [older, newer].map((note) => verifyCheckpoint(textOf(note), rules, verifyEd25519));
  if (from === undefined || to === undefined) throw new VitrineError('INTERNAL', 'expected two checkpoints');
  const [before, after] = [from.checkpoint, to.checkpoint];
  if (before.origin !== after.origin)
    throw new VitrineError(
      'INTEGRITY_VIOLATION',
      `expected two checkpoints of one log, got ${before.origin} and ${after.origin}`,
    );
  verifyConsistency({ from: before.size, to: after.size, fromRoot: before.root, toRoot: after.root, proof });
  return { older: from, newer: to };
}

function policyOf(policy: PolicySource): Policy {
  return typeof policy === 'string' ? parsePolicy(policy) : policy;
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? utf8(data) : data;
}

function textOf(data: string | Uint8Array): string {
  return typeof data === 'string' ? data : fromUtf8(data);
}
