/** A patient's file that another institution is to keep: who must agree, what moves with it and what stays. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signVersion } from '../../src/client/index.js';
import { patientKind } from '../../src/clinical/index.js';
import { KINDS } from '../../src/federation/index.js';
import { auditLog } from '../../src/ledger/index.js';
import { type JsonObject, parseProofBundle, utf8 } from '../../src/ledger/core/index.js';
import { auditRows } from '../../src/records/index.js';
import { newSigner } from '../support/own-key.js';
import { type Answer, State } from '../support/state.js';

const FILE = 'id version birthDate names { family } custodian { id }';

let state: State;

beforeAll(async () => {
  state = await State.open();
});
afterAll(() => state.close());

function idIn({ data, messages }: Answer, ...path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (value, step) => (value as Record<string, unknown> | null)?.[step],
    data,
  );
  if (typeof found !== 'string') throw new Error(messages.join('; ') || `no ${path.join('.')}`);
  return found;
}

async function register(more: object = {}, who = 'registrar.city'): Promise<string> {
  const input = {
    identifiers: [{ system: `urn:custody:${randomUUID()}`, value: '1' }],
    names: [{ family: 'Wanderer', given: ['Wilma'] }],
    birthDate: '1960-02-03',
    ...more,
  };
  return idIn(
    await state.mutate(who, 'registerPatient', input, 'patient { id }'),
    'registerPatient',
    'patient',
    'id',
  );
}

function amend(who: string, patient: string, expectedVersion: number, facts: object): Promise<Answer> {
  return state.mutate(who, 'amendPatient', { patient, expectedVersion, ...facts }, 'patient { version }');
}

const to = (institution: string, patient: string, expectedVersion = 1) => ({
  patient,
  expectedVersion,
  institution: state.ids[institution],
});

/** Hands a file over, with the approval of who is to keep it. */
function hand(patient: string, expectedVersion = 1, from = 'city', receiver = 'harbour'): Promise<Answer> {
  const people = [`registrar.${from}`, `registrar.${receiver}`] as const;
  const input = to(receiver, patient, expectedVersion);
  return state.approved(people, 'transferCustody', input, 'repeated receipt { index } record { id version }');
}

/** Asks, and nobody approves. */
function ask(who: string, input: object, requestId = randomUUID()): Promise<Answer> {
  return state.mutate(who, 'transferCustody', { ...input }, 'receipt { index }', requestId);
}

function approve({ errors }: Answer): Promise<Answer> {
  const upload = errors[0]?.details['upload'];
  return state.mutate('registrar.harbour', 'endorseUpload', { upload }, 'requestId');
}

function read(who: string, patient: string): Promise<Answer> {
  return state.run(who, `{ patient(id: "${patient}") { ${FILE} } }`);
}

/** The patients of an institution, as its registrar lists them, by name too. */
async function listed(institution: string, family: string): Promise<{ all: string[]; named: string[] }> {
  const ids = (answer: Answer): string[] => {
    if (answer.codes.length > 0) throw new Error(answer.messages.join('; '));
    const { edges } = answer.data['patients'] as { edges: { node: { id: string } }[] };
    return edges.map(({ node }) => node.id);
  };
  const list = (filter: string) =>
    state.run(`registrar.${institution}`, `{ patients(first: 100${filter}) { edges { node { id } } } }`);
  return { all: ids(await list('')), named: ids(await list(`, filter: { name: "${family}" }`)) };
}

/** `vitrine verify`: the log, and every row against it. */
async function verify(): Promise<string[]> {
  const { database, ledger } = state.system;
  const findings: string[] = [];
  await auditLog({
    query: database.prisma,
    keys: ledger.keys,
    onFinding: ({ message }) => findings.push(message),
  });
  await auditRows({
    database,
    ledger,
    kinds: KINDS,
    onFinding: ({ what, where }) => findings.push(`${where}: ${what}`),
    onProgress: () => undefined,
  });
  return findings;
}

describe('a patient’s file that is handed over', () => {
  it('is in the lists of its new keeper, by name too, gone from those of the old one, and nothing of it is rewritten', async () => {
    const family = 'Umzug';
    const stays = await register({ names: [{ family }] });
    const goes = await register({ names: [{ family }] });
    await amend('registrar.city', goes, 1, { language: 'de' });
    expect((await hand(goes, 2)).codes).toEqual([]);
    const [city, harbour] = [await listed('city', family), await listed('harbour', family)];
    expect([city.named, harbour.named]).toEqual([[stays], [goes]]);
    expect(city.all).not.toContain(goes);
    expect(harbour.all).toContain(goes);
    const { data } = await state.run(
      'registrar.harbour',
      `{ patient(id: "${goes}") { ${FILE} anchor { verified } history { leafHash } } }`,
    );
    expect(data['patient']).toMatchObject({
      version: 3,
      birthDate: '1960-02-03',
      custodian: { id: state.ids['harbour'] },
      anchor: { verified: true },
      history: [{}, {}, {}],
    });
    expect(await verify()).toEqual([]);
  });

  it('is closed to the raw reads of the old keeper at the next request, and open to those of the new one', async () => {
    const patient = await register();
    expect((await read('registrar.city', patient)).codes).toEqual([]);
    await hand(patient);
    expect((await read('registrar.city', patient)).data['patient']).toBeNull();
    expect((await amend('registrar.city', patient, 2, { language: 'fr' })).codes).toEqual(['NOT_FOUND']);
    const { data, codes } = await read('registrar.harbour', patient);
    expect(codes).toEqual([]);
    expect(data['patient']).toMatchObject({ names: [{ family: 'Wanderer' }], version: 2 });
    expect((await amend('registrar.harbour', patient, 2, { language: 'fr' })).codes).toEqual([]);
  });

  it('leaves encounters with who recorded them, who reads the file then as who treats the patient does', async () => {
    const patient = await register();
    const visit = {
      patient,
      class: 'AMB',
      status: 'IN_PROGRESS',
      start: '2026-06-10T10:00:00Z',
      note: 'A cough',
    };
    const recorded = await state.mutate('clinician.city', 'recordEncounter', visit, 'encounter { id }');
    const encounter = idIn(recorded, 'recordEncounter', 'encounter', 'id');
    await hand(patient);
    const note = (who: string) =>
      state.run(who, `{ encounter(id: "${encounter}") { note custodian { id } } }`);
    expect((await note('clinician.city')).data['encounter']).toEqual({
      note: 'A cough',
      custodian: { id: state.ids['city'] },
    });
    expect((await note('clinician.harbour')).data['encounter']).toBeNull();
    expect((await read('registrar.city', patient)).data['patient']).toMatchObject({ version: 2 });
    expect((await amend('registrar.city', patient, 2, { language: 'fr' })).codes).toEqual(['FORBIDDEN']);
    expect((await listed('city', 'Wanderer')).all).not.toContain(patient);
  });

  it('can be handed on, and back', async () => {
    const patient = await register();
    await hand(patient);
    expect((await hand(patient, 2, 'harbour', 'city')).codes).toEqual([]);
    expect((await read('registrar.city', patient)).codes).toEqual([]);
    expect((await read('registrar.harbour', patient)).data['patient']).toBeNull();
  });

  it('keeps the proofs that were given of it, and gives the new keeper its own', async () => {
    const patient = await register();
    const proof = async (who: string) => {
      const { data } = await state.run(who, `{ patient(id: "${patient}") { proof { bundle } } }`);
      return (data['patient'] as { proof: { bundle: string } }).proof.bundle;
    };
    const before = await proof('registrar.city');
    await hand(patient);
    const [old, now] = [before, await proof('registrar.harbour')].map((text) => parseProofBundle(utf8(text)));
    expect([old?.head, now?.head]).toMatchObject([
      { version: 1, custodian: state.ids['city'] },
      { version: 2, custodian: state.ids['harbour'] },
    ]);
  });

  it('is erased in all its versions when its new keeper asks, not on what the old one asked before', async () => {
    const patient = await register();
    await amend('registrar.city', patient, 1, { language: 'de' });
    const erase = async (who: string, expectedVersion: number) => {
      const input = {
        kind: 'PATIENT',
        id: patient,
        expectedVersion,
        fields: ['language'],
        legalBasis: 'Article 17',
      };
      return idIn(
        await state.mutate(who, 'eraseRecord', input, 'erasure { id }'),
        'eraseRecord',
        'erasure',
        'id',
      );
    };
    const decide = (name: string, erasure: string, more: object = {}) =>
      state.mutate('regulator.two', name, { erasure, expectedVersion: 1, ...more }, 'erasure { state }');
    const old = await erase('registrar.city', 2);
    await hand(patient, 2);
    expect((await decide('confirmErasure', old)).codes).toEqual(['CONFLICT']);
    expect((await decide('refuseErasure', old, { reason: 'It moved' })).codes).toEqual([]);
    const asked = await erase('registrar.harbour', 3);
    expect((await decide('confirmErasure', asked)).codes).toEqual([]);
    const erased = await state.run(
      'registrar.harbour',
      `{ patient(id: "${patient}") { language birthDate version } }`,
    );
    expect(erased.data['patient']).toEqual({ language: null, birthDate: '1960-02-03', version: 4 });
    expect(await verify()).toEqual([]);
  });

  it('takes its links along: its new keeper ends them, and the old one neither sees nor ends nor makes them', async () => {
    const [one, other] = [await register(), await register({}, 'registrar.harbour')];
    const link = async (patient: string, second: string) =>
      idIn(
        await state.mutate(
          'registrar.city',
          'linkPatients',
          { patient, other: second, evidence: 'Known' },
          'link { id }',
        ),
        'linkPatients',
        'link',
        'id',
      );
    const [proposed, own] = [await link(one, other), await link(one, await register())];
    await hand(one);
    const decide = (who: string, name: string, id: string, more: object = {}) =>
      state.mutate(who, name, { link: id, expectedVersion: 1, ...more }, 'link { state }');
    const confirmed = await decide('registrar.harbour', 'confirmPatientLink', proposed, {
      contradictionReason: 'No',
    });
    expect(confirmed.codes).toEqual(['CONFLICT']);
    const end = { reason: 'Two persons' };
    expect((await decide('registrar.city', 'unlinkPatients', proposed, end)).codes).toEqual(['NOT_FOUND']);
    expect((await decide('registrar.harbour', 'unlinkPatients', own, end)).codes).toEqual([]);
  });
});

describe('who must agree', () => {
  it('is a registrar of who is to keep it, and of nobody else', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('clinician.city', to('harbour', patient), requestId);
    expect(asked.codes).toEqual(['ENDORSEMENT_PENDING']);
    const upload = String(asked.errors[0]?.details['upload']);
    for (const who of ['registrar.city', 'clinician.harbour', 'finance.harbour', 'regulator.one']) {
      const { codes } = await state.mutate(who, 'endorseUpload', { upload }, 'requestId');
      expect([['FORBIDDEN'], ['NOT_FOUND']]).toContainEqual(codes);
    }
    expect((await ask('clinician.city', to('harbour', patient), requestId)).codes).toEqual([
      'ENDORSEMENT_PENDING',
    ]);
    const mine = await state.run(
      'registrar.harbour',
      '{ uploadRequests(filter: { awaitingMe: true }) { edges { node { id operation } } } }',
    );
    expect(mine.data['uploadRequests']).toMatchObject({
      edges: [{ node: { id: upload, operation: 'patient.transfer' } }],
    });
    await state.mutate('registrar.harbour', 'denyUpload', { upload, reasons: ['not-ours'] }, 'requestId');
    expect((await ask('clinician.city', to('harbour', patient), requestId)).codes).toEqual(['UPLOAD_DENIED']);
    expect((await read('registrar.city', patient)).codes).toEqual([]);
  });

  it.each<[string, () => object, string]>([
    ['its own keeper', () => ({ institution: state.ids['city'] }), 'BAD_USER_INPUT'],
    ['an authority', () => ({ institution: state.ids['ministry'] }), 'CONFLICT'],
    ['nobody', () => ({ institution: randomUUID() }), 'NOT_FOUND'],
    ['somebody from another version', () => ({ expectedVersion: 2 }), 'CONFLICT'],
  ])('is not asked to hand a file to %s, nor by who does not keep it', async (_whom, wrong, code) => {
    const patient = await register();
    expect((await ask('registrar.city', { ...to('harbour', patient), ...wrong() })).codes).toEqual([code]);
    for (const who of ['registrar.harbour', 'regulator.one', 'finance.city'])
      expect([['NOT_FOUND'], ['FORBIDDEN']]).toContainEqual((await ask(who, to('harbour', patient))).codes);
  });

  it('is the patient too: nobody keeps a file whom it forbids to look, or whom its label keeps out', async () => {
    const decide = (patient: string, more: object) =>
      state.mutate(
        'registrar.city',
        'grantConsent',
        { patient, recordedFor: { reference: 'P' }, ...more },
        'consent { id }',
      );
    const [named, all, labelled] = [await register(), await register(), await register({ label: 'HIV' })];
    expect(
      (await decide(named, { type: 'VIEW_RESTRICTION', institution: state.ids['harbour'] })).codes,
    ).toEqual([]);
    await decide(all, { type: 'VIEW_RESTRICTION' });
    for (const patient of [named, all, labelled]) {
      const { codes, errors } = await ask('registrar.city', to('harbour', patient));
      expect([codes, errors[0]?.details['rule']]).toEqual([['FORBIDDEN'], 'restriction']);
    }
    await decide(all, { type: 'COPY_GRANT', institution: state.ids['harbour'] });
    await decide(labelled, { type: 'LABEL_GRANT', institution: state.ids['harbour'], label: 'HIV' });
    for (const patient of [all, labelled]) expect((await hand(patient)).codes).toEqual([]);
  });

  it('is asked again when the patient forbids it after the approval', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('registrar.city', to('harbour', patient), requestId);
    await approve(asked);
    const restriction = { patient, type: 'VIEW_RESTRICTION', recordedFor: { reference: 'P' } };
    expect(
      (await state.mutate('registrar.city', 'grantConsent', restriction, 'consent { id }')).codes,
    ).toEqual([]);
    expect((await ask('registrar.city', to('harbour', patient), requestId)).codes).toEqual(['FORBIDDEN']);
    expect((await read('registrar.city', patient)).codes).toEqual([]);
  });

  it('signs with a key of its own, from where to where too', async () => {
    const [{ city = '', harbour = '' }, key] = [state.ids, newSigner()];
    const publicKey = Buffer.from(key.publicKey).toString('base64');
    const enrolled = { institution: city, subject: 'keyed', name: 'keyed', roles: ['REGISTRAR'], publicKey };
    expect((await state.mutate('regulator.one', 'enrolMember', enrolled, 'requestId')).codes).toEqual([]);
    const patient = await register();
    const base = (await (await state.context('keyed')).records.load(patientKind, patient))!;
    const signedFor = async (moved: JsonObject) => {
      const requestId = randomUUID();
      const head = { ...base.head, version: 2, custodian: harbour };
      const version = { op: 'patient.transfer', head, values: base.values, detail: { moved } };
      const request = { origin: state.system.ledger.origin, institution: city, requestId, issued: state.now };
      const signed = await signVersion({ ...version, supersedes: base.anchor.leafHash }, request, key);
      return { requestId, input: { ...to('harbour', patient), signed } };
    };
    const other = await signedFor({ from: city, to: city });
    expect((await ask('keyed', other.input, other.requestId)).codes).toEqual(['COMMITMENT_MISMATCH']);
    const own = await signedFor({ from: city, to: harbour });
    const asked = await ask('keyed', own.input, own.requestId);
    expect(asked.codes).toEqual(['ENDORSEMENT_PENDING']);
    await approve(asked);
    expect((await ask('keyed', own.input, own.requestId)).codes).toEqual([]);
    const { trusted } = state.system.ledger;
    const { opening } = await trusted.entryAt(trusted.subject('Patient', patient)!.index);
    expect(opening).toMatchObject({ op: 'patient.transfer', by: { mode: 'own' } });
  });

  it('releases its own hold first; a regulator’s goes along', async () => {
    const patient = await register();
    const hold = (who: string, name: string) =>
      state.run(who, `mutation ($input: HoldInput!) { ${name}(input: $input) { requestId } }`, {
        input: { requestId: randomUUID(), kind: 'PATIENT', id: patient, reason: 'A court' },
      });
    for (const who of ['registrar.city', 'regulator.one'])
      expect((await hold(who, 'placeHold')).codes).toEqual([]);
    expect((await ask('registrar.city', to('harbour', patient))).codes).toEqual(['CONFLICT']);
    await hold('registrar.city', 'releaseHold');
    expect((await hand(patient)).codes).toEqual([]);
    const erase = { kind: 'PATIENT', id: patient, expectedVersion: 2, legalBasis: 'Article 17' };
    expect((await state.mutate('registrar.harbour', 'eraseRecord', erase, 'requestId')).codes).toEqual([
      'CONFLICT',
    ]);
    expect((await hold('regulator.one', 'releaseHold')).codes).toEqual([]);
    expect((await state.mutate('registrar.harbour', 'eraseRecord', erase, 'requestId')).codes).toEqual([]);
  });
});

describe('a transfer among other changes', () => {
  it('has one outcome, whatever is written to the file at the moment it moves', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('registrar.city', to('harbour', patient), requestId);
    await approve(asked);
    const visit = { patient, class: 'AMB', status: 'FINISHED', start: '2026-06-10T10:00:00Z' };
    const [moved, amended, treated] = await Promise.all([
      ask('registrar.city', to('harbour', patient), requestId),
      amend('registrar.city', patient, 1, { language: 'de' }),
      state.mutate('clinician.city', 'recordEncounter', visit, 'encounter { id }'),
    ]);
    expect([moved, amended].filter(({ codes }) => codes.length === 0)).toHaveLength(1);
    expect(treated.codes).toEqual([]);
    const keeper = moved.codes.length === 0 ? 'registrar.harbour' : 'registrar.city';
    const { data } = await read(keeper, patient);
    expect(data['patient']).toMatchObject({ version: 2 });
  });

  it('is one, however often the request is sent', async () => {
    const patient = await register();
    const requestId = randomUUID();
    const asked = await ask('registrar.city', to('harbour', patient), requestId);
    await approve(asked);
    const answers = await Promise.all(
      [1, 2, 3].map(() => ask('registrar.city', to('harbour', patient), requestId)),
    );
    const indexes = answers.map((answer) => idIn(answer, 'transferCustody', 'receipt', 'index'));
    expect(new Set(indexes).size).toBe(1);
    expect((await read('registrar.harbour', patient)).data['patient']).toMatchObject({ version: 2 });
  });
});

describe('a file that moved, against the owner of its database', () => {
  let patient: string;
  let entries: readonly { readonly entry: string; readonly key: string; readonly wrapped: string }[];
  /** The keys of its first two versions, as the old keeper's key wrapped them. */
  let old: typeof entries;

  const keysOf = () =>
    state.system.database.prisma.$queryRawUnsafe<{ entry: string; key: string; wrapped: string }[]>(
      `SELECT e.index::text AS entry, w.key_id AS key, encode(w.wrapped, 'hex') AS wrapped FROM entry e
         JOIN wrapped_key w ON w.entry = e.index WHERE e.kind = 'Patient' AND e.subject = '${patient}' ORDER BY e.index`,
    );

  beforeAll(async () => {
    patient = await register();
    await amend('registrar.city', patient, 1, { language: 'de' });
    old = await keysOf();
    await hand(patient, 2);
    entries = await keysOf();
  });

  it('has the keys of all its versions under its new keeper’s key, and none under the old one’s', () => {
    expect(old.map(({ key }) => key)).toEqual([1, 2].map(() => `${state.ids['city'] ?? ''}/1`));
    expect(entries.map(({ key }) => key)).toEqual([1, 2, 3].map(() => `${state.ids['harbour'] ?? ''}/1`));
  });

  const put = ({ entry, key, wrapped }: (typeof old)[number]) =>
    `UPDATE wrapped_key SET key_id = '${key}', wrapped = decode('${wrapped}', 'hex') WHERE entry = ${entry}`;

  it.each([0, 1])(
    'is found out with a key that is not wrapped anew, by who opens version %d and by verify',
    async (place) => {
      await state.tamper(put(old[place]!));
      const { store } = state.system.system;
      await expect(store.versions(patientKind, patient)).rejects.toThrowError(
        /not wrapped for its custodian/,
      );
      expect(await verify()).toEqual([expect.stringMatching(/not wrapped for its custodian/)]);
      await state.tamper(put(entries[place]!));
      expect(await verify()).toEqual([]);
    },
  );

  it.each<[string, string, RegExp]>([
    [
      'the row of the version before put back',
      `UPDATE patient SET custodian = '@city', version = 2, entry = @1 WHERE id = '@id'`,
      /a later entry replaced this version/,
    ],
    [
      'its row left on the old list',
      `UPDATE patient SET custodian = '@city' WHERE id = '@id'`,
      /column custodian is not what was sealed/,
    ],
    [
      'the words of its old keeper kept',
      `INSERT INTO search_word (scope, word, key_id, kind, subject, entry)
         SELECT replace(scope, '@harbour', '@city'), word, key_id, kind, subject, entry FROM search_word WHERE subject = '@id'`,
      /a search word in .* that it does not have/,
    ],
  ])('is found out with %s', async (_what, statement, finding) => {
    const tables = ['patient', 'search_word'];
    const sql = statement
      .replaceAll('@id', patient)
      .replaceAll('@city', state.ids['city'] ?? '')
      .replaceAll('@harbour', state.ids['harbour'] ?? '')
      .replaceAll('@1', entries[1]?.entry ?? '');
    await state.tamper(...tables.map((table) => `CREATE TABLE kept_${table} AS SELECT * FROM ${table}`), sql);
    try {
      const findings = await verify();
      expect(findings).toContainEqual(expect.stringMatching(finding));
      if (statement.startsWith('UPDATE')) {
        for (const place of ['city', 'harbour'])
          expect(findings).toContain(
            `Patient: the rows on the list of ${state.ids[place] ?? ''} are not what the log has on it`,
          );
        const all = 'patients(first: 100) { edges { node { id } } }';
        for (const who of ['registrar.city', 'registrar.harbour'])
          expect((await state.run(who, `{ ${all} }`)).codes).toEqual(['INTEGRITY_VIOLATION']);
        expect((await read('registrar.harbour', patient)).codes).toEqual(['INTEGRITY_VIOLATION']);
      }
    } finally {
      for (const table of tables)
        await state.tamper(
          `DELETE FROM ${table}`,
          `INSERT INTO ${table} SELECT * FROM kept_${table}`,
          `DROP TABLE kept_${table}`,
        );
    }
  });

  it('verifies again once nobody touches it', async () => {
    expect(await verify()).toEqual([]);
  });
});
