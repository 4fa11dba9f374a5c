/** The one statement by which records are read, as SQL. */
import { asText, HEAD_COLUMNS, sqlName } from './columns.js';
import { digestSql, listSql, wordsSql } from './complete.js';
import type { AnyKind } from './kinds.js';
import type { ListPlan } from './lists.js';
import type { Sql } from './query.js';

/**
 * Rows, sealed bytes, wrapped key, entry and the log's size in one statement: one snapshot. With a plan also what proves
 * a list: the whole of it beside its first row.
 */
export function rowsSql(kind: AnyKind, source: Sql, ordered: boolean, plan: Partial<ListPlan> = {}): string {
  const types = {
    ...HEAD_COLUMNS,
    ...Object.fromEntries(Object.entries(kind.columns).map(([n, c]) => [n, c.type])),
  };
  const columns = Object.entries(types).map(
    ([name, type]) => `${asText(`d."${sqlName(name)}"`, type)} AS "c_${name}"`,
  );
  if (ordered) columns.push('d."@order"', 'd."@place"');
  const { claim, narrowed = false, words = false } = plan;
  if (narrowed) columns.push(`${digestSql(kind, 'd', words)} AS "@digest"`);
  if (words) columns.push(`${wordsSql(kind, 'd')} AS "@words"`);
  if (claim !== undefined) {
    const list = listSql(
      kind,
      claim,
      `$${source.parameters.length + 1}`,
      narrowed ? digestSql(kind, 'l', words) : null,
    );
    columns.push(`CASE WHEN COALESCE(d."@place", 1) = 1 THEN ${list} END AS "@list"`);
  }
  return `SELECT h.size::text AS "@head", d.entry::text AS c_entry, ${columns.join(', ')},
      s.nonce, s.bytes, w.key_id, w.wrapped, e.leaf, e.opening, e.salt
    FROM (SELECT size FROM log_head WHERE id = 1) h LEFT JOIN (${source.text}) d ON TRUE
    LEFT JOIN sealed s ON s.entry = d.entry LEFT JOIN wrapped_key w ON w.entry = d.entry
    LEFT JOIN entry e ON e.index = d.entry${ordered ? ' ORDER BY d."@place"' : ''}`;
}
