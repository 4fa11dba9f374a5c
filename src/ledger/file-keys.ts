/** The keys of a folder as a key source: the default, for a deployment without a KMS. */
import { equal, thumbprint, VitrineError } from './core/index.js';
import { createKeyFile, createKeyFiles, type KeyFile, readKeyFiles, removeKeyFile } from './key-files.js';
import type { HeldKeys, KeySource, MasterKey, Signer } from './key-source.js';
import { signingKeyOf } from './native.js';
import { derive, keyId, wrappingKey } from './wrapping.js';

type Random = (length: number) => Uint8Array;

/** Opens the key folder. Throws NOT_CONFIGURED when a key is missing. */
export async function openKeyFolder(folder: string, random: Random): Promise<KeySource> {
  return new KeyFolder(folder, random, await readKeyFiles(folder));
}

/** Opens the key folder and makes the keys that aren't there yet. */
export async function createKeyFolder(folder: string, origin: string, random: Random): Promise<KeySource> {
  return new KeyFolder(folder, random, await createKeyFiles(folder, origin, random));
}

class KeyFolder implements KeySource {
  held: HeldKeys;

  constructor(
    private readonly folder: string,
    private readonly random: Random,
    private files: readonly KeyFile[],
  ) {
    this.held = heldOf(files, random);
  }

  async reload(): Promise<void> {
    const files = await readKeyFiles(this.folder);
    if (files.map(nameOf).join() === this.files.map(nameOf).join()) return;
    this.files = files;
    this.held = heldOf(files, this.random);
  }

  async addLogKey(): Promise<Signer> {
    const { held } = this;
    const former = [...held.formerLogKeys, ...held.logKeys.map(({ publicKey }) => publicKey)];
    await this.add('log', former);
    return newest(this.held.logKeys);
  }

  async addMasterKey(): Promise<MasterKey> {
    await this.add('master', []);
    return newest(this.held.masters);
  }

  retireLogKey(publicKey: Uint8Array): Promise<void> {
    return this.retire('log', ({ key }) => equal(signingKeyOf(key).publicKey, publicKey));
  }

  retireMasterKey(id: string): Promise<void> {
    return this.retire('master', ({ key }) => masterId(key) === id);
  }

  private async add(use: 'log' | 'master', former: readonly Uint8Array[]): Promise<void> {
    const before = newest(this.files.filter((file) => file.use === use));
    const { origin } = this.held;
    const next = { use, number: before.number + 1, origin, key: this.random(32), former };
    // Where another process made one at the same time, its key is taken.
    await createKeyFile(this.folder, next);
    await this.reload();
  }

  private async retire(use: 'log' | 'master', isThat: (file: KeyFile) => boolean): Promise<void> {
    await this.reload();
    const ofUse = this.files.filter((file) => file.use === use);
    const found = ofUse.find(isThat);
    if (found === undefined) return;
    if (found === newest(ofUse)) throw new VitrineError('CONFLICT', `the newest ${use} key can't be retired`);
    await removeKeyFile(this.folder, found);
    await this.reload();
  }
}

function heldOf(files: readonly KeyFile[], random: Random): HeldKeys {
  const keysOf = (use: KeyFile['use']) => files.filter((file) => file.use === use);
  const logs = keysOf('log');
  const logKeys = logs.map(({ key }) => signerOf(key));
  return {
    origin: newest(logs).origin,
    logKeys,
    formerLogKeys: newest(logs).former.filter(
      (former) => !logKeys.some(({ publicKey }) => equal(publicKey, former)),
    ),
    service: signerOf(newest(keysOf('service')).key),
    masters: keysOf('master').map(({ key }) => wrappingKey(masterId(key), derive(key, 'wrap'), random)),
    index: newest(keysOf('index')).key,
  };
}

function signerOf(seed: Uint8Array): Signer {
  const key = signingKeyOf(seed);
  return { thumbprint: thumbprint(key.publicKey), publicKey: key.publicKey, sign: key.sign };
}

function masterId(key: Uint8Array): string {
  return keyId('m', key);
}

function nameOf({ use, number }: KeyFile): string {
  return `${use}.${number}`;
}

function newest<T>(list: readonly T[]): T {
  const last = list.at(-1);
  if (last === undefined) throw new VitrineError('INTERNAL', 'expected a key of each use');
  return last;
}
