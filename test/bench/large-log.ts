/**
 * A log that is long: entries as recording care makes them, statement and signature included, without the sealed
 * records, which the log doesn't look at. Sealing a million of them would measure sealing.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { PendingEntry, SignedBy } from '../../src/ledger/index.js';
import { compactJws, signatureInput, statementBytes } from '../../src/ledger/core/index.js';
import type { OpenSystem } from '../../src/server/index.js';

/** Whose entries the log is filled with. */
export interface Author {
  readonly institution: string;
  readonly member: string;
  /** Threads to put the entries on, in turn. */
  readonly patients: readonly string[];
}

const GROUP = 256;
/** Groups that are signed while others are written. */
const AT_ONCE = 4;

/** Appends entries until the log has `size`, and tells how many there are now and then. */
export async function fillLog(
  { ledger }: OpenSystem,
  author: Author,
  size: number,
  onProgress: (size: number) => void = () => undefined,
): Promise<void> {
  const by = delegatedKey(ledger, author);
  let begun = Number(await ledger.sync());
  const worker = async (): Promise<void> => {
    while (begun < size) {
      const count = Math.min(GROUP, size - begun);
      begun += count;
      const group = Array.from({ length: count }, (_, part) => entry(ledger, author, by, part));
      await ledger.append(await Promise.all(group));
      onProgress(Number(ledger.trusted.size));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

type Ledger = OpenSystem['ledger'];

function delegatedKey({ trusted }: Ledger, { institution }: Author): SignedBy {
  const key = trusted.latestKey(institution, 'delegated');
  if (key === undefined) throw new Error('the institution has no delegated key');
  return { key: key.thumbprint, entry: key.entry, mode: 'delegated' };
}

async function entry(
  { origin, keys }: Ledger,
  author: Author,
  by: SignedBy,
  place: number,
): Promise<PendingEntry> {
  const op = 'encounter.record';
  const subject = { kind: 'Encounter', id: randomUUID(), version: 1 };
  const [content, fields] = [random32(), random32()];
  const [request, part] = [randomUUID(), 0];
  const detail = { authority: [1, 2, Number(by.entry)], input: randomBytes(32).toString('hex') };
  const { institution } = author;
  const stated = { origin, op, subject, supersedes: null, content, fields, institution, request, part };
  const payload = statementBytes({ ...stated, detail: null, issued: null, expires: null });
  const signature = await keys.signStatement(by.key, signatureInput(by.key, payload));
  return {
    op,
    actor: author.member,
    institution: author.institution,
    by,
    subject,
    supersedes: null,
    content,
    fields,
    threads: [author.patients[place % author.patients.length] ?? subject.id],
    request,
    part,
    signature: compactJws(by.key, payload, signature),
    detail,
    authority: [],
    rows: [],
    unique: [],
    words: [],
    counters: [],
    inputHash: '00',
  };
}

function random32(): Uint8Array {
  return Uint8Array.from(randomBytes(32));
}
