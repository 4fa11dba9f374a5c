/** Checkpoints as GraphQL gives them: the newest, the newest cosigned one, and each new one as it comes. */
import type { RequestContext } from '../api/index.js';
import { parseCheckpoint, parseNote, VitrineError } from '../ledger/core/index.js';
import { CheckpointObject } from './block.type.js';

/** The newest signed state of the log; with `cosigned` the newest that the quorum cosigned. Throws NOT_FOUND then. */
export async function newestCheckpoint(ctx: RequestContext, cosigned = false): Promise<CheckpointObject> {
  await ctx.log.sync();
  if (!cosigned) return checkpointOf(ctx, await ctx.log.witnesses.attach(await ctx.log.checkpoint()));
  const note = await ctx.log.witnesses.checkpoint();
  if (note !== undefined) return checkpointOf(ctx, note);
  throw new VitrineError('NOT_FOUND', 'no checkpoint is cosigned by enough witnesses yet');
}

/** Each new checkpoint: the newest when the log has grown, and the newest cosigned one when a quorum was reached. */
export function followCheckpoints(ctx: RequestContext): AsyncIterableIterator<CheckpointObject> {
  return new Checkpoints(ctx);
}

function checkpointOf(ctx: RequestContext, note: string): CheckpointObject {
  const checkpoint = parseCheckpoint(parseNote(note).text);
  return new CheckpointObject(checkpoint, note, ctx.log.verifierKeys(checkpoint.size));
}

/** Not an async generator: the `return` of one that waits would wait with it (see `Trail`). */
class Checkpoints implements AsyncIterableIterator<CheckpointObject> {
  readonly #ctx: RequestContext;
  readonly #ends: readonly (() => void)[];
  /** Sizes that were given. */
  #signed = -1n;
  #cosigned: bigint;
  #closed = false;
  #changed = true;
  #wake: (() => void) | null = null;

  constructor(ctx: RequestContext) {
    this.#ctx = ctx;
    this.#cosigned = ctx.log.witnesses.size;
    const changed = (): void => {
      this.#changed = true;
      this.#wake?.();
    };
    this.#ends = [ctx.log.onAdvance(changed), ctx.log.witnesses.onCosigned(changed)];
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<CheckpointObject>> {
    try {
      while (!this.#closed) {
        const found = await this.#look();
        // The caller may have left meanwhile.
        if (found !== undefined && !this.#isClosed()) return { done: false, value: found };
        await this.#change();
      }
      return { done: true, value: undefined };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  return(): Promise<IteratorResult<CheckpointObject>> {
    this.#closed = true;
    for (const end of this.#ends) end();
    this.#wake?.();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #look(): Promise<CheckpointObject | undefined> {
    this.#changed = false;
    const { log } = this.#ctx;
    if (log.trusted.alarm !== undefined) throw log.trusted.alarm;
    if (log.trusted.size > this.#signed) {
      const found = await newestCheckpoint(this.#ctx);
      if (found.size > this.#signed) {
        this.#signed = found.size;
        if (log.witnesses.size === found.size) this.#cosigned = found.size;
        this.#changed = true;
        return found;
      }
    }
    if (log.witnesses.size <= this.#cosigned) return undefined;
    const found = await newestCheckpoint(this.#ctx, true);
    this.#cosigned = found.size;
    this.#changed = true;
    return found;
  }

  async #change(): Promise<void> {
    if (this.#changed || this.#isClosed()) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}
