/**
 * Whether this release may decide on a log: its tables may be narrower than those that the log has, never wider. So a release that
 * opens more waits for the state, which reads its tables and records them first.
 */
import { RULES_IN_CODE, widerThan } from '../../access/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import { termsFor, type TermsSource } from './in-force.js';

/** Where it is told; the server's log fits. */
export interface Teller {
  warn(facts: object, message: string): void;
}

/** @throws VitrineError NOT_CONFIGURED naming each place at which the code is wider */
export async function requireAccessRules(source: TermsSource, log: Teller): Promise<void> {
  const { terms, index } = await termsFor(source);
  if (index === null) {
    log.warn({}, 'no tables of access are on the log: the mutation setAccessPolicy writes them there');
    return;
  }
  const wider = widerThan(RULES_IN_CODE, terms.rules);
  const entry = index.toString();
  if (wider.length > 0)
    throw new VitrineError(
      'NOT_CONFIGURED',
      `this release would show more than entry ${entry} of the log allows (${wider.join(', ')}): ` +
        'two regulators record its tables with setAccessPolicy on the release before, or that release is started again',
      { details: { entry, wider: wider.length } },
    );
  const narrower = widerThan(terms.rules, RULES_IN_CODE);
  if (narrower.length > 0)
    log.warn({ entry, narrower }, 'this release shows less than the tables of access on the log');
}
