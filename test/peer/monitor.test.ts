/** What a peer raises the alarm for, over real HTTP from a log that misbehaves. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { thumbprint } from '../../src/ledger/core/index.js';
import type { GivenLog, Peer, PeerSettings } from '../../src/peer/index.js';
import { until } from '../support/process.js';
import { FakeLog, keyNamed, MINE, MY_KEY, OTHER } from './fake-log.js';
import { codes, Homes, vkeyOf } from './support.js';

let homes = new Homes();
const logs: FakeLog[] = [];
afterEach(async () => {
  await homes.end();
  homes = new Homes();
  for (const log of logs.splice(0)) await log.close();
});

interface Scene {
  readonly log: FakeLog;
  readonly url: string;
  readonly home: string;
  readonly start: (changes?: Partial<PeerSettings>, clock?: () => Date) => Promise<Peer>;
}

async function scene(size: number, given: Partial<GivenLog> = {}): Promise<Scene> {
  const log = new FakeLog();
  if (size > 1) log.grow(size - 1);
  logs.push(log);
  const [url, home] = [await log.listen(), await homes.make()];
  const one = { url, keys: [vkeyOf(log)], ...given };
  const start: Scene['start'] = (changes = {}, clock) =>
    homes.start(home, [one], changes, clock === undefined ? {} : { clock });
  return { log, url, home, start };
}

const sizeOf = (peer: Peer) => Number(peer.logs[0]?.copy?.store.size ?? 0);
const holds = (peer: Peer, size: number) => until(`${size} entries`, () => sizeOf(peer) === size);
const polled = async (peer: Peer, times: number) => {
  const polls = () => peer.logs[0]?.copy?.follower.state.polls ?? 0;
  const before = polls();
  await until('it looked again', () => polls() >= before + times);
};

describe('the monitor', () => {
  it('keeps both notes of a fork of the same size, stays alarmed over a restart, and goes on watching', async () => {
    const { log, home, start } = await scene(20);
    const peer = await start();
    await holds(peer, 20);
    const [held, whole] = [log.note, log.fork(20)];
    const fork = log.fork(12);
    fork.grow(8);
    log.become(fork);
    await until('it is told', () => codes(peer).includes('fork'));
    const folder = peer.alarms.standing[0]?.details['evidence'] ?? '';
    expect(await readFile(join(folder, 'held.note'), 'utf8')).toBe(held);
    expect(await readFile(join(folder, 'offered.note'), 'utf8')).toBe(fork.note);
    // What it holds stands.
    expect(await peer.logs[0]?.copy?.store.checkpoint()).toBe(held);
    log.become(whole);
    log.grow(5);
    await holds(peer, 25);
    expect(codes(peer)).toEqual(['fork']);
    await peer.stop();
    const again = await start();
    expect(codes(again)).toEqual(['fork']);
    expect((await fetch(`${again.address}/healthz`)).status).toBe(503);
    const metrics = await (await fetch(`${again.address}/metrics`)).text();
    expect(metrics).toContain('vitrine_peer_alarms_standing{code="fork",severity="critical"} 1');
    const lines = (await readFile(join(home, 'alarms.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['raised']);
    await again.alarms.acknowledge(again.alarms.standing[0]?.id ?? '');
    expect((await fetch(`${again.address}/healthz`)).status).toBe(200);
  });

  it.each([
    ['larger', 25],
    ['smaller', 16],
  ])('sees a fork that is %s than what it holds', async (_, size) => {
    const { log, start } = await scene(20);
    const peer = await start();
    await holds(peer, 20);
    const fork = log.fork(12);
    fork.grow(size - 12);
    log.become(fork);
    await until('it is told', () => codes(peer).includes('fork'));
    expect(sizeOf(peer)).toBe(20);
  });

  it('sees a log that shows less than before, and that it is back', async () => {
    const { log, start } = await scene(20);
    const peer = await start({ behindMs: 50 });
    await holds(peer, 20);
    const whole = log.fork(20);
    log.become(log.fork(15));
    await until('it is told', () => codes(peer).includes('rollback'));
    log.become(whole);
    await until('it is back', () => codes(peer).length === 0);
  });

  it('sees a split view: one log to the witness, another to the world', async () => {
    const { log, start } = await scene(20);
    const peer = await start();
    await holds(peer, 20);
    const fork = log.fork(20);
    fork.grow(5);
    const cosigned = await fetch(`${peer.address}/add-checkpoint`, { method: 'POST', body: fork.request(0) });
    expect(cosigned.status).toBe(200);
    log.grow(10);
    await until('it is told', () => codes(peer).includes('fork'));
  });

  it('refuses to cosign what contradicts the entries that it holds', async () => {
    const { log, start } = await scene(20);
    const peer = await start();
    await holds(peer, 20);
    const fork = log.fork(12);
    fork.grow(5);
    const answer = await fetch(`${peer.address}/add-checkpoint`, { method: 'POST', body: fork.request(0) });
    expect([answer.status, codes(peer)]).toEqual([422, ['fork']]);
    const good = await fetch(`${peer.address}/add-checkpoint`, { method: 'POST', body: log.request(0) });
    expect(good.status).toBe(200);
  });

  it.each([
    ['doesn’t answer', (log: FakeLog) => void (log.broken = 503)],
    ['answers with something unsigned', (log: FakeLog) => void (log.note = '<html>\n\n— x\n')],
    ['signs with another key', (log: FakeLog) => void (log.note = new FakeLog(keyNamed('thief')).note)],
  ])('sees a log that %s for too long, and that it is back', async (_, spoil) => {
    const { log, start } = await scene(5);
    const peer = await start({ stallMs: 200 });
    await holds(peer, 5);
    const { note } = log;
    spoil(log);
    await until('it is told', () => codes(peer).includes('stall'));
    log.broken = null;
    log.note = note;
    await until('it is back', () => codes(peer).length === 0);
  });

  it('sees entries that do not arrive although the checkpoint does', async () => {
    const { log, start } = await scene(5);
    const peer = await start({ stallMs: 200, timeoutMs: 300 });
    await holds(peer, 5);
    log.grow(3);
    const note = log.note;
    log.become(log.fork(5));
    log.note = note;
    await until('it is told', () => codes(peer).includes('stall'));
    expect(codes(peer)).not.toContain('fork');
  });

  it('sees a clock that is off by more than 60 s, either way, and not one that is off by less', async () => {
    const at = (seconds: number) => new Date(Date.now() + seconds * 1000);
    const { log, start } = await scene(1);
    const peer = await start();
    await holds(peer, 1);
    await polled(peer, 2);
    log.append({ time: at(-50) });
    log.append({ time: at(50) });
    await holds(peer, 3);
    await polled(peer, 1);
    expect(codes(peer)).toEqual([]);
    log.append({ time: at(70) });
    await until('it is told', () => codes(peer).includes('clock'));
    const slow = await scene(1);
    const other = await slow.start({}, () => at(130));
    await holds(other, 1); // entries that were there before may be old
    await polled(other, 2);
    expect(codes(other)).toEqual([]);
    slow.log.append({ time: at(0) });
    await until('it is told', () => codes(other).includes('clock'));
  });

  it('sees leaves that break the order of blocks and times', async () => {
    const { log, start } = await scene(5);
    const peer = await start();
    await holds(peer, 5);
    log.append({ time: new Date(Date.now() - 3_600_000) });
    await until('it is told', () => codes(peer).includes('leaf'));
  });
});

describe('openings of the own institution', () => {
  const mine = async (size: number, given: Partial<GivenLog> = {}) => {
    const made = await scene(size, { institution: MINE, tokenFile: '', ...given });
    return made;
  };

  async function withToken(given: Partial<GivenLog> = {}): Promise<Scene & { tokenFile: string }> {
    const { home, log, url } = await mine(3, { tokenFile: '/nowhere' });
    const tokenFile = join(home, 'token');
    log.token = 'secret';
    await writeFile(tokenFile, 'secret\n');
    const one = { url, keys: [vkeyOf(log)], institution: MINE, tokenFile, ...given };
    return { home, log, url, tokenFile, start: (changes = {}) => homes.start(home, [one], changes) };
  }

  const missing = (peer: Peer) => peer.logs[0]?.copy?.openings?.missing;
  const settled = async (peer: Peer, size: number) => {
    await holds(peer, size);
    await until('all openings are there', () => missing(peer) === 0);
  };

  it('are kept, and the institution’s own entries raise nothing, also after a restart', async () => {
    const { log, start } = await withToken();
    for (let i = 0; i < 150; i++) log.append({ institution: i % 3 === 0 ? OTHER : MINE });
    const peer = await start();
    await settled(peer, 153);
    expect(codes(peer)).toEqual([]);
    const { store } = peer.logs[0]?.copy ?? {};
    const lines = await readFile(join(store?.folder ?? '', 'openings', '0.jsonl'), 'utf8');
    expect(lines.trim().split('\n')).toHaveLength(101); // 100 of its own, and entry 0, which registers its key
    await peer.stop();
    const asked = log.requests.filter((path) => path === 'graphql').length;
    const again = await start();
    await settled(again, 153);
    await polled(again, 2);
    expect(log.requests.filter((path) => path === 'graphql')).toHaveLength(asked);
  });

  it.each([
    ['signed by another institution’s key', { signer: keyNamed('other') }],
    ['signed by a key that nobody registered', { signer: keyNamed('nobody') }],
    ['signed by the deployment', { signer: keyNamed('service'), mode: 'service' as const }],
    ['whose signature is over something else', { forged: true }],
  ])('tell an entry %s from one’s own', async (_, wish) => {
    const { log, start } = await withToken();
    log.append({});
    log.append(wish);
    log.append({});
    const peer = await start();
    await until('it is told', () => codes(peer).includes('foreign'));
    expect(peer.alarms.standing.map(({ details }) => details['index'])).toEqual(['4']);
    log.append({});
    await settled(peer, 7);
    expect(codes(peer)).toEqual(['foreign']);
  });

  it('hold the keys given by --own-key above those that the log registered', async () => {
    const kept = thumbprint(keyNamed('kept at home').publicKey);
    const { log, start } = await withToken({ ownKeys: [kept] });
    log.append({});
    const peer = await start();
    await until('it is told', () => codes(peer).includes('foreign'));
    const { log: other, start: begin } = await withToken({ ownKeys: [thumbprint(MY_KEY.publicKey)] });
    other.append({});
    const calm = await begin();
    await settled(calm, 4);
    expect(codes(calm)).toEqual([]);
  });

  it('come late: they are asked for again, and told when others come and they do not', async () => {
    const { log, start } = await withToken();
    log.append({});
    log.append({});
    log.withheld.add(3);
    const peer = await start({ stallMs: 200 });
    await until('it is told', () => codes(peer).includes('withheld'));
    expect(missing(peer)).toBe(1);
    log.withheld.clear();
    await until('it came', () => missing(peer) === 0 && codes(peer).length === 0);
  });

  it('are fetched with the token that its file holds at that moment', async () => {
    const { log, start, tokenFile } = await withToken();
    log.append({});
    await writeFile(tokenFile, 'expired');
    const peer = await start();
    await until('it is told', () => codes(peer).includes('withheld'));
    await writeFile(tokenFile, 'secret');
    await settled(peer, 4);
    await until('it is gone', () => codes(peer).length === 0);
  });

  it('are held against their leaf: another one is refused', async () => {
    const { log, start } = await withToken();
    log.append({});
    log.append({});
    const [third, fourth] = log.entries.slice(3);
    if (third === undefined || fourth === undefined) throw new Error('no entries');
    const honest = { ...third };
    log.entries[3] = { ...third, opening: fourth.opening };
    const peer = await start();
    await until('it is told', () => codes(peer).includes('opening'));
    log.entries[3] = honest;
    await until('the right one came', () => missing(peer) === 0 && codes(peer).length === 0);
  });
});
