/**
 * Follows the log's entries and raises alerts about the receipts among them. Every process watches all of them, by what stands on the
 * log alone: an alert's id and request follow from what it is about, so that the log has it once, whichever was first and whatever died.
 */
import type { AnomalyRule, Threshold } from '../../access/index.js';
import { patientKind } from '../../clinical/index.js';
import { utf8, VitrineError } from '../../ledger/core/index.js';
import { LogTimes, type PendingEntry } from '../../ledger/index.js';
import type { RecordStore } from '../../records/index.js';
import { firstHead, sealedByDeployment, type DeploymentDependencies } from '../../uploads/index.js';
import { termsFor } from '../access-policy/in-force.js';
import { viewKind } from '../views/view.kind.js';
import { type Access, accessIn } from './accesses.js';
import { accessAlertKind, alertIdOf, type AccessAlertValues } from './alert.kind.js';
import { type Anomaly, Detector, windowStart } from './detector.js';

export interface WatchDependencies extends DeploymentDependencies {
  readonly store: Pick<RecordStore, 'facts' | 'load' | 'reported' | 'versions'>;
  /** Told of every alert that this process raised. */
  readonly onRaised?: (rule: AnomalyRule) => void;
}

/** Entries read at once. */
const PAGE = 1024n;

/** Blocks before the newest that are still looked at anew at a start: those that a start itself writes lie behind what came last. */
const AGAIN = 16n;

/** What was counted so far. */
interface Counting {
  readonly detector: Detector;
  /** Entry of the thresholds that it goes by. */
  readonly index: bigint | null;
  /** The first entry that wasn't looked at. */
  next: bigint;
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
      const raised = await this.#follow(size);
      this.#size = size;
      return raised;
    } catch (error) {
      // Counted anew from the log: what was raised already is on it.
      this.#counting = null;
      throw error;
    }
  }

  async #follow(size: bigint): Promise<number> {
    const { ledger, store } = this.#deps;
    const { trusted } = ledger;
    const { terms, index } = await termsFor({ trusted, fact: (kind, id) => store.facts.newest(kind, id) });
    // Other thresholds count what is in their windows already.
    if (this.#counting === null || this.#counting.index !== index)
      this.#counting = await this.#begin(terms.thresholds, index);
    const counting = this.#counting;
    if (terms.thresholds.length === 0) counting.next = size;
    let raised = 0;
    while (counting.next < size) {
      const end = counting.next + PAGE < size ? counting.next + PAGE : size;
      for (const access of await this.#accesses(counting.next, end))
        raised += await this.#count(counting, access);
      counting.next = end;
    }
    return raised;
  }

  /** From the window before the newest entry's on: all that an alert may still be raised about. */
  async #begin(thresholds: readonly Threshold[], index: bigint | null): Promise<Counting> {
    const { ledger, store } = this.#deps;
    const times = new LogTimes(ledger.trusted, (error) => store.reported(error));
    const newest = (await times.before(AGAIN)) ?? ledger.trusted.state.time;
    const starts = thresholds.map(({ seconds }) => windowStart(newest, seconds) - seconds * 1000);
    const since = new Date(Math.min(Date.parse(newest), ...starts)).toISOString();
    return { detector: new Detector(thresholds), index, next: await times.positionOf(since) };
  }

  /**
   * The accesses among some entries, in order. An entry that doesn't verify, and a receipt whose row is missing or was changed, are
   * reported: the one counts for nothing, the other by its entry.
   */
  async #accesses(from: bigint, to: bigint): Promise<readonly Access[]> {
    const { ledger, store } = this.#deps;
    const accesses: Access[] = [];
    for await (const entry of ledger.trusted.outcomes(from, to)) {
      if (entry instanceof VitrineError) {
        if (store.reported(entry).code !== 'INTEGRITY_VIOLATION') throw entry;
        continue;
      }
      const access = accessIn(entry);
      if (access !== null) accesses.push(access);
    }
    // The store reports what it can't open of what the log has.
    if (accesses.length > 0)
      await store.load(
        viewKind,
        accesses.map(({ view }) => view),
      );
    return accesses;
  }

  async #count(counting: Counting, access: Access): Promise<number> {
    let raised = 0;
    for (const anomaly of counting.detector.observe({ ...access, kept: await this.#isKept(access) }))
      if (await this.#raise(anomaly, counting.index)) raised += 1;
    return raised;
  }

  /** Whether the member's institution kept the file when it was opened. Where that can't be read any more, it is a stranger's. */
  async #isKept({ act, evident, patient, institution, index }: Access): Promise<boolean> {
    if (act !== 'OPENED' || evident || patient === null || institution === null) return false;
    const { store } = this.#deps;
    try {
      const file = await store.facts.newest(patientKind, patient);
      if (file === null || file.anchor.index < index) return file?.head.custodian === institution;
      const versions = await store.versions(patientKind, patient);
      return versions.findLast(({ entry }) => entry.index < index)?.head.custodian === institution;
    } catch (error) {
      // It was reported; nobody shall silence the watch by taking one file away.
      if (error instanceof VitrineError && error.code === 'INTEGRITY_VIOLATION') return false;
      throw error;
    }
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
