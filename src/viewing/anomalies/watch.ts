/**
 * Follows the receipts on the log and raises alerts. Every process watches all of them: an alert's id and request follow from what it
 * is about, so that the log has it once, whichever was first and whatever died.
 */
import type { AnomalyRule, Threshold } from '../../access/index.js';
import { patientKind } from '../../clinical/index.js';
import { utf8, VitrineError } from '../../ledger/core/index.js';
import type { PendingEntry } from '../../ledger/index.js';
import type { Condition, RecordStore, Unrelated } from '../../records/index.js';
import { firstHead, sealedByDeployment, type DeploymentDependencies } from '../../uploads/index.js';
import { termsFor } from '../access-policy/in-force.js';
import { viewKind, type ViewValues } from '../views/view.kind.js';
import { accessAlertKind, alertIdOf, type AccessAlertValues } from './alert.kind.js';
import { type Anomaly, Detector, windowStart } from './detector.js';
import type { Observed } from './rules.js';

export interface WatchDependencies extends DeploymentDependencies {
  readonly store: Pick<RecordStore, 'find' | 'facts'>;
  /** Told of every alert that this process raised. */
  readonly onRaised?: (rule: AnomalyRule) => void;
}

/** Receipts read at once. */
const PAGE = 500;

/** What was counted so far. */
interface Counting {
  readonly detector: Detector;
  /** Entry of the thresholds that it goes by. */
  readonly index: bigint | null;
  readonly where: readonly Condition[];
  after: string | null;
}

export class Watch {
  readonly #deps: WatchDependencies;
  #counting: Counting | null = null;
  #size = -1n;

  constructor(deps: WatchDependencies) {
    this.#deps = deps;
  }

  /**
   * Looks at what came since the last time.
   * @returns how many alerts this process raised
   * @throws VitrineError UNAVAILABLE; what wasn't raised by then is the next time
   */
  async look(): Promise<number> {
    const { ledger } = this.#deps;
    await ledger.sync();
    const { size } = ledger.trusted;
    if (size === this.#size) return 0;
    try {
      const raised = await this.#follow();
      this.#size = size;
      return raised;
    } catch (error) {
      // Counted anew from the log: what was raised already is on it.
      this.#counting = null;
      throw error;
    }
  }

  async #follow(): Promise<number> {
    const { ledger, store } = this.#deps;
    const { trusted } = ledger;
    const { terms, index } = await termsFor({ trusted, fact: (kind, id) => store.facts.newest(kind, id) });
    // Other thresholds count what is in their windows already.
    if (this.#counting === null || this.#counting.index !== index)
      this.#counting = await this.#begin(terms.thresholds, index);
    const counting = this.#counting;
    if (terms.thresholds.length === 0) return 0;
    let raised = 0;
    for (;;) {
      const listed = await store.find(viewKind, {
        where: counting.where,
        order: { column: 'entry', direction: 'ASC' },
        first: PAGE,
        after: counting.after,
      });
      for (const { cursor, outcome } of listed.slice(0, PAGE)) {
        // One that doesn't verify was reported; it counts for nothing.
        if (!(outcome instanceof VitrineError)) raised += await this.#count(counting, outcome);
        counting.after = cursor;
      }
      if (listed.length <= PAGE) return raised;
    }
  }

  /** From the window before the newest receipt's on: all that an alert may still be raised about. */
  async #begin(thresholds: readonly Threshold[], index: bigint | null): Promise<Counting> {
    const [newest] = await this.#deps.store.find(viewKind, {
      where: [],
      order: { column: 'entry', direction: 'DESC' },
      first: 1,
    });
    const where: Condition[] = [];
    if (newest !== undefined && !(newest.outcome instanceof VitrineError)) {
      const { openedAt } = viewOf(newest.outcome).values;
      const starts = thresholds.map(({ seconds }) => windowStart(openedAt, seconds) - seconds * 1000);
      // A view is open when it begins, so this leaves none out that began since.
      const since = new Date(Math.min(Date.parse(openedAt), ...starts)).toISOString();
      where.push({ column: 'expiresAt', op: 'gte', value: since });
    }
    return { detector: new Detector(thresholds), index, where, after: null };
  }

  async #count(counting: Counting, outcome: Unrelated<object>): Promise<number> {
    let raised = 0;
    for (const anomaly of counting.detector.observe(await this.#observed(viewOf(outcome))))
      if (await this.#raise(anomaly, counting.index)) raised += 1;
    return raised;
  }

  async #observed({ values, anchor }: Unrelated<ViewValues>): Promise<Observed> {
    const { act, member, institution, patient, evidence, openedAt: at } = values;
    const isOpened = act === 'OPENED' && patient !== null;
    const file = isOpened ? await this.#deps.store.facts.newest(patientKind, patient) : null;
    const kept = institution !== null && file?.head.custodian === institution;
    return { index: anchor.index, act, member, institution, patient, evident: evidence !== null, kept, at };
  }

  /** Writes an alert down unless it is there; tells whether this process did. */
  async #raise(anomaly: Anomaly, policy: bigint | null): Promise<boolean> {
    const { ledger, onRaised } = this.#deps;
    const id = alertIdOf(anomaly);
    if (ledger.trusted.hasSubject(accessAlertKind.name, id)) return false;
    const [position] = await ledger.append([await this.#entry(id, anomaly, policy)]);
    if (position === undefined || position.repeated === true) return false;
    onRaised?.(anomaly.rule);
    return true;
  }

  #entry(id: string, anomaly: Anomaly, policy: bigint | null): Promise<PendingEntry> {
    const { seconds: _, receipts, ...rest } = anomaly;
    const values: AccessAlertValues = {
      ...rest,
      receipts: receipts.map(String),
      policy: policy?.toString() ?? null,
    };
    return sealedByDeployment(this.#deps, {
      op: 'accessAlert.raise',
      kind: accessAlertKind,
      head: firstHead(accessAlertKind, id, { custodian: null }),
      values,
      base: null,
      // Whom it is about stands in the record alone.
      detail: { rule: anomaly.rule, receipts: receipts.map(Number) },
      request: id,
      // By its id alone: another process, which read further, may have counted one more.
      inputHash: this.#deps.ledger.keys.inputMac(utf8(id)),
    });
  }
}

function viewOf(outcome: Unrelated<object>): Unrelated<ViewValues> {
  return outcome as Unrelated<ViewValues>; // the kind tells what its values are
}
