/** Prisma's command line: where the schema is, and that its engine isn't to be downloaded. */
import { defineConfig } from 'prisma/config';

// The command line wants an engine binary even to generate the client, and would fetch one. Any existing file
// satisfies it; migrations are written and applied by the WebAssembly engine (src/database, prisma/migration.mjs).
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

export default defineConfig({ schema: 'prisma' });
