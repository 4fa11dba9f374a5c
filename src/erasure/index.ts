export { holdKind } from './hold.kind.js';
export type { HoldValues } from './hold.kind.js';
export { HoldResolver } from './hold.resolver.js';
export { Hold, HoldConnection } from './hold.type.js';
