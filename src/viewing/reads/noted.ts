/** What one request reads raw of patients: gathered while it is answered, written down before the answer leaves. */
import { z } from 'zod';
import { PERSONAL_CLASSES } from '../../access/index.js';
import type { ReadsPort } from '../../api/index.js';
import type { ReadRow, Reads } from '../../database/index.js';
import { VitrineError } from '../../ledger/core/index.js';
import type { Caller, FieldClass, Relation } from '../../records/index.js';
import { uuid } from '../../standing/index.js';
import { newId } from '../../uploads/index.js';
import { MOST_LINES, READ_RELATIONS } from './batch.kind.js';

const noted = z.strictObject({
  patient: uuid,
  relation: z.enum(READ_RELATIONS),
  classes: z.array(z.enum(PERSONAL_CLASSES)).min(1),
});

const body = z.strictObject({
  member: uuid,
  at: z.iso.datetime({ precision: 3 }),
  lines: z.array(noted).min(1).max(MOST_LINES),
});

/** What a row says. */
export type NotedRead = z.output<typeof body>;

export interface NotingDependencies {
  readonly reads: Pick<Reads, 'keep'>;
  /** Keyed hash that nobody but the deployment can make. */
  readonly mac: (scope: string, value: string) => string;
  readonly clock: () => Date;
}

export class NotedReads implements ReadsPort {
  readonly #deps: NotingDependencies;
  readonly #caller: Caller;
  /** Member who reads, once something was noted. */
  #reader: string | null = null;
  /** Classes by patient and relation. */
  #noted = new Map<string, { patient: string; relation: Relation; classes: Set<FieldClass> }>();

  constructor(deps: NotingDependencies, caller: Caller) {
    this.#deps = deps;
    this.#caller = caller;
  }

  note(patient: string, relation: Relation, fieldClass: FieldClass): void {
    const key = `${relation} ${patient}`;
    const known = this.#noted.get(key);
    if (known !== undefined) {
      known.classes.add(fieldClass);
      return;
    }
    // An answer that is made for many is nobody's once it shows a patient: who exactly reads must be known.
    this.#reader ??= this.#caller?.id ?? null;
    this.#noted.set(key, { patient, relation, classes: new Set([fieldClass]) });
  }

  async settle(): Promise<void> {
    const [caller, member] = [this.#caller, this.#reader];
    if (this.#noted.size === 0 || caller === null || member === null) return;
    const lines = [...this.#noted.values()].map(({ classes, ...line }) => ({
      ...line,
      classes: [...classes].sort(),
    }));
    this.#noted = new Map();
    const at = this.#deps.clock().toISOString();
    const rows: ReadRow[] = [];
    for (let from = 0; from < lines.length; from += MOST_LINES) {
      const part = lines.slice(from, from + MOST_LINES);
      rows.push(this.#row(caller.institution, JSON.stringify({ member, at, lines: part }), part.length));
    }
    try {
      await this.#deps.reads.keep(rows);
    } catch (cause) {
      throw new VitrineError(
        'UNAVAILABLE',
        'what the answer shows of patients could not be written down, so it is not given: ask again',
        { cause },
      );
    }
  }

  #row(institution: string | null, text: string, lines: number): ReadRow {
    const row = { id: newId(), institution, lines, body: text };
    return { ...row, mac: macOf(this.#deps.mac, row) };
  }
}

type Mac = NotingDependencies['mac'];

function macOf(mac: Mac, { id, institution, body: text }: Omit<ReadRow, 'mac'>): string {
  return mac('access.row', JSON.stringify([id, institution, text]));
}

/** What a row says; null when the deployment didn't write it so. */
export function readNoted(mac: Mac, row: ReadRow): NotedRead | null {
  return macOf(mac, row) === row.mac ? body.parse(JSON.parse(row.body)) : null;
}
