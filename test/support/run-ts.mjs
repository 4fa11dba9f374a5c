/**
 * Runs a TypeScript module in a process of its own, for tests that kill it: `node test/support/run-ts.mjs <file> <words>`.
 * The module's `main(words)` is called.
 */
import { resolve } from 'node:path';
import { createServer } from 'vite';

const [file, ...words] = process.argv.slice(2);
const server = await createServer({
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, watch: null, ws: false },
});
const module = await server.ssrLoadModule(resolve(file));
await module.main(words);
await server.close();
