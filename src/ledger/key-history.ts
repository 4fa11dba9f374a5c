/**
 * What the log says of the deployment's keys: under which name and key checkpoints are signed from which size on, which
 * master key is in force, and the number of each custodian's wrapping key. All of it follows from anchored entries.
 */
import { canonical, formatVkey, type Json, type NoteKey, parseCanonical, parseVkey } from './core/index.js';
import * as strict from './core/strict.js';
import { type FrozenSection, frozenBytes, malformed, type Section, type SectionReader } from './section.js';

/** Under which name, and by which key, the log is signed from a size on. */
export interface LogName {
  /** Checkpoints of this size and larger ones, and statements of entries from this index on. */
  readonly from: bigint;
  readonly origin: string;
  /** Type 0x01; its name is the origin. */
  readonly key: NoteKey;
}

/** What an entry changes about the deployment's keys. */
export type KeyStep =
  | { readonly what: 'name'; readonly name: LogName }
  | { readonly what: 'master'; readonly key: string }
  | { readonly what: 'custodian'; readonly custodian: string; readonly number: number };

/** Which keys are in force at a place on the log. */
export interface KeyFacts {
  /** For the checkpoint of a size, or the statement of the entry at an index; undefined before the genesis. */
  nameAt(place: bigint): LogName | undefined;
  /** Id of the master key, or null while it is the one that the log began with. */
  masterKey(): string | null;
  /** Number of a custodian's wrapping key, from 1. */
  custodianKey(custodian: string): number;
}

const MEMBERS = ['names', 'master', 'custodians'] as const;
const NAME = ['from', 'origin', 'vkey'] as const;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
/** A KMS names its keys as it likes. */
const MASTER = /^[!-~]{1,200}$/;
const ANY = /^[^\n]+$/;

export class KeyHistory implements Section, KeyFacts {
  private readonly names: LogName[] = [];
  private master: string | null = null;
  private readonly custodians = new Map<string, number>();

  /** Every name that the log ever had, oldest first. */
  get all(): readonly LogName[] {
    return this.names;
  }

  nameAt(place: bigint): LogName | undefined {
    return this.names.findLast(({ from }) => from <= place);
  }

  masterKey(): string | null {
    return this.master;
  }

  custodianKey(custodian: string): number {
    return this.custodians.get(custodian) ?? 1;
  }

  apply(step: KeyStep): void {
    if (step.what === 'name') this.names.push(step.name);
    else if (step.what === 'master') this.master = step.key;
    else this.custodians.set(step.custodian, step.number);
  }

  freeze(): FrozenSection {
    return frozenBytes(
      canonical({
        names: this.names.map(({ from, origin, key }) => {
          return { from: from.toString(), origin, vkey: formatVkey(key) };
        }),
        master: this.master,
        custodians: Object.fromEntries(this.custodians),
      }),
    );
  }

  async load(from: SectionReader): Promise<void> {
    const stored = strict.object(parseCanonical(await from.take(from.left)), 'names', MEMBERS);
    for (const item of strict.array(stored.names, 'names')) this.names.push(nameOf(item));
    const inOrder = this.names.every((name, i) => i === 0 || name.from > (this.names[i - 1]?.from ?? 0n));
    if (!inOrder) throw malformed('expected names in order');
    this.master = strict.nullable(stored.master, masterOf);
    for (const [custodian, number] of Object.entries(strict.anyObject(stored.custodians, 'custodians')))
      this.custodians.set(custodian, strict.integer(number, 'custodian', 1));
  }
}

/** The id of a master key as entries and snapshots hold it. Throws INTEGRITY_VIOLATION. */
export function masterOf(value: Json): string {
  return strict.text(value, 'master', MASTER, 'the id of a key');
}

/** A name in its stored form `{from, origin, vkey}`. Throws INTEGRITY_VIOLATION unless the key is of the origin. */
export function nameOf(value: Json): LogName {
  const { from, origin, vkey } = strict.object(value, 'name', NAME);
  const key = parseVkey(strict.text(vkey, 'vkey', ANY, 'a verifier key'));
  const name = strict.text(origin, 'origin', ANY, 'a name');
  if (key.name !== name) throw strict.violation(`vkey: expected a key of ${name}, got one of ${key.name}`);
  return { from: BigInt(strict.text(from, 'from', SIZE, 'a size')), origin: name, key };
}

/** Keys over others: what a batch of entries changes, before it is committed. */
export class KeyDraft implements KeyFacts {
  readonly steps: KeyStep[] = [];

  constructor(private readonly below: KeyFacts) {}

  nameAt(place: bigint): LogName | undefined {
    const names = this.steps.map((step) => (step.what === 'name' ? step.name : undefined));
    return names.findLast((name) => name !== undefined && name.from <= place) ?? this.below.nameAt(place);
  }

  masterKey(): string | null {
    const step = this.steps.findLast((one) => one.what === 'master');
    return step?.key ?? this.below.masterKey();
  }

  custodianKey(custodian: string): number {
    const step = this.steps.findLast((one) => one.what === 'custodian' && one.custodian === custodian);
    return step?.what === 'custodian' ? step.number : this.below.custodianKey(custodian);
  }
}
