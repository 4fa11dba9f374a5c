/**
 * Decides for an institution on what others ask to upload: follows the requests, holds each against its own copy of the
 * log, applies the institution's rules, and signs. Nothing that goes wrong ends it; while in doubt it decides nothing.
 */
import { delayAfter, sleep } from '../../client/retry.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { AlarmLog, Alarms } from '../monitor/alarms.js';
import { decisionId, freshened, signDecision } from './decision.js';
import type { DecisionStore, Item } from './decision-store.js';
import { Intake } from './intake.js';
import { judge, type Judged } from './judge.js';
import { type Link, type Looked, outcomeOf, type Self } from './link.js';
import type { ProvenUpload } from './proven.js';
import { Later, Prover, type ProverOptions } from './prover.js';
import type { DecisionKey } from './signing-key.js';
import type { Finding } from './statement-checks.js';

/** Places where tests let the process die: before and after a decision is on the disk, and after it was taken. */
export type ValidatorFault = (point: 'before-kept' | 'after-kept' | 'after-sent') => void | Promise<void>;

export interface ValidatorOptions extends ProverOptions {
  readonly institution: string;
  readonly key: DecisionKey;
  readonly store: DecisionStore;
  readonly link: Link;
  readonly alarms: Alarms;
  readonly random: () => number;
  readonly pollMs: number;
  readonly longestMs: number;
  readonly signal: AbortSignal;
  readonly log: AlarmLog;
  readonly faults?: ValidatorFault;
}

/** How it goes, for `/healthz`. */
export interface ValidatorState {
  /** Position on the log up to which every request was seen. */
  readonly position: string;
  /** Requests that it will still decide on. */
  readonly open: number;
  /** Requests that it left to a person. */
  readonly left: number;
  /** Why nothing comes, or nothing is decided; null when nothing is wrong. */
  readonly failure: string | null;
}

/** How often a rule decided so, since the process began. */
export interface DecisionCount {
  readonly decision: Judged['decision'];
  readonly rule: string;
  readonly count: number;
}

const EXPONENTS = 16;

export class Validator {
  private readonly counts = new Map<string, DecisionCount>();
  /** When a request is looked at again, and how often it was in vain. */
  private readonly again = new Map<string, { readonly failures: number; readonly at: number }>();
  private workFailure: string | null = null;
  private wake: () => void = () => undefined;

  private readonly intake: Intake;
  private readonly prover: Prover;

  constructor(private readonly options: ValidatorOptions) {
    this.prover = new Prover(options);
    this.intake = new Intake({
      ...options,
      delay: (failures) => this.delay(failures),
      onSeen: () => this.wake(),
      onFailure: (cause) => this.tellDisk(cause),
    });
  }

  get state(): ValidatorState {
    const { store } = this.options;
    return {
      position: store.position.toString(),
      open: store.open.length,
      left: store.count('left'),
      failure: this.intake.failure ?? this.workFailure,
    };
  }

  get decisions(): readonly DecisionCount[] {
    return [...this.counts.values()];
  }

  /** Runs until the signal. */
  async run(): Promise<void> {
    await Promise.all([this.intake.run(), this.work()]);
  }

  private async work(): Promise<void> {
    const { signal, pollMs, random } = this.options;
    while (!signal.aborted) {
      const woken = new AbortController();
      this.wake = () => woken.abort();
      await this.round();
      if (woken.signal.aborted) continue;
      await sleep(pollMs * (0.75 + random() / 2), AbortSignal.any([signal, woken.signal]));
    }
  }

  /** Looks at each open request whose time has come. One that can't be decided doesn't hold up the others. */
  async round(): Promise<void> {
    const { store, clock, signal, log, origin, monitor } = this.options;
    let failure: string | null = null;
    for (const item of store.open) {
      if (signal.aborted) return;
      const before = this.again.get(item.upload);
      if (before !== undefined && before.at > clock().getTime()) {
        failure ??= this.workFailure;
        continue;
      }
      try {
        await this.settle(item);
        this.again.delete(item.upload);
        await monitor.clear('disk', 'validator');
      } catch (cause) {
        if (signal.aborted) return;
        failure = messageOf(cause);
        if (!(cause instanceof Later))
          log.warn({ err: cause, origin, upload: item.upload }, `not decided: ${failure}`);
        await this.tellDisk(cause);
        const failures = (before?.failures ?? 0) + 1;
        this.again.set(item.upload, { failures, at: clock().getTime() + this.delay(failures) });
      }
    }
    this.workFailure = failure;
  }

  /** Brings a request as far as it goes. @throws Later, or what went wrong */
  private async settle(item: Item): Promise<void> {
    const looked = await this.options.link.look(item.upload);
    const { self, shown } = looked;
    this.requireSelf(self);
    const over = outcomeOf(shown);
    if (over !== null || shown === null) return this.end(item, over ?? 'GONE', looked);
    if (item.state === 'decided') return this.send(item);
    const { upload, findings } = await this.prover.prove(item.upload, shown);
    if (!shown.mayEndorse) return this.finish(item, 'NOT_ASKED');
    this.requireCalm();
    const decided = await this.decide(item, self, upload, findings);
    if (decided.state === 'decided') await this.send(decided);
  }

  private requireSelf({ institution }: Self): void {
    if (institution === this.options.institution) return;
    const message = `the token's member acts for ${institution ?? 'no institution'}, expected ${this.options.institution}`;
    throw new VitrineError('NOT_CONFIGURED', message);
  }

  /** Lets go of a request that takes no decision of this member any more, once the copy says so too. */
  private async end(item: Item, over: string, { self, shown }: Looked): Promise<void> {
    if (shown !== null) await this.prover.proveEnd(item.upload, shown, self);
    await this.finish(item, over);
  }

  /** While the log is in doubt nothing is decided, and nothing sent that was decided before. */
  private requireCalm(): void {
    const { alarms, origin } = this.options;
    const alarm = alarms.doubtOf(origin);
    if (alarm !== undefined) throw new Later(`the alarm ${alarm.id} stands`);
  }

  private async decide(
    item: Item,
    self: Self,
    upload: ProvenUpload,
    findings: readonly Finding[],
  ): Promise<Item> {
    const { rules, key, store, origin, clock, faults, log } = this.options;
    const now = clock();
    const endorsedToday = (rule: string, institution: string | null) =>
      store.endorsedOn(now, rule, institution);
    const judged = judge({ rules, upload, findings, now, endorsedToday });
    const { decision, rule, reasons, why } = judged;
    const { statements } = upload;
    const endorsement =
      decision === 'person'
        ? null
        : signDecision({ key, self, origin, upload: item.upload, decision, reasons, statements, now });
    const { institution } = upload.uploader;
    const next: Item = {
      ...item,
      state: decision === 'person' ? 'left' : 'decided',
      at: now.toISOString(),
      decision,
      rule,
      reasons: [...reasons],
      institution,
      endorsement,
    };
    await faults?.('before-kept');
    await store.put(next);
    this.count(judged);
    const facts = {
      origin,
      upload: item.upload,
      situation: upload.situation,
      institution,
      decision,
      rule,
      why,
    };
    if (decision === 'endorse') log.info(facts, `upload request ${item.upload}: endorsed by rule ${rule}`);
    else log.warn(facts, `upload request ${item.upload}: ${WORDS[decision]} by rule ${rule}`);
    await faults?.('after-kept');
    return next;
  }

  private async send(item: Item): Promise<void> {
    const { link, key, origin, store, clock, faults } = this.options;
    const { upload, decision, reasons, endorsement } = item;
    if (endorsement === null || decision === null || decision === 'person')
      throw new VitrineError('INTERNAL', `the decision on ${upload} isn't signed`);
    this.requireCalm();
    const fresh = freshened(endorsement, key, clock());
    // What may have been sent is never forgotten: the one that is sent is on the disk first.
    if (fresh !== endorsement) await store.put({ ...item, endorsement: fresh });
    const code = await link.send({
      requestId: decisionId(origin, upload, decision, item.denied),
      upload,
      endorsement: fresh,
      reasons: decision === 'refuse' ? reasons : null,
    });
    await faults?.('after-sent');
    if (code === null) return this.finish({ ...item, endorsement: fresh }, 'STANDS');
    const looked = await link.look(upload);
    const over = outcomeOf(looked.shown);
    if (over === null) {
      // A rule refused it once, and nothing can come of that request id any more, whatever was mended since.
      if (code === 'UPLOAD_DENIED') await store.put({ ...item, endorsement: fresh, denied: item.denied + 1 });
      throw new VitrineError('UNAVAILABLE', `the log doesn't take the decision on ${upload}: ${code}`);
    }
    await this.end({ ...item, endorsement: fresh }, over, looked);
  }

  private async finish(item: Item, outcome: string): Promise<void> {
    const { store, log, origin } = this.options;
    await store.put({ ...item, state: 'done', outcome });
    const { upload, decision } = item;
    log.info({ origin, upload, decision, outcome }, `upload request ${upload}: ${outcome}`);
  }

  private count({ decision, rule }: Judged): void {
    const id = `${decision} ${rule}`;
    this.counts.set(id, { decision, rule, count: (this.counts.get(id)?.count ?? 0) + 1 });
  }

  private async tellDisk(cause: unknown): Promise<void> {
    if (cause instanceof VitrineError || cause instanceof Later) return;
    const message = `keeping decisions failed: ${messageOf(cause)}`;
    await this.options.monitor.raise('disk', 'validator', 'critical', message, {});
  }

  private delay(failures: number): number {
    const { pollMs, longestMs, random } = this.options;
    const options = { attempts: 1, firstDelay: pollMs, longestDelay: Math.max(longestMs, pollMs) };
    return delayAfter(Math.min(failures, EXPONENTS), options, 0, random);
  }
}

const WORDS = { refuse: 'refused', person: 'left to a person' } as const;

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
