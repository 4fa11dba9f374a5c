/** Checkpoints as they stand in the database, each verified before it is given. */
import { equal, VitrineError } from './core/index.js';
import { verifyCheckpoint } from './checkpoint-check.js';
import { violationOf } from './finding.js';
import type { LogProofs } from './proofs.js';
import type { Query } from './query.js';
import type { TrustedLog } from './trusted-log.js';

export interface StoredOptions {
  readonly query: Query;
  readonly trusted: TrustedLog;
  readonly proofs: LogProofs;
}

export class StoredCheckpoints {
  constructor(private readonly options: StoredOptions) {}

  /** The note of a size. Throws NOT_FOUND without one, INTEGRITY_VIOLATION unless the log's key signed it. */
  async of(size: bigint): Promise<string> {
    const { query, trusted } = this.options;
    const rows = await query.$queryRawUnsafe<{ note: string }[]>(
      'SELECT note FROM checkpoint WHERE size = $1',
      size,
    );
    const [row] = rows;
    if (row === undefined) throw new VitrineError('NOT_FOUND', `there is no checkpoint of size ${size}`);
    const found = verifyCheckpoint(trusted.state.names, row.note);
    if (found.size === size) return row.note;
    throw wrong(`expected the checkpoint of size ${size}, got that of ${found.size}`);
  }

  /** As `of`; its root is the verified log's too. */
  async verified(size: bigint): Promise<string> {
    const { trusted, proofs } = this.options;
    await trusted.advance(size);
    const note = await this.of(size);
    if (equal(verifyCheckpoint(trusted.state.names, note).root, await proofs.root(size))) return note;
    throw wrong(`expected the root of ${size} entries, got another`);
  }

  /** The newest one that the verified log covers; undefined before the first was signed. */
  async newest(): Promise<string | undefined> {
    const { query, trusted } = this.options;
    const rows = await query.$queryRawUnsafe<{ size: bigint }[]>(
      'SELECT size FROM checkpoint WHERE size <= $1 ORDER BY size DESC LIMIT 1',
      trusted.size,
    );
    return rows[0] === undefined ? undefined : this.verified(rows[0].size);
  }
}

function wrong(message: string): VitrineError {
  return violationOf({ what: 'checkpoint', message, index: null, block: null });
}
