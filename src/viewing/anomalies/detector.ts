/**
 * Counts accesses in windows of time and tells when a rule's threshold is passed, once a rule, subject and window. Pure: the same
 * accesses in the same order tell the same, on every process.
 */
import type { AnomalyRule, Threshold } from '../../access/index.js';
import { type AlertSubject, type Observed, RULES, wordsOf } from './rules.js';

/** Something unusual. */
export interface Anomaly {
  readonly rule: AnomalyRule;
  readonly subjectKind: AlertSubject;
  readonly subject: string;
  /** Of the member that it is about; null where it is about a patient. */
  readonly institution: string | null;
  readonly seconds: number;
  readonly most: number;
  readonly count: number;
  /** The window: RFC 3339 UTC with milliseconds, `to` not in it. */
  readonly from: string;
  readonly to: string;
  /** Entries of what was counted, oldest first; the newest {@link MOST_RECEIPTS} where there are more. */
  readonly receipts: readonly bigint[];
  readonly words: string;
}

/** Receipts that an alert names. */
export const MOST_RECEIPTS = 100;

/** What was counted of one subject in one window. */
interface Bucket {
  readonly items: Set<string>;
  readonly receipts: bigint[];
  raised: boolean;
}

/** Where the window of a moment begins, in milliseconds: windows follow each other from 1970 on. */
export function windowStart(at: string, seconds: number): number {
  const length = seconds * 1000;
  return Math.floor(Date.parse(at) / length) * length;
}

export class Detector {
  readonly #thresholds: readonly Threshold[];
  /** By rule, window and subject. */
  readonly #buckets = new Map<AnomalyRule, Map<number, Map<string, Bucket>>>();

  constructor(thresholds: readonly Threshold[]) {
    this.#thresholds = thresholds;
  }

  /** What an access makes unusual: mostly nothing. */
  observe(seen: Observed): readonly Anomaly[] {
    return this.#thresholds.flatMap((threshold) => this.#count(threshold, seen) ?? []);
  }

  #count(threshold: Threshold, seen: Observed): Anomaly | null {
    const { rule, most, seconds } = threshold;
    const counted = RULES[rule].of(seen);
    if (counted === null) return null;
    const start = windowStart(seen.at, seconds);
    const bucket = this.#bucket(threshold, start, counted.subject);
    if (bucket.raised || bucket.items.has(counted.item)) return null;
    bucket.items.add(counted.item);
    bucket.receipts.push(seen.index);
    if (bucket.receipts.length > MOST_RECEIPTS) bucket.receipts.shift();
    if (bucket.items.size <= most) return null;
    bucket.raised = true;
    const window = {
      from: new Date(start).toISOString(),
      to: new Date(start + seconds * 1000).toISOString(),
    };
    const { about } = RULES[rule];
    return {
      rule,
      subjectKind: about,
      subject: counted.subject,
      institution: about === 'MEMBER' ? seen.institution : null,
      seconds,
      most,
      count: bucket.items.size,
      ...window,
      receipts: bucket.receipts,
      words: wordsOf(threshold, bucket.items.size, window),
    };
  }

  #bucket({ rule }: Threshold, start: number, subject: string): Bucket {
    const windows = this.#buckets.get(rule) ?? new Map<number, Map<string, Bucket>>();
    this.#buckets.set(rule, windows);
    let subjects = windows.get(start);
    if (subjects === undefined) {
      subjects = new Map<string, Bucket>();
      windows.set(start, subjects);
      // They come in the order of the log, whose time never goes back.
      for (const old of windows.keys()) if (old < start) windows.delete(old);
    }
    const bucket = subjects.get(subject) ?? { items: new Set(), receipts: [], raised: false };
    subjects.set(subject, bucket);
    return bucket;
  }
}
