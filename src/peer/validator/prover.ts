/**
 * What the API shows of a request, held against the peer's own copy of the log: what it says there is to decide on, and what
 * it says has ended. A contradiction is the alarm `request`, which goes once there is none.
 */
import { VitrineError } from '../../ledger/core/index.js';
import type { Monitor } from '../monitor/monitor.js';
import type { Copy } from './copy.js';
import { type HeldRevocation, type IsHeld, provenKeys } from './key-book.js';
import type { Self, ShownUpload } from './link.js';
import { type ProvenUpload, provenUpload } from './proven.js';
import type { Rules } from './rules.js';
import { checkStatements, type Finding } from './statement-checks.js';

export interface ProverOptions {
  readonly origin: string;
  readonly rules: Rules;
  readonly copy: Copy;
  readonly revocation: HeldRevocation;
  readonly isHeld: IsHeld;
  readonly monitor: Monitor;
  readonly clock: () => Date;
}

/** A request can't be judged, or its decision not be sent, now. */
export class Later extends Error {}

export class Prover {
  constructor(private readonly options: ProverOptions) {}

  /** What the log holds of a request, and what is found of its statements. @throws Later; VitrineError INTEGRITY_VIOLATION */
  prove(
    id: string,
    shown: ShownUpload,
  ): Promise<{ readonly upload: ProvenUpload; readonly findings: readonly Finding[] }> {
    const { copy, rules, origin, clock, revocation, isHeld } = this.options;
    return this.held(id, async () => {
      const upload = await this.proven(id, shown, rules.entry === 'cosigned');
      const keys = await provenKeys(shown.keyEntries, { copy, revocation, isHeld });
      if ('later' in keys) throw new Later(keys.later);
      return { upload, findings: checkStatements({ origin, upload, keys, now: clock() }) };
    });
  }

  /**
   * That a request takes no decision of this member any more: a server could say so to this validator alone. No state
   * goes back, so any version of it that the log holds will do. @throws Later; VitrineError INTEGRITY_VIOLATION
   */
  proveEnd(id: string, shown: ShownUpload, self: Self): Promise<void> {
    return this.held(id, async () => {
      const { state, endorsements } = await this.proven(id, shown, false);
      const decided = endorsements.some(({ member }) => member === self.member);
      if (state === shown.state && decided === shown.decided) return;
      const message = `it is shown as ${shown.state}, and the log holds it as ${state}`;
      throw new VitrineError('INTEGRITY_VIOLATION', message);
    });
  }

  private async proven(id: string, { bundle }: ShownUpload, cosigned: boolean): Promise<ProvenUpload> {
    if (bundle === null) throw new Later(`the API gives no proof of upload request ${id}`);
    const upload = await provenUpload(id, bundle, this.options.copy, cosigned);
    if ('later' in upload) throw new Later(upload.later);
    return upload;
  }

  private async held<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { monitor } = this.options;
    try {
      const found = await work();
      await monitor.clear('request', id);
      return found;
    } catch (cause) {
      if (cause instanceof VitrineError && cause.code === 'INTEGRITY_VIOLATION') {
        const message = `the API shows upload request ${id} otherwise than the log holds it: ${cause.message}`;
        await monitor.raise('request', id, 'critical', message, { upload: id });
      }
      throw cause;
    }
  }
}
