/** The playground as a person uses it: in a browser, against the whole server with the sample. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readyQueries } from '../../src/web/index.js';
import { CHROMIUM, hasChromium, Playground, type Run } from '../support/playground.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

let vitrine: TestVitrine;
let playground: Playground;

beforeAll(async () => {
  if (hasChromium())
    vitrine = await TestVitrine.start({ settings: { PLAYGROUND: 'true', DPOP: 'required' } });
}, 120_000);
afterAll(async () => {
  if (hasChromium()) await vitrine.stop();
});
beforeEach(async (context) => {
  context.skip(!hasChromium(), `chromium is not installed: expected ${CHROMIUM}`);
  playground = await Playground.open(vitrine.url);
}, 60_000);
afterEach(async () => {
  if (!hasChromium()) return;
  await playground.close();
  expect(playground.trouble).toEqual([]);
});

/** Ready query, its tab, persona, field, the refusals, and how many records stand in the answer. */
const ANSWERS = [
  ['1-patients', 'Patients', 'registrar.city', 'patients', [], 5],
  ['2-encounters', 'Encounters', 'clinician.city', 'encounters', [], 5],
  ['2-encounters', 'Encounters', 'registrar.city', 'encounters', ['FORBIDDEN', 'FORBIDDEN'], 5],
  ['3-reports', 'Reports', 'regulator.one', 'reports', [], 3],
  ['3-reports', 'Reports', 'reporter.city', 'reports', [], 3],
  ['3-reports', 'Reports', 'auditor', 'reports', ['VIEW_ONLY'], 3],
  ['3-reports', 'Reports', 'clinician.north', 'reports', ['FORBIDDEN'], 3],
  ['4-subsidies', 'Subsidies', 'regulator.one', 'subsidies', [], 3],
  ['4-subsidies', 'Subsidies', 'finance.harbour', 'subsidies', ['VIEW_ONLY', 'VIEW_ONLY', 'VIEW_ONLY'], 3],
] as const;

type Edges = readonly { readonly node: Readonly<Record<string, unknown>> | null }[];

/** The nodes of a page in an answer. */
function nodes(run: Run, field: string): (Readonly<Record<string, unknown>> | null)[] {
  const page = run.data?.[field] as { edges: Edges } | null | undefined;
  return (page?.edges ?? []).map(({ node }) => node);
}

const PATIENCE = { timeout: 120_000 };

describe('the playground', PATIENCE, () => {
  it('lets its first visitor run the first ready query at once', async () => {
    await playground.status('signed in as registrar.city');
    const run = await playground.run();
    expect(run).toMatchObject({ subject: 'registrar.city', codes: [] });
    expect(nodes(run, 'patients')).toHaveLength(5);
    await playground.shows('"birthDate"');
  });

  it('allows scripts and connections of its own server only', async () => {
    const policy = (await fetch(`${vitrine.url}/playground`)).headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'"]) {
      expect(policy).toContain(part);
    }
    const refused = await playground.page.evaluate(() =>
      fetch('data:text/plain,x').then(
        () => false,
        () => true,
      ),
    );
    expect(refused).toBe(true);
    expect(playground.trouble.splice(0).join()).toContain('Content Security Policy');
  });

  it('asks as the persona that was chosen, and as nobody again', async () => {
    await playground.persona('clinician.city');
    expect(await playground.run()).toMatchObject({ subject: 'clinician.city', codes: [] });
    await playground.persona('');
    const run = await playground.run();
    expect(run).toMatchObject({ subject: null, codes: ['UNAUTHENTICATED'] });
    await playground.shows('UNAUTHENTICATED');
  });

  it('keeps persona and tabs when the page is loaded again', async () => {
    await playground.persona('reporter.city');
    await playground.choose('3-reports', 'Reports');
    const tabs = playground.page.locator('.graphiql-tab');
    const before = await tabs.count();
    await playground.reload();
    await playground.status('signed in as reporter.city');
    expect(await tabs.count()).toBe(before);
    expect(await playground.page.locator('.graphiql-tab-active').innerText()).toBe('Reports');
  });

  it('opens the query of its address, once', async () => {
    const { page } = playground;
    await page.goto(`${vitrine.url}/playground?query=${encodeURIComponent('query Asked { me { roles } }')}`);
    await playground.ready();
    for (let loaded = 1; loaded <= 2; loaded++) {
      expect(await page.locator('.graphiql-tab-active').innerText()).toBe('Asked');
      expect(await page.locator('.graphiql-tab', { hasText: 'Asked' }).count()).toBe(1);
      expect(new URL(page.url()).search).toBe('');
      await playground.reload();
    }
  });

  it('offers to act as the persona that the open query is meant for', async () => {
    await playground.choose('4-subsidies', 'Subsidies');
    await playground.page.getByRole('button', { name: 'Act as regulator.one' }).click();
    await playground.status('signed in as regulator.one');
    expect(await playground.page.locator('#act').isVisible()).toBe(false);
    expect((await playground.run()).subject).toBe('regulator.one');
  });

  it('opens an edited ready query anew, beside the edited one', async () => {
    await playground.page.locator('.graphiql-query-editor .view-line').first().click();
    await playground.page.keyboard.type('# mine ');
    await playground.page.waitForFunction(() =>
      localStorage.getItem('graphiql:tabState')?.includes('# mine '),
    );
    const before = await playground.page.locator('.graphiql-tab').count();
    await playground.choose('1-patients', 'Patients');
    await until(
      'a tab more',
      async () => (await playground.page.locator('.graphiql-tab').count()) === before + 1,
    );
  });

  it('stacks editor and answer on a narrow screen', async () => {
    await playground.page.setViewportSize({ width: 420, height: 860 });
    await playground.page.reload();
    await playground.ready();
    await playground.run();
    const editor = await playground.page.locator('.graphiql-query-editor').boundingBox();
    const answer = await playground.page.locator('.result-window').boundingBox();
    expect(editor).toMatchObject({ x: 0, width: 420 });
    expect(answer).toMatchObject({ x: 0, width: 420 });
    expect(Math.min(editor?.height ?? 0, answer?.height ?? 0)).toBeGreaterThan(200);
    expect((editor?.y ?? 0) + (editor?.height ?? 0)).toBeLessThanOrEqual(answer?.y ?? 0);
    expect(await playground.page.evaluate(() => document.documentElement.scrollWidth)).toBe(420);
    expect(await playground.page.locator('.graphiql-tab').count()).toBe((await readyQueries()).length);
  });
});

describe('a ready query', PATIENCE, () => {
  it('answers the persona whom its comment names, and others with what is theirs', async () => {
    for (const [name, tab, persona, field, codes, count] of ANSWERS) {
      await playground.choose(name, tab);
      await playground.persona(persona);
      const run = await playground.run();
      expect([name, run.subject, run.codes]).toEqual([name, persona, codes]);
      const found = nodes(run, field);
      expect(found).toHaveLength(count);
      for (const node of found) expect(node?.['anchor']).toMatchObject({ verified: true });
      await playground.shows(codes[0] ?? '"node"');
    }
  });

  it('leads a subsidy through its life, step by step', async () => {
    await playground.choose('5-subsidy-life', 'SubsidyLife');
    const receipts: unknown[] = [];
    for (const [operation, persona, state] of [
      ['SubsidyLife', 'regulator.one', null],
      ['Propose', 'regulator.one', 'PROPOSED'],
      ['Approve', 'regulator.two', 'APPROVED'],
      ['Disburse', 'regulator.one', 'DISBURSED'],
      ['Confirm', 'finance.city', 'CONFIRMED'],
    ] as const) {
      await playground.persona(persona);
      const run = await playground.run(operation);
      expect(run).toMatchObject({ subject: persona, codes: [] });
      if (state === null) continue;
      const [payload] = Object.values(run.data ?? {}) as { subsidy: object; receipt: { index: string } }[];
      expect(payload?.subsidy).toMatchObject({ state, amount: { amount: '250000' } });
      receipts.push(payload?.receipt.index);
      await playground.shows(state);
    }
    expect(new Set(receipts).size).toBe(4);
  });

  it('opens a view and shows its pages, on a wide screen and on a narrow one', async () => {
    const { page } = playground;
    await playground.choose('9-view', 'Mine');
    await playground.persona('clinician.north');
    const mine = await playground.run('Mine');
    expect(mine.codes).toEqual([]);
    const look = await playground.run('Look');
    expect(look.codes).toEqual([]);
    const links = (look.data?.['openView'] as { view: { pages: object[] } }).view.pages;
    const images = page.locator('#pages img');
    await until('all pages', async () => (await images.count()) === links.length);
    for (const [width, height] of [
      [1400, 900],
      [420, 860],
    ] as const) {
      await page.setViewportSize({ width, height });
      const image = await images.first().evaluate((shown: HTMLImageElement) => shown.naturalWidth);
      const panel = await page.locator('#pages').boundingBox();
      const drawn = await images.first().boundingBox();
      expect(image).toBe(800);
      expect(panel?.height).toBeGreaterThan(height / 3);
      expect(drawn?.width).toBeGreaterThan(Math.min(700, width - 60));
      expect((drawn?.x ?? 0) + (drawn?.width ?? 0)).toBeLessThanOrEqual(width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const folder = process.env['SCREENSHOTS'];
      if (folder !== undefined) await page.screenshot({ path: `${folder}/view-${width}.png` });
    }
    await page.locator('#pages').getByRole('button', { name: 'Close' }).click();
    expect(await images.count()).toBe(0);
  });

  it('says which step gives the value that is missing', async () => {
    await playground.choose('5-subsidy-life', 'SubsidyLife');
    await playground.press('Approve');
    await playground.shows('nothing has answered');
  });

  it('shows what tampering by its own instructions does, and that it can be undone', async () => {
    const [sql = ''] = await Promise.all([tamperingSql(), playground.choose('6-tampering', 'Tampering')]);
    await playground.persona('clinician.city');
    const before = await playground.run();
    expect(before.codes).toEqual([]);
    await owner(sql);
    const during = await playground.run();
    expect(during.codes).toEqual(['INTEGRITY_VIOLATION']);
    const missing = nodes(during, 'encounters').indexOf(null);
    expect(missing).toBeGreaterThanOrEqual(0);
    expect(nodes(during, 'encounters')).toHaveLength(nodes(before, 'encounters').length);
    expect(during.text).not.toContain('"2024-');
    await playground.shows('INTEGRITY_VIOLATION');
    await owner(sql.replace('started_at - interval', 'started_at + interval'));
    const { data, codes } = await playground.run();
    expect(codes).toEqual([]);
    expect(data).toEqual(before.data);
  });

  it('shows entries as they are committed, and to the persona that was chosen meanwhile', async () => {
    await playground.choose('7-feed', 'Feed');
    await playground.persona('auditor');
    await playground.press();
    const size = Number(vitrine.serving.ledger.trusted.size);
    const first = await until('a socket', () => playground.sockets[0]);
    await until('the feed has caught up', () => first.payloads.length >= size);
    expect(first.subject).toBe('auditor');
    expect(entries(first.payloads).map(({ index }) => Number(index))).toEqual([...Array(size).keys()]);
    await change();
    await until('the new entry', () => first.payloads.length > size);
    await playground.shows(`"index": "${size}"`);
    await playground.shows('"op": "institution.amend"');

    await playground.persona('clinician.north');
    const second = await until('a second socket', () => playground.sockets[1]);
    await until('the feed has caught up again', () => second.payloads.length > size);
    expect([second.subject, first.closed]).toEqual(['clinician.north', true]);
    expect(entries(second.payloads).at(-1)).toMatchObject({ index: String(size), opening: null });
    await playground.page.locator('.graphiql-execute-button').click();
    await until('the socket closes', () => second.closed);
  });
});

const entries = (payloads: readonly Record<string, unknown>[]): { index: string; opening: unknown }[] =>
  payloads.map(({ data }) => (data as { auditTrail: { index: string; opening: unknown } }).auditTrail);

/** The statements that the tampering query’s comment gives to psql. */
async function tamperingSql(): Promise<string> {
  const ready = (await readyQueries()).find(({ name }) => name === '6-tampering');
  const sql = /psql "\$\(npx vitrine database-url\)" -c "([^"]+)"$/m.exec(ready?.query ?? '')?.[1];
  return sql ?? expect.fail('the tampering query gives no psql command');
}

/** What `psql` does with the address that `vitrine database-url` prints. */
async function owner(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: vitrine.database.ownerUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** One mutation from elsewhere. */
async function change(): Promise<void> {
  const me = await vitrine.ask<{ me: { institution: { id: string } } }>(
    'registrar.city',
    '{ me { institution { id } } }',
  );
  const input = { requestId: randomUUID(), institution: me.data?.me.institution.id, region: 'CAPITAL' };
  const { codes } = await vitrine.mutate('registrar.city', 'amendInstitution', input, 'requestId');
  expect(codes).toEqual([]);
}
