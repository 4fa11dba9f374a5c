import { describe, expect, it } from 'vitest';
import { ClientError, MeDocument, RecordEncountersDocument, VitrineClient } from '../../src/client/index.js';

type Reply = Error | { status?: number; body: unknown; headers?: Record<string, string> };

/** A client whose server gives these replies in turn, and what it was sent. */
function clientOf(replies: readonly Reply[], options: { attempts?: number } = {}) {
  const sent: Request[] = [];
  const waits: number[] = [];
  const queue = [...replies];
  const client = new VitrineClient({
    endpoint: 'http://vitrine.test/graphql',
    token: () => Promise.resolve('secret'),
    fetch: async (url, init) => {
      sent.push(new Request(url, init));
      const reply = queue.shift();
      if (reply === undefined) throw new Error('the test has no more replies');
      if (reply instanceof Error) throw reply;
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
      return Promise.resolve(
        new Response(text, { status: reply.status ?? 200, headers: reply.headers ?? {} }),
      );
    },
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
    random: () => 1,
    retry: { attempts: options.attempts ?? 4, firstDelay: 100, longestDelay: 1_000 },
  });
  return { client, sent, waits };
}

const me = { me: { roles: ['REGISTRAR'], licensed: true, member: null, institution: null } };
const mutation = { input: { requestId: '01890a5d-ac96-774b-bcce-b302099a8057', encounters: [] } };
const recorded = { recordEncounters: { receipts: [], refused: [] } };

async function failure(act: Promise<unknown>): Promise<ClientError> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ClientError);
  return error as ClientError;
}

describe('the client', () => {
  it('sends document, variables and token, and gives the data', async () => {
    const { client, sent } = clientOf([{ body: { data: me } }]);
    expect(await client.request(MeDocument, {})).toEqual(me);
    const [request] = sent;
    expect(request?.headers.get('authorization')).toBe('Bearer secret');
    const body = (await request?.json()) as { query: string; variables: unknown };
    expect(body.query).toMatch(/^query Me \{/);
    expect(body.variables).toEqual({});
  });

  it.each<[string, Reply]>([
    ['a broken connection', new TypeError('fetch failed')],
    ['a gateway without its server', { status: 502, body: '<html>' }],
    ['a server that is busy', { status: 429, body: '' }],
    ['code UNAVAILABLE', { body: { errors: [{ message: 'later', extensions: { code: 'UNAVAILABLE' } }] } }],
  ])('sends a mutation with a request id again after %s', async (_name, reply) => {
    const { client, sent, waits } = clientOf([reply, reply, { body: { data: recorded } }]);
    expect(await client.request(RecordEncountersDocument, mutation)).toEqual(recorded);
    const bodies = await Promise.all(sent.map((request) => request.text()));
    expect(bodies).toHaveLength(3);
    expect(new Set(bodies).size).toBe(1);
    expect(waits).toEqual([100, 200]);
  });

  it('waits as long as the server asks, but not for ever', async () => {
    const busy = (seconds: string) => ({ status: 503, body: 'busy', headers: { 'retry-after': seconds } });
    const { client, waits } = clientOf([busy('1'), busy('3600'), { body: { data: me } }]);
    await client.request(MeDocument, {});
    expect(waits).toEqual([1_000, 1_000]);
  });

  it('sends a mutation without a request id once only', async () => {
    const { client, sent } = clientOf([new TypeError('fetch failed'), { body: { data: recorded } }]);
    const variables = { input: { encounters: [] } } as unknown as typeof mutation;
    const error = await failure(client.request(RecordEncountersDocument, variables));
    expect(error.code).toBe('NETWORK');
    expect(sent).toHaveLength(1);
  });

  it('gives up after the attempts with code NETWORK', async () => {
    const broken = new TypeError('fetch failed');
    const { client, sent } = clientOf([broken, broken, broken], { attempts: 3 });
    const error = await failure(client.request(MeDocument, {}));
    expect(error).toMatchObject({ code: 'NETWORK', message: 'expected an answer of vitrine.test, got none' });
    expect(sent).toHaveLength(3);
  });

  it('does not repeat a refusal, and tells code, path, problems and details', async () => {
    const extensions = {
      code: 'CONFLICT',
      path: ['input', 'identifiers', 0],
      problems: [{ path: ['input'], message: 'expected less' }],
      details: { kind: 'Patient', id: 'x' },
    };
    const { client, sent } = clientOf([
      { body: { data: null, errors: [{ message: 'taken', path: ['registerPatient'], extensions }] } },
    ]);
    const error = await failure(client.request(RecordEncountersDocument, mutation));
    expect(error).toMatchObject({
      code: 'CONFLICT',
      message: 'taken',
      inputPath: ['input', 'identifiers', 0],
      problems: [{ path: ['input'], message: 'expected less' }],
      details: { id: 'x' },
    });
    expect(sent).toHaveLength(1);
  });

  it('gives what was found beside what was refused, when asked for it', async () => {
    const errors = [{ message: 'no', path: ['me', 'member'], extensions: { code: 'FORBIDDEN' } }];
    const { client } = clientOf([{ body: { data: me, errors } }]);
    const answer = await client.requestPartial(MeDocument, {});
    expect(answer.data).toEqual(me);
    expect(answer.errors.map(({ code }) => code)).toEqual(['FORBIDDEN']);
  });

  it.each<[string, unknown]>([
    ['a web page', '<html>'],
    ['other JSON', { hello: 1 }],
    ['neither data nor errors', { data: null }],
    ['a list', []],
  ])('says BAD_RESPONSE to %s', async (_name, body) => {
    const { client } = clientOf([{ body }]);
    expect((await failure(client.request(MeDocument, {}))).code).toBe('BAD_RESPONSE');
  });

  it('reads a malformed error without failing', async () => {
    const { client } = clientOf([{ body: { errors: [null, { message: 1, path: 'x', extensions: [] }] } }]);
    expect((await failure(client.request(MeDocument, {}))).code).toBe('INTERNAL');
  });

  it('stops when it is given up', async () => {
    const { client, sent } = clientOf([{ body: { data: me } }]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(client.request(MeDocument, {}, { signal }).then(() => sent.length)).rejects.toThrow(
      'enough',
    );
  });
});
