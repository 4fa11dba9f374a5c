/** The pure, browser-safe core of the ledger: encoding, hashing, Merkle trees, notes and the log's formats. */
export { ERROR_CODES, VitrineError } from './error.js';
export type { ErrorCode, InputPath, Problem, VitrineErrorOptions } from './error.js';
export {
  base64,
  base64url,
  concat,
  equal,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  lp,
  u32be,
  u64be,
  utf8,
} from './bytes.js';
export { sha256 } from './hash.js';
export type { HashFn } from './hash.js';
export { canonical, parseCanonical } from './json.js';
export type { Json, JsonObject } from './json.js';
export {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  merkleRoot,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle.js';
export type { ConsistencyClaim, InclusionClaim } from './merkle.js';
export { verifySubtreeConsistency, verifySubtreeInclusion } from './subtree.js';
export type { Subtree } from './subtree.js';
export { RightEdge } from './right-edge.js';
export { COSIGNATURE, cosignedMessage, ED25519 } from './note-type.js';
export { checkEncoding } from './ed25519.js';
export { formatSkey, formatVkey, keyHash, noteKey, parseSkey, parseVkey } from './note-key.js';
export type { NoteKey, NoteSecretKey } from './note-key.js';
export { formatNote, noteSignature, parseNote, signedMessage, verifyNote } from './note.js';
export type { Note, NoteSignature, Verify } from './note.js';
export { cosign, formatCosignatures, parseCosignatures, withSignatures } from './cosignature.js';
export { parsePolicy, verifyCosigned } from './policy.js';
export type { Cosigned, CosignedCheckpoint, Policy, PolicyLog, PolicyWitness } from './policy.js';
export { signRotation, verifyRotation } from './rotation.js';
export type { Rotation } from './rotation.js';
export { formatCheckpoint, parseCheckpoint } from './checkpoint.js';
export type { Checkpoint } from './checkpoint.js';
export { originAt, predecessorOf, restoredOrigin } from './origin.js';
export { encodeLeaf, encodeOpening, linkHash, parseLeaf, parseOpening } from './entry.js';
export type { Leaf, MovedCounter, Opening, OpeningSigner, Subject, ThreadPlace } from './entry.js';
export { statedDetail } from './scan-entry.js';
export { parseKeys } from './keys.js';
export type { OpeningKey } from './keys.js';
export { encodeHeader, headerHash, parseHeader } from './block.js';
export type { BlockHeader } from './block.js';
export {
  compactJws,
  parseCompactJws,
  signatureInput,
  statementBytes,
  statementText,
  thumbprint,
} from './statement.js';
export type { ParsedJws, Statement } from './statement.js';
export {
  CLOCK_TOLERANCE,
  LONGEST_LIFE,
  parseStatement,
  refuseLife,
  refuseStated,
  refuseTimes,
  statedTimes,
  statementOf,
} from './read-statement.js';
export type { ParsedStatement, StatedTimes } from './read-statement.js';
export { endorsementBytes, parseEndorsement, statementsHash } from './endorsement.js';
export type { EndorsementDecision, EndorsementText, ParsedEndorsement } from './endorsement.js';
export { saltsFrom } from './salts.js';
export { eraseFields, sealFields } from './erase.js';
export {
  contentHash,
  fieldHashes,
  fieldLeaf,
  fieldsRoot,
  headHash,
  openPlaintext,
  sealPlaintext,
} from './sealed.js';
export type { FieldHead, SealedField, SealedFields, SealedHead, SealedPlaintext } from './sealed.js';
export {
  encodeBundle,
  parseBundle,
  parseTile,
  parseTilePath,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from './tile.js';
export type { HashTile, TileName } from './tile.js';
export { consistencyFromTiles, inclusionFromTiles, rootFromTiles } from './tile-proof.js';
export type { TileSource } from './tile-proof.js';
export { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.js';
export type { TlogProof, TlogProofClaim } from './tlog-proof.js';
export {
  encodeAccessLog,
  isAccessLog,
  requireParts,
  statementOfAccesses,
  verifyAccessLogFile,
} from './access-log.js';
export type { AccessLogFile, AccessLogStatement, VerifiedAccessLog } from './access-log.js';
export { encodeProofBundle, parseProofBundle } from './proof-bundle.js';
export type { BundleOpening, BundleRegistration, DisclosedField, ProofBundle } from './proof-bundle.js';
export { verifyCheckpoint, verifyProof, verifyProofBundle, verifyShown } from './verify-bundle.js';
export type { SignatureProof, TrustedCheckpoint, VerifiedBundle } from './verify-bundle.js';
