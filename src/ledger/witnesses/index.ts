/** Witnesses of the log: asked for cosignatures, which are kept and shown. */
export { FAILURES } from './ask.js';
export type { Failure } from './ask.js';
export { verifyCosignature } from './kept.js';
export type { Cosignature } from './kept.js';
export { readPolicy } from './policy.js';
export { LogWitnesses, NO_WITNESSES } from './witnesses.js';
export type { HeardAnswer, Vouched, Witnesses, WitnessSettings } from './witnesses.js';
