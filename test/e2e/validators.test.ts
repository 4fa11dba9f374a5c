/**
 * Three peers as validators of three institutions, each a process with its own copy, key and rules, on a real server that
 * asks two of them. They decide on what the ministry asks to upload.
 */
import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { INSTITUTIONS } from '../../src/cli/sample/data.js';
import { parseEndorsement, statementsHash } from '../../src/ledger/core/index.js';
import { Homes, codes } from '../peer/support.js';
import { Api, type Data, intent, type Intent } from '../support/api.js';
import { Forked } from '../support/forked.js';
import { Forger } from '../support/forger.js';
import type { StatementSigner } from '../../src/client/index.js';
import { idAt, newSigner, signed } from '../support/own-key.js';
import { PeerProcess } from '../support/peers.js';
import { Deployment, until } from '../support/process.js';
import { Wire } from '../support/wire.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** A witness that was away is asked again within a minute. */
const PATIENCE_MS = 120_000;
const NAMES = ['alpha', 'beta', 'gamma'] as const;
type Name = (typeof NAMES)[number];

let deployment: Deployment;
let api: Api;
let logKey: string;
let ministry: string;
const peers = {} as Record<Name, PeerProcess>;
const institutions = {} as Record<Name, string>;
const members = {} as Record<Name, string>;
const homes = new Homes();

const programmes = {
  name: 'programmes',
  situations: ['programme.*'],
  decide: 'endorse',
  unmet: 'refuse',
  unverified: 'refuse',
};
/** Alpha alone waits for its own cosignature: the log asks a witness that was away again within a minute, not at once. */
const RULES: Record<Name, object> = {
  alpha: { rules: [programmes, { name: 'forms', situations: ['form.define'], decide: 'endorse' }] },
  beta: {
    entry: 'held',
    rules: [programmes, { name: 'no-forms', situations: ['form.*'], decide: 'refuse' }],
    otherwise: 'refuse',
  },
  gamma: { entry: 'held', rules: [programmes] },
};

beforeAll(async () => {
  const base = await Deployment.make();
  for (const name of NAMES) peers[name] = await PeerProcess.make(base.folder, name);
  const file = join(base.folder, 'policy');
  const lines = NAMES.map((name) => peers[name].line);
  await writeFile(file, [...lines, `group all 2 ${NAMES.join(' ')}`, 'quorum all', ''].join('\n'));
  deployment = base.with({ WITNESS_POLICY: file });
  api = new Api(await deployment.run().listening());
  await populate();
  await peers.alpha.kill();
  for (const name of NAMES) {
    const tokenFile = join(peers[name].home, 'token');
    await writeFile(tokenFile, await api.token(`validator.${name}`));
    await peers[name].write(
      { url: api.url, keys: [logKey], institution: institutions[name], tokenFile: 'token' },
      RULES[name],
    );
  }
});
afterAll(async () => {
  await homes.end();
  await Promise.all(Object.values(peers).map((one) => one.end()));
  await deployment?.end();
});

const idOf = (payload: Data, record: string): string => (payload[record] as { id: string }).id;

async function enrol(
  subject: string,
  institution: string,
  role: string,
  publicKey?: string,
): Promise<string> {
  const input = { institution, subject, name: subject, roles: [role], ...(publicKey && { publicKey }) };
  return idOf(await api.must('regulator.one', 'enrolMember', input, 'member { id }'), 'member');
}

/** A ministry of two, three hospitals whose validators have keys of their own, and the policies that ask them. */
async function populate(): Promise<void> {
  const { data } = await api.ask('regulator.one', '{ checkpoint { key } me { institution { id } } }');
  logKey = (data?.['checkpoint'] as { key: string }).key;
  const keys: Partial<Record<Name, string>> = {};
  for (const name of NAMES) keys[name] = await peers[name].makeSigningKey();
  // The log asks a witness that was never there ever less often: this one is there from the beginning.
  await peers.alpha.start(api.url, logKey);
  ministry = (data?.['me'] as { institution: { id: string } }).institution.id;
  await enrol('regulator.two', ministry, 'REGULATOR');
  for (const name of NAMES) {
    const input = { ...INSTITUTIONS.city, name, identifiers: [] };
    const made = await api.must('regulator.one', 'registerInstitution', input, 'institution { id }');
    institutions[name] = idOf(made, 'institution');
    members[name] = await enrol(`validator.${name}`, institutions[name], 'REPORTER', keys[name]);
  }
  await require('programme.create', NAMES, 2);
  await require('form.define', ['alpha', 'beta'], 1);
  await require('subsidy.propose', ['beta', 'gamma'], 1);
}

/** A policy by which members of so many of these institutions must endorse. */
async function require(situation: string, names: readonly Name[], count: number): Promise<void> {
  const of = names.map((name) => institutions[name]);
  const input = { situation, rule: 'INSTITUTIONS', institutions: of, count, reason: 'shared work' };
  const change = intent('regulator.one', 'changePolicy', input, 'requestId');
  const upload = uploadOf(await api.send(change));
  await api.must('regulator.two', 'endorseUpload', { upload }, 'requestId');
  expect((await api.send(change)).errors).toEqual([]);
}

function uploadOf({ errors }: Awaited<ReturnType<Api['send']>>): string {
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['ENDORSEMENT_PENDING']);
  return String(errors[0]?.extensions.details?.['upload']);
}

const programme = (code: string): Data => ({
  code,
  title: `Programme ${code}`,
  budget: { amount: 100, currency: 'EUR' },
});

/** What the ministry asks for; gives how it is sent again, and the request that waits. */
async function ask(name: string, input: Data): Promise<{ change: Intent; upload: string }> {
  const change = intent('regulator.one', name, input, 'requestId repeated');
  return { change, upload: uploadOf(await api.send(change)) };
}
const askProgramme = (code: string) => ask('createProgramme', programme(code));
const askForm = (code: string) =>
  ask('defineForm', {
    code,
    title: code,
    period: 'MONTH',
    indicators: [{ code: 'beds', label: 'Beds', type: 'INTEGER' }],
  });

/** What a member asks for by a key of its own: the server sees the statement alone. */
async function askOwn(subject: string, signer: StatementSigner, code: string): Promise<string> {
  const [now, requestId] = [new Date(), randomUUID()];
  const values = {
    code,
    title: code,
    currency: 'EUR',
    budget: '100',
    validFrom: '2026-01-01',
    validUntil: null,
  };
  const head = {
    ...{ kind: 'Programme', schema: 1, id: idAt(now), version: 1, custodian: ministry },
    ...{ patient: null, jurisdiction: null, label: null, retention: null },
  };
  const version = { op: 'programme.create', head, values, supersedes: null };
  const request = { origin: 'vitrine.test/log', institution: ministry, requestId, issued: now };
  const { statement } = await signed(signer, version, request);
  const made = await api.must(
    subject,
    'requestUpload',
    { requestId, statements: [statement] },
    'uploadRequest { id state }',
  );
  expect(made['uploadRequest']).toMatchObject({ state: 'VALIDATING' });
  return idOf(made, 'uploadRequest');
}

interface Upload {
  readonly state: string;
  readonly version: number;
  readonly reasons: readonly { rule: string; code: string }[];
  readonly endorsements: readonly { decision: string; memberId: string; mode: string; signature: string }[];
  readonly statements: readonly { jws: string }[];
}

async function look(upload: string): Promise<Upload> {
  const selection =
    'state version reasons { rule code } endorsements { decision memberId mode signature } statements { jws }';
  const { data, errors } = await api.ask(
    'regulator.one',
    `{ uploadRequest(id: "${upload}") { ${selection} } }`,
  );
  expect(errors).toEqual([]);
  return data?.['uploadRequest'] as Upload;
}

const settled = (upload: string, ...states: readonly string[]): Promise<Upload> =>
  until(
    `${upload} is ${states.join(' or ')}`,
    async () => {
      const found = await look(upload);
      return states.includes(found.state) && found;
    },
    PATIENCE_MS,
  );

const endorsers = ({ endorsements }: Upload): string[] => endorsements.map(({ memberId }) => memberId).sort();
const membersOf = (...names: readonly Name[]): string[] => names.map((name) => members[name]).sort();

/** The last line that a peer wrote of a request. */
async function kept(name: Name, upload: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(await decisionsFile(name), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .findLast((one) => one['upload'] === upload);
}

async function decisionsFile(name: Name): Promise<string> {
  const { logs } = (await (await fetch(`${peers[name].direct}/healthz`)).json()) as {
    logs: { copy: { path: string } }[];
  };
  const slug = logs[0]?.copy.path.split('/')[2] ?? '';
  return join(peers[name].home, 'logs', slug, 'validator', 'decisions.jsonl');
}

const idle = (name: Name): Promise<unknown> =>
  until(
    `${name} has nothing left to do`,
    async () => {
      const { open, failure } = (await peers[name].health()).logs[0]?.validator ?? {};
      return open === 0 && failure === null;
    },
    PATIENCE_MS,
  );

describe('three validators under a policy of two of three', () => {
  it('confirm a request although one of them is away, each by its own key over its statements', async () => {
    await peers.alpha.startAsWritten();
    await peers.beta.startAsWritten();
    const { change, upload } = await askProgramme('V-1');
    const found = await settled(upload, 'CONFIRMED');
    expect(endorsers(found)).toEqual(membersOf('alpha', 'beta'));
    for (const { mode, decision, signature } of found.endorsements) {
      expect([mode, decision]).toEqual(['OWN', 'ENDORSED']);
      const { endorsement } = parseEndorsement(signature);
      expect(endorsement.statements).toEqual(statementsHash(found.statements.map(({ jws }) => jws)));
    }
    expect((await api.send(change)).errors).toEqual([]);
    expect((await look(upload)).state).toBe('LOADED');
    await idle('alpha');
    expect(await kept('alpha', upload)).toMatchObject({
      state: 'done',
      decision: 'endorse',
      outcome: 'STANDS',
    });
    expect(await peers.alpha.metrics()).toMatch(
      /vitrine_peer_decisions_total\{origin="vitrine.test\/log",decision="endorse",rule="programmes"\} 1/,
    );
  });

  it('deny what the rules of one of them refuse, and say which rule', async () => {
    const { data } = await api.ask('regulator.one', '{ programmes { edges { node { id } } } }');
    const [first] = (data?.['programmes'] as { edges: { node: { id: string } }[] }).edges;
    const amount = { amount: 5, currency: 'EUR' };
    const input = { programme: first?.node.id, payee: institutions.alpha, amount, purpose: 'Beds' };
    const { change, upload } = await ask('proposeSubsidy', input);
    const found = await settled(upload, 'DENIED');
    expect(found.reasons).toEqual([{ rule: 'otherwise', code: 'UPLOAD_DENIED' }]);
    expect(found.endorsements).toMatchObject([{ decision: 'REFUSED', memberId: members.beta, mode: 'OWN' }]);
    const { errors } = await api.send(change);
    expect(errors[0]?.extensions.code).toBe('UPLOAD_DENIED');
    expect(errors[0]?.message).toContain('otherwise');
  });

  it('of two that decide otherwise at the same time one is heard, and both know of it', async () => {
    const asked = await Promise.all(Array.from({ length: 6 }, (_, place) => askForm(`race-${place}`)));
    for (const { upload } of asked) {
      const { state, endorsements, version } = await settled(upload, 'CONFIRMED', 'DENIED');
      expect(version).toBe(2);
      const decision = state === 'DENIED' ? 'REFUSED' : 'ENDORSED';
      const memberId = members[state === 'DENIED' ? 'beta' : 'alpha'];
      expect(endorsements).toMatchObject([{ decision, memberId }]);
    }
    await idle('alpha');
    await idle('beta');
    for (const { upload } of asked) {
      const { state } = await look(upload);
      expect((await look(upload)).version).toBe(2);
      const winner = state === 'DENIED' ? 'beta' : 'alpha';
      expect((await kept(winner, upload))?.['outcome']).toBe('STANDS');
    }
  });

  it.each(['after-kept', 'after-sent'])('decide once although one of them is killed at %s', async (place) => {
    await peers.beta.kill();
    await peers.beta.startMortalValidator(place);
    const { upload } = await askProgramme(`K-${place}`);
    await peers.beta.died();
    const died = await look(upload);
    expect(died.endorsements.some(({ memberId }) => memberId === members.beta)).toBe(place === 'after-sent');
    await peers.beta.startAsWritten();
    const found = await settled(upload, 'CONFIRMED');
    expect(endorsers(found)).toEqual(membersOf('alpha', 'beta'));
    await idle('beta');
    // One version for the asking and one for each of the two decisions.
    expect((await look(upload)).version).toBe(3);
    expect(await kept('beta', upload)).toMatchObject({
      state: 'done',
      decision: 'endorse',
      outcome: 'STANDS',
    });
  });

  it('refuse what was signed by a key that was revoked meanwhile', async () => {
    const [old, next] = [newSigner(), newSigner()];
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
    const planner = await enrol('planner', ministry, 'REGULATOR', base64(old.publicKey));
    await peers.beta.kill();
    const upload = await askOwn('planner', old, 'O-1');
    await until(
      'the key in force is good enough',
      async () => (await look(upload)).endorsements.length === 1,
    );
    await api.must(
      'planner',
      'rotateKey',
      { member: planner, publicKey: base64(next.publicKey) },
      'requestId',
    );
    await peers.beta.startAsWritten();
    const { reasons } = await settled(upload, 'DENIED');
    expect(reasons.map(({ rule }) => rule)).toEqual(['programmes: key']);
  });

  it('wait for their own cosignature where their rules ask for it', async () => {
    peers.alpha.wire.cut();
    const { upload } = await askProgramme('C-1');
    await until('alpha says what it waits for', async () =>
      (await peers.alpha.health()).logs[0]?.validator.failure?.includes('this witness has cosigned'),
    );
    await until('beta does not wait', async () => (await look(upload)).endorsements.length === 1);
    peers.alpha.wire.mend();
    expect(endorsers(await settled(upload, 'CONFIRMED'))).toEqual(membersOf('alpha', 'beta'));
  });

  it('endorse nothing on a log that forked, until a person has looked', async () => {
    const alarm = await until('it raises the alarm', async () => {
      const { alarms, logs } = await peers.alpha.health();
      const raised = alarms.find(({ code }) => code === 'fork');
      // A fork of another size, once the log went on, would be another alarm, and stand when this one was acknowledged.
      if (raised !== undefined) return raised;
      const at = Number(logs[0]?.cosigned);
      const fork = await Forked.of(api.url, at, join(deployment.dataDir, 'keys', 'log.json'));
      const body = fork.request(at, at, at - 1);
      await fetch(`${peers.alpha.direct}/add-checkpoint`, { method: 'POST', body });
      return undefined;
    });
    const { upload } = await askProgramme('F-1');
    const one = await until(
      'beta endorses',
      async () => {
        const found = await look(upload);
        return found.endorsements.length > 0 && found;
      },
      PATIENCE_MS,
    );
    expect(endorsers(one)).toEqual(membersOf('beta'));
    await until('alpha says why it does not', async () =>
      (await peers.alpha.health()).logs[0]?.validator.failure?.includes(alarm.id),
    );
    expect((await look(upload)).endorsements).toHaveLength(1);
    await peers.alpha.kill();
    await peers.alpha.acknowledge(alarm.id);
    await peers.alpha.startAsWritten();
    expect(endorsers(await settled(upload, 'CONFIRMED'))).toEqual(membersOf('alpha', 'beta'));
  });

  it('endorse nothing that the API shows otherwise than the log holds it', async () => {
    await peers.alpha.kill();
    const forger = await new Forger(api.url).listen();
    forger.forge = (answer) =>
      answer.includes('"bundle"') ? answer.replaceAll('programme.create', 'programme.credit') : answer;
    await peers.gamma.write(
      { url: forger.address, keys: [logKey], institution: institutions.gamma, tokenFile: 'token' },
      RULES.gamma,
    );
    const gamma = await homes.start(peers.gamma.home, []);
    peers.gamma.wire.lead(gamma.address);
    const { upload } = await askProgramme('T-1');
    await until('it raises the alarm', () => codes(gamma).includes('request'), PATIENCE_MS);
    await until('beta endorses', async () => (await look(upload)).endorsements.length === 1, PATIENCE_MS);
    expect(endorsers(await look(upload))).toEqual(membersOf('beta'));
    forger.forge = (answer) => answer;
    expect(endorsers(await settled(upload, 'CONFIRMED'))).toEqual(membersOf('beta', 'gamma'));
    await until('the alarm goes', () => !codes(gamma).includes('request'));
    await gamma.stop();
    await forger.close();
  });

  it('decide once the link is whole again, with nothing lost', async () => {
    await peers.beta.kill();
    const wire = await Wire.lay();
    wire.lead(api.url);
    const log = { keys: [logKey], institution: institutions.beta, tokenFile: 'token' };
    await peers.beta.write({ url: wire.address, ...log }, RULES.beta);
    await peers.beta.startAsWritten();
    const first = await askForm('link-1');
    await settled(first.upload, 'DENIED');
    wire.cut();
    const second = await askForm('link-2');
    await until(
      'beta knows that it is cut off',
      async () => (await peers.beta.health()).logs[0]?.validator.failure,
    );
    expect((await look(second.upload)).state).toBe('VALIDATING');
    wire.mend();
    await settled(second.upload, 'DENIED');
    await idle('beta');
    await wire.end();
  });
});
