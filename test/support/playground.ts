/** The playground in a browser, driven as a person does. Whatever goes wrong on the page is kept in `trouble`. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page, type Request, type WebSocket } from 'playwright-core';
import { decodeJwt } from 'jose';
import type { AnswerError } from './vitrine.js';

export const CHROMIUM = '/usr/bin/chromium';
export const hasChromium = (): boolean => existsSync(CHROMIUM);

/** Nothing of Chromium's own may reach for the network. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a profile in a folder. */
export function openBrowser(
  folder: string,
  options: Parameters<typeof chromium.launchPersistentContext>[1] = {},
): Promise<BrowserContext> {
  const ours = { executablePath: CHROMIUM, headless: true, args: ARGUMENTS };
  return chromium.launchPersistentContext(folder, { ...ours, ...options });
}

/** One operation that the page sent over HTTP, with its answer. */
export interface Run {
  /** `sub` of its token; null without one. */
  readonly subject: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly data: Record<string, unknown> | null;
  readonly codes: readonly string[];
  /** The answer as it came. */
  readonly text: string;
}

/** One WebSocket of the page: whom it was for, and what it brought. */
export interface Socket {
  subject: string | null;
  readonly payloads: Record<string, unknown>[];
  readonly closed: boolean;
}

interface Sent {
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
}

const subjectOf = (authorization: string | undefined): string | null =>
  authorization === undefined
    ? null
    : (decodeJwt(authorization.replace(/^(?:Bearer|DPoP) /, '')).sub ?? null);

/** The operation that a request carries, GraphiQL's question for the schema aside; null for any other request. */
function sentBy(request: Request): Sent | null {
  if (request.method() !== 'POST' || new URL(request.url()).pathname !== '/graphql') return null;
  const sent = JSON.parse(request.postData() ?? '{}') as Sent;
  return sent.operationName === 'IntrospectionQuery' ? null : sent;
}

export class Playground {
  /** Errors and warnings of the page, and requests to other hosts. */
  readonly trouble: string[] = [];
  readonly sockets: Socket[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly folder: string,
  ) {}

  /** Opens the playground of that server in a browser that was never used. */
  static async open(server: string, size = { width: 1400, height: 900 }): Promise<Playground> {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-browser-'));
    const context = await openBrowser(folder, { viewport: size });
    const page = context.pages()[0] ?? (await context.newPage());
    const playground = new Playground(page, context, folder);
    await playground.#watch(new URL(server).host);
    await page.goto(`${server}/playground`);
    await playground.ready();
    return playground;
  }

  /** Waits until GraphiQL can be used. */
  async ready(): Promise<void> {
    await this.page.locator('.graphiql-query-editor .view-lines', { hasText: /\S/ }).waitFor();
    await this.page.locator('.graphiql-execute-button').waitFor();
  }

  /** Chooses a persona by its name; the empty name for nobody. */
  async persona(name: string): Promise<void> {
    await this.page.locator('#persona').selectOption(name);
    await this.status(name === '' ? 'not signed in' : `signed in as ${name}`);
  }

  /** Waits until the bar says so. */
  async status(text: string): Promise<void> {
    await this.page.locator('#status', { hasText: new RegExp(`^${text}$`) }).waitFor();
  }

  /** Chooses a ready query by its file's name. */
  async choose(name: string, tab: string): Promise<void> {
    await this.page.locator('#queries').selectOption(name);
    await this.page.locator('.graphiql-tab-active', { hasText: tab }).waitFor();
    await this.ready();
  }

  /** Loads the page again, once GraphiQL has kept its tabs; it does so a moment after they changed. */
  async reload(): Promise<void> {
    const title = await this.page.locator('.graphiql-tab-active').innerText();
    await this.page.waitForFunction((open) => {
      const kept = JSON.parse(localStorage.getItem('graphiql:tabState') ?? 'null') as {
        tabs: { title: string }[];
        activeTabIndex: number;
      } | null;
      return kept?.tabs[kept.activeTabIndex]?.title === open;
    }, title);
    await this.page.reload();
    await this.ready();
  }

  /** Presses the run button and, where the tab holds several operations, the one of that name. */
  async press(operation?: string): Promise<void> {
    await this.page.locator('.graphiql-execute-button').click();
    if (operation !== undefined) await this.page.getByRole('menuitem', { name: operation }).click();
  }

  /** Runs the query of the open tab. */
  async run(operation?: string): Promise<Run> {
    const asked = this.page.waitForResponse((response) => sentBy(response.request()) !== null);
    await this.press(operation);
    const response = await asked;
    const sent = sentBy(response.request());
    const text = await response.text();
    const body = JSON.parse(text) as { data?: Run['data']; errors?: AnswerError[] };
    return {
      subject: subjectOf(response.request().headers()['authorization']),
      variables: sent?.variables ?? {},
      data: body.data ?? null,
      codes: (body.errors ?? []).map((error) => error.extensions.code),
      text,
    };
  }

  /** Waits until the answer's editor shows the text. */
  async shows(text: string): Promise<void> {
    await this.page.locator('.result-window .view-lines', { hasText: text }).waitFor();
  }

  async close(): Promise<void> {
    await this.context.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async #watch(host: string): Promise<void> {
    await this.context.route(
      (url) => url.host !== host,
      (route) => {
        this.trouble.push(`a request to ${route.request().url()}`);
        return route.abort();
      },
    );
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.trouble.push(message.text());
    });
    this.page.on('response', (response) => {
      const said = (text: string): number => this.trouble.push(`${response.status()} ${text}`);
      if (response.status() >= 400) void response.text().then(said, () => said(response.url()));
    });
    this.page.on('pageerror', (error) => this.trouble.push(error.message));
    this.page.on('websocket', (socket) => this.#follow(socket));
  }

  #follow(socket: WebSocket): void {
    const kept: Socket = {
      subject: null,
      payloads: [],
      get closed() {
        return socket.isClosed();
      },
    };
    this.sockets.push(kept);
    socket.on('framesent', ({ payload }) => {
      const { type, payload: sent } = JSON.parse(String(payload)) as {
        type: string;
        payload?: Record<string, string>;
      };
      if (type === 'connection_init') kept.subject = subjectOf(sent?.['authorization']);
    });
    socket.on('framereceived', ({ payload }) => {
      const message = JSON.parse(String(payload)) as { type: string; payload?: Record<string, unknown> };
      if (message.type === 'next' && message.payload) kept.payloads.push(message.payload);
    });
  }
}
