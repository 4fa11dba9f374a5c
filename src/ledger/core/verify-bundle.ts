/**
 * What a proof bundle proves, checked offline with nothing but a policy: the keys of logs and witnesses that the holder
 * trusts. Every step binds attacker-controlled bytes to something that a trusted key signed.
 */
import { equal } from './bytes.js';
import { type Checkpoint } from './checkpoint.js';
import { type Leaf, linkHash, type Opening, parseLeaf, parseOpening } from './entry.js';
import { type HashFn, sha256 } from './hash.js';
import type { Json } from './json.js';
import { type OpeningKey, parseKeys } from './keys.js';
import { leafHash, merkleRoot, verifyInclusion } from './merkle.js';
import type { NoteKey } from './note-key.js';
import type { Verify } from './note.js';
import { originAt } from './origin.js';
import { type Policy, verifyCosigned } from './policy.js';
import {
  type BundleOpening,
  type BundleRegistration,
  parseProofBundle,
  type ProofBundle,
} from './proof-bundle.js';
import { type FieldHead, fieldLeaf, headHash } from './sealed.js';
import { parseStatement, refuseStated } from './read-statement.js';
import { parseCompactJws, type Statement, thumbprint } from './statement.js';
import * as strict from './strict.js';
import { parseTlogProof, type TlogProof } from './tlog-proof.js';

/** A checkpoint that the policy is content with. */
export interface TrustedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The log's key, as the policy names it. */
  readonly log: NoteKey;
  /** Witnesses of the policy that cosigned it, and when: seconds since 1970. */
  readonly cosigned: readonly { readonly name: string; readonly time: bigint }[];
}

/** How far the statement's signature is known to be good. */
export type SignatureProof =
  /** The bundle doesn't open the entry, so nothing is said of who signed. */
  | 'unopened'
  /** It holds under the key of the thumbprint that the entry names; whose key that is isn't proved. */
  | 'valid'
  /** And an entry of the same log registered that key for this signer. That it wasn't revoked in between isn't proved. */
  | 'registered';

/** What a bundle proved: everything in here can be relied on as far as the policy's keys can. */
export interface VerifiedBundle extends TrustedCheckpoint {
  readonly head: FieldHead;
  readonly fields: Readonly<Record<string, Json>>;
  readonly entry: { readonly index: bigint; readonly leafHash: Uint8Array; readonly leaf: Leaf };
  readonly opening: Opening | null;
  /** What the key that the opening names signed: with `issued` and `expires` where it was made beforehand. */
  readonly statement: Statement | null;
  readonly signature: SignatureProof;
}

/**
 * Checks a proof bundle against a policy and gives what it proves. Throws INTEGRITY_VIOLATION, naming what doesn't hold.
 * That no later version replaced this one can't be proved offline.
 */
export function verifyProofBundle(
  bytes: Uint8Array,
  policy: Policy,
  verify: Verify,
  hash: HashFn = sha256,
): VerifiedBundle {
  const bundle = parseProofBundle(bytes);
  const leaf = parseLeaf(bundle.leaf);
  verifyFields(bundle, leaf, hash);
  const proof = parseTlogProof(bundle.proof);
  const trusted = verifyCheckpoint(proof.checkpoint, policy, verify);
  const hashed = leafHash(bundle.leaf, hash);
  verifyProof(proof, hashed, trusted.checkpoint, hash);
  const { index } = proof;
  const entry = { index, leafHash: hashed, leaf };
  if (leaf.supersedes !== null && leaf.supersedes >= index)
    throw strict.violation(`expected entry ${index} to replace an older one, got ${leaf.supersedes}`);
  if (bundle.opening === null)
    return {
      ...trusted,
      head: bundle.head,
      fields: valuesOf(bundle),
      entry,
      opening: null,
      statement: null,
      signature: 'unopened',
    };
  const opening = openHalf(leaf, bundle.opening, hash);
  requireSubject(opening, bundle.head);
  const { key } = bundle.opening;
  verifySignature({ origin: originAt(trusted.checkpoint.origin, index), leaf, opening, key }, verify, hash);
  const signature = bundle.registration === null ? 'valid' : 'registered';
  verifyRegistration(bundle, { ...entry, opening }, trusted.checkpoint, hash);
  const { statement } = parseStatement(opening.signature);
  return { ...trusted, head: bundle.head, fields: valuesOf(bundle), entry, opening, statement, signature };
}

/**
 * The checkpoint of a signed note. Throws INTEGRITY_VIOLATION unless a log of the policy signed it and the witnesses that
 * the policy's quorum asks for cosigned it.
 */
export function verifyCheckpoint(note: string, policy: Policy, verify: Verify): TrustedCheckpoint {
  const { satisfied, ...trusted } = verifyCosigned(note, policy, verify);
  if (satisfied) return trusted;
  const came = trusted.cosigned.map(({ name }) => name).join(', ');
  throw strict.violation(
    `expected the cosignatures that the policy's quorum asks for, got ${came === '' ? 'none' : `those of ${came}`}`,
  );
}

/** Checks that the entry with this leaf hash is under the checkpoint. Throws INTEGRITY_VIOLATION. */
export function verifyProof(
  proof: TlogProof,
  hashed: Uint8Array,
  { size, root }: Checkpoint,
  hash: HashFn = sha256,
): void {
  if (proof.extra !== null)
    throw strict.violation('expected a tlog-proof without extra data, which nothing signs');
  verifyInclusion({ index: proof.index, size, leafHash: hashed, proof: proof.hashes, root }, hash);
}

/**
 * The fields that a bundle shows, held against the leaf that its reader has from elsewhere: they hash to their leaves, and
 * all leaves to what it commits to. Throws INTEGRITY_VIOLATION.
 */
export function verifyShown(
  bundle: Pick<ProofBundle, 'head' | 'fields' | 'leaves'>,
  leaf: Leaf,
  hash: HashFn = sha256,
): Readonly<Record<string, Json>> {
  verifyFields(bundle, leaf, hash);
  return valuesOf(bundle);
}

/** The fields that are shown hash to their leaves, and all leaves to what the entry commits to. */
function verifyFields(
  { head, fields, leaves }: Pick<ProofBundle, 'head' | 'fields' | 'leaves'>,
  leaf: Leaf,
  hash: HashFn,
): void {
  if (leaf.fields === null)
    throw strict.violation('expected an entry that commits to fields, got one that does not');
  const over = headHash(head, hash);
  for (const { index, name, salt, value } of fields) {
    const found = leaves[index];
    if (found === undefined || !equal(leafHash(fieldLeaf(over, name, salt, value), hash), found))
      throw strict.violation(`expected the value and salt of ${name} that its leaf commits to, got others`);
  }
  if (!equal(merkleRoot(leaves, hash), leaf.fields))
    throw strict.violation('expected the fields that the entry commits to, got others');
}

function valuesOf({ fields }: Pick<ProofBundle, 'fields'>): Readonly<Record<string, Json>> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}

function openHalf(leaf: Leaf, { bytes, salt }: BundleOpening, hash: HashFn): Opening {
  if (!equal(linkHash(salt, bytes, hash), leaf.link))
    throw strict.violation('expected the opening and the salt that the leaf links to, got others');
  return parseOpening(bytes);
}

function requireSubject({ subject }: Opening, head: FieldHead): void {
  const same = subject.kind === head.kind && subject.id === head.id && subject.version === head.version;
  if (!same)
    throw strict.violation(
      `expected an entry about ${head.kind} ${head.id} version ${head.version}, got one about another record or version`,
    );
}

interface Signed {
  readonly origin: string;
  readonly leaf: Leaf;
  readonly opening: Opening;
  readonly key: Uint8Array;
}

/** The statement says what the entry holds, and the key that the entry names signed it. */
function verifySignature({ origin, leaf, opening, key }: Signed, verify: Verify, hash: HashFn): void {
  const { by } = opening;
  if (thumbprint(key, hash) !== by.key) throw strict.violation(`expected the key ${by.key}, got another`);
  const jws = parseCompactJws(opening.signature);
  if (jws.kid !== by.key) throw strict.violation('expected a signature of the key that the entry names');
  // The replaced version's leaf hash isn't in the bundle: that there is one must agree, and the signature covers which.
  const refusal = refuseStated(jws, { origin, leaf, opening, supersedes: undefined }, hash);
  if (refusal !== null) throw strict.violation(refusal);
  if (!verify(key, jws.signingInput, jws.signature))
    throw strict.violation(`expected a signature by the key ${by.key}, got one that does not verify`);
}

interface OpenedEntry {
  readonly index: bigint;
  readonly leaf: Leaf;
  readonly opening: Opening;
}

/** An entry of the same log, not after this one, registered the key, and for this signer. */
function verifyRegistration(bundle: ProofBundle, entry: OpenedEntry, at: Checkpoint, hash: HashFn): void {
  const { registration } = bundle;
  if (registration === null) return;
  const { by } = entry.opening;
  if (by.entry > entry.index) throw strict.violation(`expected a key registered before entry ${entry.index}`);
  const { key, registrar } = registeredKey(registration, by, at, hash);
  const refusal = refuseKey(key, entry, registrar);
  if (refusal !== null) throw strict.violation(`key ${by.key}: ${refusal}`);
}

/** What an entry under the checkpoint registered under a thumbprint, if anything, and in which mode it was itself signed. */
export function registeredKey(
  registration: BundleRegistration,
  by: { readonly key: string; readonly entry: bigint },
  { size, root }: Checkpoint,
  hash: HashFn,
): { readonly key: OpeningKey | undefined; readonly registrar: string } {
  const hashed = leafHash(registration.leaf, hash);
  verifyInclusion({ index: by.entry, size, leafHash: hashed, proof: registration.hashes, root }, hash);
  const opening = openHalf(parseLeaf(registration.leaf), registration.opening, hash);
  const key = parseKeys(opening.detail).find((one) => one.thumbprint === by.key);
  return { key, registrar: opening.by.mode };
}

/** The rules for using a key, as far as one entry and its key's registration tell. */
function refuseKey(
  key: OpeningKey | undefined,
  { leaf, opening }: OpenedEntry,
  registrar: string,
): string | null {
  const { by, actor } = opening;
  if (key === undefined) return `expected entry ${by.entry} to register it`;
  if (key.use !== by.mode) return `expected mode ${key.use}, got ${by.mode}`;
  if (key.use === 'service' && registrar !== 'service')
    return 'a service key is registered by the service alone';
  if (key.expires !== null && leaf.time >= key.expires) return `it expired at ${key.expires}`;
  if (by.mode !== 'service' && key.institution !== leaf.institution)
    return `it is of institution ${key.institution}, got ${leaf.institution}`;
  if (by.mode === 'own' && key.member !== actor) return `it is of another member than ${actor}`;
  return null;
}
