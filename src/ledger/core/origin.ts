/**
 * A log's name after a disaster. A log that lost its newest entries can't go on under its name: its witnesses know more
 * of it than it has. So it goes on under `<name>/restored-<size>`, where size is how many entries it had left. Whoever
 * reads that name knows which entries were made under which one, with nothing else in hand (schema/ledger.md).
 */

const RESTORED = /^(.+)\/restored-([1-9][0-9]{0,15})$/;

/** The name under which a log of that many entries goes on. */
export function restoredOrigin(origin: string, size: bigint): string {
  return `${origin}/restored-${size}`;
}

/** The name before, and how many entries the log had left under it; null for a log that never went on so. */
export function predecessorOf(origin: string): { readonly origin: string; readonly size: bigint } | null {
  const [, before, size] = RESTORED.exec(origin) ?? [];
  return before === undefined || size === undefined ? null : { origin: before, size: BigInt(size) };
}

/**
 * The name for which the statement of an entry was signed, given the log's name now. The entry at the restored size, by
 * which the rollback was accepted, is the last under the name before.
 */
export function originAt(origin: string, index: bigint): string {
  const before = predecessorOf(origin);
  return before !== null && index <= before.size ? originAt(before.origin, index) : origin;
}
