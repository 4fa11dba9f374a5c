/** A file that moved: what lists by its old keeper show, and what the move relied on. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { State } from '../../support/state.js';

let state: State;

beforeAll(async () => {
  state = await State.open();
});
afterAll(() => state.close());

async function made(who: string, mutation: string, noun: string, input: object): Promise<string> {
  const { data, messages } = await state.mutate(who, mutation, { ...input }, `${noun} { id }`);
  const record = ((data[mutation] ?? {}) as Record<string, { id: string } | undefined>)[noun];
  if (record === undefined) throw new Error(messages.join('; '));
  return record.id;
}

const register = (who = 'registrar.city', more: object = {}) =>
  made(who, 'registerPatient', 'patient', {
    identifiers: [{ system: `urn:custody:${randomUUID()}`, value: '1' }],
    names: [{ family: 'Wanderer', given: ['Wilma'] }],
    birthDate: '1960-02-03',
    ...more,
  });

const link = (patient: string, other: string) =>
  made('registrar.city', 'linkPatients', 'link', { patient, other, evidence: 'Known' });

async function hold(id: string): Promise<string> {
  const input = { requestId: randomUUID(), kind: 'PATIENT', id, reason: 'A court' };
  const mutation = 'mutation ($input: HoldInput!) { placeHold(input: $input) { record { id } } }';
  const { data } = await state.run('regulator.one', mutation, { input });
  return (data['placeHold'] as { record: { id: string } }).record.id;
}

/** @returns the entry of the transfer */
async function hand(patient: string): Promise<bigint> {
  const input = { patient, expectedVersion: 1, institution: state.ids['harbour'] };
  const people = ['registrar.city', 'registrar.harbour'] as const;
  const { data, messages } = await state.approved(people, 'transferCustody', input, 'receipt { index }');
  expect(messages).toEqual([]);
  return BigInt((data['transferCustody'] as { receipt: { index: string } }).receipt.index);
}

it('leaves neither gaps nor empty pages in lists of its old keeper', async () => {
  const [stays, moves] = [await register(), await register()];
  const kept = { patientLinks: await link(stays, await register()), holds: await hold(stays) };
  await link(moves, await register('registrar.harbour'));
  await hold(moves);
  await hand(moves);
  for (const [list, id] of Object.entries(kept)) {
    const page = '{ edges { node { id } } pageInfo { hasNextPage } }';
    const { data } = await state.run('registrar.city', `{ ${list}(first: 1) ${page} }`);
    expect(data[list]).toEqual({ edges: [{ node: { id } }], pageInfo: { hasNextPage: false } });
  }
});

it('relied on what opened it to its new keeper: taken back meanwhile, that moves nothing', async () => {
  const patient = await register('registrar.city', { label: 'HIV' });
  const consent = await made('registrar.city', 'grantConsent', 'consent', {
    patient,
    recordedFor: { reference: 'P' },
    type: 'LABEL_GRANT',
    institution: state.ids['harbour'],
    label: 'HIV',
  });
  const entry = await hand(patient);
  const { trusted } = state.system.ledger;
  const { opening } = await trusted.entryAt(entry);
  expect(opening.detail?.['authority']).toContain(Number(trusted.subject('Consent', consent)?.index));
});
