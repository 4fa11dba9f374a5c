/**
 * A process of its own that verifies a deployment's whole log, and says what that took beside hashing the same bytes:
 * `node verify-child.mjs <data folder> <passes>`. From the build: the compiler that runs the benchmarks puts a getter
 * between a module and all that it imports.
 */
import { createHash, hash, randomBytes } from 'node:crypto';
import { parseConfig } from '../../dist/config.js';
import { TrustedLog } from '../../dist/ledger/index.js';
import { readEntries } from '../../dist/ledger/log-reader.js';
import { createLog, openSystem } from '../../dist/server/index.js';

const AT_ONCE = 2048;
const [dataDir, passes] = process.argv.slice(2);
const config = parseConfig({ NODE_ENV: 'test', DATA_DIR: dataDir, LOG_LEVEL: 'silent' });
const open = await openSystem({ config, log: createLog('silent'), clock: () => new Date() });
const query = open.database.sql;
const size = Number(await open.ledger.sync());

/** Milliseconds of processor time, all threads of this process. */
function since(begun) {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

/** Reading alone, hashing with a hash object each as is usual, and by the one-shot function that gives a text. */
async function plain() {
  const spent = { reading: 0, hashing: 0, once: 0 };
  for (let from = 0; from < size; from += AT_ONCE) {
    let begun = process.cpuUsage();
    const rows = await readEntries(query, BigInt(from), BigInt(Math.min(from + AT_ONCE, size)));
    spent.reading += since(begun);
    begun = process.cpuUsage();
    for (const { leaf, opening } of rows) {
      createHash('sha256').update(leaf).digest();
      createHash('sha256').update(opening).digest();
    }
    spent.hashing += since(begun);
    begun = process.cpuUsage();
    for (const { leaf, opening } of rows) {
      hash('sha256', leaf, 'binary');
      hash('sha256', opening, 'binary');
    }
    spent.once += since(begun);
  }
  return spent;
}

/** Verifying everything by a log that knows nothing, the reading included. */
async function verified(signatures) {
  const { size: pinned, root } = open.ledger.trusted;
  const log = new TrustedLog({
    origin: open.ledger.origin,
    query,
    onAlarm: (error) => {
      throw error;
    },
    random: (length) => randomBytes(length),
    listKey: randomBytes(32),
    pin: { size: pinned, root },
    verifySignaturesBelowPin: signatures,
  });
  const begun = process.cpuUsage();
  await log.sync();
  return since(begun);
}

const cold = await verified(false);
const rounds = [];
// In turn, so that what disturbs the machine meets both.
for (let pass = 0; pass < Number(passes); pass += 1)
  rounds.push({ ...(await plain()), statement: await verified(false) });
const full = await verified(true);
console.log(JSON.stringify({ size, cold, rounds, full }));
await open.closing.close();
