/** The facts that relations to records rest on, asked of the store: every row that counts has been verified. */
import type { EncounterValues, LinkFacts } from '../clinical/index.js';
import {
  encounterKind,
  givesTreating,
  groupsOf,
  linkKind,
  LINKS_OF,
  patientKind,
} from '../clinical/index.js';
import type { Condition, ConsentFact, LookupsFor, RecordStore, Unrelated } from '../records/index.js';
import { VitrineError } from '../ledger/core/index.js';
import { consentKind, factsInForce, openViews } from '../viewing/index.js';

/** Rows read at once: the first few nearly always answer. */
const PAGE = 50;

/** Every verified encounter that the conditions meet. One that doesn't verify gives no relation. */
async function* encounters(
  store: RecordStore,
  where: readonly Condition[],
): AsyncGenerator<Unrelated<EncounterValues>> {
  let after: string | null = null;
  do {
    const listed = await store.find(encounterKind, { where, first: PAGE, after });
    for (const { outcome } of listed.slice(0, PAGE)) {
      // The kind tells what its values are.
      if (!(outcome instanceof VitrineError)) yield outcome as Unrelated<EncounterValues>;
    }
    after = listed.length > PAGE ? (listed[PAGE - 1]?.cursor ?? null) : null;
  } while (after !== null);
}

/**
 * All links of a patient, in whatever state; mostly none, and else mostly kept.
 * @throws VitrineError INTEGRITY_VIOLATION when one is missing or doesn't verify: what it opens or closes can't be told
 */
async function linksOf(store: RecordStore, patient: string): Promise<readonly LinkFacts[]> {
  const links = (await store.whole.of(linkKind, LINKS_OF, [patient])).get(patient) ?? [];
  return links.map(({ values }) => values);
}

/** Who keeps each file, by its newest version: verified once, and then from memory. */
async function keepersOf(
  store: RecordStore,
  patients: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const files = await Promise.all([...new Set(patients)].map((id) => store.facts.newest(patientKind, id)));
  const keepers = new Map<string, string>();
  for (const file of files)
    if (file !== null && file.head.custodian !== null) keepers.set(file.head.id, file.head.custodian);
  return keepers;
}

/** Makes the lookups of one request. */
export function lookupsFor(clock: () => Date): LookupsFor {
  return (store) => ({
    now: clock,
    treated: async (patients, institution, except, since) => {
      const found = new Set<string>();
      if (patients.length === 0) return found;
      const where: readonly Condition[] = [
        { column: 'patient', op: 'in', value: patients },
        { column: 'custodian', op: 'eq', value: institution },
        { column: 'retracted', op: 'eq', value: false },
        { column: 'startedAt', op: 'lte', value: clock().toISOString() },
      ];
      const ends: readonly Condition[] = [
        { column: 'endedAt', op: 'isNull', value: true },
        { column: 'endedAt', op: 'gte', value: since },
      ];
      for (const end of ends) {
        for await (const encounter of encounters(store, [...where, end])) {
          const { values, anchor } = encounter;
          // Evidence that the caller wrote itself is none (design: access, "Views").
          if (givesTreating(encounter) && !except(anchor.actor)) found.add(values.patient);
          if (found.size === patients.length) return found;
        }
      }
      return found;
    },
    viewed: (patients, institution) => openViews(store, patients, institution, clock()),
    keepers: (patients) => keepersOf(store, patients),
    linked: (patients) => groupsOf(patients, (patient) => linksOf(store, patient)),
    consents: async (patients) => {
      const lists = await store.whole.of(consentKind, 'patient', patients);
      const now = clock().toISOString();
      const facts = new Map<string, readonly ConsentFact[]>();
      for (const [patient, consents] of lists) facts.set(patient, factsInForce(consents, now));
      return facts;
    },
  });
}
