import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programmeKind, type ProgrammeValues } from '../../src/finance/index.js';
import { VitrineError } from '../../src/ledger/core/index.js';
import { type AnyChange, creation, firstHead, newId } from '../../src/uploads/index.js';
import { State } from '../support/state.js';

let state: State;
beforeAll(async () => {
  state = await State.open();
});
afterAll(() => state.close());

/** A new programme; its id is another each time, as a service's are. */
function programme(code: string, custodian: string | null): AnyChange {
  const values: ProgrammeValues = {
    code,
    title: 'Twice',
    currency: 'EUR',
    budget: '100',
    validFrom: '2026-01-01',
    validUntil: null,
  };
  const permission = { roles: ['REGULATOR'], relations: [] } as const;
  const terms = { op: 'programme.create', permission, licensed: false };
  return creation(programmeKind, firstHead(programmeKind, newId(), { custodian }), values, terms);
}

/** The same request twice: the second is sent while the first is being checked, and is accepted before it. */
async function overtaken(then: (change: AnyChange) => AnyChange[]) {
  const request = { requestId: randomUUID(), input: { twice: randomUUID() } };
  const [slow, fast] = await Promise.all([state.context('regulator.one'), state.context('regulator.one')]);
  const build = () => [programme(`P-${request.requestId}`, slow.caller?.institution ?? null)];
  let first: unknown;
  const second = slow.uploads.submit(request, async () => {
    first = await fast.uploads.submit(request, () => Promise.resolve(build()));
    return build().flatMap(then);
  });
  return { first: () => first as { id: string }[], second: await second };
}

describe('a request that is accepted while the same one is checked', () => {
  it('gets the receipt and the record of the first, not ids of its own', async () => {
    const { first, second } = await overtaken((change) => [change]);
    expect(second).toEqual(first().map((one) => ({ ...one, repeated: true })));
  });

  it('gets them too when its check fails because of what the first one did', async () => {
    const { first, second } = await overtaken(() => {
      throw new VitrineError('CONFLICT', 'the version is not the newest');
    });
    expect(second).toEqual(first().map((one) => ({ ...one, repeated: true })));
  });

  it('is refused when it was never accepted', async () => {
    const { uploads } = await state.context('regulator.one');
    const submitted = uploads.submit({ requestId: randomUUID(), input: {} }, () =>
      Promise.reject(new VitrineError('CONFLICT', 'the version is not the newest')),
    );
    await expect(submitted).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
