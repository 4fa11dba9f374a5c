/** How many requests of one member may wait at a time: whoever endorses looks through all of them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { State } from '../../support/state.js';

let state: State;
beforeAll(async () => {
  state = await State.open({ open: 2 });
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
