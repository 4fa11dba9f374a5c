/** A real server on a database of its own, for the importer to talk to over HTTP. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config.js';
import { createLog, serve } from '../../src/server/index.js';
import type { Serving } from '../../src/server/index.js';
import { freshDatabase } from '../support/database.js';

export interface RealServer {
  readonly address: string;
  readonly serving: Serving;
  stop(): Promise<void>;
}

/** Starts a development server without the sample. */
export async function startServer(environment: Record<string, string> = {}): Promise<RealServer> {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-import-server-'));
  const config = parseConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    SAMPLE: 'false',
    LOG_LEVEL: 'error',
    ...environment,
  });
  const serving = await serve({ config, log: createLog(config.logLevel) });
  return {
    address: serving.address,
    serving,
    stop: async () => {
      await serving.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
