/** `vitrine sample`: loads the sample population into the running development server, or completes it. */
import type { Command } from 'commander';
import { CheckpointDocument, VitrineClient } from '../client/index.js';
import { loadConfig } from '../config.js';
import { PERSONAS } from '../server/index.js';
import { progress, say, sayJson } from './output.js';
import type { Finish } from './program.js';
import { loadSample } from './sample/load.js';
import { serverAddress } from './token.js';

/** Adds `sample`. */
export function addSample(program: Command, _finish: Finish): void {
  program
    .command('sample')
    .description(
      'load the sample population into the running development server; doing it again adds nothing',
    )
    .option('--server <address>', 'the server [by PORT and HOST]')
    .option('--json', 'print {"before", "after"}: the sizes of the log')
    .action(
      async ({ server = serverAddress(loadConfig()), json = false }: { server?: string; json?: boolean }) => {
        const anyone = new VitrineClient({ endpoint: new URL('/graphql', server) });
        const { checkpoint: before } = await anyone.request(CheckpointDocument, {});
        const bar = progress('sample', json);
        const onProgress = (done: number, total: number, what: string): void => bar.update(done, total, what);
        await loadSample({ server, origin: before.origin, onProgress }).finally(() => bar.stop());
        const { checkpoint: after } = await anyone.request(CheckpointDocument, {});
        if (json) sayJson({ before: before.size, after: after.size });
        else
          say(
            `${BigInt(after.size) - BigInt(before.size)} entries added; personas: ${PERSONAS.map(({ name }) => name).join(', ')}`,
          );
      },
    );
}
