/** Records encounters in batches, each batch by the institution that provided them. */
import { EncountersDocument, RecordEncountersDocument } from '../../client/index.js';
import type {
  EncounterFieldsFragment,
  EncounterInput,
  RecordEncountersMutation,
  VitrineClient,
} from '../../client/index.js';
import type { PlannedEncounter } from '../../fhir/index.js';
import { refusalOf } from './refusal.js';
import { asJson, requestIdOf } from './request-id.js';
import type { Counts } from './summary.js';

/** The API's limit. */
const BATCH = 256;

/** Well below the largest request body (1 MiB by default), for what stands around the encounters. */
const BATCH_CHARACTERS = 400_000;

export interface CareContext {
  readonly origin: string;
  /** Ids. */
  readonly institution: string;
  readonly patient: string;
  readonly counts: Counts;
  readonly refuse: (path: string, message: string, code?: string) => void;
}

/** Records a patient's encounters of one institution. What is refused is told, and the others go on. */
export async function recordEncounters(
  client: VitrineClient,
  encounters: readonly PlannedEncounter[],
  context: CareContext,
): Promise<void> {
  for (const batch of batchesOf(encounters)) await recordBatch(client, batch, context);
}

/** Cuts encounters into batches, always the same ones. */
function batchesOf(encounters: readonly PlannedEncounter[]): PlannedEncounter[][] {
  const batches: PlannedEncounter[][] = [];
  let room = 0;
  for (const encounter of encounters) {
    const size = JSON.stringify(encounter.values).length;
    const last = batches.at(-1);
    if (last === undefined || last.length === BATCH || room < size) {
      batches.push([encounter]);
      room = BATCH_CHARACTERS - size;
    } else {
      last.push(encounter);
      room -= size;
    }
  }
  return batches;
}

/** All in one block; if the server refuses that, each for itself, to learn which it is. */
async function recordBatch(
  client: VitrineClient,
  batch: readonly PlannedEncounter[],
  context: CareContext,
): Promise<void> {
  try {
    let payload: Payload;
    try {
      payload = await send(client, batch, context, 'ALL');
    } catch (error) {
      refusalOf(error);
      payload = await send(client, batch, context, 'EACH');
    }
    await tell(client, batch, context, payload);
  } catch (error) {
    const { message, code } = refusalOf(error);
    for (const { path } of batch) context.refuse(path, message, code);
  }
}

type Payload = RecordEncountersMutation['recordEncounters'];

async function send(
  client: VitrineClient,
  batch: readonly PlannedEncounter[],
  { origin, institution, patient }: CareContext,
  mode: 'ALL' | 'EACH',
): Promise<Payload> {
  const encounters: EncounterInput[] = batch.map(({ values }) => ({ patient, ...values }));
  const about = `${institution} ${patient} ${mode}`;
  const requestId = requestIdOf(origin, 'recordEncounters', about, asJson(encounters));
  const { recordEncounters: payload } = await client.request(RecordEncountersDocument, {
    input: { requestId, encounters, mode },
  });
  return payload;
}

async function tell(
  client: VitrineClient,
  batch: readonly PlannedEncounter[],
  { patient, counts, refuse }: CareContext,
  payload: Payload,
): Promise<void> {
  const refused = new Map(payload.refused.map((part) => [part.part, part]));
  const accepted = batch.filter((_, part) => !refused.has(part));
  payload.receipts.forEach(({ index }, place) => {
    if (counts.encounter(index)) counts.diagnoses(accepted[place]?.values.diagnoses.length ?? 0);
  });
  for (const [part, { code, message, path }] of refused) {
    const encounter = batch[part];
    if (encounter === undefined) continue;
    if (code === 'CONFLICT' && (await isRecorded(client, patient, encounter))) counts.encounter(null);
    else refuse(encounter.path, message + placeOf(path), code);
  }
}

/**
 * Whether the encounter stands there with the same content, as far as a registrar may read it: a file that was
 * imported before and has grown since holds it again, in another batch.
 */
async function isRecorded(
  client: VitrineClient,
  patient: string,
  { values }: PlannedEncounter,
): Promise<boolean> {
  const { data } = await client.requestPartial(EncountersDocument, {
    filter: { patient, start: { from: values.start, to: later(values.start) } },
    first: 100,
  });
  const nodes = data?.encounters?.edges.map(({ node }) => node) ?? [];
  return nodes.some((node) => node !== null && isSame(node, values));
}

/** A millisecond later, so that the range holds the start whether or not it holds its end. */
function later(time: string): string {
  return new Date(Date.parse(time) + 1).toISOString();
}

/** Where in the encounter: ` (practitioner.name)`. The path begins with `input`, `encounters` and the place. */
function placeOf(path: readonly unknown[] | null): string {
  const inside = (path ?? []).slice(3).join('.');
  return inside === '' ? '' : ` (${inside})`;
}

function isSame(node: EncounterFieldsFragment, values: PlannedEncounter['values']): boolean {
  const own = values.identifier;
  const same = (a: unknown, b: unknown) => (a ?? null) === (b ?? null);
  return (
    own !== undefined &&
    node.identifier?.system === own.system &&
    node.identifier.value === own.value &&
    node.start === values.start &&
    same(node.end, values.end) &&
    node.class === values.class &&
    node.status === values.status &&
    same(node.serviceCode?.code, values.serviceCode?.code) &&
    same(node.practitioner?.name, values.practitioner?.name) &&
    (node.diagnoses === null || isSameCodes(node.diagnoses, values.diagnoses))
  );
}

/** Diagnoses are read where the caller may; null: it may not, and they can't be compared. */
function isSameCodes(
  stored: readonly { readonly code: { readonly code: string | null } }[],
  given: readonly { readonly code: { readonly code?: string } }[],
): boolean {
  const codes = (list: readonly { readonly code: { readonly code?: string | null } }[]) =>
    list.map(({ code }) => code.code ?? '').join(' ');
  return codes(stored) === codes(given);
}
