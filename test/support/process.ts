/**
 * The built program as processes of their own, for tests that kill and restart it. Every process that a test starts is
 * ended by its number when the test file ends, PostgreSQL included, whatever failed in between.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { databaseUrl } from '../../src/database/index.js';

/** The project's folder, and the program that `npm run build` makes. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'dist', 'main.js');

/** Longest that a start may take on a busy machine before a test gives up. */
const START_MS = 60_000;
const LISTENS = /^Vitrine listens on (\S+)$/m;

/** What a process said and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly said: string;
  /** Its standard output alone, without what it logged. */
  readonly answer: string;
}

/** One process, with what it said. */
export class Running {
  said = '';
  answer = '';
  readonly ended: Promise<void>;

  constructor(readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data) => (this.said += String(data)));
    child.stdout?.on('data', (data) => (this.answer += String(data)));
    // Its last words may come after its end; what it started and left behind may hold its streams for ever.
    const silence = once(child, 'close');
    this.ended = once(child, 'exit').then(async () => void (await Promise.race([silence, pause(1000)])));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    if (this.alive) this.child.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to stop and gives its exit code. */
  async stop(): Promise<number | null> {
    if (this.alive) this.child.kill('SIGTERM');
    await this.ended;
    return this.child.exitCode;
  }

  /** The address it listens on. Throws with what it said when it ends instead. */
  async listening(): Promise<string> {
    const address = await until(
      'the server listens',
      () => LISTENS.exec(this.said)?.[1] ?? !this.alive,
      START_MS,
    );
    if (typeof address === 'string') return address;
    throw new Error(`the server ended with ${String(this.child.exitCode)}:\n${this.said}`);
  }
}

/** A data folder of its own and the processes on it. */
export class Deployment {
  #running: Running[] = [];

  private constructor(
    readonly folder: string,
    readonly dataDir: string,
    readonly settings: Readonly<Record<string, string>>,
  ) {}

  /** `settings` as in the environment; without DATABASE_URL the processes share an embedded PostgreSQL. */
  static async make(settings: Readonly<Record<string, string>> = {}): Promise<Deployment> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: npm run build`);
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-process-'));
    // A run as root: PostgreSQL's own user has to get in.
    await chmod(folder, 0o711);
    return new Deployment(folder, join(folder, 'data'), settings);
  }

  /** The same folder with more settings. Processes of both are ended with either. */
  with(settings: Readonly<Record<string, string>>): Deployment {
    const other = new Deployment(this.folder, this.dataDir, { ...this.settings, ...settings });
    other.#running = this.#running;
    return other;
  }

  get environment(): Record<string, string> {
    return {
      NODE_ENV: 'test',
      PORT: '0',
      DATA_DIR: this.dataDir,
      LOG_LEVEL: 'warn',
      LOG_ORIGIN: 'vitrine.test/log',
      SAMPLE: 'false',
      ...this.settings,
    };
  }

  /** The address of its database for the owner of the tables. */
  async ownerUrl(): Promise<string> {
    return this.settings['DATABASE_OWNER_URL'] ?? (await databaseUrl(this.dataDir)).ownerUrl;
  }

  /** Starts a program on this folder; by default the server. */
  run(
    command: readonly string[] = [process.execPath, MAIN, 'serve'],
    environment: Readonly<Record<string, string>> = {},
  ): Running {
    const [program = '', ...words] = command;
    const child = spawn(program, words, {
      cwd: ROOT,
      env: { ...process.env, ...this.environment, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a terminal gives to each command.
      detached: true,
    });
    const running = new Running(child);
    this.#running.push(running);
    return running;
  }

  /** Runs one command of the program to its end. */
  async command(...words: readonly string[]): Promise<Ended> {
    const running = this.run([process.execPath, MAIN, ...words]);
    await running.ended;
    return { code: running.child.exitCode, said: running.said, answer: running.answer };
  }

  /** The embedded PostgreSQL's first process, as its own file says; undefined when there is none. */
  async postmaster(): Promise<number | undefined> {
    const file = join(this.dataDir, 'postgres', 'cluster', 'postmaster.pid');
    const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0]);
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
  }

  /** Ends what is left: the programs first, then PostgreSQL by its number, and removes the folder. */
  async end(): Promise<void> {
    await Promise.all(this.#running.map((one) => one.kill()));
    // What npm or a shell started goes on without it; the group goes by its leader's number.
    for (const { pid } of this.#running) killGroup(pid);
    const postmaster = await this.postmaster();
    if (postmaster !== undefined) {
      process.kill(postmaster, 'SIGQUIT');
      await until('PostgreSQL ends', () => !isAlive(postmaster), 10_000).catch(() =>
        process.kill(postmaster, 'SIGKILL'),
      );
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** Waits until `look` gives something, and gives it. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 30_000,
): Promise<Exclude<T, false | null | undefined>> {
  for (const deadline = Date.now() + limitMs; ; await pause(10)) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) {
      return found as Exclude<T, false | null | undefined>;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
  }
}

/** True while there is such a process that isn't a zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Without /proc (macOS) a zombie counts as alive; there our parent collects it soon.
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    return code === 'EPERM' || (path !== undefined && !existsSync('/proc/self'));
  }
}

/** Kills whoever is left of a process group. */
function killGroup(leader: number): void {
  if (leader <= 0) return; // it never started; 0 would be our own group
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // nobody is left
  }
}

/** The numbers of all processes below this one. */
export function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const parents = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (of: number): number[] =>
    parents.filter(([, parent]) => parent === of).flatMap(([child = 0]) => [child, ...below(child)]);
  return below(pid);
}
