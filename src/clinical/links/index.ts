export { groupsOf } from './groups.js';
export type { LinkFacts, LinksOf } from './groups.js';
export { linkKind, LINKS_OF } from './link.kind.js';
export type { LinkValues } from './link.kind.js';
export { LINK_OPERATIONS } from './link.operations.js';
export { linkedFiles } from './link.service.js';
export { LinkedPatientResolver, PatientLinkPayload, PatientLinkResolver } from './link.resolver.js';
export { PatientLink, PatientLinkConnection } from './link.type.js';
