/**
 * Whose keys signed a request's statements, by openings that are held against the leaves of the copy. What the API gives is
 * enough to prove a registration; that a key wasn't revoked follows from leaves and from the openings that are held.
 */
import { type Opening, type OpeningKey, parseKeys, VitrineError } from '../../ledger/core/index.js';
import { requireLinked } from '../openings/opening-check.js';
import type { Copy } from './copy.js';
import type { NotYet } from './proven.js';

/** An opening as the API gives it. */
export interface GivenOpening {
  readonly index: bigint;
  readonly bytes: Uint8Array;
  readonly salt: Uint8Array;
}

/** A key that an entry of the log registered. */
export interface ProvenKey extends OpeningKey {
  readonly entry: bigint;
  /** The entry that revoked it; null when it isn't known to be revoked. */
  readonly revoked: bigint | null;
  /** Why it can't be told whether it was revoked; null when it can. */
  readonly doubt: string | null;
}

/** Tells of a revocation that the openings held by this peer show. */
export type HeldRevocation = (kid: string) => bigint | undefined;

/** Whether the opening of an entry is held by the peer, so that what it revokes is known. */
export type IsHeld = (index: bigint) => boolean;

export interface KeyBookOptions {
  readonly copy: Copy;
  readonly revocation: HeldRevocation;
  readonly isHeld: IsHeld;
}

/** What the openings that a peer holds say of revoked keys. */
export class Revocations {
  private readonly known = new Map<string, bigint>();

  /** Takes note of an opening that is held. */
  take(index: bigint, opening: Opening): void {
    for (const kid of revokedBy(opening)) if (!this.known.has(kid)) this.known.set(kid, index);
  }

  /** The entry that revoked a key; undefined when none that is held did. */
  of(kid: string): bigint | undefined {
    return this.known.get(kid);
  }
}

/** Thumbprints that an opening revokes. */
function revokedBy({ detail }: Opening): readonly string[] {
  const revokes = detail?.['revokes'];
  if (!Array.isArray(revokes)) return [];
  return revokes.filter((one): one is string => typeof one === 'string');
}

/**
 * The keys that these openings register, by thumbprint; or why they can't be told before the copy is further.
 * @throws VitrineError INTEGRITY_VIOLATION when one isn't the opening that the log's leaf links to
 */
export async function provenKeys(
  given: readonly GivenOpening[],
  options: KeyBookOptions,
): Promise<ReadonlyMap<string, ProvenKey> | NotYet> {
  const opened: { index: bigint; opening: Opening }[] = [];
  for (const { index, bytes, salt } of given) {
    const held = await options.copy.leaf(index);
    // It may be what revokes a key: without it the key would pass for one in force.
    if (held === undefined) return { later: `entry ${index}, which is about a key, isn't copied yet` };
    opened.push({ index, opening: requireLinked(held.leaf, bytes, salt) });
  }
  const keys = new Map<string, ProvenKey>();
  for (const { index, opening } of opened) {
    for (const key of parseKeys(opening.detail)) {
      const isOfDeployment = key.use === 'service' || key.use === 'log';
      if (isOfDeployment && opening.by.mode !== 'service')
        throw new VitrineError(
          'INTEGRITY_VIOLATION',
          `entry ${index} registers a ${key.use} key and may not`,
        );
      const revoking = opened.find(
        (one) => one.index > index && revokedBy(one.opening).includes(key.thumbprint),
      );
      const revoked = revoking?.index ?? options.revocation(key.thumbprint) ?? null;
      const doubt = revoked === null ? await doubtOf(key, index, opened, options) : null;
      if (!keys.has(key.thumbprint)) keys.set(key.thumbprint, { ...key, entry: index, revoked, doubt });
    }
  }
  return keys;
}

/**
 * A member's own key is replaced by a version of the member's record, and every version's leaf names the one before: where
 * each that follows is opened, no revocation can be hidden. Other keys are revoked by entries that no leaf tells apart.
 */
async function doubtOf(
  { use }: OpeningKey,
  registration: bigint,
  opened: readonly { readonly index: bigint }[],
  { copy, isHeld }: KeyBookOptions,
): Promise<string | null> {
  if (use !== 'own') return null;
  for (let at = await copy.supersededBy(registration); at !== null; at = await copy.supersededBy(at)) {
    const index = at;
    if (opened.some((one) => one.index === index) || isHeld(index)) continue;
    return `entry ${index} changed the member's record, and its opening isn't held`;
  }
  return null;
}
