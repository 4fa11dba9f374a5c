/** The documents that a vendor's machine may send: kept by the institution that enrolled it, and nothing else runs. */
import { z } from 'zod';
import { list, namedId, note, text, uuid } from '../documents/index.js';
import { isCaller, type Caller, type RecordKind, type Relation, type Unrelated } from '../records/index.js';

/** Documents that a vendor can be given, at most. */
export const MOST_DOCUMENTS = 512;
/** UTF-16 units of one document, at most. */
const LONGEST_DOCUMENT = 32_768;

export const trustValues = z.object({
  /** The member with the role VENDOR; fixed by the record's id. */
  member: uuid,
  /** While false, the list is kept and holds nothing back. */
  enforced: z.boolean(),
  documents: list(
    z.object({
      /** How people call it: the name of its file or operation. */
      name: text(200),
      /** Its GraphQL text, without what GraphQL ignores. */
      text: note(LONGEST_DOCUMENT),
    }),
    MOST_DOCUMENTS,
  ),
  /** Why it is so. */
  reason: text(500),
});

export type TrustValues = z.output<typeof trustValues>;

/** The id of a member's list: it follows from the member, so that the log itself tells whether there is one. */
export function trustIdOf(member: string): string {
  return namedId('vitrine/trust/v1', member);
}

function relationsTo(caller: Caller, { head, values }: Unrelated<TrustValues>): ReadonlySet<Relation> {
  const relations = new Set<Relation>();
  if (caller === null) return relations;
  if (isCaller(caller, values.member)) relations.add('SELF');
  if (caller.institution !== null && caller.institution === head.custodian) relations.add('CUSTODIAN');
  if (caller.state) relations.add('STATE');
  if (caller.roles.has('AUDITOR')) relations.add('AUDITOR');
  return relations;
}

export const trustKind: RecordKind<TrustValues> = {
  name: 'TrustedDocuments',
  noun: 'trust',
  schema: 1,
  named: true,
  existence: 'DIRECTORY',
  table: 'trust',
  fields: { member: 'DIRECTORY', enforced: 'DIRECTORY', documents: 'DIRECTORY', reason: 'DIRECTORY' },
  refers: { member: 'Member' },
  values: trustValues,
  columns: {
    member: { type: 'uuid', class: 'DIRECTORY', of: (values) => values.member },
    enforced: { type: 'boolean', class: 'DIRECTORY', of: (values) => values.enforced },
  },
  // The vendor's own thread, and its institution's: where its membership stands, too.
  threads: (values, head) => [values.member, ...(head.custodian === null ? [] : [head.custodian])],
  relations: (caller, records) => Promise.resolve(records.map((record) => relationsTo(caller, record))),
};
