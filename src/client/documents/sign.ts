/**
 * Signing a change with a member's own key (schema/ledger.md, "Who signed"): salts, commitments and the statement, all made
 * before anything is sent. Whoever relays the change can't alter it, nor make another.
 */
import {
  base64url,
  canonical,
  compactJws,
  type HashFn,
  type JsonObject,
  LONGEST_LIFE,
  saltsFrom,
  type SealedHead,
  sealPlaintext,
  sha256,
  signatureInput,
  statementBytes,
  thumbprint,
  VitrineError,
} from '../../ledger/core/index.js';

/** A member's key. The private half stays with whoever made this: WebCrypto, `node:crypto`, a card. */
export interface StatementSigner {
  /** The 32 bytes of the Ed25519 key that the log registered for the member. */
  readonly publicKey: Uint8Array;
  /** The 64-byte Ed25519 signature of a message (RFC 8032). */
  readonly sign: (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** A record version as it will be sealed. */
export interface VersionToSign {
  /** `<noun>.<verb>` */
  readonly op: string;
  readonly head: SealedHead;
  /** Every field of the kind; an absent one is null. */
  readonly values: object;
  /** Leaf hash of the version that this one replaces (`anchor { leafHash }`); null for version 1. */
  readonly supersedes: Uint8Array | null;
  /** What the operation says in its opening's detail; null for nothing. */
  readonly detail?: JsonObject | null;
}

/** For what it is signed. */
export interface SignedFor {
  /** Name of the log, as its checkpoint begins. */
  readonly origin: string;
  /** The member's institution; null for a patient. */
  readonly institution: string | null;
  /** The id of the request with which it is sent, and its place in a batch; 0 by default. */
  readonly requestId: string;
  readonly part?: number;
  /** When it is made. */
  readonly issued: Date;
  /** How long it may be sent, in milliseconds: 24 hours by default, 31 days at most. */
  readonly life?: number;
}

/** What a mutation's input takes as `signed`. The seed is a secret of the record's readers: keep it as its values. */
export interface SignedChange {
  readonly statement: string;
  readonly seed: string;
}

const SEED_BYTES = 32;
const DAY = 24 * 60 * 60_000;

/**
 * Signs a record version.
 *
 * @param random gives so many random bytes; by default the platform's
 * @throws VitrineError BAD_USER_INPUT when it's to live longer than 31 days
 */
export async function signVersion(
  version: VersionToSign,
  { origin, institution, requestId, part = 0, issued, life = DAY }: SignedFor,
  signer: StatementSigner,
  random: (bytes: number) => Uint8Array = platformRandom,
  hash: HashFn = sha256,
): Promise<SignedChange> {
  if (!(life > 0 && life <= LONGEST_LIFE))
    throw new VitrineError('BAD_USER_INPUT', `expected a life of at most ${LONGEST_LIFE} ms, got ${life}`);
  const seed = random(SEED_BYTES);
  const { op, head, values, supersedes, detail = null } = version;
  const { content, fields } = sealPlaintext(head, values, saltsFrom(seed, hash), hash);
  const payload = statementBytes({
    origin,
    op,
    subject: { kind: head.kind, id: head.id, version: head.version },
    supersedes,
    content,
    fields,
    detail: detail === null ? null : hash(canonical(detail)),
    institution,
    issued: issued.toISOString(),
    expires: new Date(issued.getTime() + life).toISOString(),
    request: requestId,
    part,
  });
  const kid = thumbprint(signer.publicKey, hash);
  const signature = await signer.sign(signatureInput(kid, payload));
  return { statement: compactJws(kid, payload, signature), seed: base64url(seed) };
}

function platformRandom(bytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(bytes));
}
