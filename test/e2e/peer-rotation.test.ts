/** Peers and witnesses on the log of a real server whose key is rotated: who follows, and whom nobody follows. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  base64url,
  canonical,
  ED25519,
  formatNote,
  formatVkey,
  fromBase64url,
  type JsonObject,
  linkHash,
  noteKey,
  noteSignature,
  parseNote,
  parseVkey,
  signedMessage,
  signRotation,
} from '../../src/ledger/core/index.js';
import { type PublishedEntry, retireLogKey, rotateLogKey } from '../../src/ledger/index.js';
import type { Signer } from '../../src/ledger/index.js';
import { signingKeyOf } from '../../src/ledger/native.js';
import { LogKeys, type KeySourceOfLog } from '../../src/peer/log-keys.js';
import { LogSource } from '../../src/peer/replica/log-source.js';
import type { Peer } from '../../src/peer/index.js';
import { codes, Homes } from '../peer/support.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let vitrine: TestVitrine;
let folder: string;
let old: string;
let oldSigner: Signer;
const homes = new Homes();

beforeAll(async () => {
  vitrine = await TestVitrine.start({ sample: false });
  folder = await mkdtemp(join(tmpdir(), 'vitrine-peer-rotation-'));
  old = ledger().verifierKey;
  oldSigner = ledger().keys.source.held.logKeys[0] as Signer;
});
afterAll(async () => {
  await homes.end();
  await vitrine.stop();
  await rm(folder, { recursive: true, force: true });
});

const ledger = () => vitrine.serving.ledger;
const source = (): LogSource =>
  new LogSource({ prefix: `${vitrine.url}/log`, timeoutMs: 5000, signal: new AbortController().signal });

let count = 0;
async function write(): Promise<void> {
  const name = `Hospital ${++count}`;
  const licence = { number: name };
  const input = { name, kind: 'HOSPITAL', ownership: 'PUBLIC', region: 'capital', identifiers: [], licence };
  const { errors } = await vitrine.mutate('regulator.one', 'registerInstitution', input, 'repeated');
  expect(errors).toEqual([]);
}

const copied = (peer: Peer): bigint => peer.logs[0]?.copy?.replica.size ?? 0n;

async function caughtUp(peer: Peer): Promise<void> {
  await until('the peer has all of the log', () => copied(peer) === ledger().trusted.size);
}

/** Asks a witness to cosign a note, from the size that it cosigned last. */
async function addCheckpoint(peer: Peer, note: string): Promise<number> {
  const held = peer.witness.latest(ledger().origin)?.size ?? 0n;
  const { hashes } = held === 0n ? { hashes: [] } : await ledger().proofs.consistency(held);
  const lines = hashes.map((hash) => Buffer.from(hash).toString('base64'));
  const body = [`old ${held}`, ...lines, '', note].join('\n');
  return (await peer.witness.addCheckpoint(new TextEncoder().encode(body))).status;
}

/** The peer takes keys over when the poll is through that learned of them. */
const cosigns = (peer: Peer, note: string): Promise<unknown> =>
  until('the peer cosigns it', async () => (await addCheckpoint(peer, note)) === 200);

/** The text of a note, signed by the log's first key alone. */
async function byOldAlone(note: string): Promise<string> {
  const { text } = parseNote(note);
  const key = parseVkey(old);
  const signature = await oldSigner.sign(signedMessage(key, text));
  return formatNote({ text, signatures: [noteSignature(key, signature)] });
}

describe('a log that gets another key', () => {
  it('is followed by a running copy and its witness, and by one that was away all the time', async () => {
    const given = [{ url: vitrine.url, keys: [old] }];
    const running = await homes.start(await homes.make(), given);
    const awayHome = await homes.make();
    const away = await homes.start(awayHome, given);
    const second = await homes.start(await homes.make(), [{ url: running.address, keys: [old] }]);
    const alone = await homes.start(await homes.make(), [{ keys: [old] }]);
    await write();
    for (const peer of [running, away]) await caughtUp(peer);
    const first = await ledger().checkpoint();
    for (const peer of [running, away, alone]) expect(await addCheckpoint(peer, first)).toBe(200);
    await away.stop();

    await rotateLogKey(ledger());
    await write();
    const both = await ledger().checkpoint();
    expect(parseNote(both).signatures).toHaveLength(2);
    await caughtUp(running);
    for (const peer of [running, alone]) expect(await addCheckpoint(peer, both)).toBe(200);

    await retireLogKey(ledger());
    await write();
    const newAlone = await ledger().checkpoint();
    expect(parseNote(newAlone).signatures).toHaveLength(1);
    await caughtUp(running);
    await cosigns(running, newAlone);
    // Without an address a witness knows what its operator gives it.
    expect(await addCheckpoint(alone, newAlone)).toBe(403);

    const back = await homes.start(awayHome, given);
    await caughtUp(back);
    await cosigns(back, newAlone);
    // Who copies from a peer is told by it what it was told.
    await caughtUp(second);
    await cosigns(second, newAlone);
    for (const peer of [running, back, second]) expect(codes(peer)).toEqual([]);

    await write();
    const newest = await ledger().checkpoint();
    const stolen = await byOldAlone(newest);
    await caughtUp(running);
    await caughtUp(back);
    for (const peer of [running, back]) {
      expect(await addCheckpoint(peer, stolen)).toBe(403);
      expect(await addCheckpoint(peer, newest)).toBe(200);
    }
    // What was learned outlives a restart, also with the first key alone on the command line.
    await back.stop();
    const again = await homes.start(awayHome, given);
    expect(again.witness.latest(ledger().origin)?.size).toBe(ledger().trusted.size);
    expect(await addCheckpoint(again, stolen)).toBe(403);
  });

  it('opens the entries that say so to anyone, and no other', async () => {
    const response = await fetch(`${vitrine.url}/log/keys`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const ops = ((await response.json()) as PublishedEntry[]).map(
      ({ opening }) => (JSON.parse(Buffer.from(opening, 'base64url').toString()) as { op: string }).op,
    );
    expect(ops).toEqual(['log.rotateKey', 'log.retireKey']);
  });
});

describe('what a server tells of its keys', () => {
  let note: string;
  let told: PublishedEntry[];
  const origin = 'vitrine.test/log';
  beforeAll(async () => {
    note = await ledger().checkpoint();
    told = [...(await ledger().publishedKeys())];
  });

  const telling = (entries: unknown): KeySourceOfLog => ({
    keys: () => Promise.resolve(typeof entries === 'string' ? entries : JSON.stringify(entries)),
    hashes: (tile) => source().hashes(tile),
  });
  const known = async (key = old): Promise<LogKeys> =>
    LogKeys.open({ origin, keys: [parseVkey(key)] }, await mkdtemp(join(folder, 'keys-')));
  const changed = (place: number, change: Partial<PublishedEntry>): PublishedEntry[] =>
    told.map((entry, i) => (i === place ? { ...entry, ...change } : entry));

  it('is believed when it holds', async () => {
    const keys = await known();
    const learned = await keys.follow(note, telling(told));
    expect(keys.keys.map(formatVkey)).toEqual([old]); // until the checkpoint was found to extend what is held
    expect(await learned?.keep()).toEqual({ added: [ledger().verifierKey], ended: [old] });
    expect(await keys.follow(note, telling([]))).toBeUndefined();
  });

  it('is not asked for, nor needed, by who knows the newest key', async () => {
    const keys = await known(ledger().verifierKey);
    expect(await keys.follow(note, telling('not asked'))).toBeUndefined();
  });

  it.each<[string, () => unknown]>([
    ['text that is no list', () => 'x'],
    ['nothing', () => []],
    ['another place', () => changed(0, { index: '1' })],
    ['a place beyond the checkpoint', () => changed(0, { index: '4000' })],
    ['another salt', () => changed(0, { salt: base64url(new Uint8Array(16)) })],
    ['the opening of another entry', () => changed(0, { opening: told[1]?.opening ?? '' })],
    ['no rotation', () => told.slice(1)],
    ['a rotation that is on no log, though the known key signed it', async () => [await forged(), ...told]],
    ['a rotation that the known key did not sign', async () => [await forged(attacker), ...told]],
  ])('is refused with %s', async (_name, tell) => {
    const keys = await known();
    const learned = await keys.follow(note, telling(await tell())).catch(() => undefined);
    await learned?.keep();
    expect(keys.keys.map(formatVkey)).toEqual([old]);
  });

  const attacker = signingKeyOf(new Uint8Array(32).fill(5));

  /** A rotation to an attacker's key in an entry that holds by itself, and that no checkpoint covers. */
  async function forged(from: Pick<Signer, 'sign'> = oldSigner): Promise<PublishedEntry> {
    const [first] = told;
    if (first === undefined) throw new Error('expected a rotation');
    const read = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()) as JsonObject;
    const to = noteKey(origin, ED25519, attacker.publicKey);
    const rotation = await signRotation({ from: parseVkey(old), to }, { from: from.sign, to: attacker.sign });
    const opened = read(first.opening);
    const opening = canonical({ ...opened, detail: { ...(opened['detail'] as JsonObject), rotation } });
    const link = base64url(linkHash(fromBase64url(first.salt), opening));
    const leaf = canonical({ ...read(first.leaf), link });
    return { ...first, opening: base64url(opening), leaf: base64url(leaf) };
  }
});
