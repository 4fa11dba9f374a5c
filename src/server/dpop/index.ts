export { addressesBy } from './address.js';
export type { AddressesOf } from './address.js';
export { createAuthenticator } from './authenticator.js';
export type { Authenticator, Presented } from './authenticator.js';
export { createNonces } from './nonces.js';
export { Proofs } from './proof.js';
export { challengeOf, SignInRefusal } from './refusal.js';
