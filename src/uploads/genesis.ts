/**
 * The records of block 0: the ministry and its first member, who registers everyone else. They come with
 * `log.genesis` in one block, signed by the deployment's service key, since no member exists yet.
 */
import type { PendingEntry, SignedBy } from '../ledger/index.js';
import type { JsonObject } from '../ledger/core/index.js';
import { canonical } from '../ledger/core/index.js';
import type { RecordHead, RecordKind } from '../records/index.js';
import { sealRecord } from '../records/index.js';
import type { InstitutionValues, MemberValues } from '../standing/index.js';
import { institutionKind, memberKind } from '../standing/index.js';
import type { KeyRegistration } from './change.js';
import type { Signing } from './statement.js';
import { registerKey, signStatement } from './statement.js';
import { firstHead } from '../documents/index.js';

/** What an operator says at `vitrine init`. */
export interface GenesisFacts {
  readonly ministry: { readonly name: string; readonly region: string };
  readonly member: { readonly name: string; readonly subject: string };
}

/** Ids that `log.genesis` names too, and the request that all of block 0 belongs to. */
export interface GenesisIds {
  readonly institution: string;
  readonly member: string;
  readonly request: string;
}

/** @param by the service key that `log.genesis` registers, and the place of that entry (0). */
export async function genesisRecords(
  signing: Signing,
  by: SignedBy,
  facts: GenesisFacts,
  random: (bytes: number) => Uint8Array,
  { institution, member, request }: GenesisIds,
): Promise<readonly PendingEntry[]> {
  const place = { signing, by, random, actor: member, institution, request };
  const ministry = institutionKind.values.parse({
    name: facts.ministry.name,
    kind: 'AUTHORITY',
    ownership: 'PUBLIC',
    region: facts.ministry.region,
    // An authority needs no licence for what it does: it is the one that gives them.
    licence: { number: 'by law', work: [] },
  });
  const first = memberKind.values.parse({
    institution,
    subject: facts.member.subject,
    name: facts.member.name,
    roles: ['REGULATOR'],
    state: 'ACTIVE',
  });
  const key: KeyRegistration = { use: 'delegated', institution };
  return [
    await genesisEntry<InstitutionValues>(
      place,
      1,
      institutionKind,
      institution,
      ministry,
      'institution.register',
      key,
    ),
    await genesisEntry<MemberValues>(place, 2, memberKind, member, first, 'member.enrol'),
  ];
}

interface Place {
  readonly signing: Signing;
  readonly by: SignedBy;
  readonly random: (bytes: number) => Uint8Array;
  readonly actor: string;
  readonly institution: string;
  readonly request: string;
}

async function genesisEntry<V extends object>(
  place: Place,
  part: number,
  kind: RecordKind<V>,
  id: string,
  values: V,
  op: string,
  registers?: KeyRegistration,
): Promise<PendingEntry> {
  const { signing, by, random, request } = place;
  const head: RecordHead = firstHead(kind, id, { custodian: place.institution });
  const sealed = await sealRecord(kind, head, values, signing.keys, random);
  const key = registers === undefined ? null : await registerKey(signing, registers);
  const detail: JsonObject = { ...key?.detail, authority: [0] };
  const { content, fields } = sealed;
  return {
    ...sealed,
    op,
    actor: place.actor,
    institution: place.institution,
    by,
    subject: { kind: kind.name, id, version: 1 },
    supersedes: null,
    threads: kind.threads(values, head),
    request,
    part,
    signature: await signStatement(signing, by, {
      change: { op, base: null, head },
      content,
      fields,
      detail,
      institution: place.institution,
      request,
      part,
    }),
    detail,
    authority: [],
    rows: [...sealed.rows, ...(key?.rows ?? [])],
    counters: [],
    inputHash: signing.keys.inputMac(canonical([op, id])),
  };
}
