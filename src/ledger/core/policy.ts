/**
 * Policies of transparency logs (c2sp.org/tlog-policy): which logs' checkpoints are accepted, and which witnesses must
 * have cosigned one. The file is its owner's and decides what is trusted, so anything unclear in it is refused.
 */
import { equal, fromUtf8, utf8 } from './bytes.js';
import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { VitrineError } from './error.js';
import { type NoteKey, parseVkey } from './note-key.js';
import { COSIGNATURE, ED25519 } from './note-type.js';
import { type Note, parseNote, type Verify, verifyNote } from './note.js';
import * as strict from './strict.js';

/** A log whose checkpoints the policy accepts; the key's name is the log's origin. */
export interface PolicyLog {
  readonly key: NoteKey;
  /** Where the log is read; null when the policy names none. */
  readonly url: string | null;
}

/** A witness that the quorum may count. */
export interface PolicyWitness {
  /** Its name within the policy. The key's name, which stands in signature lines, may be another. */
  readonly name: string;
  readonly key: NoteKey;
  /** Its submission prefix (c2sp.org/tlog-witness); null when the policy names none. */
  readonly url: string | null;
}

export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  /** Tells whether these witnesses (names within the policy) make the quorum. Under `quorum none` even nobody does. */
  satisfied(names: ReadonlySet<string>): boolean;
}

/** A valid cosignature by a witness of the policy. */
export interface Cosigned {
  /** Name within the policy. */
  readonly name: string;
  /** When the witness signed: seconds since 1970, by its own clock. */
  readonly time: bigint;
}

/** What `verifyCosigned` found to hold. */
export interface CosignedCheckpoint {
  readonly checkpoint: Required<Checkpoint>;
  /** The log's key that signed it: the first in the policy's order. */
  readonly log: NoteKey;
  /** Witnesses of the policy with a valid cosignature, in the policy's order. */
  readonly cosigned: readonly Cosigned[];
  /** Whether they make the quorum. */
  readonly satisfied: boolean;
}

type Rule = (names: ReadonlySet<string>) => boolean;

const LONGEST_POLICY = 1_000_000;
/** The specification asks for at least 32 of each; a note can't hold more signatures. */
const MOST = 100;
const NOBODY: Rule = () => true;
const THRESHOLD = /^[1-9][0-9]{0,5}$/;

/**
 * The policy of a file's text or bytes. Throws BAD_USER_INPUT with the number of the first line that doesn't hold.
 * The specification takes names and URLs as octets; here they must be UTF-8, comments needn't.
 */
export function parsePolicy(policy: string | Uint8Array): Policy {
  const bytes = typeof policy === 'string' ? utf8(policy) : policy;
  if (bytes.length > LONGEST_POLICY) throw refused(1, `expected at most ${LONGEST_POLICY} bytes`);
  const reader = new PolicyReader();
  let line = 0;
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at);
    line++;
    // A file cut short would otherwise still be a policy, perhaps with a shorter name or without its last group.
    if (end < 0) throw refused(line, 'expected a newline at its end');
    readLine(reader, bytes.subarray(at, end), line);
    at = end + 1;
  }
  return reader.policy(line);
}

/**
 * Checks a signed checkpoint against a policy. Throws INTEGRITY_VIOLATION unless a log of the policy signed it under the
 * origin that its key names, and when a line under a key of the policy doesn't verify. Lines of other keys are ignored.
 * Whether the quorum is met is told, not required: `satisfied`.
 */
export function verifyCosigned(
  note: string | Uint8Array | Note,
  policy: Policy,
  verify: Verify,
): CosignedCheckpoint {
  const parsed = typeof note === 'string' || note instanceof Uint8Array ? parseNote(note) : note;
  const checkpoint = parseCheckpoint(parsed.text);
  const signed = policy.logs
    .map(({ key }) => ({ key, found: signatureOf(parsed, key, verify) }))
    .filter(({ key, found }) => found !== null && key.name === checkpoint.origin);
  const [first] = signed;
  if (first === undefined) {
    throw strict.violation(`expected the signature of a log of the policy on a checkpoint of its own`);
  }
  const cosigned = policy.witnesses.flatMap(({ name, key }) => {
    const time = signatureOf(parsed, key, verify)?.time ?? null;
    return time === null ? [] : [{ name, time }];
  });
  const satisfied = policy.satisfied(new Set(cosigned.map(({ name }) => name)));
  return { checkpoint, log: first.key, cosigned, satisfied };
}

/** Null when no line claims to be the key's. */
function signatureOf(note: Note, key: NoteKey, verify: Verify): { readonly time: bigint | null } | null {
  const claimed = note.signatures.some((line) => line.name === key.name && equal(line.keyId, key.keyId));
  return claimed ? verifyNote(note, key, verify) : null;
}

function readLine(reader: PolicyReader, line: Uint8Array, number: number): void {
  // Section "Character set": of the control characters only tab and newline.
  if (line.some((byte) => (byte < 0x20 && byte !== 0x09) || byte === 0x7f)) {
    throw refused(number, 'expected no control characters but tab and newline');
  }
  const first = line.find((byte) => byte !== 0x20 && byte !== 0x09);
  if (first === undefined || first === 0x23) return;
  try {
    // Space and tab alone part the items; other white space is part of a name.
    reader.read(
      fromUtf8(line)
        .split(/[ \t]+/)
        .filter((item) => item !== ''),
    );
  } catch (error) {
    if (error instanceof VitrineError) throw refused(number, error.message, error);
    throw error;
  }
}

/** The definitions of a policy as they come, line by line. Every refusal is thrown without the line's number. */
class PolicyReader {
  private readonly logs: PolicyLog[] = [];
  private readonly witnesses: PolicyWitness[] = [];
  private readonly rules = new Map<string, Rule>();
  private readonly members = new Set<string>();
  private quorum: Rule | undefined;

  read(items: readonly string[]): void {
    const [keyword, ...rest] = items;
    if (keyword === 'log') this.readLog(rest);
    else if (keyword === 'witness') this.readWitness(rest);
    else if (keyword === 'group') this.readGroup(rest);
    else if (keyword === 'quorum') this.readQuorum(rest);
    else throw strict.violation(`expected log, witness, group or quorum, got ${JSON.stringify(keyword)}`);
  }

  policy(lastLine: number): Policy {
    const { logs, witnesses, quorum } = this;
    if (quorum === undefined) throw refused(lastLine, 'expected a quorum line before the end');
    return { logs, witnesses, satisfied: quorum };
  }

  private readLog([vkey, url, ...rest]: readonly string[]): void {
    if (vkey === undefined || rest.length > 0) throw strict.violation('expected log <vkey> [<url>]');
    const key = keyOf(vkey, ED25519, 'of a log (type 1, Ed25519)');
    requireNew(this.logs, key);
    requireRoom(this.logs);
    this.logs.push({ key, url: url ?? null });
  }

  private readWitness([name, vkey, url, ...rest]: readonly string[]): void {
    if (name === undefined || vkey === undefined || rest.length > 0) {
      throw strict.violation('expected witness <name> <vkey> [<url>]');
    }
    const key = keyOf(vkey, COSIGNATURE, 'of a witness (type 4, cosignature/v1)');
    requireNew(this.witnesses, key);
    requireRoom(this.witnesses);
    this.define(name, (names) => names.has(name));
    this.witnesses.push({ name, key, url: url ?? null });
  }

  private readGroup([name, threshold, ...members]: readonly string[]): void {
    if (name === undefined || threshold === undefined || members.length === 0) {
      throw strict.violation('expected group <name> <k|any|all> <name>…');
    }
    const least = leastOf(threshold, members.length);
    const rules = members.map((member) => this.member(member));
    requireRoom([...this.rules.keys()].slice(this.witnesses.length));
    this.define(name, (names) => rules.filter((rule) => rule(names)).length >= least);
  }

  private readQuorum([name, ...rest]: readonly string[]): void {
    if (name === undefined || rest.length > 0) throw strict.violation('expected quorum <name>');
    if (this.quorum !== undefined) throw strict.violation('expected one quorum line, got another');
    this.quorum = name === 'none' ? NOBODY : this.defined(name);
  }

  private define(name: string, rule: Rule): void {
    if (name === 'none') throw strict.violation('expected another name than none');
    if (this.rules.has(name))
      throw strict.violation(`expected a new name, got ${JSON.stringify(name)} again`);
    this.rules.set(name, rule);
  }

  private defined(name: string): Rule {
    const rule = this.rules.get(name);
    if (rule === undefined) {
      throw strict.violation(`expected a name defined on a line before, got ${JSON.stringify(name)}`);
    }
    return rule;
  }

  /** Each name is a member once in the whole file, so that no witness counts twice. */
  private member(name: string): Rule {
    const rule = this.defined(name);
    if (this.members.has(name)) {
      throw strict.violation(`expected ${JSON.stringify(name)} as a member once, got it again`);
    }
    this.members.add(name);
    return rule;
  }
}

function keyOf(vkey: string, type: number, what: string): NoteKey {
  const key = parseVkey(vkey);
  if (key.type !== type) throw strict.violation(`expected a key ${what}, got type ${key.type}`);
  return key;
}

/** Two keys are the same when their public keys are (section "Public key representation"). */
function requireNew(known: readonly { readonly key: NoteKey }[], key: NoteKey): void {
  if (known.some((other) => equal(other.key.publicKey, key.publicKey))) {
    throw strict.violation(`expected a new key, got that of ${key.name} again`);
  }
  // Two keys that signature lines can't tell apart: an honest line of the one would be a false one of the other.
  if (known.some((other) => other.key.name === key.name && equal(other.key.keyId, key.keyId))) {
    throw strict.violation(`expected a new name and key id, got those of ${key.name} again`);
  }
}

function requireRoom(defined: readonly unknown[]): void {
  if (defined.length >= MOST) throw strict.violation(`expected at most ${MOST} of a kind`);
}

function leastOf(threshold: string, members: number): number {
  if (threshold === 'any') return 1;
  if (threshold === 'all') return members;
  const least = THRESHOLD.test(threshold) ? Number(threshold) : 0;
  if (least < 1 || least > members) {
    throw strict.violation(`expected any, all or 1 to ${members}, got ${JSON.stringify(threshold)}`);
  }
  return least;
}

function refused(line: number, message: string, cause?: unknown): VitrineError {
  return new VitrineError('BAD_USER_INPUT', `policy, line ${line}: ${message}`, {
    details: { line },
    ...(cause === undefined ? {} : { cause }),
  });
}
