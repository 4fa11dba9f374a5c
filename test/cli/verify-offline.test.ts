/** `vitrine verify` of what a holder has in hand: no database, no keys, no settings. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../src/cli/program.js';
import {
  base64,
  consistencyProof,
  formatTlogProof,
  hex,
  inclusionProof,
  leafHash,
  merkleRoot,
  u64be,
} from '../../src/ledger/core/index.js';
import { flip, makeBundle, noteOf, policyText } from '../ledger/core/small-log.js';

const folder = mkdtempSync(join(tmpdir(), 'vitrine-offline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file and gives its name. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function verify(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const stdout = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => ((out += String(text)), true));
  const stderr = vi
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => ((err += String(text)), true));
  const code = await run(['node', 'vitrine', 'verify', ...words]);
  stdout.mockRestore();
  stderr.mockRestore();
  return { code, out, err };
}

const { bytes } = makeBundle();
const leaves = Array.from({ length: 9 }, (_, i) => leafHash(u64be(BigInt(i))));
const note = (size: number) => noteOf(BigInt(size), merkleRoot(leaves.slice(0, size)));
const hashes = consistencyProof(leaves, 5n, 9n);
const policy = file('policy', policyText());
const bundle = file('bundle.json', bytes);
const receipt = file(
  'receipt',
  formatTlogProof({ extra: null, index: 6n, hashes: inclusionProof(leaves, 6n), checkpoint: note(9) }),
);
const [older, newer] = [file('older', note(5)), file('newer', note(9))];
const proof = file('proof', hashes.map((hash) => `${hex(hash)}\n`).join(''));

describe('vitrine verify --bundle', () => {
  it('says in plain words what is proved and what isn’t', async () => {
    const { code, out } = await verify('--bundle', bundle, '--policy', policy);
    expect(code).toBe(0);
    expect(out).toContain('Encounter 00000000-0000-4000-8000-000000000009, version 2');
    expect(out).toMatch(/class +"AMB"/);
    expect(out).toContain('encounter.amend by member 00000000-0000-4000-8000-000000000004');
    expect(out).toContain('holds, by a key that the log registered');
    expect(out).toContain('cosigned by  north (2026-09-21T');
    expect(out).toContain('not proved: that no later version replaced it');
  });

  it('says it to programs with --json', async () => {
    const { code, out } = await verify('--bundle', bundle, '--policy', policy, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      holds: true,
      kind: 'bundle',
      fields: { class: 'AMB', end: null },
      entry: { index: '7', institution: '00000000-0000-4000-8000-000000000001' },
      checkpoint: { origin: 'vitrine.example/log', size: '11' },
      cosigned: [{ name: 'north' }, { name: 'south' }],
    });
  });

  it.each<[string, () => Uint8Array | string, string]>([
    ['a bit turned', () => flip(bytes, 4_000), ''],
    ['a newline behind it', () => Buffer.concat([bytes, Buffer.from('\n')]), 'jq -j'],
    ['nothing in it', () => '', 'canonical JSON'],
    ['too few cosignatures', () => makeBundle({ witnesses: ['north'] }).bytes, 'quorum'],
  ])('refuses a bundle with %s, code 1', async (_what, content, words) => {
    const { code, out, err } = await verify('--bundle', file('wrong', content()), '--policy', policy);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('it does not hold: ');
    expect(err).toContain(words);
    const told = await verify('--bundle', file('wrong', content()), '--policy', policy, '--json');
    expect(JSON.parse(told.out)).toMatchObject({ holds: false, code: 'INTEGRITY_VIOLATION' });
  });

  it('needs nothing but the files: no database, no keys, no settings', { timeout: 60_000 }, () => {
    const main = resolve(import.meta.dirname, '../../dist/main.js');
    const words = [main, 'verify', '--bundle', bundle, '--policy', policy];
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: folder, env: {}, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain('it holds');
  });
});

describe('vitrine verify --receipt', () => {
  it('proves an entry by its leaf, or by its leaf’s hash', async () => {
    const leaf = file('leaf', u64be(6n));
    for (const entry of [
      ['--leaf', leaf],
      ['--leaf-hash', hex(leaves[6]!)],
    ]) {
      const { code, out } = await verify('--receipt', receipt, ...entry, '--policy', policy);
      expect(code).toBe(0);
      expect(out).toContain(`6, with the leaf hash ${hex(leaves[6]!)}`);
    }
  });

  it('refuses another entry’s leaf, code 1', async () => {
    const words = ['--receipt', receipt, '--leaf-hash', hex(leaves[5]!), '--policy', policy];
    expect((await verify(...words)).code).toBe(1);
  });
});

describe('vitrine verify --checkpoints', () => {
  const pair = ['--checkpoints', older, newer, '--policy', policy];

  it('proves that the log only grew, with hashes as the API or as C2SP writes them', async () => {
    const c2sp = file('c2sp', hashes.map((hash) => `${base64(hash)}\n`).join(''));
    for (const path of [proof, c2sp]) {
      const { code, out } = await verify(...pair, '--proof', path);
      expect(code).toBe(0);
      expect(out).toContain('nothing was changed or removed');
    }
  });

  it.each<[string, string]>([
    [
      'a hash missing',
      hashes
        .slice(1)
        .map((hash) => `${hex(hash)}\n`)
        .join(''),
    ],
    ['no newline at its end', hashes.map(hex).join('\n')],
    ['hashes in upper case', hashes.map((hash) => `${hex(hash).toUpperCase()}\n`).join('')],
    ['nothing in it', ''],
  ])('refuses a proof with %s, code 1', async (_what, content) => {
    expect((await verify(...pair, '--proof', file('wrong-proof', content))).code).toBe(1);
  });

  it('refuses the newer before the older, code 1', async () => {
    const words = ['--checkpoints', newer, older, '--policy', policy, '--proof', proof];
    expect((await verify(...words)).code).toBe(1);
  });
});

describe('vitrine verify, called wrongly', () => {
  it.each<[string, () => readonly string[]]>([
    ['without a policy', () => ['--bundle', bundle]],
    ['with a policy alone', () => ['--policy', policy]],
    ['with two things to check', () => ['--bundle', bundle, '--receipt', receipt, '--policy', policy]],
    ['with a receipt of nothing', () => ['--receipt', receipt, '--policy', policy]],
    ['with one checkpoint', () => ['--checkpoints', older, '--proof', proof, '--policy', policy]],
    ['without the proof between two', () => ['--checkpoints', older, newer, '--policy', policy]],
    ['with a file that isn’t there', () => ['--bundle', join(folder, 'nowhere'), '--policy', policy]],
    ['with a policy that is none', () => ['--bundle', bundle, '--policy', file('bad', 'log x\n')]],
  ])('%s ends with code 2 and says why', async (_what, words) => {
    const { code, out, err } = await verify(...words());
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^vitrine: (expected|cannot read|policy, line 1)/);
  });
});
