/**
 * Numbers that are tried by giving them to a patient instead of looking them up. That a number is taken has to be told, so it is
 * charged and written down as a lookup is. Whoever has no lookups left gives no numbers until there are some again: else being
 * refused for the budget would itself tell that a number is taken.
 */
import type { RequestContext } from '../../api/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Member } from '../../records/index.js';
import { requireStaff } from '../../registry/index.js';
import { chargeLookup } from './lookup.service.js';

/** Members remembered at most. */
const MOST = 10_000;

/** The refusal that a member got, and when it is over. */
interface UsedUp {
  readonly refusal: VitrineError;
  readonly refills: number;
}

/** Of one process: each learns by its own first refusal that a member has used up its lookups. */
export class Tries {
  readonly #usedUp = new Map<string, UsedUp>();

  constructor(private readonly clock: () => Date) {}

  /** @throws VitrineError BUDGET_EXHAUSTED */
  require({ id }: Member): void {
    const used = this.#usedUp.get(id);
    if (used === undefined) return;
    if (this.clock().getTime() < used.refills) throw used.refusal;
    this.#usedUp.delete(id);
  }

  /** @throws VitrineError BUDGET_EXHAUSTED */
  async tried(ctx: RequestContext, identifier: string, patient: string | null): Promise<void> {
    const staff = requireStaff(ctx.caller);
    try {
      await chargeLookup(ctx, staff, identifier, patient);
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'BUDGET_EXHAUSTED') this.#remember(staff, error);
      throw error;
    }
  }

  #remember({ id }: Member, refusal: VitrineError): void {
    const refills = Date.parse(String(refusal.details['refills']));
    if (Number.isNaN(refills)) return;
    this.#usedUp.set(id, { refusal, refills });
    const [oldest] = this.#usedUp.keys();
    if (this.#usedUp.size > MOST && oldest !== undefined) this.#usedUp.delete(oldest);
  }
}
