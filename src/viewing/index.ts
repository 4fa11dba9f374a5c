export { consentKind, factsInForce, isInForce } from './consent/consent.kind.js';
export {
  ActsForResolver,
  ConsentPayload,
  ConsentResolver,
  PatientConsentsResolver,
} from './consent/consent.resolver.js';
export { Consent, ConsentConnection } from './consent/consent.type.js';
export { CONSENT_OPERATIONS } from './consent/operations.js';
