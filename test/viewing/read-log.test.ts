/** Raw reads on the log of accesses, over real HTTP: who sees which, whole, proved, and live. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { EXIT } from '../../src/cli/exit.js';
import { verifyOffline } from '../../src/cli/verify-offline.js';
import { verifyAccessLog, verifyAccessLogParts, verifyBundle } from '../../src/client/index.js';
import { base64url, canonical, fromUtf8, type VerifiedAccessLog } from '../../src/ledger/core/index.js';
import { granted, make, world, type World } from './world.js';

interface Read {
  readonly act: string;
  readonly index: string;
  readonly patientId: string;
  readonly memberId: string;
  readonly relation: string | null;
  readonly classes: readonly string[];
  readonly times: number;
  readonly institution: { readonly id: string } | null;
  readonly member: { readonly name: string } | null;
  readonly view: { readonly id: string } | null;
  readonly proof: { readonly bundle: string; readonly fields: readonly string[] };
}

interface Log {
  readonly accessLog: { readonly edges: readonly { readonly cursor: string; readonly node: Read }[] };
}

let at: World;
/** Another file of the person's, and a stranger's. */
let second: string;
let stranger: string;

const NODE = `act index patientId memberId relation classes times institution { id } member { name } view { id }
  proof { bundle fields }`;

beforeAll(async () => {
  at = await world();
  const unidentified = { unidentified: true };
  second = await make(at.vitrine, 'registrar.city', 'registerPatient', 'patient', unidentified);
  stranger = await make(at.vitrine, 'registrar.city', 'registerPatient', 'patient', unidentified);
  await make(at.vitrine, 'registrar.city', 'linkPatients', 'link', {
    patient: at.patient,
    other: second,
    evidence: 'The same passport',
  });
  // What the world itself read is sealed first, so that each test knows what comes.
  await at.vitrine.restart({ READ_LOG_SECONDS: '1' });
  await sealed();
}, 60_000);
afterAll(() => at.vitrine.stop());

async function rows(): Promise<number> {
  const [result] = await at.vitrine.tamper('SELECT count(*)::integer AS count FROM access_read');
  return (result?.rows[0] as { count: number }).count;
}

/** Waits until everything that was read is sealed. */
async function sealed(): Promise<void> {
  const none = async (): Promise<void> => {
    if ((await rows()) > 0) throw new Error('there are rows that no batch holds');
  };
  await vi.waitFor(none, { timeout: 10_000, interval: 100 });
}

const read = (who: string, patient: string) =>
  at.vitrine.ask(who, `{ patient(id: "${patient}") { names { family } alerts { text } } }`);

async function edges(who: string, args = '', patient = at.patient) {
  const { data, text } = await at.vitrine.ask<Log>(
    who,
    `{ accessLog(patient: "${patient}"${args}) { edges { cursor node { ${NODE} } } } }`,
  );
  if (!data?.accessLog) throw new Error(text);
  return data.accessLog.edges;
}

const READ = ', first: 100, filter: {act: READ}';
const reads = async (who: string, patient = at.patient) =>
  (await edges(who, READ, patient)).map(({ node }) => node);

describe('raw reads on a patient’s log', () => {
  let before: number;

  beforeAll(async () => {
    before = (await reads('patient.self')).length;
    await Promise.all([
      read('clinician.city', at.patient),
      read('clinician.city', at.patient),
      read('registrar.city', at.patient),
      read('registrar.city', second),
      read('registrar.city', stranger),
      read('clinician.north', at.patient),
    ]);
    await sealed();
  });

  it('are shown to the patient with member, institution, relation, classes and number, and no name', async () => {
    const own = (await reads('patient.self')).slice(0, -before || undefined);
    const summary = own.map(({ relation, classes, institution, member, view, patientId }) => ({
      relation,
      classes: classes.join(' '),
      institution: institution?.id,
      file: patientId,
      told: member !== null || view !== null,
    }));
    const line = { told: false, file: at.patient };
    // Two reads of one member are two lines where a batch was sealed between them.
    expect(new Set(summary.map((one) => JSON.stringify(one))).size).toBe(4);
    for (const [relation, classes, institution, file] of [
      ['CUSTODIAN', 'CRITICAL IDENTITY', at.city, at.patient],
      ['CUSTODIAN', 'IDENTITY', at.city, at.patient],
      ['CUSTODIAN', 'IDENTITY', at.city, second],
      ['TREATING', 'CRITICAL IDENTITY', at.north, at.patient],
    ])
      expect(summary).toContainEqual({ ...line, relation, classes, institution, file });
    expect(own.reduce((sum, { times }) => sum + times, 0)).toBe(5);
  });

  it.each([
    ['clinician.city', 'city'],
    ['registrar.city', 'city'],
    ['clinician.north', 'north'],
  ] as const)('are shown to %s as far as its own institution read', async (who, institution) => {
    const seen = await reads(who);
    expect(seen.length).toBeGreaterThan(0);
    expect(new Set(seen.map((one) => one.institution?.id))).toEqual(new Set([at[institution]]));
    expect(new Set(seen.map(({ patientId }) => patientId))).toEqual(new Set([at.patient]));
  });

  it('are shown to auditors, and to nobody else', async () => {
    const relations = (await reads('auditor')).map(({ relation }) => relation);
    expect(new Set(relations)).toEqual(new Set(['CUSTODIAN', 'TREATING']));
    for (const who of ['clinician.harbour', 'regulator.one', 'patient.one'])
      expect(await reads(who), who).toEqual([]);
  });

  it('are pages of one list with views', async () => {
    await at.vitrine.mutate(
      'clinician.north',
      'openView',
      { subject: { kind: 'PATIENT', id: at.patient }, purpose: 'TREATMENT' },
      'receipt { index }',
    );
    const all = await edges('patient.self', ', first: 100');
    expect(all[0]?.node).toMatchObject({ act: 'OPENED', classes: [], relation: null, times: 1 });
    const walked: (typeof all)[number][] = [];
    for (let after = ''; ; after = `, after: "${walked.at(-1)?.cursor}"`) {
      const page = await edges('patient.self', `, first: 2${after}`);
      walked.push(...page);
      if (page.length < 2) break;
    }
    expect(walked.map(({ cursor }) => cursor)).toEqual(all.map(({ cursor }) => cursor));
  });

  it('prove themselves line by line, and nobody else’s line with them', async () => {
    const policy = `log ${at.vitrine.serving.ledger.verifierKey}\nquorum none\n`;
    for (const { proof, memberId, patientId, times, index } of await reads('patient.self')) {
      const { fields, head, entry, opening } = verifyBundle(proof.bundle, policy);
      expect([head.kind, entry.index.toString(), opening]).toEqual(['AccessBatch', index, null]);
      const [line, ...others] = Object.values(fields);
      expect(line).toMatchObject({ member: memberId, patient: patientId, times });
      expect(others).toEqual([]);
      expect(proof.bundle).not.toContain(stranger);
    }
  });

  it('aren’t shown once a batch, or its mention of the patient, is gone', async () => {
    const [gone] = await reads('patient.self');
    const batch = `(SELECT id FROM access_batch WHERE entry = ${gone?.index ?? ''})`;
    const [kept] = await at.vitrine.tamper(`DELETE FROM search_word WHERE subject = ${batch} RETURNING *`);
    for (const who of ['patient.self', 'auditor']) {
      const { codes } = await at.vitrine.ask(
        who,
        `{ accessLog(patient: "${at.patient}") { edges { cursor } } }`,
      );
      expect(codes, who).toEqual(['INTEGRITY_VIOLATION']);
    }
    const values = (kept?.rows as Record<string, string>[]).map(
      (row) => `('${Object.values(row).join("','")}')`,
    );
    const columns = (kept?.fields ?? []).map(({ name }) => name).join(', ');
    await at.vitrine.tamper(`INSERT INTO search_word (${columns}) VALUES ${values.join(', ')}`);
    expect((await reads('patient.self'))[0]?.index).toBe(gone?.index);
  });
});

describe('following raw reads', () => {
  it('gives each batch that tells of one’s files, with all its lines, and no other', async () => {
    const client = createClient({
      url: `${at.vitrine.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${await at.vitrine.token('patient.self')}` },
      retryAttempts: 0,
    });
    const after = String(at.vitrine.serving.ledger.trusted.size - 1n);
    const events = client.iterate<{ accessToMe: Read & { sameBatch: Read[] } }>({
      query: `subscription ($after: BigInt) { accessToMe(after: $after) { ${NODE} sameBatch { ${NODE} } } }`,
      variables: { after },
    });
    await read('clinician.city', stranger);
    await sealed();
    await Promise.all([read('clinician.city', at.patient), read('registrar.city', second)]);
    const lines: Read[] = [];
    while (lines.length < 2) {
      const { value, done } = await events.next();
      if (done === true) throw new Error('the subscription ended');
      const event = value.data?.accessToMe;
      if (!event) throw new Error(JSON.stringify(value));
      lines.push(event, ...event.sameBatch);
    }
    await client.dispose();
    expect(lines.map(({ patientId }) => patientId).sort()).toEqual([at.patient, second].sort());
    expect(lines.every(({ act }) => act === 'READ')).toBe(true);
    expect(JSON.stringify(lines)).not.toContain(stranger);
  });
});

describe('the download', () => {
  const download = (who: string, args = '') =>
    at.vitrine.ask<{ accessLogDownload: string | null }>(
      who,
      `{ accessLogDownload(patient: "${at.patient}"${args}) }`,
    );
  const policyOf = () => `log ${at.vitrine.serving.ledger.verifierKey}\nquorum none\n`;

  async function fileFor(who: string, args = ''): Promise<string> {
    const { data, text } = await download(who, args);
    if (!data?.accessLogDownload) throw new Error(text);
    return data.accessLogDownload;
  }

  it('holds every access of the person’s, and verifies offline', async () => {
    const file = await fileFor('patient.self');
    const { accesses, statement } = verifyAccessLog(file, policyOf());
    const listed = await edges('patient.self', ', first: 100');
    expect(accesses.map(({ entry }) => entry.index.toString())).toEqual(listed.map(({ node }) => node.index));
    expect(new Set(accesses.map(({ head }) => head.kind))).toEqual(new Set(['View', 'AccessBatch']));
    expect(statement).toMatchObject({ files: [at.patient, second], act: null, from: null, to: null });
    expect(file).not.toContain(stranger);
    const views = verifyAccessLog(await fileFor('patient.self', ', filter: {act: OPENED}'), policyOf());
    expect(views.statement.act).toBe('OPENED');
    expect(views.accesses.length).toBeLessThan(accesses.length);
  });

  it('is for a representative, and for nobody else', async () => {
    await granted(at, 'patient.self', { type: 'REPRESENTATIVE', representative: at.friend });
    expect(verifyAccessLog(await fileFor('patient.one'), policyOf()).accesses.length).toBeGreaterThan(0);
    for (const who of ['auditor', 'clinician.city', 'registrar.city', 'regulator.one'])
      expect((await download(who)).codes, who).toEqual(['FORBIDDEN']);
  });

  it('doesn’t verify with an access less, or more, or under another key', async () => {
    const text = await fileFor('patient.self');
    type File = { bundles: { fields: { value: unknown }[] }[] } & Record<string, unknown>;
    const changed = (change: (file: File) => void): string => {
      const file = JSON.parse(text) as File;
      change(file);
      return fromUtf8(canonical(file));
    };
    const other = JSON.parse(await fileFor('patient.self', ', filter: {act: OPENED}')) as File;
    for (const [name, change] of Object.entries<(file: File) => void>({
      less: (file) => void file.bundles.pop(),
      twice: (file) => void file.bundles.push(...file.bundles.slice(0, 1)),
      'another order': (file) => void file.bundles.reverse(),
      'another statement': (file) => void (file['statement'] = other['statement']),
      'another key': (file) => void (file['key'] = base64url(new Uint8Array(32).fill(7))),
      'another entry of the key': (file) => void (file['keyEntry'] = 1),
    }))
      expect(() => verifyAccessLog(changed(change), policyOf()), name).toThrow();
    expect(
      verifyAccessLog(
        changed(() => undefined),
        policyOf(),
      ).accesses.length,
    ).toBeGreaterThan(0);
  });

  it('goes on where it ended, in parts that are one list together, whatever is added meanwhile', async () => {
    const whole = verifyAccessLog(await fileFor('patient.self'), policyOf());
    expect([whole.statement.after, whole.statement.next]).toEqual([null, null]);
    const files: string[] = [];
    for (let next: string | null = null; files.length === 0 || next !== null;) {
      files.push(await fileFor('patient.self', `, most: 2${next === null ? '' : `, after: "${next}"`}`));
      ({ next } = JSON.parse(files.at(-1) ?? '') as { next: string | null });
      if (files.length === 1) {
        await read('clinician.city', at.patient);
        await sealed();
      }
    }
    expect(files.length).toBeGreaterThan(2);
    const parts = verifyAccessLogParts(files, policyOf());
    const placesIn = ({ accesses }: VerifiedAccessLog) =>
      accesses.map(({ entry, fields }) => [entry.index, Object.keys(fields).join()]);
    expect(parts.flatMap(placesIn)).toEqual(placesIn(whole));
    expect(parts.every(({ accesses }) => accesses.length <= 2)).toBe(true);
    const [first = '', second = '', ...others] = files;
    for (const [name, wrong] of Object.entries({
      'without its first part': files.slice(1),
      'without its last part': files.slice(0, -1),
      'with a part left out': [first, ...others],
      'in another order': [second, first, ...others],
      'with a part twice': [first, first, second, ...others],
      'with more behind its end': [...files, first],
      'with a part of another question': [
        await fileFor('patient.self', ', most: 2, filter: {act: READ}'),
        second,
        ...others,
      ],
    }))
      expect(() => verifyAccessLogParts(wrong, policyOf()), name).toThrow();
    const renamed = first.replace(/"next":"[^"]*"/, '"next":null');
    expect(() => verifyAccessLog(renamed, policyOf())).toThrow(/next place/);
    for (const args of [', most: 0', ', most: 2001', ', after: "x"', ', after: "01"', ', after: "1.0"'])
      expect((await download('patient.self', args)).codes, args).toEqual(['BAD_USER_INPUT']);
  });

  it('is checked by the command', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-download-'));
    const bundle = join(folder, 'accesses.json');
    const policy = join(folder, 'policy');
    try {
      const file = await fileFor('patient.self');
      await writeFile(bundle, file);
      await writeFile(policy, policyOf());
      const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      expect(await verifyOffline({ bundle: [bundle], policy }, true)).toBe(EXIT.OK);
      await writeFile(bundle, file.replace('"times":1', '"times":7'));
      expect(await verifyOffline({ bundle: [bundle], policy }, true)).toBe(EXIT.FAILED);
      const first = await fileFor('patient.self', ', most: 1');
      const { next } = JSON.parse(first) as { next: string };
      await writeFile(bundle, first);
      const rest = join(folder, 'rest.json');
      await writeFile(rest, await fileFor('patient.self', `, after: "${next}"`));
      expect(await verifyOffline({ bundle: [bundle, rest], policy }, true)).toBe(EXIT.OK);
      expect(await verifyOffline({ bundle: [rest, bundle], policy }, true)).toBe(EXIT.FAILED);
      expect(written.mock.calls.map(([line]) => String(line).slice(0, 13))).toEqual([
        '{"holds":true',
        '{"holds":fals',
        '{"holds":true',
        '{"holds":fals',
      ]);
      written.mockRestore();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('an answer whose reads can’t be written down', () => {
  it('isn’t given, over HTTP and over WebSocket, and others are', async () => {
    await at.vitrine.tamper('ALTER TABLE access_read RENAME TO access_read_away');
    try {
      const { status, data, codes, text } = await read('clinician.city', at.patient);
      expect([status, data, codes]).toEqual([503, null, ['UNAVAILABLE']]);
      expect(text).not.toContain('Tamm');
      const client = createClient({
        url: `${at.vitrine.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${await at.vitrine.token('clinician.city')}` },
        retryAttempts: 0,
      });
      const query = `{ patient(id: "${at.patient}") { names { family } } }`;
      const { value } = await client.iterate({ query }).next();
      await client.dispose();
      expect(JSON.stringify(value)).toContain('UNAVAILABLE');
      expect(JSON.stringify(value)).not.toContain('Tamm');
      expect((await read('patient.self', at.patient)).codes).toEqual([]);
    } finally {
      await at.vitrine.tamper('ALTER TABLE access_read_away RENAME TO access_read');
    }
  });
});
