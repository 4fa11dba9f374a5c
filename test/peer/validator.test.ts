/** What a validator makes of a request, case by case: forged statements, rules, and what it keeps of its decisions. */
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  base64url,
  compactJws,
  ED25519,
  formatVkey,
  noteKey,
  signatureInput,
  type Statement,
  statementBytes,
  thumbprint,
} from '../../src/ledger/core/index.js';
import { DecisionStore } from '../../src/peer/validator/decision-store.js';
import { freshened, signDecision } from '../../src/peer/validator/decision.js';
import { judge } from '../../src/peer/validator/judge.js';
import type { ProvenKey } from '../../src/peer/validator/key-book.js';
import type { ProvenUpload } from '../../src/peer/validator/proven.js';
import { parseRules } from '../../src/peer/validator/rules.js';
import {
  createDecisionKey,
  type DecisionKey,
  readDecisionKey,
} from '../../src/peer/validator/signing-key.js';
import { checkStatements } from '../../src/peer/validator/statement-checks.js';
import { readSettings } from '../../src/peer/index.js';
import { keyNamed } from './fake-log.js';

const ORIGIN = 'vitrine.test/log';
const CITY = '11111111-1111-4111-8111-111111111111';
const NORTH = '22222222-2222-4222-8222-222222222222';
const MEMBER = '33333333-3333-4333-8333-333333333333';
const OTHER = '44444444-4444-4444-8444-444444444444';
const REQUEST = '55555555-5555-4555-8555-555555555555';
const UPLOAD = '66666666-6666-4666-8666-666666666666';
const NOW = new Date('2026-06-15T12:00:00.000Z');
const HOUR = 3_600_000;
const MINE = keyNamed('uploader');
const STOLEN = keyNamed('thief');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-validator-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (hours: number): string => new Date(NOW.getTime() + hours * HOUR).toISOString();

const STATEMENT: Statement = {
  origin: ORIGIN,
  op: 'report.amend',
  subject: { kind: 'Report', id: OTHER, version: 2 },
  supersedes: new Uint8Array(32).fill(1),
  content: new Uint8Array(32).fill(2),
  fields: new Uint8Array(32).fill(3),
  detail: null,
  institution: CITY,
  issued: at(-1),
  expires: at(24),
  request: REQUEST,
  part: 0,
};

function jwsOf(statement: Statement, signer = MINE, kid = thumbprint(signer.publicKey)): string {
  const payload = statementBytes(statement);
  return compactJws(kid, payload, signer.sign(signatureInput(kid, payload)));
}

const KEY: ProvenKey = {
  use: 'own',
  thumbprint: thumbprint(MINE.publicKey),
  publicKey: MINE.publicKey,
  institution: CITY,
  member: MEMBER,
  expires: null,
  entry: 3n,
  revoked: null,
  doubt: null,
};

/** A sound request, but for what one case makes otherwise. */
function upload(change: Partial<Statement> = {}, more: Partial<ProvenUpload> = {}): ProvenUpload {
  const statement = { ...STATEMENT, ...change };
  return {
    id: UPLOAD,
    index: 9n,
    custodian: CITY,
    askedAt: at(-1),
    operation: 'report.amend',
    situation: 'report.amend.late',
    state: 'VALIDATING',
    endorsements: [],
    mode: 'own',
    uploader: { member: MEMBER, institution: CITY },
    request: REQUEST,
    part: 0,
    statements: [jwsOf(statement)],
    contents: [statement.content && base64url(statement.content)],
    ...more,
  };
}

function found(one: ProvenUpload, key: Partial<ProvenKey> | null = {}): string[] {
  const keys = new Map(key === null ? [] : [[KEY.thumbprint, { ...KEY, ...key }]]);
  const findings = checkStatements({ origin: ORIGIN, upload: one, keys, now: NOW });
  return findings.map(({ kind, check }) => `${kind} ${check}`);
}

/** The compact JWS with one byte of its payload changed. */
function edited(jws: string): string {
  const [head = '', payload = '', signature = ''] = jws.split('.');
  const text = Buffer.from(payload, 'base64url').toString().replace(`"part":0`, `"part":1`);
  return [head, Buffer.from(text).toString('base64url'), signature].join('.');
}

describe('the checks of statements', () => {
  it('hold for a sound request, by a delegated key too', () => {
    expect(found(upload())).toEqual([]);
    expect(found(upload({}, { mode: 'delegated' }), { use: 'delegated', member: null })).toEqual([]);
  });

  const thief = jwsOf(STATEMENT, STOLEN, KEY.thumbprint);
  const wrong: readonly [string, ProvenUpload, Partial<ProvenKey> | null, string[]][] = [
    ['signed by another key under its name', upload({}, { statements: [thief] }), {}, ['forged signature']],
    [
      'changed after it was signed',
      upload({}, { statements: [edited(jwsOf(STATEMENT))], part: 1 }),
      {},
      ['forged signature'],
    ],
    ['that can’t be read', upload({}, { statements: ['a.b.c'] }), {}, ['forged statement']],
    ['of which there is none', upload({}, { statements: [], contents: [] }), {}, ['forged statement']],
    ['whose key was revoked', upload(), { revoked: 8n }, ['forged key']],
    ['whose key expired', upload(), { expires: at(-0.5) }, ['forged key']],
    ['whose key is another member’s', upload(), { member: OTHER }, ['forged key']],
    ['whose key is another institution’s', upload(), { institution: NORTH }, ['forged key']],
    ['whose key has another use', upload(), { use: 'delegated' }, ['forged key']],
    ['whose key isn’t shown to be registered', upload(), null, ['unverified key']],
    ['whose key may have been revoked', upload(), { doubt: 'unknown' }, ['unverified key']],
    ['for another log', upload({ origin: 'other.test/log' }), {}, ['forged target']],
    ['of another operation', upload({ op: 'report.retract' }), {}, ['forged target']],
    ['of another request', upload({ request: UPLOAD }), {}, ['forged target']],
    ['for another institution', upload({ institution: NORTH }), {}, ['forged target']],
    ['under a foreign situation', upload({}, { situation: 'member.enrol' }), {}, ['forged target']],
    ['of a request kept by another', upload({}, { custodian: NORTH }), {}, ['forged target']],
    ['that expired', upload({ expires: at(-0.5) }), {}, ['forged time']],
    ['that is still to come', upload({ issued: at(1), expires: at(2) }), {}, ['forged time']],
    ['without times', upload({ issued: null, expires: null }), {}, ['forged time']],
    [
      'of another content',
      upload({}, { contents: [base64url(new Uint8Array(32))] }),
      {},
      ['forged commitment'],
    ],
    ['of another part', upload({ part: 1 }), {}, ['forged commitment']],
  ];
  it.each(wrong)('find a statement %s', (_what, one, key, expected) => {
    expect(found(one, key)).toEqual(expected);
  });
});

const rules = (rule: object = {}, more: object = {}) =>
  parseRules(
    JSON.stringify({
      rules: [{ name: 'late', situations: ['report.amend.late'], decide: 'endorse', ...rule }],
      ...more,
    }),
    'validator.json',
  );

function judged(
  given: ReturnType<typeof rules>,
  one = upload(),
  key: Partial<ProvenKey> | null = {},
  used = 0,
) {
  const keys = new Map(key === null ? [] : [[KEY.thumbprint, { ...KEY, ...key }]]);
  const findings = checkStatements({ origin: ORIGIN, upload: one, keys, now: NOW });
  const { decision, reasons } = judge({
    rules: given,
    upload: one,
    findings,
    now: NOW,
    endorsedToday: () => used,
  });
  return [decision, ...reasons];
}

describe('an institution’s rules', () => {
  it.each([
    ['endorse what is sound', rules(), [], ['endorse']],
    ['leave to a person what no rule names', rules({ situations: ['form.*'] }), [], ['person', 'otherwise']],
    [
      'refuse what no rule names, where they say so',
      rules({ situations: ['form.*'] }, { otherwise: 'refuse' }),
      [],
      ['refuse', 'otherwise'],
    ],
    ['refuse by name', rules({ decide: 'refuse', situations: ['*'] }), [], ['refuse', 'late']],
    ['take a whole noun', rules({ situations: ['report.*'] }), [], ['endorse']],
    ['refuse what is forged', rules(), [upload(), { revoked: 8n }], ['refuse', 'late: key']],
    ['leave what can’t be told to a person', rules(), [upload(), null], ['person', 'late: key']],
    [
      'refuse what can’t be told, where they say so',
      rules({ unverified: 'refuse' }),
      [upload(), null],
      ['refuse', 'late: key'],
    ],
    ['look at who uploads', rules({ onlyInstitutions: [NORTH] }), [], ['person', 'late: institution']],
    [
      'look at who may not',
      rules({ exceptInstitutions: [CITY], unmet: 'refuse' }),
      [],
      ['refuse', 'late: institution'],
    ],
    ['look at who signed', rules({ modes: ['delegated'] }), [], ['person', 'late: mode']],
    ['look at the age', rules({ maxAgeHours: 0.5 }), [], ['person', 'late: age']],
    ['take what is young enough', rules({ maxAgeHours: 2 }), [], ['endorse']],
    ['count by the day', rules({ perDay: 2 }), [upload(), {}, 2], ['person', 'late: limit']],
    ['count up to the limit', rules({ perDay: 2 }), [upload(), {}, 1], ['endorse']],
  ] as const)('%s', (_what, given, [one, key, used], expected) => {
    expect(judged(given, one, key, used)).toEqual(expected);
  });

  it.each([
    ['no JSON', '{', 'validator.json is no JSON'],
    ['no list', '{}', 'rules:'],
    ['a member that isn’t known', '{"rules": [], "rule": 1}', 'Unrecognized key: "rule"'],
    [
      'a decision that isn’t one',
      '{"rules": [{"name": "a", "situations": ["*"], "decide": "maybe"}]}',
      'rules.0.decide:',
    ],
    [
      'a situation that is none',
      '{"rules": [{"name": "a", "situations": ["Report amend"], "decide": "person"}]}',
      'rules.0.situations.0: expected a situation',
    ],
    [
      'an institution that is no id',
      '{"rules": [{"name": "a", "situations": ["*"], "decide": "endorse", "onlyInstitutions": ["city"]}]}',
      'rules.0.onlyInstitutions.0: expected a lower-case UUID',
    ],
    [
      'a condition of a rule that endorses nothing',
      '{"rules": [{"name": "a", "situations": ["*"], "decide": "refuse", "perDay": 3}]}',
      'rules.0.perDay: expected it with "decide": "endorse" alone',
    ],
    [
      'a name twice',
      `{"rules": [${'{"name": "a", "situations": ["*"], "decide": "person"},'.repeat(2).slice(0, -1)}]}`,
      'rules.1.name: expected a name of its own',
    ],
  ])('are refused with the path when there is %s', (_what, text, expected) => {
    const refusal = () => parseRules(text, 'validator.json');
    expect(refusal).toThrow(expected);
    expect(refusal).toThrow(expect.objectContaining({ code: 'NOT_CONFIGURED' }) as Error);
  });
});

describe('what a validator keeps', () => {
  it('survives a line that was cut off, and knows the position without its file', async () => {
    const home = join(folder, 'torn');
    const store = await DecisionStore.open(home, NOW);
    await store.see(UPLOAD, 7n, NOW);
    await store.see(OTHER, 9n, NOW);
    const [first] = store.open;
    if (first !== undefined)
      await store.put({ ...first, state: 'decided', decision: 'endorse', rule: 'late' });
    await appendFile(join(home, 'decisions.jsonl'), `{"upload":"${OTHER}","after":"9","state":"do`);
    const again = await DecisionStore.open(home, NOW);
    expect(again.position).toBe(9n);
    expect(again.open.map(({ upload: id, state }) => [id, state])).toEqual([
      [UPLOAD, 'decided'],
      [OTHER, 'seen'],
    ]);
    expect(again.endorsedOn(NOW, 'late', null)).toBe(1);
    expect(again.endorsedOn(new Date(NOW.getTime() + 24 * HOUR), 'late', null)).toBe(0);
  });

  it('drops what is long over, and never the position', async () => {
    const home = join(folder, 'old');
    const store = await DecisionStore.open(home, NOW);
    await store.see(UPLOAD, 12n, NOW);
    const [first] = store.open;
    if (first !== undefined) await store.put({ ...first, state: 'done', outcome: 'STANDS' });
    await store.see(OTHER, 11n, NOW);
    const later = await DecisionStore.open(home, new Date(NOW.getTime() + 60 * 24 * HOUR));
    expect(later.find(UPLOAD)).toBeUndefined();
    expect(later.find(OTHER)?.state).toBe('seen');
    expect((await DecisionStore.open(home, NOW)).position).toBe(12n);
    expect(await readFile(join(home, 'decisions.jsonl'), 'utf8')).not.toContain(UPLOAD);
  });

  it('asks for a person where its position is damaged', async () => {
    const home = join(folder, 'damaged');
    await (await DecisionStore.open(home, NOW)).passed(5n);
    await writeFile(join(home, 'position'), 'x');
    await expect(DecisionStore.open(home, NOW)).rejects.toThrow('is damaged: remove it');
  });
});

describe('a validator’s key and settings', () => {
  let key: DecisionKey;
  const file = () => join(folder, 'validator.key');
  beforeAll(async () => {
    key = await createDecisionKey(file());
  });

  it('signs a decision anew when the log would no longer take the old one', () => {
    const self = { member: MEMBER, institution: CITY };
    const statements = upload().statements;
    const to = {
      key,
      self,
      origin: ORIGIN,
      upload: UPLOAD,
      decision: 'endorse',
      reasons: [],
      statements,
    } as const;
    const made = signDecision({ ...to, now: NOW });
    expect(freshened(made, key, new Date(NOW.getTime() + 22 * HOUR))).toBe(made);
    const later = new Date(NOW.getTime() + 23.5 * HOUR);
    expect(freshened(made, key, later)).toBe(signDecision({ ...to, now: later }));
  });

  it('is made once', async () => {
    expect((await createDecisionKey(file())).kid).toBe(key.kid);
  });

  it('is refused with others’ rights on its file', async () => {
    await chmod(file(), 0o640);
    await expect(readDecisionKey(file())).rejects.toThrow('run: chmod 600');
    await chmod(file(), 0o600);
  });

  it('are refused with all that a validator needs and hasn’t', async () => {
    const vkey = formatVkey(noteKey(ORIGIN, ED25519, keyNamed('log').publicKey));
    const logs = [{ keys: [vkey], institution: CITY, openings: 'none', validator: {} } as const];
    await expect(readSettings(folder, { logs })).rejects.toThrow(
      'a validator needs --log <url>, --token-file <file>',
    );
  });
});
