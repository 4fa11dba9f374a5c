/** Bounds on what one member brings about: requests that wait, since whoever endorses looks through all of them, and denials. */
import { randomUUID } from 'node:crypto';
import { graphql } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { uploadIdOf, uploadKind } from '../../../src/uploads/index.js';
import { State } from '../../support/state.js';

let state: State;
beforeAll(async () => {
  state = await State.open({ open: 2, denials: 3 });
});
afterAll(() => state.close());

/** City asks to be paid elsewhere, which waits for a regulator. */
const ask = (holder: string) =>
  state.mutate(
    'finance.city',
    'amendInstitution',
    { institution: state.ids['city'], account: { iban: 'DE89370400440532013000', holder } },
    'requestId',
  );

it('as many as are allowed wait; the next one is refused, and asked for again once one is withdrawn', async () => {
  const first = await ask('Wing one');
  expect(first.codes).toEqual(['ENDORSEMENT_PENDING']);
  expect((await ask('Wing two')).codes).toEqual(['ENDORSEMENT_PENDING']);
  const before = state.system.ledger.trusted.size;
  const third = await ask('Wing three');
  expect(third.codes).toEqual(['RATE_LIMITED']);
  expect(third.errors[0]?.details).toMatchObject({ rule: 'rate', open: 2 });
  expect(state.system.ledger.trusted.size).toBe(before);
  const upload = String(first.errors[0]?.details['upload']);
  const withdrawn = await state.mutate(
    'finance.city',
    'denyUpload',
    { upload, reasons: ['another one'] },
    'requestId',
  );
  expect(withdrawn.codes, withdrawn.messages.join()).toEqual([]);
  expect((await ask('Wing three')).codes).toEqual(['ENDORSEMENT_PENDING']);
});

it('as many denials a minute are written as are allowed, however many processes write them', async () => {
  const other = await state.another();
  const refuse = async (requestId: string, at = state.system) => {
    const source = 'mutation ($input: SuspendMemberInput!) { suspendMember(input: $input) { requestId } }';
    const input = { requestId, member: randomUUID(), expectedVersion: 1, reason: 'x' };
    const contextValue = await state.context('clinician.city', at);
    const { errors } = await graphql({
      schema: state.schema,
      source,
      variableValues: { input },
      contextValue,
    });
    expect(errors?.map(({ message }) => message).join()).toContain('expected a member with the role');
  };
  const member = state.ids['clinician.city'] ?? '';
  const written = async (requestIds: readonly string[]) => {
    await state.system.ledger.sync();
    const { trusted } = state.system.ledger;
    return requestIds.filter((one) => trusted.hasSubject(uploadKind.name, uploadIdOf(member, one))).length;
  };
  const all = Array.from({ length: 10 }, () => randomUUID());
  await Promise.all(all.map((one, place) => refuse(one, place % 2 ? other : state.system)));
  expect(await written(all)).toBe(3);
  state.now = new Date(state.now.getTime() + 60_000);
  const later = [randomUUID(), randomUUID()];
  await refuse(later[0] ?? '', other);
  await refuse(later[1] ?? '');
  expect(await written(later)).toBe(2);
});
