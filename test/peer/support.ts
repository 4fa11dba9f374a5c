/** Peers in the test's own process, each in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ED25519, formatVkey, noteKey } from '../../src/ledger/core/index.js';
import {
  createWitnessKey,
  Peer,
  type PeerDependencies,
  type PeerSettings,
  readSettings,
} from '../../src/peer/index.js';
import type { FakeLog } from './fake-log.js';

export const WITNESS = 'example.com/witness';

export const silentLog: PeerDependencies['log'] = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
};

/** Home folders of one test file. */
export class Homes {
  private readonly folders: string[] = [];
  private readonly peers: Peer[] = [];

  /** A home with a witness key in it. */
  async make(): Promise<string> {
    const home = await mkdtemp(join(tmpdir(), 'vitrine-peer-'));
    this.folders.push(home);
    await createWitnessKey(join(home, 'witness.key'), WITNESS);
    return home;
  }

  /** Starts a peer that looks often. */
  async start(
    home: string,
    logs: Parameters<typeof readSettings>[1]['logs'],
    changes: Partial<PeerSettings> = {},
    dependencies: Partial<PeerDependencies> = {},
  ): Promise<Peer> {
    const settings = await readSettings(home, { port: 0, pollMs: 20, logs });
    const peer = await Peer.start({ ...settings, ...changes }, { log: silentLog, ...dependencies });
    this.peers.push(peer);
    return peer;
  }

  async end(): Promise<void> {
    for (const peer of this.peers) await peer.stop();
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }
}

export function vkeyOf(log: FakeLog): string {
  return formatVkey(noteKey(log.origin, ED25519, log.key.publicKey));
}

/** Codes of the alarms that stand. */
export function codes(peer: Peer): string[] {
  return peer.alarms.standing.map(({ code }) => code);
}
