/**
 * The sequencer: what queued while the last block was committed, signed and pinned goes into the next one together. No
 * timer; under load blocks grow, and a lone change is committed at once. To commit while the last block is still being
 * signed made blocks a third smaller, and each costs its share: with 64 in flight a mutation took a sixth more processor.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { VitrineError } from './core/index.js';
import { takeBatch } from './batch.js';
import type { CheckpointSigner } from './checkpoint-signer.js';
import { commitBatch, type CommitOptions, type Committed, type Outcome } from './commit.js';
import { failureOf } from './failure.js';
import type { PendingEntry, Position } from './pending.js';

export interface SequencerOptions extends CommitOptions {
  readonly signer: CheckpointSigner;
  /** Called after each block of this process, with the log's size. */
  readonly onAppend: (size: bigint) => void;
}

interface Waiting {
  readonly group: readonly PendingEntry[];
  readonly resolve: (positions: readonly Position[]) => void;
  readonly reject: (error: unknown) => void;
}

const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 2000;

export class Sequencer {
  private readonly queue: Waiting[] = [];
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly options: SequencerOptions) {}

  /** Appends a group in one block. Resolves when it is durable, its checkpoint signed and pinned. */
  append(group: readonly PendingEntry[]): Promise<readonly Position[]> {
    if (this.closed) return Promise.reject(new VitrineError('UNAVAILABLE', 'the log is closing'));
    if (group.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.queue.push({ group, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Takes nothing more and returns when all that was taken has its answer. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private async run(): Promise<void> {
    await Promise.resolve(); // what is asked for in the same tick goes into the same block
    try {
      while (this.queue.length > 0) await this.commit(takeBatch(this.queue), 1);
    } finally {
      // In the same breath as the look into the queue: whoever queues from here on starts the next run.
      this.running = undefined;
    }
  }

  private async commit(batch: readonly Waiting[], attempt: number): Promise<void> {
    let committed: Committed;
    try {
      const groups = batch.map(({ group }) => group);
      committed = await commitBatch(this.options, groups);
    } catch (error) {
      return this.recover(batch, attempt, error);
    }
    await this.answer(batch, committed);
  }

  /** Nothing is acknowledged before the checkpoint over it is signed; what was known already is covered by it too. */
  private async answer(batch: readonly Waiting[], { outcomes, block }: Committed): Promise<void> {
    const { signer } = this.options;
    try {
      if (block !== undefined) {
        const { size, root } = block.header;
        this.options.onAppend(size);
        await signer.sign({ size, root });
      }
      const last = outcomes.filter(isAccepted).flat();
      await signer.cover(last.reduce((size, { index }) => (index >= size ? index + 1n : size), 0n));
    } catch (error) {
      for (const { reject } of batch) reject(unknownOutcome(error));
      return;
    }
    batch.forEach(({ resolve, reject }, i) => {
      const outcome = outcomes[i];
      if (outcome !== undefined && isAccepted(outcome)) resolve(outcome);
      else reject(outcome);
    });
  }

  /**
   * The batch may or may not be durable. Committing it again finds out: it waits for the lock, so for any commit that is
   * still on its way, and what was accepted is known by its request.
   */
  private async recover(batch: readonly Waiting[], attempt: number, error: unknown): Promise<void> {
    const kind = error instanceof VitrineError ? 'bug' : failureOf(error);
    if (kind === 'data' && batch.length > 1) {
      // One row is refused: its group alone shall fail.
      for (const one of batch) await this.commit([one], 1);
      return;
    }
    if (kind === 'passing' && attempt < ATTEMPTS) {
      await wait(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS));
      return this.commit(batch, attempt + 1);
    }
    for (const { reject } of batch) reject(kind === 'passing' ? unknownOutcome(error) : error);
  }
}

function isAccepted(outcome: Outcome): outcome is readonly Position[] {
  return Array.isArray(outcome);
}

function unknownOutcome(cause: unknown): VitrineError {
  if (cause instanceof VitrineError) return cause;
  const message = "the database doesn't answer, so the outcome isn't known: repeat the same request";
  return new VitrineError('UNAVAILABLE', message, { cause });
}
