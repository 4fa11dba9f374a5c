/**
 * Where a moment stands on the log: by the times of its blocks, which never go back, so that a few headers tell, however long the
 * log is.
 */
import { type BlockHeader, VitrineError } from './core/index.js';

/** The chain of blocks, as the trusted log gives it. */
export interface Headers {
  readonly state: { readonly height: bigint };
  block(height: bigint): Promise<{ readonly header: Placed }>;
}

type Placed = Pick<BlockHeader, 'time' | 'size'>;

export class LogTimes {
  /** @param onViolation told of headers that don't verify: it is looked for around them, and never after its place */
  constructor(
    private readonly trusted: Headers,
    private readonly onViolation: (error: VitrineError) => void,
  ) {}

  /** Time of the block that is so many before the newest, or of the first; null when the log has none that verifies there. */
  async before(blocks: bigint): Promise<string | null> {
    const { height } = this.trusted.state;
    if (height < 0n) return null;
    return (await this.headerAt(height > blocks ? height - blocks : 0n))?.time ?? null;
  }

  /** Index of the first entry of this time (RFC 3339 UTC with milliseconds) or later; an earlier one where headers don't verify. */
  async positionOf(time: string): Promise<bigint> {
    let position = 0n;
    let [low, high] = [0n, this.trusted.state.height + 1n];
    while (low < high) {
      const middle = (low + high) / 2n;
      const header = await this.headerAt(middle);
      if (header !== null && header.time < time) [low, position] = [middle + 1n, header.size];
      else high = middle;
    }
    return position;
  }

  private async headerAt(height: bigint): Promise<Placed | null> {
    try {
      return (await this.trusted.block(height)).header;
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code !== 'INTEGRITY_VIOLATION') throw error;
      this.onViolation(error);
      return null;
    }
  }
}
