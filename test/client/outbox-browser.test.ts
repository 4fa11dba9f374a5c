/** The outbox in a browser's own store: tabs that are closed or crash in the middle, and two tabs at once. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Client from '../../src/client/index.js';
import { type Harm, OutboxPage } from '../support/outbox-page.js';
import { CHROMIUM, hasChromium, openBrowser } from '../support/playground.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

vi.setConfig({ testTimeout: 120_000 });

/** What the page holds. */
interface Tab {
  readonly client: typeof Client;
  outbox: Client.Outbox;
}

let vitrine: TestVitrine;
let site: OutboxPage;
let browser: BrowserContext;
let folder: string;
let patient: string;
let institution: string;

beforeAll(async () => {
  if (!hasChromium()) return;
  vitrine = await TestVitrine.start();
  const query = '{ me { institution { id } } patients(first: 1) { edges { node { id } } } }';
  const { data } = await vitrine.ask<{
    me: { institution: { id: string } };
    patients: { edges: { node: { id: string } }[] };
  }>('registrar.city', query);
  patient = data?.patients.edges[0]?.node.id ?? '';
  institution = data?.me.institution.id ?? '';
}, 120_000);
afterAll(() => (hasChromium() ? vitrine.stop() : undefined));
beforeEach(async (context) => {
  context.skip(!hasChromium(), `chromium is not installed: expected ${CHROMIUM}`);
  context.skip(!OutboxPage.isBuilt(), 'the client is not built: npm run build');
  site = await OutboxPage.serve(vitrine.url);
  folder = await mkdtemp(join(tmpdir(), 'vitrine-browser-'));
  browser = await openBrowser(folder);
}, 60_000);
afterEach(async () => {
  if (!hasChromium()) return;
  await browser.close();
  await site.end();
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** Opens a tab, and the outbox in it; gives the code of the error that says no. */
async function openTab(): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction(() => 'client' in globalThis);
  return page;
}

async function openOutbox(page: Page, subject = 'clinician.city'): Promise<string> {
  return page.evaluate(
    async (token) => {
      const tab = globalThis as unknown as Tab;
      try {
        const store = await tab.client.IndexedDbStore.open('clinic');
        const options = { store, endpoint: '/graphql', token, firstDelay: 10, longestDelay: 50, atOnce: 2 };
        tab.outbox = await tab.client.Outbox.open(options);
        return 'open';
      } catch (error) {
        return `${(error as { code: string }).code}: ${(error as Error).message}`;
      }
    },
    await vitrine.token(subject),
  );
}

let visits = 0;
const visitsOf = (count: number) =>
  Array.from({ length: count }, () => {
    const start = new Date(Date.UTC(2023, 0, 1, 0, visits++)).toISOString();
    return { patient, class: 'AMB', status: 'FINISHED', start } as const;
  });

/** Puts encounters in: some in their patient's order, some in a batch, one batch as one item. */
async function putAll(page: Page): Promise<number> {
  const [ordered, loose, whole] = [visitsOf(3), visitsOf(20), visitsOf(5)];
  await page.evaluate(
    async ({ ordered, loose, whole }) => {
      const { outbox } = globalThis as unknown as Tab;
      for (const input of ordered) await outbox.put('recordEncounter', input);
      await outbox.putAll(loose.map((input) => ({ operation: 'recordEncounter', input, threads: [] })));
      await outbox.put('recordEncounters', { encounters: whole, mode: 'ALL' }, { threads: [] });
    },
    { ordered, loose, whole },
  );
  return ordered.length + loose.length + whole.length;
}

/** Begins to send, and waits until so many mutations were harmed. */
async function sendInto(page: Page, harm: Harm[]): Promise<void> {
  const before = site.harmed;
  site.harm = [...harm];
  await page.evaluate(() => void (globalThis as unknown as Tab).outbox.send().catch(() => undefined));
  await until('the harm is done', () => site.harmed === before + harm.filter((one) => one !== null).length);
}

interface Kept {
  readonly states: string[];
  readonly receipts: { index: string; leafHash: string }[];
}
const sendAll = (page: Page): Promise<Kept> =>
  page.evaluate(async () => {
    const { outbox } = globalThis as unknown as Tab;
    await outbox.send();
    const items = outbox.items();
    const receipts = items.flatMap((item) =>
      item.receipts.map(({ index, leafHash }) => ({ index, leafHash })),
    );
    return { states: [...new Set(items.map(({ state }) => state))], receipts };
  });

const size = () => Number(vitrine.serving.ledger.trusted.size);

async function leafHashes(indexes: readonly string[]): Promise<unknown[]> {
  return Promise.all(
    indexes.map(async (index) => {
      const query = 'query ($index: BigInt!) { entry(index: $index) { leafHash } }';
      const { data } = await vitrine.ask<{ entry: { leafHash: string } }>('clinician.city', query, { index });
      return data?.entry.leafHash;
    }),
  );
}

describe('an outbox in a browser', () => {
  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['closed', (page) => page.close()],
    ['loaded anew', (page) => page.reload()],
    ['taken down by a crash', (page) => page.goto('chrome://crash').catch(() => page.close())],
  ])('arrives exactly once though its tab is %s in the middle, again and again', async (_name, end) => {
    const before = size();
    let page = await openTab();
    expect(await openOutbox(page)).toBe('open');
    const count = await putAll(page);
    for (const harm of [
      ['keep', 'keep'],
      ['lose', 'lose'],
      // The third is held by one of them, perhaps.
      [null, 'lose'],
    ] as Harm[][]) {
      await sendInto(page, harm);
      await end(page);
      if (!page.isClosed()) await page.close();
      page = await openTab();
      expect(await openOutbox(page)).toBe('open');
    }
    const { states, receipts } = await sendAll(page);
    expect(states).toEqual(['ACCEPTED']);
    expect(receipts).toHaveLength(count);
    expect(new Set(receipts.map(({ index }) => index)).size).toBe(count);
    expect(size()).toBe(before + count);
    expect(await leafHashes(receipts.map(({ index }) => index))).toEqual(receipts.map((one) => one.leafHash));
  });

  it('belongs to one tab: another says so, and has it once the first is gone', async () => {
    const [first, second] = [await openTab(), await openTab()];
    expect(await openOutbox(first)).toBe('open');
    await putAll(first);
    await sendInto(first, ['lose']);
    expect(await openOutbox(second)).toBe('CONFLICT: another page has this outbox open');
    await first.close();
    expect(await until('the lock is free', async () => (await openOutbox(second)) === 'open')).toBe(true);
    expect((await sendAll(second)).states).toEqual(['ACCEPTED']);
  });

  it('outlives the browser, and keeps nothing of what was accepted', async () => {
    const page = await openTab();
    await openOutbox(page);
    const count = await putAll(page);
    await browser.close();
    browser = await openBrowser(folder);
    const again = await openTab();
    await openOutbox(again);
    const { states, receipts } = await sendAll(again);
    expect([states, receipts.length]).toEqual([['ACCEPTED'], count]);
    const kept = await again.evaluate(async () => {
      const { outbox, client } = globalThis as unknown as Tab;
      await outbox.close();
      const store = await client.IndexedDbStore.open('clinic');
      return JSON.stringify([...(await store.load()).values()]);
    });
    expect(kept).not.toContain('AMB');
  });

  it('signs with a key that never leaves the browser', async () => {
    const page = await openTab();
    const publicKey = await page.evaluate(async () => {
      const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
      Object.assign(globalThis, { pair });
      const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
      return btoa(String.fromCharCode(...raw));
    });
    const input = {
      institution,
      subject: 'clinician.key',
      name: 'K',
      roles: ['CLINICIAN'],
      publicKey,
      requestId: randomUUID(),
    };
    const { codes } = await vitrine.mutate('regulator.one', 'enrolMember', input, 'member { id }');
    expect(codes).toEqual([]);
    const [visit] = visitsOf(1);
    const index = await page.evaluate(
      async ({ token, visit }) => {
        const { client, pair } = globalThis as unknown as Tab & { pair: CryptoKeyPair };
        const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
        const sign = async (message: Uint8Array) =>
          new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, message.slice()));
        const store = await client.IndexedDbStore.open('own-key');
        const signing = { signer: { publicKey: raw, sign } };
        const outbox = await client.Outbox.open({ store, endpoint: '/graphql', token, signing });
        if (visit !== undefined) await outbox.put('recordEncounter', visit);
        await outbox.send();
        return outbox.items()[0]?.receipts[0]?.index;
      },
      { token: await vitrine.token('clinician.key'), visit },
    );
    const query = 'query ($index: BigInt!) { entry(index: $index) { opening { mode } } }';
    const { data } = await vitrine.ask<{ entry: { opening: { mode: string } } }>('clinician.key', query, {
      index,
    });
    expect(data?.entry.opening.mode).toBe('OWN');
  });
});
