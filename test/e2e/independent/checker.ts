/**
 * A checker that no one here wrote: Go's sumdb/note and sumdb/tlog, from Debian's packages golang-go and
 * golang-golang-x-mod-dev. Built once a test file; where it isn't installed its tests are skipped and say so.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ED25519, formatVkey, noteKey } from '../../../src/ledger/core/index.js';
import type { Ledger } from '../../../src/ledger/index.js';

const run = promisify(execFile);
const GOPATH = '/usr/share/gocode';
const PACKAGE = join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog');
/** Compiling on a busy machine, and hashing 65,537 entries. */
const MOST_MS = 240_000;

/** Why it can't run here; null where it can. */
export const MISSING: string | null = !(process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'go')))
  ? 'go is not installed: apt-get install --no-install-recommends golang-go golang-golang-x-mod-dev'
  : existsSync(PACKAGE)
    ? null
    : 'golang.org/x/mod is not installed: apt-get install --no-install-recommends golang-golang-x-mod-dev';

export class Checker {
  private constructor(private readonly folder: string) {}

  static async build(): Promise<Checker> {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-checker-'));
    const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOCACHE: join(folder, 'cache'), GOFLAGS: '' };
    const source = join(import.meta.dirname, 'main.go');
    await run('go', ['build', '-o', join(folder, 'checker'), source], { env, cwd: folder, timeout: MOST_MS });
    return new Checker(folder);
  }

  /** What it says of the log that a server serves: `verified <size>`. Throws with what it holds against it. */
  async check(server: string, vkey: string): Promise<string> {
    const { stdout } = await run(join(this.folder, 'checker'), [`${server}/log`, vkey], { timeout: MOST_MS });
    return stdout.trim();
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The log's public key as C2SP notes write it. */
export function vkeyOf({ origin, keys }: Pick<Ledger, 'origin' | 'keys'>): string {
  return formatVkey(noteKey(origin, ED25519, keys.logKey.publicKey));
}
