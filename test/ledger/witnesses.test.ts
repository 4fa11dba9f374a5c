/** Asking witnesses for cosignatures, with real ones and with such that do everything wrong, over real HTTP. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  formatVkey,
  parseNote,
  parsePolicy,
  parseVkey,
  verifyCosigned,
} from '../../src/ledger/core/index.js';
import { type Ledger, type LedgerOptions, openLedger } from '../../src/ledger/index.js';
import { nativeVerify } from '../../src/ledger/native.js';
import type { Peer } from '../../src/peer/index.js';
import { Homes } from '../peer/support.js';
import { silent } from '../support/database.js';
import { type Behaviour, FaultyWitness, holds, says } from '../support/faulty-witness.js';
import { until } from '../support/process.js';
import { Bench, entry } from './support.js';

const homes = new Homes();
const faulty: FaultyWitness[] = [];
let bench: Bench;
let ledger: Ledger;

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create());
});
afterEach(async () => {
  for (const one of faulty.splice(0)) await one.close();
});
afterAll(async () => {
  await homes.end();
  await bench.drop();
});

/** A real witness of this log. */
async function witness(): Promise<Peer> {
  return homes.start(await homes.make(), [{ keys: [ledger.verifierKey] }]);
}

async function wrong(name: string, behave?: Behaviour): Promise<{ one: FaultyWitness; line: string }> {
  const one = new FaultyWitness(name, behave);
  faulty.push(one);
  return { one, line: `witness ${name} ${one.vkey} ${await one.listen()}` };
}

const lineOf = (name: string, peer: Peer): string =>
  `witness ${name} ${formatVkey(peer.witness.key)} ${peer.address}`;

/** Settings of a ledger with witnesses that are asked often. */
function asking(...lines: readonly string[]): Pick<LedgerOptions, 'witnesses'> {
  const policy = parsePolicy(`${lines.join('\n')}\n`);
  return {
    witnesses: { policy, timeoutMs: 400, paceMs: 1, retry: { least: 20, most: 100 }, startMs: 1000 },
  };
}

async function grow(by: Ledger = ledger): Promise<bigint> {
  const [at] = await by.append([await entry(by)]);
  return at?.index ?? -1n;
}

/** Opens the log as another process would, over the same few sessions. */
async function open(settings: Partial<LedgerOptions>): Promise<Ledger> {
  return openLedger({ database: await bench.database(), dataDir: bench.dataDir, log: silent, ...settings });
}

/** Opens the log with these witnesses, and closes it again. */
async function during<T>(settings: Partial<LedgerOptions>, work: (one: Ledger) => Promise<T>): Promise<T> {
  const one = await open(settings);
  try {
    return await work(one);
  } finally {
    await one.close();
  }
}

/** The answers that a ledger got, as they come. */
function answers(one: Ledger): string[] {
  const heard: string[] = [];
  one.witnesses.onAnswer((name, answer) => heard.push(`${name} ${answer}`));
  return heard;
}

describe('witnesses of a log', () => {
  it('cosign what is appended, and the newest checkpoint at a start', async () => {
    const peer = await witness();
    await during(asking(lineOf('a', peer), 'quorum a'), async (one) => {
      expect(one.witnesses.size).toBe(one.trusted.size);
      const index = await grow(one);
      expect(await one.witnesses.covers(index, 5000)).toBe(true);
      expect(peer.witness.latest(one.origin)?.size).toBe(index + 1n);
      const note = await one.checkpointOver(index);
      const policy = { ...asking(lineOf('a', peer), 'quorum a').witnesses!.policy };
      const logs = [{ key: parseVkey(one.verifierKey), url: null }];
      const cosigned = verifyCosigned(note, { ...policy, logs }, nativeVerify);
      expect(cosigned).toMatchObject({ satisfied: true, cosigned: [{ name: 'a' }] });
      expect(await one.tiles.checkpoint()).toBe(note);
      expect(await bench.audit(one)).toEqual([]);
    });
  });

  it('are believed for what they signed before a restart, and asked nothing again', async () => {
    const { one: signer, line } = await wrong('b');
    const index = await during(asking(line, 'quorum b'), async (one) => {
      const at = await grow(one);
      expect(await one.witnesses.covers(at, 5000)).toBe(true);
      return at;
    });
    signer.behave = says(500);
    await during(asking(line, 'quorum b'), async (one) => {
      expect(await one.witnesses.covers(index)).toBe(true);
      expect(parseNote(await one.checkpointOver(index)).signatures).toHaveLength(2);
    });
  });

  it('are believed for an older quorum too, when one signed alone since', async () => {
    const [one, two] = [await wrong('one'), await wrong('two')];
    const policy = asking(one.line, two.line, 'group both all one two', 'quorum both');
    const index = await during(policy, async (log) => {
      const at = await grow(log);
      expect(await log.witnesses.covers(at, 5000)).toBe(true);
      two.one.behave = says(503);
      for (let more = 0; more < 3; more++) {
        const next = await grow(log);
        await until('one signed it', () => (log.witnesses.newestOf('one') ?? 0n) > next);
      }
      return at;
    });
    one.one.behave = says(503);
    await during(policy, async (log) => {
      expect(await log.witnesses.covers(index)).toBe(true);
      expect(log.witnesses.size).toBeLessThan(log.trusted.size);
      expect(log.witnesses.newestOf('one')).toBeGreaterThan(log.witnesses.newestOf('two') ?? 0n);
      expect(parseNote(await log.checkpointOver(index)).signatures).toHaveLength(3);
    });
  });

  it('are shown with all that they signed of an older size, where one signed nothing since', async () => {
    const three = [await wrong('x'), await wrong('y'), await wrong('z')];
    const policy = asking(...three.map(({ line }) => line), 'group two 2 x y z', 'quorum two');
    const size = await during(policy, async (log) => {
      const first = (await grow(log)) + 1n;
      for (const name of ['x', 'y', 'z'])
        await until(`${name} signed it`, () => log.witnesses.newestOf(name) === first);
      three[2]!.one.behave = says(503);
      expect(await log.witnesses.covers(await grow(log), 5000)).toBe(true);
      return first;
    });
    for (const { one } of three) one.behave = says(503);
    await during(policy, async (log) => {
      expect(log.witnesses.size).toBeGreaterThan(size);
      expect((await log.witnesses.cosignatures(size)).map(({ name }) => name)).toEqual(['x', 'y', 'z']);
    });
  });

  it('make a quorum of nested groups without the ones that are dead', async () => {
    const [a, b] = [await witness(), await witness()];
    const { line } = await wrong('dead', says(503));
    const policy = [
      lineOf('a', a),
      lineOf('b', b),
      line,
      'group some 2 a b dead',
      'group all-of-it all some',
    ];
    await during(asking(...policy, 'quorum all-of-it'), async (one) => {
      const index = await grow(one);
      expect(await one.witnesses.covers(index, 5000)).toBe(true);
      const cosigned = await one.witnesses.cosignatures(one.witnesses.size);
      expect(cosigned.map(({ name }) => name)).toEqual(['a', 'b']);
    });
  });

  const wrongs: readonly [string, Behaviour | 'stranger', string][] = [
    ['400', says(400, 'bad'), '400'],
    ['403', says(403), '403'],
    ['404', says(404), '404'],
    ['409 without a size', says(409, 'x', 'text/x.tlog.size'), 'malformed'],
    ['409 of another type', says(409, '3\n'), 'malformed'],
    [
      '409 with the size that it was given',
      (a, r) => holds(a.old.slice(4) as unknown as bigint)(a, r),
      '409',
    ],
    ['500', says(500), 'status'],
    ['a redirect', (_, r) => void r.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(), 'redirect'],
    ['nothing at all', () => undefined, 'timeout'],
    ['a cut connection', (_, r) => void r.destroy(), 'unreachable'],
    ['a slow drip', (_, r) => drip(r), 'timeout'],
    ['an endless answer', (_, r) => flood(r), 'malformed'],
    ['an empty answer', says(200), 'cosignature'],
    ['garbage', says(200, '\u0000\u00ff nonsense'), 'cosignature'],
    ['the signature of another key', 'stranger', 'cosignature'],
    ['a cosignature of another root', (a, r) => forged(a, r), 'cosignature'],
  ];
  it.each(wrongs)('count for nothing when one answers with %s', async (what, behaviour, failure) => {
    const stranger = new FaultyWitness('stranger');
    const behave: Behaviour =
      behaviour === 'stranger' ? (asked, response) => stranger.sign(asked, response) : behaviour;
    const { line } = await wrong(`w${what.length}`, behave);
    const good = await witness();
    const name = `w${what.length}`;
    await during(
      asking(line, lineOf('good', good), `group both all ${name} good`, 'quorum both'),
      async (one) => {
        const heard = answers(one);
        const index = await grow(one);
        await until(
          'it was asked',
          () => heard.includes(`${name} ${failure}`) && heard.includes('good cosigned'),
        );
        expect(await one.witnesses.covers(index)).toBe(false);
        expect(one.witnesses.newestOf(name)).toBeUndefined();
        expect(one.trusted.alarm).toBeUndefined();
      },
    );
  });

  it('are asked again from the size that they name, with a proof from there', async () => {
    const { one: keeper, line } = await wrong('keeper', holds(2));
    const proofs: number[] = [];
    keeper.behave = (asked, response) => {
      proofs.push(asked.proof.length);
      return asked.old === 'old 2' ? keeper.sign(asked, response) : holds(2)(asked, response);
    };
    await during(asking(line, 'quorum keeper'), (one) => {
      expect(one.witnesses.size).toBe(one.trusted.size);
      expect(proofs[0]).toBe(0);
      expect(proofs[1]).toBeGreaterThan(0);
      return Promise.resolve();
    });
  });

  it('sign the same checkpoint while the log grows all the time', async () => {
    const { one: slow, line } = await wrong('slow');
    const quick = await witness();
    slow.behave = async (asked, response) => {
      await until('it has grown', () => ledger.trusted.size > asked.size + 3n);
      slow.sign(asked, response);
    };
    const policy = asking(line, lineOf('quick', quick), 'group both all slow quick', 'quorum both');
    let growing = true;
    const load = (async () => {
      while (growing) await grow();
    })();
    try {
      await during({ ...policy, witnesses: { ...policy.witnesses!, timeoutMs: 5000 } }, async (one) => {
        const before = one.witnesses.size;
        await until('three more were cosigned by both', () => one.witnesses.size > before + 9n);
      });
    } finally {
      growing = false;
      await load;
    }
  });

  it('are asked by one process of two, and both see what they signed; the other takes over', async () => {
    const { one: only, line } = await wrong('only');
    const first = await open(asking(line, 'quorum only'));
    await until('it has its turn', async () => first.witnesses.covers(await grow(first), 1000));
    const second = await open(asking(line, 'quorum only'));
    const heard = answers(second);
    only.asked.length = 0;
    const index = await grow(second);
    expect(await second.witnesses.covers(index, 5000)).toBe(true);
    expect(await first.witnesses.covers(index, 5000)).toBe(true);
    expect(heard).toEqual([]);
    await first.close();
    const next = await grow(second);
    expect(await second.witnesses.covers(next, 10_000)).toBe(true);
    await until('the other one asked', () => heard.includes('only cosigned'));
    await second.close();
  });

  it('that are dead delay nothing but the state', async () => {
    const { line } = await wrong('hangs', () => undefined);
    const started = performance.now();
    await during({ ...asking(line, 'quorum hangs') }, async (one) => {
      expect(performance.now() - started).toBeLessThan(5000);
      const index = await grow(one);
      expect(await one.witnesses.covers(index)).toBe(false);
      expect(await one.checkpointOver(index, 50)).toBe(await one.checkpoint());
    });
  });
});

describe('kept cosignatures', () => {
  it('that were changed in the database count for nothing after a restart, and the audit names them', async () => {
    const { one: signer, line } = await wrong('kept');
    const index = await during(asking(line, 'quorum kept'), async (one) => {
      const at = await grow(one);
      expect(await one.witnesses.covers(at, 5000)).toBe(true);
      return at;
    });
    signer.behave = says(500);
    const other = signer.line(await ledger.checkpoint(2n)).trimEnd();
    const sql = 'UPDATE cosignature SET line = $1 WHERE size > $2 AND key = $3';
    await bench.tamper(sql, other, index.toString(), signer.vkey);
    const found = await bench.audit(ledger);
    expect(found).toMatchObject([
      { what: 'cosignature', message: expect.stringContaining('kept.example') as unknown },
    ]);
    await during(asking(line, 'quorum kept'), async (one) => {
      expect(await one.witnesses.covers(index)).toBe(false);
      expect(parseNote(await one.checkpointOver(index)).signatures).toHaveLength(1);
    });
    await bench.tamper('DELETE FROM cosignature WHERE key = $1', signer.vkey);
  });
});

describe('what witnesses say against the log', () => {
  it('is a claim: one of three stops nothing, at a start or later', async () => {
    const { line } = await wrong('liar', holds(1_000_000));
    const [a, b] = [await witness(), await witness()];
    const policy = [line, lineOf('a', a), lineOf('b', b), 'group two 2 liar a b', 'quorum two'];
    await during(asking(...policy), async (one) => {
      const heard = answers(one);
      const index = await grow(one);
      expect(await one.witnesses.covers(index, 5000)).toBe(true);
      await until('the liar was asked', () => heard.includes('liar 409'));
      expect(one.trusted.alarm).toBeUndefined();
    });
  });

  it('is ROLLBACK_DETECTED at a start when a quorum says so, with what to do', async () => {
    const lines = [(await wrong('x', holds(1_000_000))).line, (await wrong('y', holds(2_000_000))).line];
    await expect(open(asking(...lines, 'group two all x y', 'quorum two'))).rejects.toMatchObject({
      code: 'ROLLBACK_DETECTED',
      message: expect.stringMatching(/x, y cosigned 2000000 entries.*Restore its newest state/) as unknown,
    });
  });

  it('stops a running log when a quorum says so', async () => {
    const { one: x, line } = await wrong('turncoat');
    const one = await open(asking(line, 'quorum turncoat'));
    x.behave = says(422, 'bad consistency proof');
    await grow(one);
    await until('it stopped', () => one.trusted.alarm !== undefined);
    expect(one.trusted.alarm).toMatchObject({
      code: 'ROLLBACK_DETECTED',
      message: expect.stringContaining('turncoat cosigned another log') as unknown,
    });
    await expect(grow(one)).rejects.toMatchObject({ code: 'ROLLBACK_DETECTED' });
    await one.close();
  });
});

describe('a start without a pin', () => {
  let settings: { readonly dataDir: string; readonly keysDir: string };
  const pin = (): string => join(settings.dataDir, 'pin');
  // In a folder of its own: processes that are open in the shared one pin there what they hear of.
  beforeEach(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-unpinned-'));
    settings = { dataDir, keysDir: join(bench.dataDir, 'keys') };
    await ledger.sync();
    await ledger.checkpoint();
  });
  afterEach(() => rm(settings.dataDir, { recursive: true }));

  it('is believed when a quorum of witnesses cosigns the database', async () => {
    const [a, b] = [await witness(), await witness()];
    const policy = asking(lineOf('a', a), lineOf('b', b), 'group ab all a b', 'quorum ab');
    await during({ ...settings, ...policy }, async (one) => {
      expect(await one.witnesses.covers(await grow(one), 5000)).toBe(true);
    });
    expect(existsSync(pin())).toBe(true);
  });

  it('is refused when too few cosign it, and makes no pin', async () => {
    const { line } = await wrong('down', says(503));
    const a = await witness();
    const policy = { ...settings, ...asking(lineOf('a', a), line, 'group ab all a down', 'quorum ab') };
    for (let again = 0; again < 2; again++)
      await expect(open(policy)).rejects.toMatchObject({
        code: 'NOT_CONFIGURED',
        message: expect.stringMatching(
          /no pin, and of the witnesses only a cosigned.*--trust-first/,
        ) as unknown,
      });
    expect(existsSync(pin())).toBe(false);
    await during({ ...policy, trustFirst: true }, () => Promise.resolve());
  });

  it('is refused when a single witness knows more, whatever a person believes', async () => {
    const { line } = await wrong('knows', holds(1_000_000));
    const [a, b] = [await witness(), await witness()];
    const policy = [line, lineOf('a', a), lineOf('b', b), 'group two 2 knows a b', 'quorum two'];
    await expect(open({ ...settings, ...asking(...policy), trustFirst: true })).rejects.toMatchObject({
      code: 'ROLLBACK_DETECTED',
      message: expect.stringContaining('knows cosigned 1000000 entries') as unknown,
    });
  });
});

describe('a policy', () => {
  it.each([
    ['of another log', () => `log ${formatVkey(new FaultyWitness('z').key)}`, 'of a log'],
    ['whose quorum nobody makes', () => 'quorum none', 'quorum none'],
    [
      'with a key name that is too long',
      () => {
        const { key } = new FaultyWitness('z');
        return `witness z ${formatVkey({ ...key, name: 'z'.repeat(1001) })} http://127.0.0.1:1\nquorum z`;
      },
      'at most 1000 bytes',
    ],
    ['without addresses', () => `witness z ${new FaultyWitness('z').vkey}\nquorum z`, 'make no quorum'],
  ])('%s is refused', async (_, text, message) => {
    const opening = async () => open(asking(text()));
    await expect(opening()).rejects.toMatchObject({
      message: expect.stringContaining(message) as unknown,
    });
  });
});

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write('—'), 30);
  response.on('close', () => clearInterval(timer));
}

function flood(response: ServerResponse): void {
  const part = Buffer.alloc(16_384, 0x61);
  const write = (): void => {
    while (!response.destroyed && response.write(part));
  };
  response.on('drain', write);
  write();
}

/** A valid cosignature, of another checkpoint. */
function forged(asked: { note: string }, response: ServerResponse): void {
  const [origin, size, , ...rest] = asked.note.split('\n');
  const other = [origin, size, Buffer.alloc(32).toString('base64'), ...rest].join('\n');
  const signer = faulty.at(-1);
  response.end(signer?.line(other));
}
