/** Names for statements, so that PostgreSQL parses and plans each text once a session and not at every call. */
import { createHash } from 'node:crypto';

/** Texts that are named; a session remembers every one. Further texts, as of rare filters, are planned each time. */
const MOST = 256;

/** Gives a statement's name by its text; the empty name is PostgreSQL's for a statement that isn't kept. */
export function statementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined || names.size >= MOST) return known ?? '';
    // By the text alone: a session that an earlier owner used may know it already.
    const name = `v${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
    names.set(sql, name);
    return name;
  };
}
