/** The database: Prisma's client, the embedded PostgreSQL, migrations. It knows tables, and nothing of what they mean. */
export { asUnavailable, isAway } from './away.js';
export { openDatabase } from './database.js';
export type { Database, DatabaseOptions } from './database.js';
export { databaseUrl } from './embedded/embedded.js';
export type { Addresses } from './embedded/embedded.js';
export { APP_ROLE } from './external.js';
export { Prisma, PrismaClient } from './generated/client.js';
export type { Heard } from './listener.js';
export type { DatabaseLog } from './log.js';
export { Reads } from './reads.js';
export type { ReadRow, TakenReads } from './reads.js';
export { Spent } from './spent.js';
export type { Sql, SqlQuery } from './sql.js';
export {
  advanceSequences,
  connectOwner,
  filledTables,
  readMigrationsOf,
  readRows,
  readTables,
  writeRows,
} from './tables.js';
export type { AppliedMigration, Table } from './tables.js';
