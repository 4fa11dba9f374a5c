/** The witness over real HTTP, by the letter of c2sp.org/tlog-witness. */
import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ED25519,
  emptyRoot,
  formatNote,
  formatVkey,
  fromHex,
  noteKey,
  parseNote,
  parseVkey,
  verifyNote,
} from '../../src/ledger/core/index.js';
import { nativeHash, nativeVerify } from '../../src/ledger/native.js';
import { Home, type Peer, readWitnessKey, Witness } from '../../src/peer/index.js';
import { readJson, vectors } from '../ledger/core/support.js';
import { FakeLog, keyNamed } from './fake-log.js';
import { Homes, vkeyOf, WITNESS } from './support.js';

const homes = new Homes();
afterAll(() => homes.end());

interface Said {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

async function post(peer: Peer, body: string | Uint8Array): Promise<Said> {
  const response = await fetch(`${peer.address}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) });
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: await response.text() };
}

/** Requires that the answer cosigns the note; gives the time in it, seconds since 1970. */
function cosigned(peer: Peer, note: string, answer: Said): number {
  expect(answer.status, answer.body).toBe(200);
  const { time } = verifyNote(parseNote(note + answer.body), peer.witness.key, nativeVerify);
  return Number(time);
}

async function witnessing(log: FakeLog, vkeys = [vkeyOf(log)]): Promise<{ peer: Peer; home: string }> {
  const home = await homes.make();
  return { home, peer: await homes.start(home, [{ keys: vkeys }]) };
}

/** A log of some size that nothing is cosigned of. */
function logOf(size: number): FakeLog {
  const log = new FakeLog();
  log.grow(size - 1);
  return log;
}

describe('add-checkpoint', () => {
  it('cosigns a first checkpoint, an extension, and the same one again, with the time of now', async () => {
    const log = logOf(5);
    const { peer } = await witnessing(log);
    const before = Math.floor(Date.now() / 1000);
    const first = cosigned(peer, log.note, await post(peer, log.request(0)));
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThanOrEqual(Date.now() / 1000);
    log.grow(300);
    cosigned(peer, log.note, await post(peer, log.request(5)));
    cosigned(peer, log.note, await post(peer, log.request(305)));
    expect(peer.witness.latest(log.origin)?.size).toBe(305n);
  });

  it('answers each wrong request with the status that the specification gives', async () => {
    const log = logOf(7);
    const { peer } = await witnessing(log);
    cosigned(peer, log.sign(4), await post(peer, log.request(0, 4)));
    const note = log.sign(7);
    const good = log.request(4, 7);
    const fork = logOf(7);
    const stranger = new FakeLog(keyNamed('stranger'), 'stranger.example/log');
    const table: readonly [string, string | Uint8Array, number][] = [
      ['nothing', '', 400],
      ['no empty line', 'old 4\n', 400],
      ['no old line', good.replace('old 4\n', ''), 400],
      ['a leading zero', good.replace('old 4', 'old 04'), 400],
      ['a negative size', good.replace('old 4', 'old -4'), 400],
      ['a size beyond 2^63', good.replace('old 4', 'old 9223372036854775808'), 400],
      ['two spaces', good.replace('old 4', 'old  4'), 400],
      ['a hash that is no base64', `old 4\n!!!!\n\n${note}`, 400],
      ['a hash of 31 bytes', `old 4\n${Buffer.alloc(31).toString('base64')}\n\n${note}`, 400],
      ['64 hashes', `old 4\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(64)}\n${note}`, 400],
      ['a carriage return', good.replaceAll('\n', '\r\n'), 400],
      ['no UTF-8', Buffer.from([0x6f, 0x6c, 0xff, 0xfe]), 400],
      ['a note without signatures', good.slice(0, good.lastIndexOf('\n\n') + 1), 400],
      ['an old size above the checkpoint', log.request(4, 7).replace('old 4', 'old 8'), 400],
      ['an unknown origin', stranger.request(0), 404],
      ['another key of the same name', new FakeLog(keyNamed('thief')).request(0), 403],
      ['one bit of the signature', flipped(good), 403],
      ['a signature line that is none', `${good.slice(0, good.lastIndexOf(' '))}\n`, 403],
      ['an old size that is too small', log.request(3, 7), 409],
      ['an old size that is too large', log.request(5, 7), 409],
      ['another root of the size held', `old 4\n\n${fork.sign(4)}`, 409],
      ['no proof', `old 4\n\n${note}`, 422],
      ['a proof of something else', fork.request(4, 7).replace(/\n\n[^]*$/, `\n\n${note}`), 422],
      [
        'a proof with a hash too many',
        good.replace('\n\n', `\n${Buffer.alloc(32).toString('base64')}\n\n`),
        422,
      ],
      ['a proof between equal sizes', `old 4\n${Buffer.alloc(32).toString('base64')}\n\n${log.sign(4)}`, 422],
    ];
    for (const [what, body, status] of table) {
      const answer = await post(peer, body);
      expect(answer.status, `${what}: ${answer.body}`).toBe(status);
      expect(answer.body, what).not.toContain('—');
      if (status === 409) {
        expect([answer.type, answer.body], what).toEqual(['text/x.tlog.size', '4\n']);
      }
    }
    expect((await post(peer, 'x'.repeat(70_000))).status).toBe(413);
    expect((await fetch(`${peer.address}/add-checkpoint`)).status).toBe(404);
    cosigned(peer, note, await post(peer, good));
  });

  it('takes a proof from size 0 for none at all', async () => {
    const log = logOf(3);
    const { peer } = await witnessing(log);
    const proof = `old 0\n${Buffer.alloc(32).toString('base64')}\n\n${log.note}`;
    expect((await post(peer, proof)).status).toBe(422);
    expect((await post(peer, `old 0\n\n${log.sign(0, nativeHash(new Uint8Array(1)))}`)).status).toBe(409);
    const empty = log.sign(0, emptyRoot(nativeHash));
    cosigned(peer, empty, await post(peer, `old 0\n\n${empty}`));
    cosigned(peer, log.note, await post(peer, log.request(0)));
  });

  it('ignores signatures by unknown keys, and takes any key of a log that rotates its own', async () => {
    const log = logOf(3);
    const next = keyNamed('next');
    const vkeys = [vkeyOf(log), formatVkey(noteKey(log.origin, ED25519, next.publicKey))];
    const { peer } = await witnessing(log, vkeys);
    const cosigner = { name: 'w.example', keyId: new Uint8Array(4), signature: new Uint8Array(72) };
    const crowded = formatNote({
      text: parseNote(log.note).text,
      signatures: [cosigner, ...parseNote(log.note).signatures, cosigner],
    });
    cosigned(peer, log.note, await post(peer, log.request(0, 3, crowded)));
    log.grow(1);
    cosigned(peer, log.note, await post(peer, log.request(3, 4, log.sign(4, undefined, [log.key, next]))));
    log.grow(1);
    cosigned(peer, log.note, await post(peer, log.request(4, 5, log.sign(5, undefined, [next]))));
    log.grow(1);
    const forged = log.sign(6, undefined, [next, log.key]);
    expect((await post(peer, log.request(5, 6, flipped(forged)))).status).toBe(403);
  });

  it('keeps several logs apart', async () => {
    const [one, two] = [logOf(3), new FakeLog(keyNamed('two'), 'two.example/log')];
    const home = await homes.make();
    const peer = await homes.start(home, [{ keys: [vkeyOf(one)] }, { keys: [vkeyOf(two)] }]);
    cosigned(peer, one.note, await post(peer, one.request(0)));
    cosigned(peer, two.note, await post(peer, two.request(0)));
    two.grow(5);
    cosigned(peer, two.note, await post(peer, two.request(1)));
    expect(peer.witness.latest(one.origin)?.size).toBe(3n);
    const mixed = one.sign().replace(one.origin, two.origin);
    expect((await post(peer, `old 6\n\n${mixed}`)).status).toBe(403);
  });

  it('signs one of two roots when 50 requests at once offer both, and nothing else after a restart', async () => {
    const log = logOf(10);
    const { peer, home } = await witnessing(log);
    cosigned(peer, log.sign(4), await post(peer, log.request(0, 4)));
    const fork = log.fork(4);
    fork.grow(6);
    const bodies = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? log : fork).request(4, 10));
    const answers = await Promise.all(bodies.map((body) => post(peer, body)));
    const signed = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
    // The first wins; those that offer it again from its old size are told the new one.
    expect(signed).toHaveLength(1);
    expect(answers.every(({ status, body }) => status === 200 || (status === 409 && body === '10\n'))).toBe(
      true,
    );
    const [won, lost] = (signed[0] ?? 0) % 2 === 0 ? [log, fork] : [fork, log];
    expect(peer.alarms.standing.map(({ code }) => code)).toEqual(['fork']);
    await peer.stop();
    const again = await homes.start(home, [{ keys: [vkeyOf(log)] }]);
    expect((await post(again, `old 10\n\n${lost.note}`)).status).toBe(409);
    cosigned(again, won.note, await post(again, `old 10\n\n${won.note}`));
    // The fork stays an alarm, and both notes are on the disk.
    const [alarm] = again.alarms.standing;
    const folder = alarm?.details['evidence'] ?? '';
    expect(await readFile(join(folder, 'held.note'), 'utf8')).toBe(won.note);
    expect(await readFile(join(folder, 'offered.note'), 'utf8')).toBe(lost.note);
    expect((await fetch(`${again.address}/healthz`)).status).toBe(503);
  });
});

describe('a witness that fails between deciding and answering', () => {
  const opened = async (
    home: string,
    log: FakeLog,
    faults?: (point: string) => void,
  ): Promise<[Witness, Home]> => {
    const held = await Home.take(home);
    const key = await readWitnessKey(join(home, 'witness.key'));
    const logs = [{ origin: log.origin, keys: [log.noteKey] }];
    const witness = await Witness.open({
      home: held,
      key,
      logs,
      clock: () => new Date(),
      ...(faults && { faults }),
    });
    return [witness, held];
  };
  const ask = (witness: Witness, body: string) => witness.addCheckpoint(Buffer.from(body));

  it.each(['before-persist', 'after-persist'])('never signs a second root: %s', async (point) => {
    const log = logOf(10);
    const fork = log.fork(4);
    fork.grow(6);
    const home = await homes.make();
    let armed = false;
    const [witness, held] = await opened(home, log, (at) => {
      if (armed && at === point) throw new Error('killed');
    });
    expect((await ask(witness, log.request(0, 4))).status).toBe(200);
    armed = true;
    await expect(ask(witness, log.request(4, 10))).rejects.toThrow('killed');
    await held.release();
    const [again, second] = await opened(home, log);
    const answer = await ask(again, fork.request(4, 10));
    if (point === 'after-persist') {
      expect([answer.status, answer.body]).toEqual([409, '10\n']);
      expect((await ask(again, log.request(10, 10))).status).toBe(200);
    } else {
      expect(answer.status).toBe(200);
      expect((await ask(again, log.request(4, 10))).status).toBe(409);
    }
    await second.release();
  });

  it('refuses to start over a damaged record, and over a home that is in use', async () => {
    const log = logOf(4);
    const home = await homes.make();
    const [witness, held] = await opened(home, log);
    await ask(witness, log.request(0));
    await expect(Home.take(home)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await held.release();
    const file = join(
      home,
      'witness',
      (await import('../../src/peer/followed-log.js')).slugOf(log.origin),
      'checkpoint',
    );
    const bytes = await readFile(file);
    await writeFile(file, bytes.with(20, (bytes[20] ?? 0) ^ 1));
    await expect(homes.start(home, [{ keys: [vkeyOf(log)] }])).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
    });
    await writeFile(file, bytes);
    // A lock that a killed process left is taken over.
    await writeFile(join(home, 'peer.lock'), JSON.stringify({ pid: 4_000_000, began: '1', token: 'x' }));
    const peer = await homes.start(home, [{ keys: [vkeyOf(log)] }]);
    expect(peer.witness.latest(log.origin)?.size).toBe(4n);
  });
});

describe('the shared vectors', () => {
  interface Case {
    readonly body: string;
    readonly status: number;
    readonly asserts: string;
  }

  const requireCase = (answer: Said, { status, asserts }: Case): void => {
    expect(answer.status, answer.body).toBe(status);
    const [, equals, text] = /^body (==|contains) (".*")$/s.exec(asserts) ?? [];
    const expected = JSON.parse(text ?? '""') as string;
    if (equals === '==') expect(answer.body).toBe(expected);
    else expect(answer.body).toContain(expected);
  };

  it('of litewitness get the status that each must', async (context) => {
    const folder = vectors(context, 'witness');
    const file = join(folder, 'litewitness.json');
    const { cases, sigsum_log_public_key_hex: key } = readJson<{
      cases: Case[];
      sigsum_log_public_key_hex: string;
    }>(file);
    const origin = cases[0]?.body.split('\n')[2] ?? '';
    const home = await homes.make();
    const peer = await homes.start(home, [{ keys: [formatVkey(noteKey(origin, ED25519, fromHex(key)))] }]);
    for (const one of cases) requireCase(await post(peer, one.body), one);
    expect(peer.name).toBe(WITNESS);
  });

  it('of the Go checksum database, whose key has another name than its origin', async (context) => {
    const { cases, vkey } = readJson<{ cases: Case[]; vkey: string }>(
      join(vectors(context, 'witness'), 'sumdb.json'),
    );
    const home = await homes.make();
    expect(parseVkey(vkey).name).toBe('sum.golang.org');
    const peer = await homes.start(home, [{ keys: [vkey], origin: 'go.sum database tree' }]);
    for (const one of cases) requireCase(await post(peer, one.body), one);
  });
});

/** The text with one bit of its last signature changed. */
function flipped(note: string): string {
  const at = note.length - 20;
  const other = note[at] === 'A' ? 'B' : 'A';
  return note.slice(0, at) + other + note.slice(at + 1);
}
