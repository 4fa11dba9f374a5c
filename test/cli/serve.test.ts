import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../support/database.js';
import type { TestDatabase } from '../support/database.js';

let database: TestDatabase;
let dataDir: string;
const children: ChildProcess[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'vitrine-serve-'));
});
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});
afterAll(async () => {
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly exit: Promise<number | null>;
}

function start(environment: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, ['test/support/run-ts.mjs', 'test/cli/child.ts', 'serve'], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'development',
      PORT: '0',
      SAMPLE: 'false',
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      DATABASE_OWNER_URL: database.ownerUrl,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (text += part.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, out: () => text, exit };
}

/** @returns the address that the server printed. */
async function listening({ out, child }: Started): Promise<string> {
  for (let tries = 0; tries < 600; tries += 1) {
    const address = /Vitrine listens on (\S+)/.exec(out())?.[1];
    if (address && out().includes('vendor')) return address;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it did not start: ${out()}`);
}

describe('vitrine serve', () => {
  it('prints its address and the personas, and stops with 0 on SIGTERM', async () => {
    const server = start();
    const address = await listening(server);
    expect(server.out()).toContain('registrar.city');
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  }, 90_000);

  it('opens the same log again, after SIGKILL too', async () => {
    const first = start();
    await listening(first);
    first.child.kill('SIGKILL');
    await first.exit;
    const second = start();
    const address = await listening(second);
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ checkpoint { size origin } }"}',
    });
    expect(await response.json()).toEqual({
      data: { checkpoint: { size: '3', origin: 'vitrine.localhost/log' } },
    });
    second.child.kill('SIGINT');
    expect(await second.exit).toBe(0);
  }, 120_000);

  it('exits with 78 when its port is taken', async () => {
    const first = start();
    const { port } = new URL(await listening(first));
    const second = start({ PORT: port });
    expect(await second.exit).toBe(78);
    expect(second.out()).toContain(`PORT: 127.0.0.1:${port} is in use`);
    first.child.kill('SIGTERM');
    expect(await first.exit).toBe(0);
  }, 120_000);
});
