/**
 * Many subscribers of `auditTrail` in one thread, on raw sockets: millions of events would spend their time in a client
 * library. Each checks that every entry from its first on comes once and in order, and resumes when it is told to. Posts
 * `ready` when all are subscribed, then what each got when all have everything, or what went wrong.
 *
 * workerData: {port, last, subscribers: [{name, authorization, query, variables, filtered, after, pace}]}; `filtered`: not every
 * entry has to come. `pace` (slow ones only):
 * {first, every, pause} stops reading after `first` bytes until it is sent `read`, then pauses for `pause` ms after each `every` bytes.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { port, last, subscribers } = workerData;
const INDEX = Buffer.from('"index":"');
/** Everything before the index of an event: `{"id":"…","type":"next","payload":{"data":{"auditTrail":{`. */
const HEAD = 140;

/** A text frame of a client (RFC 6455 section 5.2), masked. */
function frame(value) {
  const text = Buffer.from(JSON.stringify(value));
  const mask = randomBytes(4);
  const head = text.length < 126 ? Buffer.from([0x81, 0x80 | text.length]) : Buffer.from([0x81, 0xfe, 0, 0]);
  if (text.length >= 126) head.writeUInt16BE(text.length, 2);
  const masked = text.map((byte, place) => byte ^ mask[place % 4]);
  return Buffer.concat([head, mask, masked]);
}

class Follower {
  next;
  events = 0;
  resumed = 0;
  subscriptions = 0;
  #rest = null;
  #upgraded = false;
  #taken = 0;
  /** Null: reads as fast as it can; true: has stopped; false: reads again, slowly. */
  #held = null;

  constructor(settings, onReady, onDone, onFail) {
    Object.assign(this, { settings, onReady, onDone, onFail });
    this.next = settings.after + 1;
    this.socket = connect(port, '127.0.0.1', () => this.socket.write(UPGRADE));
    this.socket.setNoDelay(true);
    this.socket.on('data', (data) => this.#data(data));
    this.socket.on('error', (error) => this.#fail(String(error)));
    this.socket.on('close', () => this.next > last || this.#fail('closed'));
  }

  #fail(why) {
    this.onFail(`${this.settings.name}, at ${this.next}: ${why}`);
  }

  #data(data) {
    this.#pace(data.length);
    let bytes = this.#rest === null ? data : Buffer.concat([this.#rest, data]);
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return void (this.#rest = bytes);
      this.#upgraded = true;
      bytes = bytes.subarray(end + 4);
      const { authorization } = this.settings;
      this.socket.write(frame({ type: 'connection_init', payload: authorization ? { authorization } : {} }));
    }
    let at = 0;
    while (at + 2 <= bytes.length) {
      let size = bytes[at + 1];
      let head = 2;
      if (size === 126) {
        if (at + 4 > bytes.length) break;
        size = bytes.readUInt16BE(at + 2);
        head = 4;
      } else if (size === 127) {
        if (at + 10 > bytes.length) break;
        size = Number(bytes.readBigUInt64BE(at + 2));
        head = 10;
      }
      if (at + head + size > bytes.length) break;
      this.#frame(bytes[at] & 0x0f, bytes, at + head, at + head + size);
      at += head + size;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : null;
  }

  /** The reader is busy elsewhere: it reads nothing for a while. */
  #pace(bytes) {
    const { pace } = this.settings;
    if (!pace) return;
    this.#taken += bytes;
    if (this.#taken < (this.#held === null ? pace.first : pace.every)) return;
    this.#taken = 0;
    this.socket.pause();
    if (this.#held === null) this.#held = true;
    else if (!this.#held) setTimeout(() => this.socket.resume(), pace.pause);
  }

  /** Reads on. */
  read() {
    this.#held = false;
    this.socket.resume();
  }

  #frame(opcode, bytes, from, to) {
    if (opcode === 9) return void this.socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    if (opcode !== 1) return;
    const found = bytes.indexOf(INDEX, from);
    if (found > 0 && found < to && found - from < HEAD) this.#event(bytes, found + INDEX.length);
    else this.#message(JSON.parse(bytes.toString('utf8', from, to)));
  }

  #event(bytes, from) {
    let index = 0;
    for (let at = from; bytes[at] !== 0x22; at++) index = index * 10 + bytes[at] - 0x30;
    // What the log writes about itself afterwards is nobody's concern here.
    if (this.next > last) return;
    if (this.settings.filtered ? index < this.next : index !== this.next) return this.#fail(`got ${index}`);
    this.next = index + 1;
    this.events += 1;
    if (index === last) this.onDone();
  }

  #message(message) {
    const { type, payload } = message;
    if (type === 'connection_ack') return this.#subscribe();
    if (type === 'complete') return undefined;
    const code = payload?.errors?.[0]?.extensions?.code;
    if (type !== 'next' || code !== 'RESUME_REQUIRED') return this.#fail(JSON.stringify(message));
    const { after } = payload.errors[0].extensions.details;
    if (Number(after) !== this.next - 1) return this.#fail(`told to resume after ${after}`);
    this.resumed += 1;
    return this.#subscribe();
  }

  #subscribe() {
    this.subscriptions += 1;
    const { query, variables } = this.settings;
    const payload = { query, variables: { ...variables, after: String(this.next - 1) } };
    this.socket.write(frame({ type: 'subscribe', id: String(this.subscriptions), payload }));
    if (this.subscriptions === 1) this.onReady();
  }
}

const UPGRADE = [
  'GET /graphql HTTP/1.1',
  `Host: 127.0.0.1:${port}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  'Sec-WebSocket-Protocol: graphql-transport-ws',
  '\r\n',
].join('\r\n');

let waiting = subscribers.length;
let open = subscribers.length;
const ready = () => (waiting -= 1) === 0 && parentPort.postMessage({ ready: true });
const fail = (why) => parentPort.postMessage({ failed: why });
const done = () => {
  if ((open -= 1) > 0) return;
  const results = followers.map(({ settings, events, resumed }) => ({
    name: settings.name,
    events,
    resumed,
  }));
  parentPort.postMessage({ results });
};
const followers = subscribers.map((settings) => new Follower(settings, ready, done, fail));
parentPort.on('message', (message) => {
  if (message === 'read') return followers.forEach((one) => one.read());
  for (const { socket } of followers) socket.removeAllListeners('close').destroy();
  process.exit(0);
});
setInterval(() => {
  const behind = followers.map(({ next }) => next);
  parentPort.postMessage({
    slowest: Math.min(...behind),
    events: followers.reduce((sum, one) => sum + one.events, 0),
  });
}, 1000).unref();
