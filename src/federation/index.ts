export { entitiesResolver, MAX_REPRESENTATIONS } from './entities.js';
export type { Reference, References } from './entities.js';
export { KINDS, OPERATIONS, RECORD_TYPES, REFERENCES } from './records.js';
export type { RecordType } from './records.js';
export { bareSchema, emittedSchemas, RESOLVERS, servedSchema } from './schema.js';
export { printSubgraph, subgraphDocument, toSubgraph } from './subgraph.js';
