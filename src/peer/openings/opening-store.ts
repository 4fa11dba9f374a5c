/**
 * Openings on disk: beside each bundle of 256 leaves a file of JSON lines `{index, salt, opening, checked}`. The last
 * line of an index counts. Each is held against its leaf when it comes and at every start.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { base64, fromBase64, TILE_WIDTH, VitrineError } from '../../ledger/core/index.js';
import { appendDurably, readTextIfThere, replaceDurably } from '../durable.js';

/** The private half of an entry as it was received. */
export interface HeldOpening {
  readonly index: bigint;
  readonly salt: Uint8Array;
  readonly opening: Uint8Array;
  /** Whether its signature was looked at; false while the key's registration isn't at hand. */
  readonly checked: boolean;
}

const WIDTH = BigInt(TILE_WIDTH);

export class OpeningStore {
  constructor(private readonly folder: string) {}

  /** Adds openings of one bundle. Returns when they are on the disk. */
  async add(bundle: bigint, openings: readonly HeldOpening[]): Promise<void> {
    if (openings.length > 0) await appendDurably(this.path(bundle), openings.map(lineOf));
  }

  /** Replaces a bundle's openings. */
  async replace(bundle: bigint, openings: Iterable<HeldOpening>): Promise<void> {
    const content = [...openings].map((one) => `${lineOf(one)}\n`).join('');
    await replaceDurably([{ path: this.path(bundle), content }], 0o600);
  }

  /** The openings of a bundle, by index. Lines that can't be read are left out: they are fetched again. */
  async bundle(bundle: bigint): Promise<Map<bigint, HeldOpening>> {
    const text = (await readTextIfThere(this.path(bundle))) ?? '';
    const found = new Map<bigint, HeldOpening>();
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const opening = parseLine(line);
      if (opening !== undefined && opening.index / WIDTH === bundle) found.set(opening.index, opening);
    }
    return found;
  }

  async read(index: bigint): Promise<HeldOpening | undefined> {
    return (await this.bundle(index / WIDTH)).get(index);
  }

  /** Numbers of the bundles that have any. */
  async bundles(): Promise<readonly bigint[]> {
    const names = await readdir(this.folder).catch((): string[] => []);
    return names.flatMap((name) => {
      const number = /^([0-9]{1,16})\.jsonl$/.exec(name)?.[1];
      return number === undefined ? [] : [BigInt(number)];
    });
  }

  private path(bundle: bigint): string {
    return join(this.folder, `${bundle}.jsonl`);
  }
}

function lineOf({ index, salt, opening, checked }: HeldOpening): string {
  return JSON.stringify({ index: index.toString(), salt: base64(salt), opening: base64(opening), checked });
}

function parseLine(line: string): HeldOpening | undefined {
  try {
    const { index, salt, opening, checked } = JSON.parse(line) as Record<string, unknown>;
    if (typeof index !== 'string' || typeof salt !== 'string' || typeof opening !== 'string')
      return undefined;
    return {
      index: BigInt(index),
      salt: fromBase64(salt),
      opening: fromBase64(opening),
      checked: checked === true,
    };
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof VitrineError) return undefined;
    throw cause;
  }
}
