/** Denials, by every mutation of the schema: whatever a rule refuses of a signed-in member is on the log, up to a bound. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLInputType,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS, OPERATIONS, servedSchema } from '../../../src/federation/index.js';
import { VitrineError } from '../../../src/ledger/core/index.js';
import {
  mutationsOf,
  permissionsOf,
  uploadIdOf,
  uploadKind,
  type UploadValues,
} from '../../../src/uploads/index.js';
import { idAt, newSigner, signed } from '../../support/own-key.js';
import { State } from '../../support/state.js';

let state: State;
beforeAll(async () => {
  state = await State.open({ denials: 1000 });
});
afterAll(() => state.close());

async function denialOf(by: string, requestId: string, part?: number): Promise<UploadValues | null> {
  const id = uploadIdOf(state.ids[by] ?? '', requestId, part);
  await state.system.ledger.sync();
  const found = (await state.system.system.store.load(uploadKind, [id])).get(id);
  if (found instanceof VitrineError) throw found;
  return (found?.values as UploadValues | undefined) ?? null;
}

const mutations = (servedSchema().getMutationType() as GraphQLObjectType).getFields();

const BY_SCALAR: Readonly<Record<string, () => unknown>> = {
  UUID: randomUUID,
  ID: randomUUID,
  Int: () => 1,
  Boolean: () => true,
  Date: () => '2026-01-01',
  DateTime: () => '2026-01-01T00:00:00.000Z',
  BigInt: () => '1',
  Base64: () => Buffer.alloc(32).toString('base64'),
};

/** Anything that the type takes; what may be left out is left out. */
function anyOf(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return anyOf(type.ofType);
  if (isListType(type)) return [anyOf(type.ofType)];
  if (isEnumType(type)) return type.getValues()[0]?.name;
  if (isInputObjectType(type)) return inputOf(type);
  return (BY_SCALAR[type.name] ?? (() => 'x'))();
}

function inputOf(type: GraphQLInputObjectType): Record<string, unknown> {
  const required = Object.values(type.getFields()).filter(({ type: field }) => isNonNullType(field));
  return Object.fromEntries(required.map(({ name, type: field }) => [name, anyOf(field)]));
}

function argumentOf(name: string): GraphQLInputObjectType {
  const type = mutations[name]?.args[0]?.type;
  const bare = type !== undefined && isNonNullType(type) ? (type.ofType as unknown) : type;
  return bare as GraphQLInputObjectType;
}

function send(by: string | null, name: string, input: Record<string, unknown>) {
  const source = `mutation ($input: ${argumentOf(name).name}!) { ${name}(input: $input) { requestId } }`;
  return state.run(by, source, { input });
}

/**
 * Mutations that are for an auditor, too: here it isn't the role that refuses.
 * rotateKey: the member is none that the caller may see; openView: the purpose is for others; the others: there is no such
 * request, or no readable statement.
 */
const FOR_ANY_ROLE: Readonly<Record<string, { rule: string; code: string }>> = {
  rotateKey: { rule: 'visible', code: 'NOT_FOUND' },
  openView: { rule: 'purpose-role', code: 'FORBIDDEN' },
  requestUpload: { rule: 'signature', code: 'SIGNATURE_INVALID' },
  endorseUpload: { rule: 'visible', code: 'NOT_FOUND' },
  denyUpload: { rule: 'visible', code: 'NOT_FOUND' },
};

describe('a batch of which each part stands alone', () => {
  let patient: string;
  beforeAll(async () => {
    const input = {
      identifiers: [{ system: 'urn:batch', value: randomUUID() }],
      names: [{ family: 'Batch' }],
    };
    const made = await state.mutate('registrar.city', 'registerPatient', input, 'patient { id }');
    patient = (made.data['registerPatient'] as { patient: { id: string } }).patient.id;
  });

  interface Payload {
    readonly receipts: readonly object[];
    readonly refused: readonly { part: number; code: string; path: string[]; upload: string | null }[];
  }

  const visit = (of: string, note: string) => ({
    ...{ patient: of, class: 'AMB', status: 'FINISHED', start: '2026-06-10T10:00:00Z' },
    note,
  });

  async function sendAll(by: string, requestId: string, encounters: readonly object[]) {
    const selection = 'receipts { index } refused { part code path upload }';
    const answer = await state.mutate(
      by,
      'recordEncounters',
      { mode: 'EACH', encounters },
      selection,
      requestId,
    );
    return { ...answer, payload: answer.data['recordEncounters'] as Payload | null };
  }

  const send = (by: string, requestId: string, patients: readonly string[]) =>
    sendAll(
      by,
      requestId,
      patients.map((of, part) => visit(of, `part ${part}`)),
    );

  it.each([0, 1, 2])(
    'is denied at part %d, by its path and under its own id, where a rule refuses that',
    async (bad) => {
      const requestId = randomUUID();
      const signed = { statement: 'e30.e30', seed: 'A'.repeat(43) };
      const unsigned = [0, 1, 2].map((part) => visit(patient, `part ${part}`));
      const encounters = unsigned.map((item, part) => (part === bad ? { ...item, signed } : item));
      const { payload } = await sendAll('clinician.city', requestId, encounters);
      expect(payload?.receipts).toHaveLength(2);
      const path = ['input', 'encounters', String(bad), 'signed', 'statement'];
      expect(payload?.refused).toEqual([{ part: bad, code: 'SIGNATURE_INVALID', path, upload: null }]);
      const reasons = [{ rule: 'signature', code: 'SIGNATURE_INVALID' }];
      for (const part of [0, 1, 2, undefined]) {
        const denial = await denialOf('clinician.city', requestId, part);
        if (part === bad)
          expect(denial).toMatchObject({ state: 'DENIED', request: requestId, part, reasons });
        else expect(denial).toBeNull();
      }
      // Another part's refusal is none of this one's: the same again, mended, has the other parts' receipts.
      const mended = await sendAll('clinician.city', requestId, unsigned);
      expect(mended.payload?.receipts).toHaveLength(2);
      const upload = uploadIdOf(state.ids['clinician.city'] ?? '', requestId, bad);
      expect(mended.payload?.refused).toMatchObject([{ part: bad, code: 'UPLOAD_DENIED', upload }]);
    },
  );

  it('is denied as a whole, and at no part, where it was refused before its parts were looked at', async () => {
    const requestId = randomUUID();
    const { codes } = await send('finance.city', requestId, [patient, patient]);
    expect(codes).toEqual(['FORBIDDEN']);
    const reasons = [{ rule: 'role', code: 'FORBIDDEN' }];
    expect(await denialOf('finance.city', requestId)).toMatchObject({ state: 'DENIED', reasons });
    for (const part of [0, 1]) expect(await denialOf('finance.city', requestId, part)).toBeNull();
  });

  it('that was denied as a whole is over in all its parts but those that were accepted before', async () => {
    const by = 'clinician.city';
    const [fresh, begun] = [randomUUID(), randomUUID()];
    const some = [randomUUID(), patient];
    const first = await send(by, begun, some);
    expect(first.payload?.receipts).toHaveLength(1);
    // As the server does for a member whose standing has ended.
    const ended = new VitrineError('FORBIDDEN', 'suspended', { details: { rule: 'member' } });
    for (const requestId of [fresh, begun])
      await state.system.system.denied(
        { subject: by, expires: Number.MAX_SAFE_INTEGER / 1000 },
        { mutation: 'recordEncounters', requestId },
        ended,
      );
    const { payload } = await send(by, fresh, [patient, patient]);
    const upload = uploadIdOf(state.ids[by] ?? '', fresh);
    expect(payload?.receipts).toEqual([]);
    expect(payload?.refused).toMatchObject([0, 1].map((part) => ({ part, code: 'UPLOAD_DENIED', upload })));
    const again = await send(by, begun, some);
    expect(again.payload?.receipts).toEqual(first.payload?.receipts);
    expect(again.payload?.refused).toMatchObject([{ part: 0, code: 'NOT_FOUND' }]);
  });
});

describe('natural keys', () => {
  it('are those that schema/uploads.md names, kind by kind', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../schema/uploads.md'), 'utf8');
    const table = /\| kind +\| its natural key.*?\n\n/s.exec(text)?.[0] ?? '';
    const told = [...table.matchAll(/`([A-Z][A-Za-z]+)`/g)].map(([, kind]) => kind);
    const keyed = KINDS.all.filter(
      ({ name, uniqueKeys }) => uniqueKeys !== undefined && name !== uploadKind.name,
    );
    expect(told.sort()).toEqual(keyed.map(({ name }) => name).sort());
  });
});

describe('every mutation of the schema', () => {
  it('is declared by an operation, and every operation names mutations that there are', () => {
    const declared = new Set(OPERATIONS.all.flatMap(mutationsOf));
    expect([...declared].sort()).toEqual(Object.keys(mutations).sort());
  });

  it.each(Object.keys(mutations))(
    '%s, called by a member without the role, ends as a denial',
    async (name) => {
      const roles = OPERATIONS.all
        .filter((operation) => mutationsOf(operation).includes(name))
        .flatMap(permissionsOf)
        .flatMap(({ roles: some }) => some);
      expect(roles.includes('AUDITOR')).toBe(name in FOR_ANY_ROLE);
      const requestId = randomUUID();
      const input = inputOf(argumentOf(name));
      const answer = await send('auditor', name, { ...input, requestId });
      const { rule, code } = FOR_ANY_ROLE[name] ?? { rule: 'role', code: 'FORBIDDEN' };
      expect(answer.codes, answer.messages.join()).toEqual([code]);
      const denial = await denialOf('auditor', requestId);
      expect(denial).toMatchObject({ state: 'DENIED', request: requestId, statements: [] });
      expect(denial?.reasons).toEqual([{ rule, code }]);
      const doing = OPERATIONS.all.filter((operation) => mutationsOf(operation).includes(name));
      expect(denial?.operation).toContain(doing[0]?.op);
    },
  );

  it.each(Object.keys(mutations))('%s, called by nobody, writes nothing', async (name) => {
    const { size } = state.system.ledger.trusted;
    const answer = await send(null, name, inputOf(argumentOf(name)));
    expect(answer.codes).toEqual(['UNAUTHENTICATED']);
    expect(state.system.ledger.trusted.size).toBe(size);
  });
});

describe('a rule of a service', () => {
  const LICENCE = { number: 'L', state: 'ACTIVE' };
  it.each<[string, string, string, () => Record<string, unknown>, { rule: string; code: string }]>([
    [
      'the record isn’t there for the caller, or at all',
      'clinician.city',
      'amendPatient',
      () => ({ patient: randomUUID(), expectedVersion: 1 }),
      { rule: 'visible', code: 'NOT_FOUND' },
    ],
    [
      'nobody suspends itself',
      'regulator.one',
      'suspendMember',
      () => ({ member: state.ids['regulator.one'], expectedVersion: 1, reason: 'x' }),
      { rule: 'two-persons', code: 'FORBIDDEN' },
    ],
    [
      'an account is the institution’s own business',
      'regulator.one',
      'amendInstitution',
      () => ({ institution: state.ids['city'], expectedVersion: 1, account: null }),
      { rule: 'own-account', code: 'FORBIDDEN' },
    ],
    [
      'another institution’s record',
      'registrar.city',
      'amendInstitution',
      () => ({ institution: state.ids['harbour'], expectedVersion: 1, region: 'south' }),
      { rule: 'relation', code: 'FORBIDDEN' },
    ],
    [
      'a licence is the state’s to change',
      'registrar.city',
      'changeLicence',
      () => ({ institution: state.ids['city'], expectedVersion: 1, licence: LICENCE }),
      { rule: 'role', code: 'FORBIDDEN' },
    ],
  ])('is a denial: %s', async (_what, by, name, input, reason) => {
    const requestId = randomUUID();
    const answer = await state.mutate(by, name, input(), 'requestId', requestId);
    expect(answer.codes, answer.messages.join()).toEqual([reason.code]);
    expect((await denialOf(by, requestId))?.reasons).toEqual([reason]);
  });

  it.each([`secretText.${'x'.repeat(60)}`, `${'k'.repeat(64)}.${'v'.repeat(64)}`])(
    'has nothing of a statement in it, not even the name of an operation that there isn’t: %s',
    async (op) => {
      const [requestId, issued] = [randomUUID(), state.now];
      const head = {
        ...{ kind: 'Encounter', schema: 1, id: idAt(issued), version: 1, custodian: state.ids['city'] ?? '' },
        ...{ patient: null, jurisdiction: null, label: null, retention: null },
      };
      const version = { op, head, values: { any: 'value' }, supersedes: null };
      const request = { origin: 'state.test/log', institution: state.ids['city'] ?? '', requestId, issued };
      const { statement } = await signed(newSigner(), version, request);
      const input = { requestId, statements: [statement] };
      const answer = await send('clinician.city', 'requestUpload', input);
      expect(answer.codes).toEqual(['KEY_UNKNOWN']);
      const denial = await denialOf('clinician.city', requestId);
      // Nobody's key signed what was refused, as far as anyone knows.
      expect(denial).toMatchObject({ state: 'DENIED', operation: 'upload.request', mode: 'service' });
      expect(JSON.stringify(denial)).not.toContain(op);
      expect(answer.errors[0]?.details['operation']).toBe('upload.request');
    },
  );

  it('ends its request id for asking too: once the cause is mended, UPLOAD_DENIED says so', async () => {
    const [requestId, issued, signer] = [randomUUID(), state.now, newSigner()];
    const institution = state.ids['harbour'] ?? '';
    const head = {
      ...{ kind: 'Encounter', schema: 1, id: idAt(issued), version: 1, custodian: institution },
      ...{ patient: null, jurisdiction: null, label: null, retention: null },
    };
    const version = { op: 'encounter.record', head, values: { any: 'value' }, supersedes: null };
    const request = { origin: 'state.test/log', institution, requestId, issued };
    const { statement } = await signed(signer, version, request);
    const ask = () => send('clinician.harbour', 'requestUpload', { requestId, statements: [statement] });
    expect((await ask()).codes).toEqual(['KEY_UNKNOWN']);
    const publicKey = Buffer.from(signer.publicKey).toString('base64');
    const member = state.ids['clinician.harbour'];
    const rotation = { member, expectedVersion: 1, publicKey };
    expect((await state.mutate('clinician.harbour', 'rotateKey', rotation, 'requestId')).codes).toEqual([]);
    expect((await ask()).codes).toEqual(['UPLOAD_DENIED']);
  });

  it('is none where it is no rule: another version, or what is malformed', async () => {
    const requestId = randomUUID();
    const input = { institution: state.ids['city'], expectedVersion: 9, region: 'south' };
    const answer = await state.mutate('registrar.city', 'amendInstitution', input, 'requestId', requestId);
    expect(answer.codes).toEqual(['CONFLICT']);
    expect(await denialOf('registrar.city', requestId)).toBeNull();
  });
});
