export { recordAt } from './as-of.js';
export { auditRows } from './audit.js';
export type { Finding, RowAudit } from './audit.js';
export { isCaller, ROLES, standingOf, watchedCaller } from './caller.js';
export type { Caller, Looked, Member, Role } from './caller.js';
export { withBeside } from './beside.js';
export { requirePlaces } from './complete.js';
export { everyPage } from './every-page.js';
export { CONSENT_TYPES } from './consent-fact.js';
export type { ConsentFact, ConsentType } from './consent-fact.js';
export { erasableFields, sealErasure, stillErased } from './erase.js';
export type { ErasureOf, SealedErasure } from './erase.js';
export { FIELD_CLASSES, RELATIONS } from './field-class.js';
export type { FieldClass, Relation } from './field-class.js';
export type {
  AnchorOf,
  Column,
  ColumnType,
  ColumnValue,
  Erased,
  ListColumn,
  Loaded,
  RecordHead,
  RecordKind,
  RelationLookups,
  SearchWord,
  UniqueKey,
  ViewFact,
  Unrelated,
} from './kind.js';
export { KindRegistry } from './kinds.js';
export type { AnyKind } from './kinds.js';
export type { Random } from './envelope.js';
export { listedOn } from './query.js';
export type { Condition, Order, Query } from './query.js';
export { sealMove } from './move.js';
export type { Moving } from './move.js';
export { CallerReader, withRelation } from './reader.js';
export type { Edge, LookupsFor, Page, RecordReader } from './reader.js';
export { sealedFieldsOf } from './sealed-fields.js';
export { sealRecord } from './seal.js';
export type { SealedRecord, SealingKeys } from './seal.js';
export { countOlder, rewrapRecords } from './rewrap.js';
export type { Rewrapped, RewrapOptions } from './rewrap.js';
export { RecordStore } from './store.js';
export type { Listed, Outcome } from './store.js';
export type { SealedVersion } from './versions.js';
export type { Json, JsonObject } from '../ledger/core/index.js';
