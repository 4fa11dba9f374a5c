/** Puts a validator together from a log's settings and what the peer holds of that log. */
import { join } from 'node:path';
import { VitrineError } from '../../ledger/core/index.js';
import type { FollowerOptions } from '../follower.js';
import type { Alarms } from '../monitor/alarms.js';
import type { LeafStore } from '../replica/leaf-store.js';
import type { LogSettings, PeerSettings } from '../settings.js';
import { Copy } from './copy.js';
import { DecisionStore } from './decision-store.js';
import type { Revocations } from './key-book.js';
import { linkOver } from './link.js';
import { readRules } from './rules.js';
import { readDecisionKey } from './signing-key.js';
import type { Successors } from './successors.js';
import { Validator, type ValidatorFault } from './validator.js';

export interface ValidatorParts extends Pick<
  FollowerOptions,
  'replica' | 'openings' | 'monitor' | 'witness' | 'random' | 'signal' | 'log' | 'longestMs'
> {
  readonly settings: PeerSettings;
  readonly alarms: Alarms;
  readonly store: LeafStore;
  readonly successors: Successors;
  readonly revocations: Revocations;
  readonly clock: () => Date;
  readonly faults?: ValidatorFault | undefined;
}

/**
 * The validator of a log that asks for one; null for another.
 * @throws VitrineError NOT_CONFIGURED for what a person has to mend: its key, its rules
 */
export async function openValidator(one: LogSettings, parts: ValidatorParts): Promise<Validator | null> {
  const { validator, origin, url, institution, tokenFile } = one;
  if (validator === null) return null;
  if (url === null || institution === null || tokenFile === null)
    throw new VitrineError('INTERNAL', 'settings of a validator without address, institution or token');
  const {
    settings,
    alarms,
    store,
    successors,
    revocations,
    clock,
    faults,
    witness,
    replica,
    openings,
    ...rest
  } = parts;
  const { timeoutMs, pollMs } = settings;
  return new Validator({
    ...rest,
    origin,
    institution,
    alarms,
    clock,
    pollMs,
    rules: await readRules(validator.rulesFile),
    key: await readDecisionKey(validator.keyFile),
    store: await DecisionStore.open(join(store.folder, 'validator'), clock()),
    link: linkOver({ endpoint: `${url}/graphql`, tokenFile, timeoutMs, signal: parts.signal }),
    copy: new Copy({ store, successors, replica, cosigned: () => witness.latest(origin) }),
    revocation: (kid) => revocations.of(kid),
    isHeld: (index) => openings?.isHeld(index) ?? false,
    ...(faults && { faults }),
  });
}
