/** A wire between two machines that a test can cut, or let hang: a TCP proxy whose address stays. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class Wire {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  /** `cut`: whoever calls is hung up on; `silent`: taken, and nothing more is heard. */
  private state: 'whole' | 'cut' | 'silent' = 'whole';
  private to = 0;
  address = '';

  /** A wire that ends nowhere yet. */
  static async lay(): Promise<Wire> {
    const wire = new Wire();
    wire.server = createServer((socket) => wire.take(socket));
    await new Promise<void>((resolve) => wire.server?.listen(0, '127.0.0.1', resolve));
    wire.address = `http://127.0.0.1:${(wire.server.address() as AddressInfo).port}`;
    return wire;
  }

  /** Where it ends: `http://127.0.0.1:port`. */
  lead(address: string): void {
    this.to = Number(new URL(address).port);
  }

  cut(): void {
    this.set('cut');
  }

  silence(): void {
    this.set('silent');
  }

  mend(): void {
    this.set('whole');
  }

  async end(): Promise<void> {
    this.set('cut');
    await new Promise((resolve) => (this.server === undefined ? resolve(0) : this.server.close(resolve)));
  }

  private set(state: typeof this.state): void {
    this.state = state;
    for (const socket of this.sockets) socket.destroy();
  }

  private take(socket: Socket): void {
    this.hold(socket);
    if (this.state === 'cut' || this.to === 0) return void socket.destroy();
    if (this.state === 'silent') return void socket.resume();
    const other = this.hold(connect(this.to, '127.0.0.1'));
    socket.pipe(other).pipe(socket);
    socket.on('close', () => other.destroy());
    other.on('close', () => socket.destroy());
  }

  private hold(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}
