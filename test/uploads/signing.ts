/** A ministry, three hospitals and their people, each with a key of its own, over real HTTP. */
import { randomUUID } from 'node:crypto';
import { signVersion, type SignedChange, type StatementSigner } from '../../src/client/index.js';
import { encounterKind, encounterValues } from '../../src/clinical/index.js';
import { base64url, type JsonObject } from '../../src/ledger/core/index.js';
import { idAt, newSigner } from '../support/own-key.js';
import { TestVitrine, type Answer } from '../support/vitrine.js';

export const DAY = 24 * 60 * 60_000;
export const PERSON = {
  identifiers: [{ system: 'https://id.test/national', value: '1' }],
  names: [{ family: 'Adler' }],
  birthDate: '1980-02-03',
};
export const LICENCE = { number: 'L-1', state: 'ACTIVE', validFrom: '2020-01-01' };

export let vitrine: TestVitrine;
/** The server's clock: it stands still. Ids that the server makes are of the wall clock, which mustn't be far. */
export const time = { now: Date.now() };
export const ids: Record<string, string> = {};
export const keys: Record<string, StatementSigner> = {};

/** A mutation that must be accepted; gives the id of the record that its payload names. */
export async function must(persona: string, name: string, input: object, record: string): Promise<string> {
  const answer = await vitrine.mutate<Record<string, Record<string, { id: string }>>>(
    persona,
    name,
    { ...input },
    `${record} { id }`,
  );
  const id = answer.data?.[name]?.[record]?.id;
  if (id === undefined) throw new Error(`${name} was refused: ${answer.text}`);
  return id;
}

async function institution(name: string): Promise<void> {
  const input = {
    name,
    kind: 'HOSPITAL',
    ownership: 'PUBLIC',
    region: 'north',
    identifiers: [],
    licence: LICENCE,
  };
  ids[name] = await must('regulator.one', 'registerInstitution', input, 'institution');
}

/** Enrols a member with a key of its own. */
async function enrol(subject: string, place: string, roles: readonly string[]): Promise<void> {
  const signer = (keys[subject] = newSigner());
  const publicKey = Buffer.from(signer.publicKey).toString('base64');
  const input = { institution: ids[place], subject, name: subject, roles, publicKey };
  ids[subject] = await must('regulator.one', 'enrolMember', input, 'member');
}

/** Starts it with its people. */
export async function open(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  vitrine = await TestVitrine.start({ sample: false, clock: () => new Date(time.now), settings });
  for (const name of ['city', 'north', 'closed']) await institution(name);
  for (const [subject, place, roles] of [
    ['clinician', 'city', ['CLINICIAN']],
    ['colleague', 'city', ['CLINICIAN']],
    ['rotated', 'city', ['CLINICIAN']],
    ['stranger', 'north', ['CLINICIAN']],
    ['unlicensed', 'closed', ['CLINICIAN']],
    ['reporter', 'city', ['REPORTER']],
    ['registrar', 'city', ['REGISTRAR']],
  ] as const)
    await enrol(subject, place, roles);
  ids['patient'] = await must('registrar', 'registerPatient', PERSON, 'patient');
}

/** What is recorded, but for what one case makes otherwise. */
export interface Wish {
  readonly as?: string;
  /** What is sent. */
  readonly input?: object;
  /** What is signed, where that is something else. */
  readonly values?: object;
  readonly signer?: StatementSigner;
  readonly requestId?: string;
  readonly id?: string;
  readonly op?: string;
  readonly head?: object;
  readonly over?: Partial<Parameters<typeof signVersion>[1]>;
  readonly forge?: (signed: SignedChange) => SignedChange | Promise<SignedChange>;
}

export const CARE = {
  class: 'AMB',
  status: 'FINISHED',
  start: new Date(time.now - 60_000).toISOString(),
  note: 'Fever.',
};

/** The version of an encounter as the server will seal it. */
export function version(wish: Wish, institution: string) {
  const values = encounterValues.parse({ patient: ids['patient'], ...CARE, ...wish.input, ...wish.values });
  const head = {
    kind: encounterKind.name,
    schema: encounterKind.schema,
    id: wish.id ?? idAt(new Date(time.now)),
    version: 1,
    custodian: institution,
    patient: ids['patient'] ?? '',
    jurisdiction: null,
    label: null,
    retention: null,
    ...wish.head,
  };
  return { op: wish.op ?? 'encounter.record', head, values, supersedes: null };
}

export async function sign(wish: Wish): Promise<{ requestId: string; signed: SignedChange }> {
  const { as = 'clinician', requestId = randomUUID() } = wish;
  const place = as === 'stranger' ? 'north' : as === 'unlicensed' ? 'closed' : 'city';
  const institution = ids[place] ?? '';
  const signer = wish.signer ?? keys[as] ?? newSigner();
  const request = {
    origin: 'vitrine.test/log',
    institution,
    requestId,
    issued: new Date(time.now),
    ...wish.over,
  };
  const made = await signVersion(version(wish, institution), request, signer);
  return { requestId, signed: (await wish.forge?.(made)) ?? made };
}

export const ENTRY = `requestId repeated
  receipt { index entry { opening { op mode key signature detail } } }
  encounter { id version note anchor { leafHash } proof { bundle } }`;

export interface Recorded {
  readonly recordEncounter: {
    readonly repeated: boolean;
    readonly receipt: {
      readonly index: string;
      readonly entry: {
        readonly opening: { op: string; mode: string; key: string; signature: string; detail: JsonObject };
      };
    };
    readonly encounter: { id: string; version: number; note: string; anchor: { leafHash: string } };
  };
}

export async function record(wish: Wish = {}): Promise<Answer<Recorded> & { signed: SignedChange }> {
  const { requestId, signed } = await sign(wish);
  const input = { requestId, patient: ids['patient'], ...CARE, ...wish.input, signed };
  const answer = await vitrine.mutate<Recorded>(wish.as ?? 'clinician', 'recordEncounter', input, ENTRY);
  return { ...answer, signed };
}

export async function logSize(): Promise<string> {
  const { data } = await vitrine.ask<{ checkpoint: { size: string } }>(null, '{ checkpoint { size } }');
  return data?.checkpoint.size ?? '';
}

/** The newest request that somebody may see, with why it was denied. */
export async function newestRequest(who: string): Promise<unknown> {
  const { data } = await vitrine.ask<{ uploadRequests: { edges: { node: unknown }[] } }>(
    who,
    '{ uploadRequests(first: 1) { edges { node { state requestId reasons { rule code } } } } }',
  );
  return data?.uploadRequests.edges[0]?.node;
}

/** The compact JWS with its payload changed, under the signature from before. */
export function edited(signed: SignedChange, edit: (text: string) => string): SignedChange {
  const [header = '', payload = '', signature = ''] = signed.statement.split('.');
  const text = edit(Buffer.from(payload, 'base64url').toString());
  return { ...signed, statement: `${header}.${Buffer.from(text).toString('base64url')}.${signature}` };
}

export const rules = ({ errors }: Answer<unknown>) =>
  errors[0]?.extensions.problems?.map((problem) => (problem as { rule?: string }).rule);

export async function licence(state: string): Promise<void> {
  const query = `{ institution(id: "${ids['closed']}") { version } }`;
  const { data } = await vitrine.ask<{ institution: { version: number } }>('regulator.one', query);
  const input = {
    institution: ids['closed'],
    expectedVersion: data?.institution.version,
    licence: { ...LICENCE, state },
  };
  await must('regulator.one', 'changeLicence', input, 'institution');
}

/** Signed by a key that isn't the one it names. */
export async function underOther(made: SignedChange): Promise<string> {
  const [header = '', payload = ''] = made.statement.split('.');
  const signature = await newSigner().sign(Buffer.from(`${header}.${payload}`));
  return `${header}.${payload}.${base64url(signature)}`;
}

/** Another payload, signed by the clinician's key. */
export async function signedAnew(made: SignedChange, edit: (text: string) => string): Promise<SignedChange> {
  const [header = '', payload = ''] = edited(made, edit).statement.split('.');
  const signature = await (keys['clinician'] ?? newSigner()).sign(Buffer.from(`${header}.${payload}`));
  return { ...made, statement: `${header}.${payload}.${base64url(signature)}` };
}

/** The member's key of before. */
export async function revoked(): Promise<Wish> {
  const signer = keys['rotated'] as StatementSigner;
  const input = {
    member: ids['rotated'],
    expectedVersion: 1,
    publicKey: Buffer.from(newSigner().publicKey).toString('base64'),
  };
  await must('rotated', 'rotateKey', input, 'member');
  return { as: 'rotated', signer };
}

export function early(): Wish {
  const issued = new Date(time.now + 6 * 60_000);
  return { over: { issued }, id: idAt(issued) };
}

export interface FiledReport {
  readonly id: string;
  readonly anchor: { readonly leafHash: string };
}

/** A report of `city` whose day to be filed is long past. */
export async function lateReport(): Promise<FiledReport> {
  const indicators = [{ code: 'beds', label: 'Beds', type: 'INTEGER', required: true }];
  const form = { code: 'beds', title: 'Beds', period: 'MONTH', dueDays: 5, indicators };
  await must('regulator.one', 'defineForm', form, 'form');
  const figures = { form: 'beds', period: '2020-01', indicators: [{ code: 'beds', value: '12' }] };
  const { data, text } = await vitrine.mutate<{ fileReport: { report: FiledReport } }>(
    'reporter',
    'fileReport',
    figures,
    'report { id anchor { leafHash } }',
  );
  if (data === null) throw new Error(text);
  return data.fileReport.report;
}
