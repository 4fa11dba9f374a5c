/**
 * What an entry says of the deployment's own keys, held against the log before it. The service key signed the statement;
 * a log key is replaced only with a note that it and its successor signed, so the service alone can't do it either.
 */
import { ED25519, equal, noteKey, type Opening, verifyRotation } from './core/index.js';
import * as strict from './core/strict.js';
import { type KeyFacts, type KeyStep, masterOf } from './key-history.js';
import { type FindKey, type KeyNews, NO_NEWS, type RegisteredKey } from './key-registry.js';
import { nativeVerify } from './native.js';
import { ACCEPT_ROLLBACK, readRollback } from './rollback-entry.js';

/** The operation of entry 0. */
export const GENESIS = 'log.genesis';
/** The log's key gets a successor; both sign until the old one is retired. */
export const ROTATE_LOG_KEY = 'log.rotateKey';
/** The successor signs alone from here on. */
export const RETIRE_LOG_KEY = 'log.retireKey';
/** An institution's delegated key and its wrapping key get successors. */
export const ROTATE_INSTITUTION = 'log.rotateInstitution';
/** Another master key is in force. */
export const ROTATE_MASTER = 'log.rotateMaster';
/** The one before it is destroyed. */
export const RETIRE_MASTER = 'log.retireMaster';

export interface KeyStepCheck {
  readonly index: bigint;
  readonly opening: Opening;
  /** What the entry registers and revokes. */
  readonly keys: KeyNews;
  /** The log before this entry. */
  readonly facts: KeyFacts;
  readonly find: FindKey;
  /** The log's name as the deployment's keys say it, outside the database. */
  readonly origin: string;
}

type Read = (check: KeyStepCheck) => KeyStep | null;

/** By operation. An entry of any other leaves names, master key and wrapping keys as they are. */
const STEPS: ReadonlyMap<string, Read> = new Map<string, Read>([
  [GENESIS, readGenesis],
  [ROTATE_LOG_KEY, readRotation],
  [RETIRE_LOG_KEY, readRetirement],
  [ACCEPT_ROLLBACK, readAcceptance],
  [ROTATE_INSTITUTION, readInstitution],
  [ROTATE_MASTER, readMaster],
]);

/** What an entry changes about the deployment's keys; null for nothing. Throws INTEGRITY_VIOLATION when it may not. */
export function readKeyStep(check: KeyStepCheck): KeyStep | null {
  const { opening, keys, find } = check;
  const step = STEPS.get(opening.op)?.(check) ?? null;
  if (step === null && keys === NO_NEWS) return null;
  if (step?.what !== 'name' && keys.registered.some(({ use }) => use === 'log'))
    throw strict.violation(
      `a log key is registered by ${[GENESIS, ROTATE_LOG_KEY, ACCEPT_ROLLBACK].join(', ')} alone`,
    );
  for (const thumb of keys.revoked) requireRevocable(check, find(thumb));
  return step;
}

/** The deployment's own keys end by its own word, and the one that signs the log doesn't end before its successor signs. */
function requireRevocable(
  { index, opening, facts }: KeyStepCheck,
  key: Pick<RegisteredKey, 'use' | 'publicKey'> | undefined,
): void {
  if (key === undefined || (key.use !== 'log' && key.use !== 'service')) return;
  if (opening.by.mode !== 'service')
    throw strict.violation(`a ${key.use} key is revoked by the service alone, got mode ${opening.by.mode}`);
  const name = facts.nameAt(index);
  if (name !== undefined && equal(name.key.publicKey, key.publicKey))
    throw strict.violation('expected a log key that has a successor, got the one that signs the log');
}

function readGenesis({ opening, keys, origin }: KeyStepCheck): KeyStep {
  const [key, ...more] = keys.registered.filter(({ use }) => use === 'log');
  if (key === undefined || more.length > 0) throw strict.violation('expected one log key');
  if (opening.detail?.['origin'] !== origin)
    throw strict.violation(`expected the origin ${origin}, got another`);
  return { what: 'name', name: { from: 0n, origin, key: noteKey(origin, ED25519, key.publicKey) } };
}

function readRotation({ index, opening, keys, facts }: KeyStepCheck): KeyStep {
  const name = facts.nameAt(index);
  if (name === undefined) throw strict.violation('expected a log key that can be rotated');
  const note = strict.text(opening.detail?.['rotation'], 'rotation', /^/, 'a signed note');
  const { from, to } = verifyRotation(note, nativeVerify);
  if (from.name !== name.origin || !equal(from.publicKey, name.key.publicKey))
    throw strict.violation('expected the successor of the key that signs the log, got that of another');
  const [registered, ...more] = keys.registered;
  if (registered?.use !== 'log' || more.length > 0 || !equal(registered.publicKey, to.publicKey))
    throw strict.violation('expected the new log key to be registered, and no other');
  return { what: 'name', name: { from: index + 1n, origin: name.origin, key: to } };
}

/** The log goes on under another name and a key that never signed it. */
function readAcceptance({ index, opening, keys, facts }: KeyStepCheck): KeyStep {
  const now = facts.nameAt(index);
  if (now === undefined) throw strict.violation('expected a log that has begun');
  const { origin } = readRollback(opening.detail, index, now.origin);
  const [key, ...more] = keys.registered;
  if (key?.use !== 'log' || more.length > 0) throw strict.violation('expected one new log key, and no other');
  return { what: 'name', name: { from: index + 1n, origin, key: noteKey(origin, ED25519, key.publicKey) } };
}

function readRetirement({ keys, find }: KeyStepCheck): null {
  const retired = keys.revoked.map((thumb) => find(thumb));
  if (retired.length === 0 || retired.some((key) => key?.use !== 'log' || key.revoked !== null))
    throw strict.violation('expected log keys to retire');
  return null;
}

function readInstitution({ opening, keys, facts, find }: KeyStepCheck): KeyStep {
  const { detail } = opening;
  const custodian = strict.uuid(detail?.['institution'] ?? null, 'institution');
  const ofIt = (key: Pick<RegisteredKey, 'use' | 'institution'> | undefined): boolean =>
    key?.use === 'delegated' && key.institution === custodian;
  const revoked = keys.revoked.map((thumb) => find(thumb));
  if (keys.registered.length !== 1 || ![...keys.registered, ...revoked].every(ofIt))
    throw strict.violation(`expected one delegated key of institution ${custodian}, in place of its others`);
  const expected = facts.custodianKey(custodian) + 1;
  const number = strict.integer(detail?.['wrapping'] ?? null, 'wrapping', 1);
  if (number !== expected) throw strict.violation(`wrapping: expected ${expected}, got ${number}`);
  return { what: 'custodian', custodian, number };
}

function readMaster({ opening, facts }: KeyStepCheck): KeyStep {
  const { detail } = opening;
  const current = facts.masterKey();
  if (current !== null && detail?.['replaces'] !== current)
    throw strict.violation(`replaces: expected ${current}, got another`);
  return { what: 'master', key: masterOf(detail?.['master'] ?? null) };
}
