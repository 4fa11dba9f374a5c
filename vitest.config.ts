/** Tests: the real database, the real server, real HTTP (design: style, "Tests"). */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const database = at('./test/support/database.ts');

export default defineConfig({
  resolve: {
    // Vite would take graphql's ES modules for our sources and Node its CommonJS for packages: two copies, whose
    // types don't know each other.
    alias: [{ find: /^graphql$/, replacement: at('./node_modules/graphql/index.js') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/bench/**'],
    globalSetup: existsSync(database) ? [database] : [],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most of a file's time goes by in servers that it started: two at a time, also where there are more processors.
    maxWorkers: 2,
    // A test that waits for a condition fails by its own message, not by a retry.
    retry: 0,
  },
});
