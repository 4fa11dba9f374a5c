/** A witness that kills itself around the keeping of a checkpoint: `<home> <log key> <place>`. */
import { Peer, readSettings } from '../../src/peer/index.js';
import { silentLog } from './support.js';

export async function main([home = '', key = '', place = '']: string[]): Promise<void> {
  const settings = await readSettings(home, { port: 0, logs: [{ keys: [key] }] });
  const peer = await Peer.start(settings, {
    log: silentLog,
    faults: {
      witness: (point) => {
        if (point === place) process.kill(process.pid, 'SIGKILL');
      },
    },
  });
  process.stdout.write(`peer ${peer.name} listening on ${peer.address}\n`);
  await new Promise<never>(() => undefined);
}
