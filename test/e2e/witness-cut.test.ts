/**
 * The network to the witnesses is cut, or swallows everything, under a load of mutations (design: ledger, "Tests that this
 * deserves"): nothing is delayed but the state COSIGNED, nothing is lost, and the state comes with the network.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Drill } from '../support/drill.js';
import { PeerProcess } from '../support/peers.js';
import { Deployment, until } from '../support/process.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const WORKERS = 4;

let drill: Drill;
let peers: readonly PeerProcess[] = [];

beforeAll(async () => {
  const base = await Deployment.make();
  peers = [await PeerProcess.make(base.folder, 'north'), await PeerProcess.make(base.folder, 'south')];
  const lines = [...peers.map(({ line }) => line), 'group both all north south', 'quorum both', ''];
  const policy = join(base.folder, 'policy');
  await writeFile(policy, lines.join('\n'));
  drill = await Drill.open(WORKERS, base.with({ WITNESS_POLICY: policy }));
  const { data } = await drill.api.ask('auditor', '{ checkpoint { key } }');
  const { key } = data?.['checkpoint'] as { key: string };
  for (const peer of peers) await peer.start(drill.api.url, key);
  await until('the log is cosigned', () => cosigned(0), 90_000);
});
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.end()));
  await drill?.end();
});

/** Entries under the newest checkpoint with a quorum, when they are more than this. */
async function cosigned(above: number): Promise<number | false> {
  const { data } = await drill.api.ask('auditor', '{ checkpoint(cosigned: true) { size } }');
  const size = Number((data?.['checkpoint'] as { size: string } | undefined)?.size ?? 0);
  return size > above && size;
}

async function size(): Promise<number> {
  const { data } = await drill.api.ask('auditor', '{ checkpoint { size } }');
  return Number((data?.['checkpoint'] as { size: string }).size);
}

describe('witnesses that can’t be reached', () => {
  it.each([
    ['cut', (peer: PeerProcess) => peer.wire.cut()],
    ['silent', (peer: PeerProcess) => peer.wire.silence()],
  ])('while the wire is %s delay nothing but the state', async (_, harm) => {
    const since = drill.load.acknowledged.length;
    let least = 0;
    await drill.loadUntil(8, async () => {
      await until('it is cosigned under load', () => cosigned(0));
      peers.forEach(harm);
      const sealed = await size();
      const before = drill.load.acknowledged.length;
      await until('mutations go on', () => drill.load.acknowledged.length > before + 30, 60_000);
      least = sealed;
      expect((await fetch(`${drill.api.url}/readyz`)).status).toBe(200);
      const { payload } = await drill.api.send({
        persona: 'regulator.one',
        name: 'registerInstitution',
        input: { requestId: crypto.randomUUID(), ...CLINIC },
        selection: 'receipt { index state(waitMs: 300) }',
      });
      expect(payload).toMatchObject({ receipt: { state: 'SEALED' } });
    });
    await drill.load.stop();
    const end = await size();
    expect(end).toBeGreaterThan(least);
    expect(await cosigned(end - 1)).toBe(false);
    for (const peer of peers) peer.wire.mend();
    expect(await until('all of it is cosigned', () => cosigned(end - 1), 90_000)).toBeGreaterThanOrEqual(end);
    await drill.expectNothingLost(since);
  });

  it('leave a log that verifies by the command, cosignatures too', async () => {
    await drill.server.stop();
    const { code, said } = await drill.deployment.command('verify');
    expect(said).toContain('everything holds');
    expect(code).toBe(0);
  });
});

const CLINIC = {
  name: 'Clinic',
  kind: 'HOSPITAL',
  ownership: 'PUBLIC',
  region: 'capital',
  identifiers: [],
  licence: { number: '7' },
};
