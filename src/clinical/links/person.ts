/** All files of one person, for decisions that hold for the person and not for one file alone. */
import type { RequestContext } from '../../api/index.js';
import type { WholeList } from '../../ledger/index.js';
import type { Unrelated } from '../../records/index.js';
import { groupOf } from './groups.js';
import { linkKind, LINKS_OF, type LinkValues } from './link.kind.js';

export interface Person {
  /** The file that was asked for, and then those that confirmed links lead to. */
  readonly files: readonly string[];
  /** Links that haven't ended, for a change to rely on: one may be ended, or confirmed, before the commit. */
  readonly links: readonly Unrelated<LinkValues>[];
  /** That there are no other links, for the commit to hold. */
  readonly whole: readonly WholeList[];
}

/** @throws VitrineError INTEGRITY_VIOLATION when a link is missing or doesn't verify */
export async function personOf(ctx: Pick<RequestContext, 'records'>, patient: string): Promise<Person> {
  const links = new Map<string, Unrelated<LinkValues>>();
  const whole: WholeList[] = [];
  const files = await groupOf(patient, async (file) => {
    const all = await ctx.records.whole(linkKind, LINKS_OF, [file]);
    whole.push({ kind: linkKind.name, thread: file, count: all.length });
    for (const link of all) if (link.values.state !== 'ENDED') links.set(link.head.id, link);
    return all.map(({ values }) => values);
  });
  return { files: [...files], links: [...links.values()], whole };
}
