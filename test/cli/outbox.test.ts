import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { viewHome } from '../../src/cli/outbox/home.js';
import { run } from '../../src/cli/program.js';
import { until } from '../support/process.js';
import { TestVitrine } from '../support/vitrine.js';

let vitrine: TestVitrine;
let folder: string;
let home: string;
let patient: string;

beforeAll(async () => {
  vitrine = await TestVitrine.start();
  const found = await vitrine.ask<{ patients: { edges: { node: { id: string } }[] } }>(
    'registrar.city',
    '{ patients(first: 1) { edges { node { id } } } }',
  );
  patient = found.data?.patients.edges[0]?.node.id ?? '';
}, 120_000);
afterAll(() => vitrine.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-outbox-'));
  home = join(folder, 'outbox');
  await writeFile(token(), await vitrine.token('clinician.city'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const token = (): string => join(folder, 'token');

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let streams = { out: '', err: '' };

/** Runs `vitrine outbox` with these words alone. */
async function command(...words: readonly string[]): Promise<Said> {
  streams = { out: '', err: '' };
  const before = streams;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((before.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((before.err += String(text)), true));
  const code = await run(['node', 'vitrine', 'outbox', ...words]);
  return { code, ...before };
}

/** Runs one of its commands on the folder of the test. */
function outbox(...words: readonly string[]): Promise<Said> {
  const [name = '', ...others] = words;
  return command(name, '--home', home, ...others);
}

const send = (...words: readonly string[]) =>
  outbox('send', '--endpoint', `${vitrine.url}/graphql`, '--token-file', token(), ...words);

let visits = 0;
const visit = (more: object = {}) => ({
  operation: 'recordEncounter',
  input: {
    patient,
    class: 'AMB',
    status: 'FINISHED',
    start: new Date(Date.UTC(2024, 0, 1, 0, visits++)).toISOString(),
    ...more,
  },
});

async function put(items: unknown, ...words: readonly string[]): Promise<string[]> {
  const file = join(folder, 'items.json');
  await writeFile(file, JSON.stringify(items));
  const { code, out, err } = await outbox('put', file, ...words);
  expect([code, err]).toEqual([0, '']);
  return out.trim().split('\n');
}

async function listed(): Promise<{ id: string; state: string; heldBy: string[] }[]> {
  const { out } = await outbox('list', '--json');
  return JSON.parse(out) as { id: string; state: string; heldBy: string[] }[];
}

describe('vitrine outbox', () => {
  it('keeps what is put in, shows it, sends it, and shows its receipt', async () => {
    const [first = '', second = ''] = await put([visit(), visit()]);
    expect(await listed()).toMatchObject([
      { id: first, state: 'WAITING', heldBy: [] },
      { id: second, state: 'WAITING', heldBy: [first] },
    ]);
    const shown = await outbox('show', first);
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining(patient)]);
    const sent = await send();
    expect([sent.code, sent.err]).toEqual([0, '2 accepted, 0 refused, 0 not settled yet\n']);
    expect(sent.out.match(/^accepted \S+ recordEncounter: entry \d+/gm)).toHaveLength(2);
    const after = await outbox('show', first, '--json');
    expect(JSON.parse(after.out)).toMatchObject({ state: 'ACCEPTED', input: null, receipts: [{}] });
    expect((await outbox('drop', '--accepted')).code).toBe(0);
    expect(await listed()).toEqual([]);
  });

  it('tells what was refused and why, sends it again as it was, and drops it', async () => {
    const [id = ''] = await put(visit({ start: '2999-01-01T00:00:00Z' }));
    const sent = await send();
    expect(sent.code).toBe(1);
    expect(sent.out).toMatch(new RegExp(`^REFUSED ${id} .* \\(BAD_USER_INPUT\\) at input\\.start$`, 'm'));
    expect((await outbox('list', '--state', 'REFUSED')).out).toContain('BAD_USER_INPUT');
    expect((await outbox('retry', id)).code).toBe(0);
    expect((await listed())[0]?.state).toBe('SENT');
    expect((await send()).code).toBe(1);
    expect((await outbox('drop', id)).code).toBe(0);
    expect(await listed()).toEqual([]);
  });

  it('refuses only the item whose form the server refuses, though it went in one batch', async () => {
    const [good = '', bad = '', other = ''] = await put(
      [visit(), visit({ start: 'yesterday' }), visit()],
      '--no-thread',
    );
    expect((await send()).code).toBe(1);
    expect(await listed()).toMatchObject([
      { id: good, state: 'ACCEPTED' },
      { id: bad, state: 'REFUSED', refusals: [{ code: 'BAD_USER_INPUT', path: ['input', 'start'] }] },
      { id: other, state: 'ACCEPTED' },
    ]);
  });

  it('reads standard input', async () => {
    const given = Readable.from([JSON.stringify(visit())]);
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(given as unknown as typeof process.stdin);
    expect((await outbox('put', '-')).code).toBe(0);
    expect(await listed()).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'expected JSON (BAD_USER_INPUT)'],
    ['nothing', '[]', 'at least one item'],
    ['an unknown mutation', { operation: 'drop', input: {} }, 'operation: expected the name of a mutation'],
    ['an unknown member', { operation: 'fileReport', input: { formm: 'x' } }, 'formm'],
    ['a missing one', [{ operation: 'fileReport', input: {} }], '0.input'],
    ['a wrong choice', { operation: 'recordEncounter', input: { class: 'WALK' } }, 'input.class'],
    ['another member beside them', { operation: 'fileReport', input: {}, then: 1 }, 'then'],
  ])('refuses %s with its place, and keeps nothing', async (_name, given, expected) => {
    const file = join(folder, 'items.json');
    await writeFile(file, typeof given === 'string' ? given : JSON.stringify(given));
    const { code, err } = await outbox('put', file);
    expect([code, err]).toEqual([1, expect.stringContaining(expected)]);
    expect(await listed()).toEqual([]);
  });

  it.each([
    [['put']],
    [['send']],
    [['send', '--token-file', 'x', '--for', 'ever']],
    [['send', '--token-file', 'x', '--endpoint', 'ftp://x']],
    [['list', '--state', 'LOST']],
    [['nonsense']],
  ])('is called wrongly by %j', async (words) => {
    expect((await outbox(...words)).code).toBe(2);
  });

  it.each([
    [['show', '01890a5d-ac96-774b-bcce-b302099a8057'], 'no item'],
    [['retry', '01890a5d-ac96-774b-bcce-b302099a8057'], 'no item'],
    [['drop', '01890a5d-ac96-774b-bcce-b302099a8057'], 'no item'],
    [['drop'], 'expected ids, or --accepted'],
    [['put', '/nowhere/items.json'], 'ENOENT'],
  ])('says what is wrong with %j', async (words, expected) => {
    const { code, err } = await outbox(...words);
    expect([code, err]).toEqual([1, expect.stringContaining(expected)]);
  });

  it('needs a token file, and stops for another member’s token', async () => {
    await put(visit());
    await rm(token());
    expect((await send()).code).toBe(78);
    await writeFile(token(), await vitrine.token('clinician.city'));
    expect((await send()).code).toBe(0);
    await put(visit());
    await writeFile(token(), await vitrine.token('registrar.city'));
    const { code, err } = await send();
    expect([code, err]).toEqual([1, expect.stringContaining('whose outbox this is')]);
  });

  it('stops after the time it was given, and says what is left', async () => {
    const [id = ''] = await put(visit());
    const { code, err } = await outbox(
      ...['send', '--token-file', token(), '--endpoint', 'http://127.0.0.1:1/graphql', '--for', '0.3'],
    );
    expect(code).toBe(1);
    expect(err).toContain(
      'expected an answer of 127.0.0.1:1, got none (NETWORK); the server or the way to it is away',
    );
    expect(err).toContain('0 accepted, 0 refused, 1 not settled yet');
    expect(await listed()).toMatchObject([{ id, state: 'SENT', trouble: { code: 'NETWORK' } }]);
    expect((await outbox('drop', id)).code).toBe(1);
    expect((await outbox('drop', '--even-sent', id)).code).toBe(0);
    expect(await listed()).toEqual([]);
  });

  it('takes what others put in while it sends, and does what they wish', async () => {
    const sending = send('--watch');
    await until('it has the outbox', () => existsSync(join(home, 'outbox.lock')));
    const put1 = join(folder, 'one.json');
    await writeFile(put1, JSON.stringify([visit(), visit({ start: '2999-01-01T00:00:00Z' })]));
    expect((await outbox('put', put1)).code).toBe(0);
    const bad = (await viewHome(home)).items()[1]?.id ?? '';
    // Not by the command: what the sender says meanwhile would stand in its output.
    const look = async () => (await viewHome(home)).items().map(({ state }) => state);
    await until('they are settled', async () => (await look()).join() === 'ACCEPTED,REFUSED');
    expect((await outbox('drop', '--accepted', bad)).code).toBe(0);
    await until('nothing is left', async () => (await look()).length === 0);
    process.emit('SIGTERM');
    expect((await sending).code).toBe(0);
  });
});

/** Flips a bit of a file, at its end or so many bytes before it. */
async function flip(path: string, back: number): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.length - back;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('an outbox whose files are not what was written', () => {
  const journal = () => join(home, 'outbox.journal');

  it.each<[string, () => Promise<void>]>([
    ['a bit of the journal', () => flip(journal(), 400)],
    [
      'the journal’s first line',
      async () => writeFile(journal(), (await readFile(journal(), 'utf8')).slice(3)),
    ],
    ['a bit of what was left for the sender', () => leaveDamaged()],
  ])(
    'is refused when %s is damaged: by name, with what to do, and nothing of a patient',
    async (_name, damage) => {
      await put([visit({ note: 'Zwilling' }), visit()]);
      await damage();
      for (const words of [['list'], ['put', join(folder, 'items.json')]]) {
        const { code, err, out } = await outbox(...words);
        expect([code, err]).toEqual([
          1,
          expect.stringMatching(/is damaged.*put in anew.*INTEGRITY_VIOLATION/s),
        ]);
        expect(err + out).not.toMatch(/Zwilling|patient/);
      }
      expect((await send()).code).toBe(1);
    },
  );

  async function leaveDamaged(): Promise<void> {
    const taken = send('--watch', '--endpoint', 'http://127.0.0.1:1/graphql');
    await until('it has the outbox', () => existsSync(join(home, 'outbox.lock')));
    process.emit('SIGTERM');
    await taken;
    await writeFile(join(home, 'inbox', '0.json'), '0123456789abcdef {"put":[{"note":"Zwilling"}]}\n');
  }

  it('goes on when the end of its journal is missing: the last change alone may be gone', async () => {
    const [first = ''] = await put(visit());
    await appendFile(journal(), '0123456789abcdef {"item/x"');
    expect(await listed()).toMatchObject([{ id: first }]);
    await truncate(journal(), (await stat(journal())).size - 3);
    expect((await send()).code).toBe(0);
  });
});

describe('vitrine outbox send, where something else is wrong', () => {
  it.each([
    ['no token', 'not a token', 'UNAUTHENTICATED', 'put a new token into'],
    ['another’s signature', 'eyJhbGciOiJFZERTQSJ9.e30.AAAA', 'UNAUTHENTICATED', 'put a new token into'],
  ])('says what to do about a token file with %s', async (_name, text, code, advice) => {
    await put(visit());
    await writeFile(token(), text);
    const { err } = await send('--for', '1');
    expect(err).toMatch(new RegExp(`\\(${code}\\); ${advice}`));
    expect(err).not.toContain(text);
    await writeFile(token(), await vitrine.token('clinician.city'));
    expect((await send()).code).toBe(0);
  });

  it('says that what answers is no Vitrine', async () => {
    const portal = createServer((_request, response) => void response.end('<html>Sign in</html>'));
    await new Promise<void>((resolve) => portal.listen(0, '127.0.0.1', resolve));
    const { port } = portal.address() as AddressInfo;
    await put(visit());
    const endpoint = `http://127.0.0.1:${port}/graphql`;
    const { err } = await outbox('send', '--token-file', token(), '--endpoint', endpoint, '--for', '0.5');
    expect(err).toContain('(BAD_RESPONSE); something answers that is no Vitrine');
    await new Promise((resolve) => portal.close(resolve));
    expect((await send()).code).toBe(0);
  });

  it('says where it looked when there is no outbox', async () => {
    expect(await outbox('list')).toMatchObject({ code: 0, err: `no outbox in ${home} yet: put makes one\n` });
  });

  it.each(['put', 'list', 'show', 'send', 'retry', 'drop', 'key'])('has help for %s', async (name) => {
    const { code, out } = await command(name, '--help');
    expect([code, out]).toEqual([0, expect.stringContaining(`Usage: vitrine outbox ${name}`)]);
  });
});

describe('vitrine outbox key', () => {
  const file = () => join(folder, 'own.pem');
  const key = (...words: readonly string[]) => command('key', ...words);

  it('makes a key for its owner alone, shows its public half again, and never replaces one', async () => {
    const made = await key(file(), '--json');
    expect(made.code).toBe(0);
    expect(JSON.parse(made.out)).toMatchObject({
      publicKey: expect.stringMatching(/^[\w+/]{43}=$/),
      thumbprint: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    const before = await readFile(file(), 'utf8');
    const again = await key(file());
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is there already')]);
    expect(await readFile(file(), 'utf8')).toBe(before);
    expect((await key(file(), '--show', '--json')).out).toBe(made.out);
    expect(await readdir(folder)).toEqual(expect.not.arrayContaining([expect.stringMatching(/tmp$/)]));
  });

  const RSA = { kty: 'oct', k: 'c2VjcmV0LXNlY3JldA' };
  it.each<[string, string | null, number, string]>([
    ['nothing', null, 0o600, 'ENOENT'],
    ['no key', 'secret-secret', 0o600, 'expected an Ed25519 private key'],
    ['half a JWK', '{"kty":"OKP","crv":"Ed25519"', 0o600, 'expected an Ed25519 private key'],
    ['another kind of key', JSON.stringify(RSA), 0o600, 'expected an Ed25519 private key'],
    ['what others may read', 'secret-secret', 0o644, 'chmod 600'],
  ])('is refused with a reason for %s, and nothing of it is told', async (_name, text, mode, expected) => {
    if (text !== null) await writeFile(file(), text);
    if (text !== null) await chmod(file(), mode);
    await put(visit());
    const { code, err } = await send('--signing-key', file());
    expect([code, err]).toEqual([78, expect.stringContaining(expected)]);
    expect(err).not.toContain('secret');
  });

  it('signs what is sent once it is the member’s; before, nothing is sent', async () => {
    const { out } = await key(file(), '--json');
    const { publicKey } = JSON.parse(out) as { publicKey: string };
    await put(visit());
    const early = await send('--signing-key', file());
    expect([early.code, early.err]).toEqual([1, expect.stringContaining('the log has none (FORBIDDEN)')]);
    const query = '{ me { institution { id } } }';
    const { data } = await vitrine.ask<{ me: { institution: { id: string } } }>('clinician.city', query);
    const institution = data?.me.institution.id;
    const input = { institution, subject: 'clinician.own', name: 'K', roles: ['CLINICIAN'], publicKey };
    expect((await vitrine.mutate('regulator.one', 'enrolMember', input, 'member { id }')).codes).toEqual([]);
    await writeFile(token(), await vitrine.token('clinician.own'));
    home = join(folder, 'another');
    const [id = ''] = await put(visit());
    expect((await send('--signing-key', file())).code).toBe(0);
    const { index } = (await viewHome(home)).item(id)?.receipts[0] ?? { index: '' };
    const asked = 'query ($index: BigInt!) { entry(index: $index) { opening { mode } } }';
    const entry = await vitrine.ask<{ entry: { opening: { mode: string } } }>('clinician.own', asked, {
      index,
    });
    expect(entry.data?.entry.opening.mode).toBe('OWN');
  });
});
