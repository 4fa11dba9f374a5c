/** What a person reads when witnesses and database disagree, or nothing vouches for the database. */
import { VitrineError } from '../core/index.js';
import type { Witness } from './witness.js';

/** The turn of the one process of a deployment that asks the witnesses. */
export const WITNESSED = 'vitrine witnesses';

/** The error for a log that witnesses know longer, or otherwise, than the database has it. */
export function rolledBackBy(against: readonly Witness[], size: bigint): VitrineError {
  const names = against.map(({ name }) => name).join(', ');
  const sizes = against.map(({ disagreement }) => disagreement?.size ?? 0n);
  const most = sizes.reduce((a, b) => (b > a ? b : a), 0n);
  const what = against.some(({ disagreement }) => disagreement?.kind === 'fork')
    ? `${names} cosigned another log of this name and key (${most} entries) than the ${size} entries in the database`
    : `${names} cosigned ${most} entries, but the database holds ${size}`;
  return new VitrineError(
    'ROLLBACK_DETECTED',
    `witnesses disagree with the database: ${what}. It was rolled back, restored from an older backup, or replaced. ` +
      'Restore its newest state (a newer backup); nothing is served until then. Where that is lost for good, two ' +
      'regulators accept the loss with `vitrine accept-rollback`: no witness signs a shorter log under this name',
  );
}

/** The error for a start without a pin that too few witnesses vouch for. */
export function notConfirmed(size: bigint, signed: readonly string[]): VitrineError {
  const by = signed.length === 0 ? 'no witness' : `of the witnesses only ${signed.join(', ')}`;
  return new VitrineError(
    'NOT_CONFIGURED',
    `the log has ${size} entries, but there is no pin, and ${by} cosigned them now: put the file \`pin\` back into ` +
      'the data folder, start when enough witnesses can be reached, or believe this database by starting once with ' +
      '--trust-first',
  );
}
