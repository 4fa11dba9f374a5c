/** `vitrine import fhir`: FHIR files through the public API and nothing else. */
export { findFiles } from './files.js';
export { importFhir } from './import.js';
export { identifierText, readIdentifier, readTokens } from './options.js';
export type {
  ImportAccess,
  ImportOptions,
  ImportProgress,
  ImportSummary,
  RefusedItem,
  Tally,
} from './options.js';
