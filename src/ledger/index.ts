/** The log: what is appended, in what order, and what this process verified of it. */
export { RolledBackLog } from './accept-rollback.js';
export type { Acceptance, AcceptedPosition, LostEvidence } from './accept-rollback.js';
export { createFile, flushFolder } from './atomic-file.js';
export { refillsAt, usedIn, windowCounter } from './charges.js';
export { auditLog } from './audit.js';
export type { AuditOptions, AuditSummary } from './audit.js';
export type { VerifiedEntry } from './check-entry.js';
export { verifyCheckpoint, verifyPinned } from './checkpoint-check.js';
export { StaleAuthority } from './conditions.js';
export type { Ledger, LedgerLog, LedgerOptions } from './contract.js';
export { isErasure, readErasure } from './erasure-entry.js';
export type { ErasureFacts } from './erasure-entry.js';
export { ErasureFile, readErasures } from './erasure-file.js';
export type { ErasureLine } from './erasure-file.js';
export { custodianKeyId, isKeyOf } from './custodian-keys.js';
export { FAULT_POINTS, ROTATION_FAULT_POINTS, SNAPSHOT_FAULT_POINTS } from './faults.js';
export type { FaultPoint, Faults, RotationFaults } from './faults.js';
export { FINDINGS, violationOf } from './finding.js';
export type { Finding } from './finding.js';
export { buildGenesis } from './genesis.js';
export type { GenesisOptions } from './genesis.js';
export { uuidText } from './head-map.js';
export type { Head } from './head-map.js';
export { initLedger } from './init.js';
export type { GenesisContext, InitOptions } from './init.js';
export type { RegisteredKey } from './key-registry.js';
export type { HeldKeys, KeySource, MasterKey, Signer } from './key-source.js';
export { nonceKeyOf, openKeyStore } from './key-store.js';
export type { KeyStore, KeyStoreOptions, PublicKey } from './key-store.js';
export { isTransfer } from './move-entry.js';
export type { Move } from './move-entry.js';
export { LogTimes } from './log-times.js';
export { verifyLogPosition } from './log-position.js';
export type { LogPosition, PositionOptions } from './log-position.js';
export { keyFolder, openLedger, openPin } from './ledger.js';
export { dropRevokedKeys, rotateInstitution } from './rotate-institution.js';
export type { InstitutionRotation, RotateInstitutionOptions } from './rotate-institution.js';
export { prepareLogKey, retireLogKey, rotateLogKey } from './rotate-log-key.js';
export type { LogKeyRotation } from './rotate-log-key.js';
export { retireMaster, rotateMaster } from './rotate-master.js';
export type { MasterRotation, RotateMasterOptions } from './rotate-master.js';
export { systemRandom } from './random.js';
export type { EntryRow } from './log-reader.js';
export { nativeHash, nativeVerify } from './native.js';
export type {
  Charge,
  ChargeWindow,
  CounterMove,
  KnownRequest,
  PendingEntry,
  Position,
  Rewrap,
  RowWrite,
  SignedBy,
  UniqueClaim,
  WholeList,
  WordClaim,
} from './pending.js';
export { LogProofs } from './proofs.js';
export type { ConsistencyProof, InclusionProof } from './proofs.js';
export type { PublishedEntry } from './published-keys.js';
export type { Query } from './query.js';
export { CONSENTS } from './rollback-entry.js';
export type { Consent } from './rollback-entry.js';
export { isInitialised } from './start.js';
export { buildSystemEntry, SYSTEM_KINDS } from './system-entry.js';
export type { SystemEntry } from './system-entry.js';
export { TileReader } from './tiles.js';
export type { TileReaderOptions } from './tiles.js';
export { TrustedLog } from './trusted-log.js';
export type { EntryBytes } from './trusted-log.js';
export { FAILURES, readPolicy } from './witnesses/index.js';
export type { Cosignature, Failure, Witnesses, WitnessSettings } from './witnesses/index.js';
export type { WrappingKey } from './wrapping.js';
