import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ED25519,
  leafHash,
  merkleRoot,
  noteKey,
  parseBundle,
  parseCheckpoint,
  parseNote,
  parseTile,
  verifyNote,
} from '../../src/ledger/core/index.js';
import { type Ledger, nativeVerify } from '../../src/ledger/index.js';
import { takesGzip } from '../../src/server/log-routes.js';
import { Bench, entry } from '../ledger/support.js';
import { startServer, type TestServer } from './fixture.js';

const SIZES = [3, 255, 256, 257];
const YEAR = 'public, max-age=31536000, immutable';

let bench: Bench;
let ledger: Ledger;
let server: TestServer;
/** What was served when the log had each size. */
const checkpoints = new Map<number, string>();

beforeAll(async () => {
  ({ bench, ledger } = await Bench.create());
  server = await startServer({}, [], ledger.tiles);
  for (const size of SIZES) {
    const missing = Array.from({ length: size - Number(ledger.trusted.size) }, () => entry(ledger));
    await ledger.append(await Promise.all(missing));
    checkpoints.set(size, await (await get('checkpoint')).text());
  }
});

afterAll(async () => {
  await server.close();
  await bench.drop();
});

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${server.url}/log/${path}`, init);
const bytesOf = async (path: string): Promise<Uint8Array> => {
  const response = await get(path);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
};

describe('GET /log/checkpoint', () => {
  it('is the newest signed note, for a moment', async () => {
    const response = await get('checkpoint');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const note = parseNote(await response.text());
    verifyNote(note, noteKey(ledger.origin, ED25519, ledger.keys.logKey.publicKey), nativeVerify);
    expect(parseCheckpoint(note.text)).toMatchObject({ origin: ledger.origin, size: 257n });
  });
});

describe('GET /log/tile/…', () => {
  it.each(SIZES)('gives the tiles and bundles of the checkpoint of size %i', async (size) => {
    const { root, size: signed } = parseCheckpoint(parseNote(checkpoints.get(size) ?? '').text);
    expect(signed).toBe(BigInt(size));
    const hashes: Uint8Array[] = [];
    for (let first = 0; first < size; first += 256) {
      const width = Math.min(256, size - first);
      const place = `00${first / 256}${width === 256 ? '' : `.p/${width}`}`;
      const tile = parseTile(await bytesOf(`tile/0/${place}`), width);
      const leaves = parseBundle(await bytesOf(`tile/entries/${place}`), width);
      expect(leaves.map((leaf) => leafHash(leaf))).toEqual(tile);
      hashes.push(...tile);
    }
    expect(merkleRoot(hashes)).toEqual(root);
  });

  it('gives the upper level from 256 entries on', async () => {
    const hashes = parseTile(await bytesOf('tile/0/000'), 256);
    expect(await bytesOf('tile/1/000.p/1')).toEqual(merkleRoot(hashes));
  });

  it.each(['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1', 'tile/entries/000', 'tile/entries/000.p/7'])(
    'lets any cache keep %s for good',
    async (path) => {
      const { status, headers } = await get(path, { method: 'HEAD' });
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(headers.get('cache-control')).toBe(YEAR);
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(headers.get('vary')).toBe(path.includes('entries') ? 'accept-encoding' : null);
    },
  );

  it.each(['gzip', 'identity'])('compresses entries as asked: %s', async (coding) => {
    const response = await get('tile/entries/000', { headers: { 'accept-encoding': coding } });
    expect(response.headers.get('content-encoding')).toBe(coding === 'gzip' ? 'gzip' : null);
    const leaves = parseBundle(new Uint8Array(await response.arrayBuffer()), 256);
    expect(leaves).toHaveLength(256);
  });

  it.each([
    'tile/0/001.p/2',
    'tile/0/001',
    'tile/0/002.p/1',
    'tile/1/000',
    'tile/1/000.p/2',
    'tile/2/000.p/1',
    'tile/9/000.p/1',
    'tile/entries/001.p/2',
    'tile/entries/002',
    'tile/entries/x999/x999/x999/x999/x999/999.p/1',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/x000/000',
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/8/0/000',
    'tile/data/000',
    'tile/',
    'tile',
    'checkpoint/',
    '',
  ])('is 404 for %s, which no cache may keep', async (path) => {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('cache-control') ?? 'no-store').toBe('no-store');
  });

  it('is 500 and an alarm when the database holds another leaf', async () => {
    const { bench: other, ledger: changed } = await Bench.create();
    const alone = await startServer({}, [], changed.tiles);
    try {
      const alarms: string[] = [];
      changed.onAlarm(({ code }) => alarms.push(code));
      await other.tamper('UPDATE entry SET leaf = $1 WHERE index = 1', Buffer.from('{}'));
      const response = await fetch(`${alone.url}/log/tile/entries/000.p/2`);
      expect(response.status).toBe(500);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(await response.json()).toMatchObject({
        errors: [{ extensions: { code: 'INTEGRITY_VIOLATION' } }],
      });
      expect(alarms).toEqual(['INTEGRITY_VIOLATION']);
    } finally {
      await alone.close();
      await other.drop();
    }
  });
});

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['br, GZIP;q=0.5', true],
    ['x-gzip', true],
    ['deflate,gzip ; q=1.0', true],
    ['gzip;q=0', false],
    ['gzip; q=0.000', false],
    ['identity', false],
    ['*', false],
    ['', false],
    [undefined, false],
  ])('%j takes gzip: %s', (header, taken) => {
    expect(takesGzip(header)).toBe(taken);
  });
});
