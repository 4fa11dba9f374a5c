export { erasureKind } from './erasure.kind.js';
export type { ErasureValues } from './erasure.kind.js';
export { ErasedResolver, ErasurePayload, ErasureResolver } from './erasure.resolver.js';
export { ErasedObject, Erasure, ErasureConnection } from './erasure.type.js';
export { holdKind } from './hold.kind.js';
export type { HoldValues } from './hold.kind.js';
export { ERASURE_OPERATIONS } from './operations.js';
export { HoldResolver } from './hold.resolver.js';
export { Hold, HoldConnection } from './hold.type.js';
