/** Signing keys that the log itself published, and the rules for using one (design: ledger, "Entry"). */
import type { KeyObject } from 'node:crypto';
import {
  base64url,
  canonical,
  type Json,
  type JsonObject,
  type Leaf,
  type Opening,
  type OpeningKey,
  parseCanonical,
  parseKeys,
  VitrineError,
} from './core/index.js';
import * as strict from './core/strict.js';
import { verifyingKeyOf } from './native.js';
import { type FrozenSection, frozenBytes, malformed, type Section, type SectionReader } from './section.js';

/** A key as the log knows it. */
export interface RegisteredKey extends OpeningKey {
  /** The entry that registered it. */
  readonly entry: bigint;
  /** The entry that revoked it, or null. What was signed before stays valid. */
  readonly revoked: bigint | null;
  readonly verifier: KeyObject;
}

/** What an entry publishes about keys. */
export interface KeyNews {
  readonly registered: readonly RegisteredKey[];
  readonly revoked: readonly string[];
}

/** Finds a key by its thumbprint. */
export type FindKey = (thumbprint: string) => RegisteredKey | undefined;

const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** What nearly every entry publishes. */
export const NO_NEWS: KeyNews = { registered: [], revoked: [] };

/**
 * The keys that an entry registers and revokes. Throws INTEGRITY_VIOLATION when a key is registered already, when one
 * of the deployment's own is published by anyone but the deployment, or when a revoked key isn't there.
 */
export function readKeyNews(index: bigint, opening: Opening, find: FindKey): KeyNews {
  const { detail } = opening;
  if (detail === null || !('keys' in detail || 'revokes' in detail)) return NO_NEWS;
  const seen = new Set<string>();
  const registered = parseKeys(opening.detail).map((key) => {
    if (find(key.thumbprint) !== undefined || seen.has(key.thumbprint)) {
      throw violation(`key ${key.thumbprint} is registered already`);
    }
    seen.add(key.thumbprint);
    if ((key.use === 'log' || key.use === 'service') && opening.by.mode !== 'service') {
      throw violation(`a ${key.use} key is registered by the service alone, got mode ${opening.by.mode}`);
    }
    return { ...key, entry: index, revoked: null, verifier: verifyingKeyOf(key.publicKey) };
  });
  const revoked = parseRevokes(opening.detail);
  for (const thumbprint of revoked) {
    if (find(thumbprint) === undefined) throw violation(`the revoked key ${thumbprint} isn't registered`);
  }
  return { registered, revoked };
}

/** Why this key may not have signed this entry, or null when it may. Both halves are the writer's claim. */
export function refuseKey(key: RegisteredKey | undefined, leaf: Leaf, opening: Opening): string | null {
  const { by, actor } = opening;
  if (key === undefined) return `key ${by.key} isn't registered`;
  if (key.entry !== by.entry) return `the key was registered by entry ${key.entry}, got ${by.entry}`;
  if (key.use !== by.mode) return `expected mode ${key.use}, got ${by.mode}`;
  if (key.revoked !== null) return `the key was revoked by entry ${key.revoked}`;
  if (key.expires !== null && leaf.time >= key.expires) return `the key expired at ${key.expires}`;
  if (by.mode !== 'service' && key.institution !== leaf.institution) {
    return `the key is of institution ${key.institution}, got ${leaf.institution}`;
  }
  if (by.mode === 'own' && key.member !== actor) return `the key is of another member than ${actor}`;
  return null;
}

/** Registered keys by thumbprint, and the newest of each holder. */
export class KeyRegistry implements Section {
  private readonly keys = new Map<string, RegisteredKey>();

  readonly find: FindKey = (thumbprint) => this.keys.get(thumbprint);

  /** Every key that the log registered, in order. */
  all(): Iterable<RegisteredKey> {
    return this.keys.values();
  }

  /** The newest key of this use that an institution (null: the deployment) has and that isn't revoked. */
  latest(institution: string | null, use: OpeningKey['use']): RegisteredKey | undefined {
    let latest: RegisteredKey | undefined;
    for (const key of this.keys.values()) {
      if (key.institution === institution && key.use === use && key.revoked === null) latest = key;
    }
    return latest;
  }

  freeze(): FrozenSection {
    const all = [...this.keys.values()];
    return frozenBytes(
      canonical({
        keys: all.map(({ use, thumbprint, publicKey, institution, member, expires }) => {
          return { use, thumbprint, publicKey: base64url(publicKey), institution, member, expires };
        }),
        entries: all.map(({ entry }) => entry.toString()),
        revoked: all.map(({ revoked }) => revoked?.toString() ?? null),
      }),
    );
  }

  async load(from: SectionReader): Promise<void> {
    const bytes = await from.take(from.left);
    const stored = strict.object(parseCanonical(bytes), 'keys', ['keys', 'entries', 'revoked']);
    const entries = strict.array(stored.entries, 'entries');
    const revoked = strict.array(stored.revoked, 'revoked');
    for (const [i, key] of parseKeys({ keys: stored.keys }).entries()) {
      if (this.keys.has(key.thumbprint)) throw malformed('expected each key once');
      this.keys.set(key.thumbprint, {
        ...key,
        entry: indexOf(entries[i]),
        revoked: strict.nullable(revoked[i], indexOf),
        verifier: verifyingKeyOf(key.publicKey),
      });
    }
  }

  apply(index: bigint, news: KeyNews): void {
    if (news === NO_NEWS) return;
    for (const key of news.registered) this.keys.set(key.thumbprint, key);
    for (const thumbprint of news.revoked) {
      const key = this.keys.get(thumbprint);
      if (key !== undefined && key.revoked === null) this.keys.set(thumbprint, { ...key, revoked: index });
    }
  }
}

function indexOf(text: Json | undefined): bigint {
  return BigInt(strict.text(text, 'index', /^(?:0|[1-9][0-9]{0,15})$/, 'an index'));
}

function parseRevokes(detail: JsonObject | null): readonly string[] {
  const revokes = detail?.['revokes'];
  if (revokes === undefined) return [];
  const list: readonly unknown[] = Array.isArray(revokes) ? revokes : [undefined];
  return list.map((item) => {
    if (typeof item !== 'string' || !THUMBPRINT.test(item)) throw violation('revokes: expected thumbprints');
    return item;
  });
}

function violation(message: string): VitrineError {
  return new VitrineError('INTEGRITY_VIOLATION', message);
}
