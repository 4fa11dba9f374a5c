/** Rotation of the log's key and of the master key, on a real database: under appends, broken off, forged. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  formatNote,
  formatVkey,
  type NoteKey,
  noteKey,
  noteSignature,
  parseNote,
  parsePolicy,
  parseTlogProof,
  signedMessage,
  signRotation,
  thumbprint,
  verifyCheckpoint as verifyByPolicy,
  verifyNote,
  verifyProof,
} from '../../src/ledger/core/index.js';
import { createKeyFile } from '../../src/ledger/key-files.js';
import { appendLogEntry } from '../../src/ledger/log-entry.js';
import {
  type Ledger,
  nativeVerify,
  prepareLogKey,
  retireLogKey,
  retireMaster,
  rotateLogKey,
  rotateMaster,
  type RotationFaults,
  verifyCheckpoint,
} from '../../src/ledger/index.js';
import { signingKeyOf } from '../../src/ledger/native.js';
import { Bench, entry, INSTITUTION, ORIGIN } from './support.js';

const benches: Bench[] = [];
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.drop();
});

async function begin(): Promise<{ bench: Bench; ledger: Ledger }> {
  const made = await Bench.create();
  benches.push(made.bench);
  return made;
}

const keyOf = (ledger: Ledger): NoteKey => noteKey(ORIGIN, 1, ledger.keys.logKey.publicKey);
const append = async (ledger: Ledger) => ledger.append([await entry(ledger)]);
const files = async (bench: Bench): Promise<string[]> => (await readdir(join(bench.dataDir, 'keys'))).sort();
const signs = (note: string, key: NoteKey): boolean =>
  parseNote(note).signatures.some(({ keyId }) => Buffer.from(keyId).equals(key.keyId));

const published = (publicKey: Uint8Array) => ({
  use: 'log',
  thumbprint: thumbprint(publicKey),
  publicKey: Buffer.from(publicKey).toString('base64url'),
  institution: null,
  member: null,
  expires: null,
});

/** Appends in two processes until told to stop; what fails fails the test. */
function load(ledgers: readonly Ledger[]): () => Promise<number> {
  let going = true;
  const loops = ledgers.map(async (ledger) => {
    let done = 0;
    for (; going; done += 1) await append(ledger);
    return done;
  });
  return async () => {
    going = false;
    return (await Promise.all(loops)).reduce((sum, done) => sum + done, 0);
  };
}

describe("the log's key", () => {
  it('is rotated under load in two processes that need no restart, and retired', async () => {
    const { bench, ledger: one } = await begin();
    const two = await bench.open();
    const old = keyOf(one);
    const stop = load([one, two]);
    const command = await bench.open();
    const { entry: index, key, beside } = await rotateLogKey(command);
    expect(formatVkey(key)).not.toBe(formatVkey(old));
    expect(beside.map(formatVkey)).toEqual([formatVkey(old)]);
    expect(await files(bench)).toContain('log.2.json');
    await Promise.all([append(one), append(two)]);
    const during = await two.checkpoint();
    for (const signer of [old, key]) verifyNote(parseNote(during), signer, nativeVerify);
    expect(two.verifierKeys(two.trusted.size)).toEqual([formatVkey(key), formatVkey(old)]);

    const { entry: retired } = await retireLogKey(command);
    await Promise.all([append(one), append(two)]);
    expect(await stop()).toBeGreaterThan(0);
    const after = await one.checkpoint();
    expect([signs(after, old), signs(after, key)]).toEqual([false, true]);
    expect(await files(bench)).not.toContain('log.json');
    expect(await bench.audit(one)).toEqual([]);

    const ops = [];
    for await (const { opening } of one.trusted.entries(index ?? 0n, (retired ?? 0n) + 1n))
      if (opening.op.startsWith('log.')) ops.push([opening.op, opening.by.mode, opening.subject.kind]);
    expect(ops).toEqual([
      ['log.rotateKey', 'service', 'Log'],
      ['log.retireKey', 'service', 'Log'],
    ]);
    const next = await bench.open();
    expect(next.verifierKeys(next.trusted.size)).toEqual([formatVkey(key)]);
    await append(next);
  });

  it('leaves proofs from before good under the policy of then, and needs its own for those after', async () => {
    const { ledger } = await begin();
    const policy = (key: NoteKey) => parsePolicy(`log ${formatVkey(key)}\nquorum none\n`);
    const [position] = await append(ledger);
    const old = keyOf(ledger);
    const before = { note: await ledger.checkpoint(), text: await ledger.proofs.text(position?.index ?? 0n) };
    const { key } = await rotateLogKey(ledger);
    await retireLogKey(ledger);
    await append(ledger);
    const after = await ledger.checkpoint();
    const proof = parseTlogProof(before.text);
    const { checkpoint } = verifyByPolicy(proof.checkpoint, policy(old), nativeVerify);
    verifyProof(proof, await ledger.trusted.leafHashAt(proof.index), checkpoint);
    expect(verifyByPolicy(after, policy(key), nativeVerify).checkpoint.size).toBe(ledger.trusted.size);
    for (const [note, by] of [
      [before.note, key],
      [after, old],
    ] as const)
      expect(() => verifyByPolicy(note, policy(by), nativeVerify)).toThrow(
        /signature of a log of the policy/,
      );
    const both = parsePolicy(`log ${formatVkey(old)}\nlog ${formatVkey(key)}\nquorum none\n`);
    for (const note of [before.note, after]) verifyByPolicy(note, both, nativeVerify);
  });

  it('is not the old one past the rotation: a checkpoint by it alone is refused', async () => {
    const { bench, ledger } = await begin();
    const seed = await seedOf(bench, 'log.json');
    const old = keyOf(ledger);
    const before = await ledger.checkpoint();
    await rotateLogKey(ledger);
    const { names } = ledger.trusted.state;
    expect(verifyCheckpoint(names, before).size).toBe(2n);
    for (const step of [append, retireLogKey]) {
      await step(ledger);
      const { text } = parseNote(await ledger.checkpoint());
      const line = noteSignature(old, signingKeyOf(seed).sign(signedMessage(old, text)));
      const forged = formatNote({ text, signatures: [line] });
      verifyNote(parseNote(forged), old, nativeVerify);
      expect(() => verifyCheckpoint(names, forged)).toThrow(/expected a signature of/);
    }
    const size = ledger.trusted.size;
    const { text } = parseNote(await ledger.checkpoint());
    const line = noteSignature(old, signingKeyOf(seed).sign(signedMessage(old, text)));
    await bench.tamper(
      'UPDATE checkpoint SET note = $1 WHERE size = $2',
      formatNote({ text, signatures: [line] }),
      size,
    );
    await expect(ledger.checkpoint(size)).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
    expect(await bench.audit(ledger)).toMatchObject([{ what: 'checkpoint' }]);
  });

  it('goes on wherever the rotation was broken off', async () => {
    const { bench, ledger } = await begin();
    const breaking =
      (at: string): RotationFaults =>
      (point) => {
        if (point === at) throw new Error(`killed at ${point}`);
      };
    const goOn = async (): Promise<Ledger> => {
      await append(ledger);
      const fresh = await bench.open();
      await append(fresh);
      expect(await bench.audit(fresh)).toEqual([]);
      return fresh;
    };
    await expect(rotateLogKey(ledger, breaking('key-made'))).rejects.toThrow('killed');
    const made = await files(bench);
    const prepared = await prepareLogKey(await goOn());
    expect(await files(bench)).toEqual(made);
    await expect(rotateLogKey(ledger, breaking('key-anchored'))).rejects.toThrow('killed');
    const rotated = await goOn();
    expect(rotated.verifierKey).toBe(formatVkey(prepared));
    expect(await rotateLogKey(rotated)).toMatchObject({ entry: null, beside: [{ name: ORIGIN }] });
    await expect(retireLogKey(rotated, breaking('key-retired'))).rejects.toThrow('killed');
    expect(await files(bench)).toContain('log.json');
    expect(await retireLogKey(await goOn())).toMatchObject({ entry: null, beside: [] });
    expect(await files(bench)).not.toContain('log.json');
    await goOn();
    expect((await rotateLogKey(ledger)).entry).not.toBeNull();
    expect(await files(bench)).toContain('log.3.json');
  });

  it('signs the unsigned tail that a rotation left, beside the old one', async () => {
    const { bench, ledger } = await begin();
    const old = keyOf(ledger);
    await bench.tamper('ALTER TABLE checkpoint RENAME TO mislaid');
    await expect(rotateLogKey(ledger)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await bench.tamper('ALTER TABLE mislaid RENAME TO checkpoint');
    const next = await bench.open();
    const note = await next.checkpoint();
    expect(next.verifierKey).not.toBe(formatVkey(old));
    for (const key of [old, keyOf(next)]) verifyNote(parseNote(note), key, nativeVerify);
    expect(await readFile(join(bench.dataDir, 'pin'), 'utf8')).toBe(note);
    expect(await bench.audit(next)).toEqual([]);
  });

  it('is never followed by a key that was made before it', async () => {
    const { bench, ledger } = await begin();
    const left = await ledger.keys.source.addLogKey(); // as a broken-off acceptance of a rollback leaves one
    await ledger.keys.source.addLogKey();
    await rotateLogKey(ledger);
    await retireLogKey(ledger);
    expect(await files(bench)).toContain('log.3.json');
    expect((await rotateLogKey(ledger)).key.publicKey).not.toEqual(left.publicKey);
    await retireLogKey(ledger);
    expect(await files(bench)).not.toContain('log.3.json');
    await append(await bench.open());
    expect(await bench.audit(ledger)).toEqual([]);
  });

  it('means nothing on a log that another service key began, whatever that log says of it', async () => {
    const { bench } = await begin();
    const file = join(bench.dataDir, 'keys', 'service.json');
    const held = JSON.parse(await readFile(file, 'utf8')) as { key: string };
    await writeFile(file, JSON.stringify({ ...held, key: Buffer.alloc(32, 7).toString('base64url') }));
    await rm(join(bench.dataDir, 'pin'));
    await expect(bench.open({ trustFirst: true })).rejects.toMatchObject({
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining('service key') as string,
    });
  });

  it('is asked for by name where it is not held, and nothing is signed by another', async () => {
    const { bench, ledger } = await begin();
    const away = await bench.open();
    const seed = await seedOf(bench, 'log.json');
    await rotateLogKey(ledger);
    await retireLogKey(ledger);
    const newKey = ledger.verifierKey;
    // The folder of a machine that only has the old key.
    const folder = join(bench.dataDir, 'keys');
    const next = await readFile(join(folder, 'log.2.json'));
    await rm(join(folder, 'log.2.json'));
    await createKeyFile(folder, { use: 'log', number: 1, origin: ORIGIN, key: seed, former: [] });
    await expect(append(away)).rejects.toMatchObject({ code: 'NOT_CONFIGURED' });
    await expect(bench.open()).rejects.toThrow(/in the key folder, got none/); // the pin
    await rm(join(bench.dataDir, 'pin'));
    await expect(bench.open({ trustFirst: true })).rejects.toThrow(newKey);
    await writeFile(join(folder, 'log.2.json'), next, { mode: 0o600 });
    await append(away);
    await bench.open({ trustFirst: true });
  });

  it('is not rotated by who writes the database, nor by the service key or the log key alone', async () => {
    const attacker = signingKeyOf(new Uint8Array(32).fill(9));
    const to = noteKey(ORIGIN, 1, attacker.publicKey);
    const { ledger } = await begin();
    const from = keyOf(ledger);
    const old = await ledger.keys.logSigner(from.publicKey);
    const byBoth = await signRotation({ from, to }, { from: (m) => old!.sign(m), to: attacker.sign });
    const byNewAlone = await signRotation({ from, to }, { from: attacker.sign, to: attacker.sign });
    const byOldAlone = await signRotation(
      { from, to },
      { from: (m) => old!.sign(m), to: (m) => old!.sign(m) },
    );
    const other = signingKeyOf(new Uint8Array(32).fill(8));
    const ofAnother = await signRotation(
      { from: noteKey(ORIGIN, 1, other.publicKey), to },
      { from: other.sign, to: attacker.sign },
    );
    for (const rotation of [byNewAlone, byOldAlone, ofAnother, from.name, null])
      await expect(
        appendLogEntry(ledger, {
          op: 'log.rotateKey',
          detail: { keys: [published(to.publicKey)], rotation },
        }),
      ).rejects.toThrow(/can't be appended: keys/);
    for (const [op, detail] of [
      ['log.rotateKey', { keys: [], rotation: byBoth }],
      ['log.rotateKey', { keys: [published(other.publicKey)], rotation: byBoth }],
      ['log.retireKey', { revokes: [ledger.keys.logKey.thumbprint] }],
      ['log.retireKey', { revokes: [] }],
      ['log.retireKey', { revokes: [ledger.trusted.latestKey(INSTITUTION, 'delegated')!.thumbprint] }],
      ['log.other', { keys: [published(to.publicKey)] }],
    ] as const)
      await expect(appendLogEntry(ledger, { op, detail })).rejects.toThrow(/can't be appended: keys/);
    const delegated = await entry(ledger, {
      op: 'log.rotateKey',
      detail: { keys: [published(to.publicKey)], rotation: byBoth },
    });
    await expect(ledger.append([delegated])).rejects.toThrow(/signature|keys/);
    expect(ledger.verifierKey).toBe(formatVkey(from));
    await append(ledger);
  });

  it('is not rotated by an entry in the database that the service key did not sign', async () => {
    const { bench, ledger } = await begin();
    const reader = await bench.open();
    const attacker = signingKeyOf(new Uint8Array(32).fill(9));
    const to = noteKey(ORIGIN, 1, attacker.publicKey);
    const old = await ledger.keys.logSigner(keyOf(ledger).publicKey);
    // Even with the old log key in hand; written by a program that doesn't look.
    const rotation = await signRotation(
      { from: keyOf(ledger), to },
      { from: (m) => old!.sign(m), to: attacker.sign },
    );
    const keys = Object.create(ledger.keys, {
      signStatement: { value: (_: string, message: Uint8Array) => Promise.resolve(attacker.sign(message)) },
    }) as Ledger['keys'];
    const { trusted } = ledger;
    const forging = {
      keys,
      trusted,
      append: (group: Parameters<Ledger['append']>[0]) => ledger.append(group),
    };
    const detail = { keys: [published(to.publicKey)], rotation };
    await appendLogEntry(forging, { op: 'log.rotateKey', detail }).catch(() => undefined);
    await expect(reader.sync()).rejects.toMatchObject({
      code: 'INTEGRITY_VIOLATION',
      details: { what: 'signature' },
    });
    await expect(bench.open()).rejects.toMatchObject({ code: 'INTEGRITY_VIOLATION' });
  });

  it('stands in snapshots: a start from one knows it', async () => {
    const { bench } = await begin();
    const taking = await bench.open({ snapshotEvery: 4 });
    await rotateLogKey(taking);
    await retireLogKey(taking);
    for (let i = 0; i < 8; i++) await append(taking);
    await taking.close();
    const infos: object[] = [];
    const log = { info: (facts: object) => infos.push(facts), warn: () => 0, error: () => 0 };
    const next = await bench.open({ log });
    expect(infos.at(0)).toMatchObject({ snapshot: expect.not.stringMatching(/^0$/) as string });
    expect(next.verifierKey).toBe(taking.verifierKey);
    expect(next.trusted.state.names.all.length).toBe(2);
    await append(next);
  });
});

describe('the master key', () => {
  it('is rotated beside appends and new custodians, and the old one destroyed', async () => {
    const { bench, ledger } = await begin();
    const query = (await bench.database()).prisma;
    const other = await bench.open();
    const custodians = Array.from(
      { length: 40 },
      (_, i) => `${'0'.repeat(8)}-0000-4000-8000-${String(i).padStart(12, '0')}`,
    );
    for (const one of custodians.slice(0, 20)) await ledger.keys.custodianKey(one);
    const rotating = await bench.open();
    const stop = load([ledger]);
    const [rotation] = await Promise.all([
      rotateMaster({ ledger: rotating, query }),
      ...custodians.slice(20).map((one) => other.keys.custodianKey(one)),
    ]);
    expect(rotation.older).toHaveLength(1);
    const command = await bench.open();
    const { key } = await retireMaster({ ledger: command, query });
    await stop();
    expect(key).toBe(rotation.key);
    expect(await files(bench)).toEqual(['index.json', 'log.json', 'master.2.json', 'service.json']);
    const ids = await query.$queryRawUnsafe<{ id: string }[]>(
      'SELECT DISTINCT key_id AS id FROM custodian_key UNION SELECT DISTINCT key_id FROM signing_key',
    );
    expect(ids).toEqual([{ id: key }]);
    const fresh = await bench.open();
    for (const one of custodians) {
      const before = await other.keys.custodianKey(one);
      const wrapped = before.wrap(Uint8Array.of(1), 'a');
      expect((await fresh.keys.custodianKey(one)).unwrap(wrapped, 'a')).toEqual(Uint8Array.of(1));
    }
    await append(fresh);
    await append(other);
    expect(await bench.audit(fresh)).toEqual([]);
  });

  it('goes on wherever the rotation was broken off, and is kept while something is under it', async () => {
    const { bench, ledger } = await begin();
    const query = (await bench.database()).prisma;
    for (let i = 0; i < 600; i++)
      await ledger.keys.custodianKey(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);
    const others = async (key: string) =>
      (
        await query.$queryRawUnsafe<{ n: number }[]>(
          'SELECT count(*)::int AS n FROM custodian_key WHERE key_id <> $1',
          key,
        )
      )[0]?.n;
    for (const point of ['key-made', 'key-anchored', 'batch-rewrapped']) {
      const faults: RotationFaults = (at) => {
        if (at === point) throw new Error(`killed at ${at}`);
      };
      await expect(rotateMaster({ ledger: await bench.open(), query, faults })).rejects.toThrow('killed');
      const fresh = await bench.open();
      await append(fresh);
      await fresh.keys.custodianKey('00000000-0000-4000-8000-000000000599');
      expect(await bench.audit(fresh)).toEqual([]);
    }
    const { key, older, rewrapped } = await rotateMaster({ ledger, query });
    expect([older.length, rewrapped]).toEqual([1, 345]);
    expect(await others(key)).toBe(0);
    expect((await rotateMaster({ ledger, query })).entry).toBeNull();
    await bench.tamper(`UPDATE custodian_key SET key_id = '${older[0]}' WHERE id LIKE '%599/1'`);
    await expect(retireMaster({ ledger, query })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await files(bench)).toContain('master.json');
    await bench.tamper(`UPDATE custodian_key SET key_id = '${key}' WHERE id LIKE '%599/1'`);
    // A row that only says that it is under the new key.
    const flip = `UPDATE custodian_key SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1) WHERE id LIKE '%599/1'`;
    await bench.tamper(flip);
    await expect(retireMaster({ ledger, query })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await files(bench)).toContain('master.json');
    await bench.tamper(flip);
    const faults: RotationFaults = () => {
      throw new Error('killed');
    };
    await expect(retireMaster({ ledger, query, faults })).rejects.toThrow('killed');
    const size = await ledger.sync();
    expect(await retireMaster({ ledger: await bench.open(), query })).toMatchObject({
      entry: null,
      older: [],
    });
    expect(await ledger.sync()).toBe(size);
    expect(await files(bench)).not.toContain('master.json');
    await append(await bench.open());
  });
});

async function seedOf(bench: Bench, file: string): Promise<Uint8Array> {
  const { key } = JSON.parse(await readFile(join(bench.dataDir, 'keys', file), 'utf8')) as { key: string };
  return new Uint8Array(Buffer.from(key, 'base64url'));
}
