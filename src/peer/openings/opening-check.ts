/**
 * Whose signature an entry carries. The log's operator holds both halves and whatever keys it made; what it doesn't
 * hold is a key that this institution kept to itself (`--own-key`).
 */
import {
  equal,
  type Leaf,
  linkHash,
  type Opening,
  parseCompactJws,
  parseKeys,
  parseOpening,
  refuseStated,
  VitrineError,
} from '../../ledger/core/index.js';
import { refuseKey, type RegisteredKey } from '../../ledger/key-registry.js';
import { checkSignatureOf, nativeHash, verifyingKeyOf } from '../../ledger/native.js';
import type { HeldOpening } from './opening-store.js';

/** Whose entries are one's own. */
export interface Ownership {
  /** The peer's institution, or null. */
  readonly institution: string | null;
  /** Thumbprints of the institution's keys; null: those that the log registered for it. */
  readonly ownKeys: ReadonlySet<string> | null;
}

/** What a signature is checked by. */
export interface SignatureBasis {
  readonly origin: string;
  /** The key that the entry names, as its registration says. */
  readonly key: RegisteredKey;
  /** Leaf hash of the entry that this one supersedes. */
  readonly superseded: Uint8Array | null;
}

/** The opening of its bytes. Throws INTEGRITY_VIOLATION unless the leaf links to them. */
export function requireLinked(leaf: Leaf, bytes: Uint8Array, salt: Uint8Array): Opening {
  if (!equal(linkHash(salt, bytes, nativeHash), leaf.link)) {
    throw new VitrineError('INTEGRITY_VIOLATION', 'expected the opening that the leaf links to, got another');
  }
  return parseOpening(bytes);
}

/** The opening of its bytes, where the leaf links to them. */
export function linked(leaf: Leaf, { opening, salt }: HeldOpening): Opening | undefined {
  try {
    return requireLinked(leaf, opening, salt);
  } catch (cause) {
    if (cause instanceof VitrineError) return undefined;
    throw cause;
  }
}

/** A key as an opening registers it; undefined when it doesn't. */
export function registrationOf(
  thumbprint: string,
  index: bigint,
  opening: Opening,
): RegisteredKey | undefined {
  const key = parseKeys(opening.detail).find((one) => one.thumbprint === thumbprint);
  return key && { ...key, entry: index, revoked: null, verifier: verifyingKeyOf(key.publicKey) };
}

/**
 * Why an entry that claims the peer's institution isn't its own by the key it names; null when it may be, or claims
 * another. The ministry's own records of block 0 are the deployment's to sign: no member existed.
 */
export function refuseForeign(
  leaf: Leaf,
  { by }: Opening,
  { institution, ownKeys }: Ownership,
): string | null {
  if (institution === null || leaf.institution !== institution) return null;
  if (by.mode === 'service') {
    return leaf.block === 0n
      ? null
      : "it was signed by the deployment's own key, not by one of the institution's";
  }
  if (ownKeys === null || ownKeys.has(by.key)) return null;
  return `it was signed by key ${by.key}, which isn't one of --own-key`;
}

/** Why the key didn't sign this entry, or may not have; null when it did. */
export function refuseSignature(leaf: Leaf, opening: Opening, basis: SignatureBasis): string | null {
  return refuseKey(basis.key, leaf, opening) ?? refuseStatement(leaf, opening, basis);
}

function refuseStatement(
  leaf: Leaf,
  opening: Opening,
  { origin, key, superseded }: SignatureBasis,
): string | null {
  const { by } = opening;
  try {
    const jws = parseCompactJws(opening.signature);
    if (jws.kid !== by.key) return 'its signature names another key than the entry';
    const refusal = refuseStated(jws, { origin, leaf, opening, supersedes: superseded }, nativeHash);
    if (refusal !== null) return `its signature: ${refusal}`;
    return checkSignatureOf(key.verifier, jws.signingInput, jws.signature)
      ? null
      : `its signature by key ${by.key} doesn't verify`;
  } catch (cause) {
    if (cause instanceof VitrineError) return cause.message;
    throw cause;
  }
}
