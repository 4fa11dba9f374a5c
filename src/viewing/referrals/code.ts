/** A patient's one-time codes: 60 random bits, as people can read them out (Crockford's base32, without I, L, O and U). */
import { VitrineError } from '../../ledger/core/index.js';
import type { RequestContext } from '../../api/index.js';
import type { Member } from '../../records/index.js';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 12;
/** Wrong codes that a member may show for one patient in a window. */
const MOST_ATTEMPTS = 5;
const WINDOW_MS = 3_600_000;

type Deployment = Pick<RequestContext, 'viewing' | 'clock'>;

/** A new code, in three groups of four. */
export function newCode(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  const digits = Array.from(bytes, (byte) => DIGITS[byte % DIGITS.length] ?? '').join('');
  return digits.replace(/(.{4})(?=.)/g, '$1-');
}

/** What is kept of a code: a keyed hash that is of one patient. Hyphens, spaces and lower case don't matter. */
export function hashOfCode(ctx: Deployment, patient: string, code: string): string {
  const typed = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return ctx.viewing.mac('referral.code', `${patient}/${typed}`);
}

/**
 * Counts an attempt before the code is looked at, for all processes together.
 * @throws VitrineError RATE_LIMITED when the member has shown too many for this patient
 */
export async function requireAttempt(ctx: Deployment, caller: Member, patient: string): Promise<void> {
  const now = ctx.clock().getTime();
  const window = Math.floor(now / WINDOW_MS);
  const ends = new Date((window + 1) * WINDOW_MS);
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const place = `${patient}/${caller.id}/${window}/${attempt}`;
    if (await ctx.viewing.spend('referral.attempt', place, ends)) return;
  }
  const retryAfter = Math.ceil((ends.getTime() - now) / 1000);
  throw new VitrineError(
    'RATE_LIMITED',
    `expected at most ${MOST_ATTEMPTS} codes an hour for one patient: try again in ${retryAfter} seconds`,
    { path: ['input', 'evidence', 'code'], details: { rule: 'code-attempts', retryAfter } },
  );
}
