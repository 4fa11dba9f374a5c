/** Peers as processes of their own, each behind a wire whose address stays while the process is ended and begun again. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, Running, until } from './process.js';
import { Wire } from './wire.js';

const LISTENS = /^peer \S+ listening on (http:\S+)$/m;
const MAIN = join(ROOT, 'dist', 'main.js');
const RUN_TS = join(ROOT, 'test', 'support', 'run-ts.mjs');
const MORTAL = [RUN_TS, join(ROOT, 'test', 'peer', 'mortal.ts')];
const MORTAL_VALIDATOR = [RUN_TS, '--built', join(ROOT, 'test', 'peer', 'mortal-validator.ts')];

/** What a validator's health says. */
export interface ValidatorHealth {
  readonly alarms: readonly { readonly id: string; readonly code: string }[];
  readonly logs: readonly {
    /** Size that it cosigned last. */
    readonly cosigned: string | null;
    readonly validator: { readonly open: number; readonly left: number; readonly failure: string | null };
  }[];
}

/** One institution's machine. */
export class PeerProcess {
  private running: Running | undefined;
  /** Where its own server is; the log reaches it over the wire. */
  direct = '';

  private constructor(
    readonly name: string,
    readonly home: string,
    readonly vkey: string,
    readonly wire: Wire,
  ) {}

  /** Makes its home and key; it doesn't run yet. */
  static async make(folder: string, name: string): Promise<PeerProcess> {
    const home = join(folder, name);
    const init = launch([MAIN, 'peer', '--home', home, '--init', '--name', `${name}.example/witness`]);
    await init.ended;
    if (init.child.exitCode !== 0) throw new Error(init.said);
    return new PeerProcess(name, home, init.said.trim(), await Wire.lay());
  }

  /** Its line in a policy. */
  get line(): string {
    return `witness ${this.name} ${this.vkey} ${this.wire.address}`;
  }

  /** Starts it on a log: witness and copy. */
  async start(log: string, key: string): Promise<void> {
    const words = ['--log', log, '--log-key', key, '--port', '0', '--poll-ms', '100'];
    await this.run([MAIN, 'peer', '--home', this.home, ...words]);
  }

  /** Starts it as a witness that kills itself with signal 9 at a place of its next signature. */
  async startMortal(key: string, place: 'before-persist' | 'after-persist'): Promise<void> {
    await this.run([...MORTAL, this.home, key, place]);
  }

  /** Makes the key that signs its decisions; gives the public half as enrolMember takes it. */
  async makeSigningKey(): Promise<string> {
    const init = launch([MAIN, 'peer', '--home', this.home, '--init', '--validator']);
    await init.ended;
    if (init.child.exitCode !== 0) throw new Error(init.said);
    return init.said.trim();
  }

  /** Writes down what it watches and its rules: `startAsWritten` takes both. */
  async write(log: object, rules: object): Promise<void> {
    const settings = { pollMs: 100, port: 0, logs: [{ ...log, validator: {} }] };
    await writeFile(join(this.home, 'peer.json'), JSON.stringify(settings));
    await writeFile(join(this.home, 'validator.json'), JSON.stringify(rules));
  }

  /** Starts it by what is written down. */
  async startAsWritten(): Promise<void> {
    await this.run([MAIN, 'peer', '--home', this.home]);
  }

  /** The same, to kill itself with signal 9 at a place of its next decision. */
  async startMortalValidator(place: string): Promise<void> {
    await this.run([...MORTAL_VALIDATOR, this.home, place]);
  }

  /** Lets alarms go while it doesn't run. */
  async acknowledge(...alarms: readonly string[]): Promise<void> {
    const words = alarms.flatMap((one) => ['--acknowledge', one]);
    await launch([MAIN, 'peer', '--home', this.home, ...words]).ended;
  }

  async health(): Promise<ValidatorHealth> {
    return (await (await fetch(`${this.direct}/healthz`)).json()) as ValidatorHealth;
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.direct}/metrics`)).text();
  }

  /** Returns when it was killed. */
  async died(): Promise<void> {
    await this.running?.ended;
    if (this.running?.child.signalCode !== 'SIGKILL')
      throw new Error(`it wasn't killed: ${this.running?.said}`);
  }

  kill(): Promise<void> {
    return this.running?.kill() ?? Promise.resolve();
  }

  async end(): Promise<void> {
    await this.kill();
    await this.wire.end();
  }

  private async run(words: readonly string[]): Promise<void> {
    const running = (this.running = launch(words));
    const address = await until(
      `${this.name} listens`,
      () => LISTENS.exec(running.said)?.[1] ?? !running.alive,
      60_000,
    );
    if (typeof address !== 'string') throw new Error(running.said);
    this.direct = address;
    this.wire.lead(address);
  }
}

/** No setting of a server or a database reaches it. */
function launch(words: readonly string[]): Running {
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Running(child);
}
