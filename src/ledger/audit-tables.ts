/**
 * The tables beside the log that a commit writes with it: places on threads, requests, counters. Compared by the database
 * itself in one query each, with what the openings say; the openings were checked before.
 */
import { equal } from './core/index.js';
import type { Finding } from './finding.js';
import { messageOf } from './finding.js';
import type { KeyStore } from './key-store.js';
import type { Query } from './query.js';
import type { TrustedState } from './trusted-state.js';

const THREADS = `
  SELECT COALESCE(o.index, t.entry) AS index FROM (
    SELECT e.index, (p->>'id')::uuid AS thread, (p->>'seq')::bigint AS seq
    FROM entry e, json_array_elements(convert_from(e.opening, 'UTF8')::json->'threads') p
  ) o FULL JOIN thread_entry t ON t.thread = o.thread AND t.seq = o.seq AND t.entry = o.index
  WHERE o.index IS NULL OR t.entry IS NULL
  ORDER BY 1 LIMIT 1000`;

const REQUESTS = `
  SELECT COALESCE(o.index, u.entry) AS index FROM (
    SELECT e.index, COALESCE(e.institution::text, '') AS institution, e.actor,
      (j->>'request')::uuid AS request, (j->>'part')::int AS part, j->'detail'->>'input' AS input
    FROM entry e, LATERAL (SELECT convert_from(e.opening, 'UTF8')::json AS j) parsed
  ) o FULL JOIN upload_request u ON u.institution = o.institution AND u.member = o.actor
    AND u.request = o.request AND u.part = o.part AND u.entry = o.index
    AND u.input_hash = COALESCE(o.input, u.input_hash)
  WHERE o.index IS NULL OR u.entry IS NULL
  ORDER BY 1 LIMIT 1000`;

/** Rows of the side tables that don't say what the log says; at most 1,000 of each table. */
export async function checkSideTables(
  query: Query,
  keys: KeyStore,
  state: TrustedState,
): Promise<readonly Finding[]> {
  // The comparisons come last: one that fails ends the transaction that the audit may run in.
  return [
    ...(await checkCounters(query, keys, state)),
    ...(await checkSigningKeys(query, keys, state)),
    ...(await compare(query, THREADS, 'thread', 'expected the places that the entry names, got others')),
    ...(await compare(query, REQUESTS, 'request', 'expected the request that the entry names, got another')),
  ];
}

async function compare(
  query: Query,
  sql: string,
  what: Finding['what'],
  message: string,
): Promise<readonly Finding[]> {
  try {
    const rows = await query.$queryRawUnsafe<{ index: bigint }[]>(sql);
    return rows.map(({ index }) => ({ what, message, index, block: null }));
  } catch (cause) {
    // An opening that isn't JSON any more; the audit of the entry names it too.
    return [{ what, message: `can't be compared: ${messageOf(cause)}`, index: null, block: null }];
  }
}

async function checkCounters(query: Query, keys: KeyStore, state: TrustedState): Promise<readonly Finding[]> {
  const rows = await query.$queryRawUnsafe<{ id: string; value: string; entry: bigint }[]>(
    'SELECT id, value::text AS value, entry FROM counter',
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const findings: Finding[] = [];
  const message = 'expected the value that the last move anchored, got another';
  for (const [id, mark] of state.allCounters()) {
    const row = byId.get(id);
    byId.delete(id);
    const holds = row?.entry === mark.entry && equal(keys.counterMac(id, BigInt(row.value)), mark.mac);
    if (!holds) findings.push({ what: 'counter', message, index: mark.entry, block: null });
  }
  for (const { entry } of byId.values()) {
    findings.push({
      what: 'counter',
      message: 'a counter that no entry moved',
      index: entry,
      block: null,
    });
  }
  return findings;
}

/** The keys that the deployment signs with for institutions: each that the log registered, whole, and no other. */
async function checkSigningKeys(
  query: Query,
  keys: KeyStore,
  state: TrustedState,
): Promise<readonly Finding[]> {
  const rows = await query.$queryRawUnsafe<
    { thumbprint: string; entry: bigint; institution: string | null }[]
  >('SELECT thumbprint, entry, institution::text AS institution FROM signing_key');
  const held = new Map(rows.map((row) => [row.thumbprint, row]));
  const findings: Finding[] = [];
  for (const key of state.registry.all()) {
    if (key.use !== 'delegated') continue;
    const row = held.get(key.thumbprint);
    held.delete(key.thumbprint);
    // The private half of a key that was revoked is dropped.
    if (row === undefined && key.revoked !== null) continue;
    const same = row?.entry === key.entry && row.institution === key.institution;
    const message = same
      ? await refuseHeld(keys, key.thumbprint)
      : "expected the institution's signing key, got none";
    if (message !== null) findings.push({ what: 'keys', message, index: key.entry, block: null });
  }
  for (const { entry } of held.values()) {
    findings.push({
      what: 'keys',
      message: 'a signing key that no entry registered',
      index: entry,
      block: null,
    });
  }
  return findings;
}

/** Why a signing key that is kept in the database can't be used, or null when it can. */
async function refuseHeld(keys: KeyStore, thumbprint: string): Promise<string | null> {
  try {
    await keys.signStatement(thumbprint, new Uint8Array());
    return null;
  } catch (cause) {
    return messageOf(cause);
  }
}
