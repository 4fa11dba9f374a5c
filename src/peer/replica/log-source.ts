/** Reads a log over HTTP (c2sp.org/tlog-tiles). All of it is what the server says until it is held against a signed root. */
import {
  type HashTile,
  parseBundle,
  parseTile,
  TILE_WIDTH,
  type TileName,
  tilePath,
  VitrineError,
} from '../../ledger/core/index.js';
import { readBounded } from '../../ledger/bounded-body.js';

export interface LogSourceOptions {
  /** Address below which `checkpoint` and `tile/` are: `https://vitrine.example/log`. */
  readonly prefix: string;
  /** Milliseconds that one answer may take. */
  readonly timeoutMs: number;
  /** Gives everything up. */
  readonly signal: AbortSignal;
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch;
}

const MOST_CHECKPOINT = 65_536;
const MOST_KEYS = 16_000_000;
const HASH_LENGTH = 32;
/** A leaf has at most 65,535 bytes, after its length in two. */
const MOST_LEAF = 65_537;

export class LogSource {
  constructor(private readonly options: LogSourceOptions) {}

  /** The newest signed note, as it came. Throws UNAVAILABLE when there is no answer. */
  async checkpoint(): Promise<string> {
    const bytes = await this.get('checkpoint', MOST_CHECKPOINT, 'no-cache');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  }

  /** The entries that changed the log's key, as JSON. */
  async keys(): Promise<string> {
    const bytes = await this.get('keys', MOST_KEYS, 'no-cache');
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  }

  /** Hashes of a tile, as many as its width says. */
  hashes(tile: HashTile): Promise<readonly Uint8Array[]> {
    return this.wide(tile, (bytes, width) => parseTile(bytes, width), HASH_LENGTH);
  }

  /** The first `width` leaves of an entry bundle. */
  leaves(index: bigint, width: number): Promise<readonly Uint8Array[]> {
    return this.wide({ level: 'entries', index, width }, (bytes, of) => parseBundle(bytes, of), MOST_LEAF);
  }

  /** A log may drop a partial tile once it is full ("Partial Tiles"): then the full one begins with it. */
  private async wide<T>(
    name: TileName,
    parse: (bytes: Uint8Array, width: number) => readonly T[],
    most: number,
  ): Promise<readonly T[]> {
    try {
      return parse(await this.get(tilePath(name), name.width * most), name.width);
    } catch (cause) {
      if (!isMissing(cause) || name.width === TILE_WIDTH) throw cause;
      const full = await this.get(tilePath({ ...name, width: TILE_WIDTH }), TILE_WIDTH * most);
      return parse(full, TILE_WIDTH).slice(0, name.width);
    }
  }

  private async get(path: string, most: number, cache?: RequestCache): Promise<Uint8Array> {
    const { prefix, timeoutMs, signal, fetch = globalThis.fetch } = this.options;
    const url = `${prefix}/${path}`;
    try {
      const response = await fetch(url, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        redirect: 'follow',
        ...(cache === undefined ? {} : { cache, headers: { 'cache-control': 'no-cache' } }),
      });
      if (response.ok) return await requireBounded(response, most);
      await response.body?.cancel();
      const details = { status: response.status };
      throw new VitrineError('UNAVAILABLE', `${url} answered with status ${response.status}`, { details });
    } catch (cause) {
      if (cause instanceof VitrineError) throw cause;
      signal.throwIfAborted();
      throw new VitrineError('UNAVAILABLE', `${url} gave no answer`, { cause });
    }
  }
}

/** @throws VitrineError INTEGRITY_VIOLATION when there is more */
async function requireBounded(response: Response, most: number): Promise<Uint8Array> {
  const body = await readBounded(response, most);
  if (body !== undefined) return body;
  throw new VitrineError('INTEGRITY_VIOLATION', `${response.url}: expected at most ${most} bytes`);
}

function isMissing(cause: unknown): boolean {
  return cause instanceof VitrineError && cause.details['status'] === 404;
}
