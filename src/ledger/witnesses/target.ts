/** The checkpoint that all witnesses are asked for at a time. */
import { parseCheckpoint, parseNote } from '../core/index.js';

/** A signed checkpoint on its way to the witnesses, and who of them is done with it. Names are those of the policy. */
export interface Target {
  readonly size: bigint;
  /** With the log's signatures alone. */
  readonly note: string;
  readonly text: string;
  readonly signed: Set<string>;
  /** Witnesses that hold a larger size already. */
  readonly passed: Set<string>;
}

/** `signed`: who is known to have cosigned it. */
export function targetOf(note: string, signed: Iterable<string> = []): Target {
  const { text } = parseNote(note);
  return { size: parseCheckpoint(text).size, note, text, signed: new Set(signed), passed: new Set() };
}
