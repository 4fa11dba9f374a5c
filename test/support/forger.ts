/** Something between a peer and a log's server that may change what the API answers; subscriptions pass as they are. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

export class Forger {
  /** Changes what `/graphql` answers. */
  forge: (answer: string) => string = (answer) => answer;
  address = '';
  private server: Server | undefined;

  constructor(private readonly to: string) {}

  async listen(): Promise<this> {
    this.server = createServer((request, response) => {
      this.pass(request, response).catch(() => response.destroy());
    });
    this.server.on('upgrade', (request: IncomingMessage, socket, head) => {
      const other = connect(Number(new URL(this.to).port), '127.0.0.1');
      const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`);
      other.write([`GET ${request.url ?? ''} HTTP/1.1`, ...headers, '', ''].join('\r\n'));
      other.write(head);
      socket.pipe(other).pipe(socket);
      for (const [one, another] of [
        [socket, other],
        [other, socket],
      ] as const) {
        one.on('error', () => another.destroy());
        one.on('close', () => another.destroy());
      }
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server === undefined ? resolve(0) : this.server.close(resolve)));
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '', headers } = request;
    const kept = ['authorization', 'content-type', 'accept'].flatMap((name) =>
      typeof headers[name] === 'string' ? [[name, headers[name]] as [string, string]] : [],
    );
    const body = method === 'GET' ? null : await buffer(request);
    const answer = await fetch(`${this.to}${url}`, { method, headers: kept, body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isApi = url.startsWith('/graphql');
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/octet-stream',
    });
    response.end(isApi ? this.forge(bytes.toString('utf8')) : bytes);
  }
}
