/**
 * What the entry says by which a rollback is accepted (schema/ledger.md, "After a rollback"): with what the log was
 * restored, what was lost and what proves it, under which name and key it goes on, why, and who of the ministry consents.
 */
import {
  base64url,
  type Checkpoint,
  type JsonObject,
  originAt,
  parseCheckpoint,
  parseNote,
  restoredOrigin,
} from './core/index.js';
import * as strict from './core/strict.js';

/** The log goes on behind a restored database, under another name and key. */
export const ACCEPT_ROLLBACK = 'log.acceptRollback';

/** A regulator of the state who consented. */
export interface Consent {
  readonly member: string;
  readonly institution: string;
  /** The entry of the member's record that says so. */
  readonly entry: bigint;
  /** SHA-256 of the access token that was presented, base64url: for whoever holds the issuer's own journal. */
  readonly token: string;
}

/** What is accepted. */
export interface Rollback {
  /** What the database was restored with. */
  readonly restored: { readonly size: bigint; readonly root: Uint8Array };
  /** The newest checkpoint that is known of the lost log: the note, as it was signed. */
  readonly lost: string;
  /** Whether the lost entries were had from a copy, and led from the restored log to that checkpoint. */
  readonly proven: boolean;
  readonly reason: string;
  readonly consents: readonly Consent[];
}

/** How many consent at least. */
export const CONSENTS = 2;

/** What every verifier needs of the entry. */
export interface AcceptedRollback {
  /** The log's name from the next entry on. */
  readonly origin: string;
  readonly lost: Checkpoint;
}

const MEMBERS = ['consents', 'keys', 'lost', 'origin', 'proven', 'reason', 'restored'] as const;
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const LINES = /^[^]+$/;

/** The entry's detail. `keys`: the new log key, as entries publish keys. */
export function describeRollback(rollback: Rollback, keys: JsonObject): JsonObject {
  const { restored, lost, proven, reason, consents } = rollback;
  return {
    origin: restoredOrigin(parseCheckpoint(parseNote(lost).text).origin, restored.size),
    keys: [keys],
    restored: { size: restored.size.toString(), root: base64url(restored.root) },
    lost,
    proven,
    reason,
    consents: consents.map(({ member, institution, entry, token }) => {
      return { member, institution, entry: entry.toString(), token };
    }),
  };
}

/**
 * Reads the detail of the entry at an index, on a log of this name. Throws INTEGRITY_VIOLATION unless it accepts the loss
 * of what came from that index on, under a name that says so, with the consent of two.
 */
export function readRollback(detail: JsonObject | null, index: bigint, name: string): AcceptedRollback {
  const said = strict.object(detail ?? {}, 'detail', MEMBERS);
  const restored = strict.object(said.restored, 'restored', ['root', 'size']);
  strict.bytesOf(restored.root, 'root', 32);
  const size = BigInt(strict.text(restored.size, 'size', SIZE, 'a size'));
  if (size !== index) throw strict.violation(`expected a log restored with ${index} entries, got ${size}`);
  const lost = parseCheckpoint(parseNote(strict.text(said.lost, 'lost', LINES, 'a signed note')).text);
  if (lost.size <= size)
    throw strict.violation(`expected that more than ${size} entries were lost, got ${lost.size}`);
  const origin = strict.text(said.origin, 'origin', LINES, 'a name');
  if (origin !== restoredOrigin(lost.origin, size) || originAt(origin, index) !== name)
    throw strict.violation(`expected the name of ${name} after the loss, got ${origin}`);
  requireConsents(strict.array(said.consents, 'consents'));
  return { origin, lost };
}

function requireConsents(consents: ReturnType<typeof strict.array>): void {
  const members = consents.map((item) => {
    const one = strict.object(item, 'consent', ['entry', 'institution', 'member', 'token']);
    strict.uuid(one.institution, 'institution');
    strict.text(one.entry, 'entry', SIZE, 'an index');
    strict.bytesOf(one.token, 'token', 32);
    return strict.uuid(one.member, 'member');
  });
  if (new Set(members).size >= CONSENTS && new Set(members).size === members.length) return;
  throw strict.violation(`expected the consent of ${CONSENTS} members, each once, got ${members.length}`);
}
