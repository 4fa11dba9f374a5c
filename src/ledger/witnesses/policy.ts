/** The witnesses of a deployment, by its policy file (c2sp.org/tlog-policy). A policy that can't work is refused at start. */
import { equal, formatVkey, type NoteKey, parsePolicy, type Policy, VitrineError } from '../core/index.js';

/** A witness that is asked. */
export interface WitnessAddress {
  /** Its name within the policy. */
  readonly name: string;
  readonly key: NoteKey;
  /** The key as its witness publishes it; tells its rows in the table. */
  readonly vkey: string;
  /** Where it is asked: its submission prefix (c2sp.org/tlog-witness) with `/add-checkpoint`. */
  readonly url: string;
}

/** A kept cosignature is announced in one notification of PostgreSQL, which has 8,000 bytes. */
const LONGEST_NAME = 1000;

/** Parses a policy file. Throws NOT_CONFIGURED, naming the file and the line. */
export function readPolicy(text: Uint8Array, path: string): Policy {
  try {
    return parsePolicy(text);
  } catch (cause) {
    if (!(cause instanceof VitrineError)) throw cause;
    throw refused(`${path}: ${cause.message}`, cause);
  }
}

/**
 * The witnesses to ask. Throws NOT_CONFIGURED when nobody is needed for the quorum, or when the witnesses that have an
 * address can't make it.
 */
export function addressesOf(policy: Policy): readonly WitnessAddress[] {
  if (policy.satisfied(new Set()))
    throw refused('the witness policy has "quorum none": name the witnesses that must cosign');
  for (const { name, key } of policy.witnesses)
    if (Buffer.byteLength(key.name) > LONGEST_NAME)
      throw refused(
        `the witness policy, witness ${name}: expected a key name of at most ${LONGEST_NAME} bytes`,
      );
  const addresses = policy.witnesses.flatMap(({ name, key, url }) =>
    url === null ? [] : [{ name, key, vkey: formatVkey(key), url: addressOf(name, url) }],
  );
  if (policy.satisfied(new Set(addresses.map(({ name }) => name)))) return addresses;
  throw refused(
    'the witnesses of the policy that have an address (witness <name> <vkey> <url>) make no quorum',
  );
}

/** Throws NOT_CONFIGURED when the policy names logs, and none by a key that signs this one now. */
export function requireOwnLog({ logs }: Policy, keys: readonly NoteKey[]): void {
  const ours = (key: NoteKey): boolean =>
    keys.some((own) => own.name === key.name && equal(own.publicKey, key.publicKey));
  if (logs.length === 0 || logs.some(({ key }) => ours(key))) return;
  const lines = keys.map((key) => `log ${formatVkey(key)}`).join(', or ');
  throw refused(`the witness policy names logs, and none is this one: ${lines}`);
}

function addressOf(name: string, prefix: string): string {
  const url = URL.canParse(prefix) ? new URL(prefix) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search + url.hash !== '')
    throw refused(`the witness policy, witness ${name}: expected an http(s) address without query`);
  return `${url.href.replace(/\/+$/, '')}/add-checkpoint`;
}

function refused(message: string, cause?: unknown): VitrineError {
  return new VitrineError('NOT_CONFIGURED', message, cause === undefined ? {} : { cause });
}
