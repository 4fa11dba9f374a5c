/**
 * Runs a TypeScript module in a process of its own, for tests that kill it: `node test/support/run-ts.mjs <file> <words>`.
 * The module's `main(words)` is called. With `--built` before the file, what it imports of `src` is what was built: for
 * measurements, since modules that are transformed on the way call each other through getters.
 */
import { relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createServer } from 'vite';

const built = process.argv[2] === '--built';
const [file, ...words] = process.argv.slice(built ? 3 : 2);
const source = resolve('src');

/** Resolves `src/….js` to the file in `dist`, to be loaded by Node itself. */
const fromBuild = {
  name: 'from-build',
  enforce: 'pre',
  resolveId(id, importer) {
    if (importer === undefined || !id.startsWith('.')) return null;
    const wanted = resolve(importer, '..', id);
    if (!wanted.startsWith(source + sep)) return null;
    return { id: pathToFileURL(resolve('dist', relative(source, wanted))).href, external: true };
  },
};

const server = await createServer({
  configFile: false,
  logLevel: 'error',
  appType: 'custom',
  plugins: built ? [fromBuild] : [],
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, watch: null, ws: false },
});
const module = await server.ssrLoadModule(resolve(file));
await module.main(words);
await server.close();
