/** What is shown of the keys that signed an upload request: what proves them, and nothing about a patient. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKeys, parseOpening, thumbprint } from '../../../src/ledger/core/index.js';
import { idAt, newSigner, signed } from '../../support/own-key.js';
import { State } from '../../support/state.js';

let state: State;
beforeAll(async () => {
  state = await State.open();
});
afterAll(() => state.close());

const made = async (by: string, name: string, input: Record<string, unknown>, record: string) => {
  const { data, errors } = await state.mutate(by, name, input, `${record} { id }`);
  if (errors[0] !== undefined) throw errors[0];
  return (data[name] as Record<string, { id: string }>)[record]?.id ?? '';
};

/** Asks for the first version of a record as a member with a key of its own; the openings that an auditor is shown. */
async function shown(subject: string, kind: string, op: string, more: Record<string, unknown>) {
  const signer = newSigner();
  const publicKey = Buffer.from(signer.publicKey).toString('base64');
  const member = { subject, publicKey, ...more };
  await made('registrar.city', 'enrolMember', member, 'member');
  const [requestId, now] = [randomUUID(), state.now];
  const head = {
    ...{ kind, schema: 1, id: idAt(now), version: 1, custodian: null },
    ...{ patient: null, jurisdiction: null, label: null, retention: null },
  };
  const institution = typeof more['institution'] === 'string' ? more['institution'] : null;
  const { statement } = await signed(
    signer,
    { op, head, values: { any: 'value' }, supersedes: null },
    { origin: 'state.test/log', institution, requestId, issued: now },
  );
  const input = { requestId, statements: [statement] };
  const id = await made(subject, 'requestUpload', input, 'uploadRequest');
  const { data } = await state.run(
    'auditor',
    `{ uploadRequest(id: "${id}") { keyEntries { index bytes } } }`,
  );
  const { keyEntries } = data['uploadRequest'] as { keyEntries: { bytes: string }[] };
  return { keyEntries, kid: thumbprint(signer.publicKey) };
}

describe('the entries about the keys of an upload request', () => {
  it('are the registration of a member’s own key', async () => {
    const more = { institution: state.ids['city'], name: 'Ann', roles: ['REPORTER'] };
    const { keyEntries, kid } = await shown('ann', 'Report', 'report.file', more);
    const keys = keyEntries.flatMap(({ bytes }) =>
      parseKeys(parseOpening(Uint8Array.from(Buffer.from(bytes, 'base64'))).detail),
    );
    expect(keys.map((key) => key.thumbprint)).toEqual([kid]);
  });

  it('are none for a patient, whose enrolment names the patient that it is', async () => {
    const person = { names: [{ family: 'Moreau', given: ['Ines'] }], birthDate: '1979-03-02' };
    const patient = await made(
      'registrar.city',
      'registerPatient',
      { ...person, unidentified: true },
      'patient',
    );
    const { keyEntries } = await shown('ines', 'Consent', 'consent.grant', { roles: ['PATIENT'], patient });
    expect(keyEntries).toEqual([]);
  });
});
