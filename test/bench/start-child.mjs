/**
 * A process of its own that opens a deployment as `vitrine serve` does, and says what that took: `node start-child.mjs
 * <data folder>`. From the build, without the compiler that runs the benchmarks, whose memory isn't Vitrine's.
 */
import { parseConfig } from '../../dist/config.js';
import { createLog, openSystem } from '../../dist/server/index.js';

const [dataDir] = process.argv.slice(2);
const config = parseConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
const begun = performance.now();
const open = await openSystem({ config, log: createLog('silent'), clock: () => new Date() });
const size = await open.ledger.sync();
const milliseconds = performance.now() - begun;
const { rss, heapUsed } = process.memoryUsage();
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ size: Number(size), milliseconds, rss, heapUsed, peak: maxRSS * 1024 }));
await open.closing.close();
