/** `vitrine database-url`: how to reach the base that is in use. */
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { databaseUrl } from '../database/index.js';
import { say, sayJson } from './output.js';
import type { Finish } from './program.js';

/** Adds `database-url`. */
export function addDatabaseUrl(program: Command, _finish: Finish): void {
  program
    .command('database-url')
    .description('print how to reach the database that is in use, as the owner of its tables (for psql)')
    .option('--app', "print the application's login instead, which owns no table")
    .option('--json', 'print {"owner", "app"}')
    .action(async (options: { app?: boolean; json?: boolean }) => {
      const config = loadConfig();
      const { ownerUrl, appUrl } =
        config.databaseUrl === null
          ? await databaseUrl(config.dataDir)
          : { ownerUrl: config.databaseOwnerUrl ?? config.databaseUrl, appUrl: config.databaseUrl };
      if (options.json) sayJson({ owner: ownerUrl, app: appUrl });
      else say(options.app ? appUrl : ownerUrl);
    });
}
