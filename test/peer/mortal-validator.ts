/** A validator that kills itself at a place of its next decision: `<home> <place>`; what it watches is in its home. */
import { Peer, readSettings } from '../../src/peer/index.js';
import { silentLog } from './support.js';

export async function main([home = '', place = '']: string[]): Promise<void> {
  const peer = await Peer.start(await readSettings(home, { logs: [] }), {
    log: silentLog,
    faults: {
      validator: (point) => {
        if (point === place) process.kill(process.pid, 'SIGKILL');
      },
    },
  });
  process.stdout.write(`peer ${peer.name} listening on ${peer.address}\n`);
  await new Promise<never>(() => undefined);
}
