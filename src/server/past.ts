/** What stood at a moment: records, members, and who was what to a record. By verified versions, and the log's times. */
import type { PastPort } from '../api/index.js';
import type { SqlQuery } from '../database/index.js';
import {
  encounterKind,
  groupsOf,
  isCareSince,
  linkKind,
  LINKS_OF,
  patientKind,
  type LinkFacts,
} from '../clinical/index.js';
import { VitrineError } from '../ledger/core/index.js';
import {
  CallerReader,
  recordAt,
  type Caller,
  type ConsentFact,
  type ListColumn,
  type LookupsFor,
  type Member,
  type RecordKind,
  type RecordStore,
  type Relation,
  type RelationLookups,
  type Unrelated,
  type ViewFact,
} from '../records/index.js';
import { institutionKind, memberIn, memberKind } from '../standing/index.js';
import { consentKind, factsInForce, viewKind } from '../viewing/index.js';

/** An entry that stands on the patient's thread and on one of these. */
const MET = `SELECT EXISTS (SELECT 1 FROM thread_entry p JOIN thread_entry o ON o.entry = p.entry
  WHERE p.thread = $1::uuid AND o.thread = ANY ($2::uuid[])) AS met`;

export class Past implements PastPort {
  readonly #store: RecordStore;
  readonly #sql: SqlQuery;
  /** Without a caller: lists are read whole, and nobody is shown them. */
  readonly #reader: CallerReader;

  constructor(store: RecordStore, lookups: LookupsFor, sql: SqlQuery) {
    this.#store = store;
    this.#sql = sql;
    this.#reader = new CallerReader(store, null, lookups);
  }

  async met({ id, institution }: Member, patient: string): Promise<boolean> {
    const rows = await this.#sql.$queryRawUnsafe<{ met: boolean }[]>(
      MET,
      patient,
      institution === null ? [id] : [id, institution],
    );
    return rows[0]?.met === true;
  }

  record<V extends object>(kind: RecordKind<V>, id: string, at: string): Promise<Unrelated<V> | null> {
    return recordAt(this.#store, kind, id, at);
  }

  async member(id: string, at: string): Promise<Member | VitrineError | null> {
    const member = await this.record(memberKind, id, at);
    if (member === null) return null;
    const home = member.values.institution;
    const institution = home === null ? null : await this.record(institutionKind, home, at);
    if (home !== null && institution === null) return null;
    try {
      return memberIn({ member, institution }, at.slice(0, 10));
    } catch (error) {
      if (error instanceof VitrineError) return error;
      throw error;
    }
  }

  async relations<V extends object>(
    kind: RecordKind<V>,
    record: Unrelated<V>,
    caller: Caller,
    at: string,
  ): Promise<ReadonlySet<Relation>> {
    const [relations] = await kind.relations(caller, [record], this.#lookups(at));
    return relations ?? new Set();
  }

  /** Every record of a list that stood then, each as it stood. */
  async #listed<V extends object>(
    kind: RecordKind<V>,
    list: ListColumn,
    thread: string,
    at: string,
  ): Promise<readonly Unrelated<V>[]> {
    const records = await this.#reader.complete(kind, list, thread);
    const then = await Promise.all(
      records.map(async (record) => {
        if (record.anchor.time <= at) return record;
        return record.head.version === 1 ? null : this.record(kind, record.head.id, at);
      }),
    );
    return then.filter((record) => record !== null);
  }

  /** The facts that relations rest on, as they stood: the same kinds ask them as do for a request. */
  #lookups(at: string): RelationLookups {
    return {
      now: () => new Date(at),
      treated: (patients, institution, except, since) =>
        this.#treated(patients, institution, except, since, at),
      keepers: async (patients) => {
        const keepers = new Map<string, string>();
        for (const patient of patients) {
          const file = await this.record(patientKind, patient, at);
          if (file !== null && file.head.custodian !== null) keepers.set(patient, file.head.custodian);
        }
        return keepers;
      },
      linked: (patients) =>
        groupsOf(patients, async (patient): Promise<readonly LinkFacts[]> => {
          const links = await this.#listed(linkKind, LINKS_OF, patient, at);
          return links.map(({ values }) => values);
        }),
      consents: async (patients) => {
        const facts = new Map<string, readonly ConsentFact[]>();
        for (const patient of patients)
          facts.set(patient, factsInForce(await this.#listed(consentKind, 'patient', patient, at), at));
        return facts;
      },
      viewed: async (patients, institution) => {
        const views = new Map<string, readonly ViewFact[]>();
        for (const patient of patients) {
          const open = await this.#viewed(patient, institution, at);
          if (open.length > 0) views.set(patient, open);
        }
        return views;
      },
    };
  }

  async #treated(
    patients: readonly string[],
    institution: string,
    except: (member: string) => boolean,
    since: string,
    at: string,
  ): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const patient of patients) {
      const encounters = await this.#listed(encounterKind, 'patient', patient, at);
      const isEvidence = (encounter: (typeof encounters)[number]): boolean =>
        encounter.head.custodian === institution &&
        isCareSince(encounter, since, at) &&
        !except(encounter.anchor.actor);
      if (encounters.some(isEvidence)) found.add(patient);
    }
    return found;
  }

  async #viewed(patient: string, institution: string, at: string): Promise<readonly ViewFact[]> {
    const views = await this.#listed(viewKind, 'patient', patient, at);
    return views.flatMap(({ values: view }) => {
      const isOpen = view.act === 'OPENED' && view.institution === institution && view.expiresAt > at;
      return isOpen && view.purpose !== null ? [{ member: view.member, purpose: view.purpose }] : [];
    });
  }
}
