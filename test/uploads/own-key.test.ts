/** Changes that members sign with keys of their own, over real HTTP: what is taken, and every way in which one is refused. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signVersion, type StatementSigner, verifyBundle } from '../../src/client/index.js';
import { base64url, fromHex, parseStatement } from '../../src/ledger/core/index.js';
import { idAt, newSigner } from '../support/own-key.js';
import {
  CARE,
  DAY,
  early,
  edited,
  ids,
  keys,
  LICENCE,
  licence,
  logSize,
  must,
  newestRequest,
  open,
  PERSON,
  record,
  revoked,
  rules,
  sign,
  signedAnew,
  time,
  underOther,
  version,
  vitrine,
  type Wish,
} from './signing.js';

// Every refusal here is a denial, which a member may cause so many of.
beforeAll(() => open({ UPLOAD_DENIALS: '1000' }), 120_000);
afterAll(() => vitrine.stop());

describe('a change that its uploader signed', () => {
  it('is recorded under its own key, with the statement as it came', async () => {
    const id = idAt(new Date(time.now));
    const { data, signed, text } = await record({ id });
    const { encounter, receipt } = data?.recordEncounter ?? {};
    expect(encounter, text).toMatchObject({ id, version: 1, note: 'Fever.' });
    const { opening } = receipt?.entry ?? {};
    expect(opening).toMatchObject({ op: 'encounter.record', mode: 'OWN', signature: signed.statement });
    expect(parseStatement(signed.statement).statement).toMatchObject({ institution: ids['city'] });
    expect(JSON.stringify(opening)).not.toContain(signed.seed);
  });

  it('gets the same receipt again, also when it was signed anew meanwhile', async () => {
    const requestId = randomUUID();
    const first = await record({ requestId });
    const again = await record({ requestId });
    expect(first.signed.statement).not.toBe(again.signed.statement);
    expect(again.data?.recordEncounter).toMatchObject({ repeated: true });
    expect(again.data?.recordEncounter.receipt.index).toBe(first.data?.recordEncounter.receipt.index);
  });

  it('holds the time of its issue where values hold a time', async () => {
    const form = {
      code: 'beds',
      title: 'Beds',
      period: 'MONTH',
      dueDays: 5,
      indicators: [{ code: 'beds', label: 'Beds', type: 'INTEGER', required: true }],
    };
    const formId = await must('regulator.one', 'defineForm', form, 'form');
    const issued = new Date(time.now - 3 * DAY);
    const requestId = randomUUID();
    const head = {
      kind: 'Report',
      schema: 1,
      id: idAt(issued),
      version: 1,
      custodian: ids['city'] ?? '',
      patient: null,
      jurisdiction: null,
      label: null,
      retention: null,
    };
    const values = {
      form: formId,
      code: 'beds',
      formVersion: 1,
      period: '2020-01',
      state: 'FILED',
      due: '2020-02-05',
      filedAt: issued.toISOString(),
      indicators: [{ code: 'beds', value: '12' }],
      note: null,
      reason: null,
    };
    const request = {
      origin: 'vitrine.test/log',
      institution: ids['city'] ?? '',
      requestId,
      issued,
      life: 9 * DAY,
    };
    const signed = await signVersion(
      { op: 'report.file', head, values, supersedes: null },
      request,
      keys['reporter'] ?? newSigner(),
    );
    const input = {
      requestId,
      form: 'beds',
      period: '2020-01',
      indicators: [{ code: 'beds', value: '12' }],
      signed,
    };
    const answer = await vitrine.mutate('reporter', 'fileReport', input, 'report { id filedAt recordedAt }');
    expect(answer.data, answer.text).toMatchObject({
      fileReport: {
        report: { id: head.id, filedAt: issued.toISOString(), recordedAt: new Date(time.now).toISOString() },
      },
    });
  });

  it('is amended under its own key, on the very version that it names', async () => {
    const first = await record();
    const { id = '', anchor } = first.data?.recordEncounter.encounter ?? {};
    const amend = async (supersedes: Uint8Array) => {
      const requestId = randomUUID();
      const made = version(
        { id, values: { note: 'Better.' }, head: { version: 2 }, op: 'encounter.amend' },
        ids['city'] ?? '',
      );
      const request = {
        origin: 'vitrine.test/log',
        institution: ids['city'] ?? '',
        requestId,
        issued: new Date(time.now),
      };
      const signed = await signVersion({ ...made, supersedes }, request, keys['clinician'] ?? newSigner());
      const input = { requestId, encounter: id, expectedVersion: 1, note: 'Better.', signed };
      return vitrine.mutate('clinician', 'amendEncounter', input, 'encounter { version note }');
    };
    expect((await amend(new Uint8Array(32))).codes).toEqual(['STATEMENT_MISDIRECTED']);
    const amended = await amend(fromHex(anchor?.leafHash ?? ''));
    expect(amended.data, amended.text).toMatchObject({
      amendEncounter: { encounter: { version: 2, note: 'Better.' } },
    });
  });

  it('may be part of a batch, each with its own statement; others beside it are not signed', async () => {
    const requestId = randomUUID();
    const encounters = await Promise.all(
      [0, 1, 2].map(async (part) => {
        const item = { patient: ids['patient'], ...CARE, note: `Part ${part}` };
        if (part === 1) return item;
        const { signed } = await sign({ requestId, over: { part }, values: { note: item.note } });
        return { ...item, signed };
      }),
    );
    const selection = 'receipts { index entry { opening { mode part } } } refused { part code }';
    for (const mode of ['ALL', 'EACH']) {
      const again = { requestId: mode === 'ALL' ? requestId : randomUUID(), mode, encounters };
      const answer = await vitrine.mutate<{
        recordEncounters: { receipts: { entry: { opening: object } }[]; refused: object[] };
      }>('clinician', 'recordEncounters', again, selection);
      const { receipts = [], refused = [] } = answer.data?.recordEncounters ?? {};
      const openings = receipts.map(({ entry }) => entry.opening);
      if (mode === 'ALL')
        expect(openings, JSON.stringify(refused) + answer.text).toEqual([
          { mode: 'OWN', part: 0 },
          { mode: 'DELEGATED', part: 1 },
          { mode: 'OWN', part: 2 },
        ]);
      else {
        expect(openings).toEqual([{ mode: 'DELEGATED', part: 1 }]);
        expect(refused).toEqual([
          { part: 0, code: 'STATEMENT_MISDIRECTED' },
          { part: 2, code: 'STATEMENT_MISDIRECTED' },
        ]);
      }
    }
  });

  it('is proved by its bundle to whoever has nothing but the policy', async () => {
    const { data } = await record();
    const bundle = (data?.recordEncounter.encounter as unknown as { proof: { bundle: string } }).proof.bundle;
    const log = vitrine.serving.ledger.verifierKey;
    const proved = verifyBundle(new Uint8Array(Buffer.from(bundle)), `log ${log}\nquorum none\n`);
    expect(proved.signature).toBe('registered');
    expect(proved.opening).toMatchObject({ actor: ids['clinician'], by: { mode: 'own' } });
    expect(proved.statement).toMatchObject({ institution: ids['city'] });
  });
});

describe('a statement is refused, and its denial alone is written', () => {
  const later = { life: DAY, issued: new Date(time.now - 2 * DAY) };
  it.each<[string, Wish | (() => Wish | Promise<Wish>), string, string[]]>([
    [
      'with bytes that are none',
      { forge: (made) => ({ ...made, statement: 'e30.e30' }) },
      'SIGNATURE_INVALID',
      [],
    ],
    [
      'forged: a word of it changed',
      { forge: (made) => edited(made, (text) => text.replace('"part":0', '"part":1')) },
      'SIGNATURE_INVALID',
      ['signature', 'target'],
    ],
    [
      "forged: signed by another key in the member's name",
      { forge: async (made) => ({ ...made, statement: await underOther(made) }) },
      'SIGNATURE_INVALID',
      ['signature'],
    ],
    ['by a key that nobody registered', () => ({ signer: newSigner() }), 'KEY_UNKNOWN', ['key']],
    [
      "by a colleague's key",
      () => ({ signer: keys['colleague'] as StatementSigner }),
      'KEY_OF_ANOTHER',
      ['key'],
    ],
    ['by a key that was replaced', revoked, 'KEY_REVOKED', ['key']],
    [
      'replayed under another request',
      { over: { requestId: randomUUID() } },
      'STATEMENT_MISDIRECTED',
      ['target'],
    ],
    ['of another part', { over: { part: 3 } }, 'STATEMENT_MISDIRECTED', ['target']],
    ['of another operation', { op: 'encounter.amend' }, 'STATEMENT_MISDIRECTED', ['target']],
    ['for another log', { over: { origin: 'other.test/log' } }, 'STATEMENT_MISDIRECTED', ['target']],
    [
      'of a record of another kind',
      { head: { kind: 'Patient' } },
      'STATEMENT_MISDIRECTED',
      ['target', 'commitment'],
    ],
    ['of a later version', { head: { version: 2 } }, 'STATEMENT_MISDIRECTED', ['target', 'commitment']],
    [
      'of a record named at another time',
      () => ({ id: idAt(new Date(time.now - DAY)) }),
      'STATEMENT_MISDIRECTED',
      ['target'],
    ],
    [
      'of a record with an id of another form',
      () => ({ id: randomUUID() }),
      'STATEMENT_MISDIRECTED',
      ['target'],
    ],
    [
      'for another institution',
      () => ({ over: { institution: ids['north'] ?? '' } }),
      'WRONG_INSTITUTION',
      ['institution'],
    ],
    ['for no institution', { over: { institution: null } }, 'WRONG_INSTITUTION', ['institution']],
    ['that expired', () => ({ over: later, id: idAt(later.issued) }), 'STATEMENT_EXPIRED', ['window']],
    ['of the future', () => early(), 'STATEMENT_EARLY', ['window']],
    [
      'without times',
      {
        forge: async (made) =>
          signedAnew(made, (text) => text.replace(/"(issued|expires)":"[^"]*"/g, '"$1":null')),
      },
      'STATEMENT_EXPIRED',
      ['window'],
    ],
    [
      'that lives 32 days',
      {
        forge: async (made) =>
          signedAnew(made, (text) =>
            text.replace(/"expires":"[^"]*"/, `"expires":"${new Date(time.now + 32 * DAY).toISOString()}"`),
          ),
      },
      'STATEMENT_EXPIRED',
      ['window'],
    ],
    ['of another value, one byte off', { values: { note: 'Fevet.' } }, 'COMMITMENT_MISMATCH', ['commitment']],
    ['of a value less', { values: { note: null } }, 'COMMITMENT_MISMATCH', ['commitment']],
    ['of another custodian', { head: { custodian: null } }, 'COMMITMENT_MISMATCH', ['commitment']],
    ['with a label that was not sent', { head: { label: 'HIV' } }, 'COMMITMENT_MISMATCH', ['commitment']],
    [
      'with the seed of other salts',
      { forge: (made) => ({ ...made, seed: base64url(new Uint8Array(32)) }) },
      'COMMITMENT_MISMATCH',
      ['commitment'],
    ],
    ['of an institution whose licence is suspended', { as: 'unlicensed' }, 'LICENCE_INACTIVE', []],
    [
      'for all its faults at once, in order',
      () => ({
        signer: keys['colleague'] as StatementSigner,
        op: 'encounter.amend',
        over: { ...later, institution: ids['north'] ?? '' },
        id: idAt(later.issued),
        values: { note: 'Other.' },
      }),
      'KEY_OF_ANOTHER',
      ['key', 'target', 'institution', 'window', 'commitment'],
    ],
  ])('%s', async (_what, wished, code, expected) => {
    const wish = typeof wished === 'function' ? await wished() : wished;
    const suspend = wish.as === 'unlicensed';
    if (suspend) await licence('SUSPENDED');
    const before = Number(await logSize());
    const requestId = wish.requestId ?? randomUUID();
    const answer = await record({ ...wish, requestId });
    expect(answer.codes, answer.text).toEqual([code]);
    if (expected.length > 0) expect(rules(answer), answer.text).toEqual(expected);
    expect(Number(await logSize())).toBe(before + 1);
    if (suspend) await licence('ACTIVE');
    const reasons: unknown = expect.arrayContaining([expect.objectContaining({ code })]);
    expect(await newestRequest(wish.as ?? 'clinician')).toMatchObject({
      state: 'DENIED',
      requestId,
      reasons,
    });
    expect(answer.text).not.toContain('Fever');
    expect(answer.text).not.toContain((await sign(wish)).signed.seed);
  });

  it('with a value that is sealed in another form, and told which', async () => {
    const { requestId, signed } = await sign({ forge: (made) => made, values: { note: ' Fever. ' } });
    // The client sealed the note as it was typed; the server trims it.
    const raw = version({}, ids['city'] ?? '');
    const request = {
      origin: 'vitrine.test/log',
      institution: ids['city'] ?? '',
      requestId,
      issued: new Date(time.now),
    };
    const mine = await signVersion(
      { ...raw, values: { ...raw.values, note: ' Fever. ' } },
      request,
      keys['clinician'] ?? newSigner(),
    );
    expect(signed.statement).not.toBe(mine.statement);
    const input = { requestId, patient: ids['patient'], ...CARE, note: ' Fever. ', signed: mine };
    const { codes, errors } = await vitrine.mutate('clinician', 'recordEncounter', input, 'requestId');
    expect(codes).toEqual(['COMMITMENT_MISMATCH']);
    const paths = errors[0]?.extensions.problems?.map(({ path }) => path.join('.'));
    expect(paths).toEqual(['input.signed.statement', 'input.note']);
  });

  it('with a seed that is no 32 bytes', async () => {
    for (const seed of ['', 'AAAA', `${'A'.repeat(42)}B`, 'A'.repeat(44)]) {
      const { codes, errors } = await record({ forge: (made) => ({ ...made, seed }) });
      expect(codes).toEqual(['BAD_USER_INPUT']);
      expect(errors[0]?.extensions.path).toEqual(['input', 'signed', 'seed']);
    }
  });

  it('with an id that another record has, of whatever kind', async () => {
    const patient = { ...PERSON, identifiers: [{ system: 'https://id.test/national', value: '2' }] };
    const taken = await must('registrar', 'registerPatient', patient, 'patient');
    const answer = await record({ id: taken });
    expect(answer.codes, answer.text).toEqual(['CONFLICT']);
    expect(answer.errors[0]?.extensions.details).toMatchObject({ id: taken });
  });

  it('by whoever may not do it, without a word of the values', async () => {
    const answer = await record({ as: 'reporter', signer: keys['reporter'] as StatementSigner });
    expect(answer.codes).toEqual(['FORBIDDEN']);
  });

  it('by a suspended member', async () => {
    const input = { member: ids['colleague'], expectedVersion: 1, reason: 'left' };
    await must('registrar', 'suspendMember', input, 'member');
    const answer = await record({ as: 'colleague' });
    expect(answer.codes).toEqual(['FORBIDDEN']);
  });

  it('where the deployment makes what is published', async () => {
    const { signed } = await sign({});
    const name = {
      name: 'South',
      kind: 'CLINIC',
      ownership: 'PUBLIC',
      region: 'south',
      identifiers: [],
      licence: LICENCE,
    };
    const answer = await vitrine.mutate(
      'regulator.one',
      'registerInstitution',
      { ...name, signed },
      'requestId',
    );
    expect(answer.codes).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.message).toContain("can't be signed beforehand");
  });
});
