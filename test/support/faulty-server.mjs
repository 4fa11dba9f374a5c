/**
 * The built server, which kills itself where it is told to: `node test/support/faulty-server.mjs <point> <times> <every>`.
 * `point`: a fault point of the ledger, or `none`; `times`: at which passing of it; `every`: entries between snapshots.
 */
import 'reflect-metadata';
import { loadConfig } from '../../dist/config.js';
import { createLog, serve } from '../../dist/server/index.js';

const [point, times, every] = process.argv.slice(2);
let left = Number(times);

/** As a power cut: nothing is closed, nobody is told. */
function faults(at) {
  if (at !== point || (left -= 1) > 0) return;
  process.kill(process.pid, 'SIGKILL');
}

const config = loadConfig();
const ledgerOptions = { faults, snapshotEvery: Number(every) };
const { address } = await serve({ config, log: createLog(config.logLevel), ledgerOptions });
process.stdout.write(`Vitrine listens on ${address}\n`);
