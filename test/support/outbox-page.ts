/** A page with the built client, on an origin of its own that leads to a Vitrine and can lose answers. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT } from './process.js';

/** Where a browser finds what the client imports by name; a bundler does this elsewhere. */
const IMPORTS = {
  graphql: '/node_modules/graphql/index.mjs',
  'graphql-ws/client': '/node_modules/graphql-ws/dist/client.js',
  uuid: '/node_modules/uuid/dist/index.js',
  zod: '/node_modules/zod/index.js',
  '@noble/hashes/': '/node_modules/@noble/hashes/',
  '@noble/curves/': '/node_modules/@noble/curves/',
};

const PAGE = `<!doctype html><title>outbox</title>
<script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>
<script type="module">
  import * as client from '/dist/client/index.js';
  globalThis.client = client;
</script>`;

/** What becomes of a mutation: `lose` takes it to the server and never answers; `keep` does neither. */
export type Harm = 'lose' | 'keep' | null;

export class OutboxPage {
  readonly #server: Server;
  readonly #vitrine: string;
  /** Of the next mutations, in their order. */
  harm: Harm[] = [];
  /** Mutations whose harm is done. */
  harmed = 0;

  private constructor(vitrine: string) {
    this.#vitrine = vitrine;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static isBuilt(): boolean {
    return existsSync(join(ROOT, 'dist', 'client', 'index.js'));
  }

  static async serve(vitrine: string): Promise<OutboxPage> {
    const page = new OutboxPage(vitrine);
    page.#server.listen(0, '127.0.0.1');
    await once(page.#server, 'listening');
    return page;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (pathname === '/graphql') return this.#pass(request, response);
    if (pathname === '/') return void response.setHeader('content-type', 'text/html').end(PAGE);
    const path = normalize(pathname);
    if (!/^\/(?:dist|node_modules)\/.*\.m?js$/.test(path)) return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/javascript').end(await readFile(join(ROOT, path)));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const harm = body.includes('"query":"mutation') ? (this.harm.shift() ?? null) : null;
    if (harm !== 'keep') {
      const { authorization = '' } = request.headers;
      const headers = { 'content-type': 'application/json', authorization };
      const answer = await fetch(`${this.#vitrine}/graphql`, { method: 'POST', headers, body });
      const told = await answer.text();
      if (harm === null)
        return void response.writeHead(answer.status, { 'content-type': 'application/json' }).end(told);
    }
    this.harmed++;
  }
}
