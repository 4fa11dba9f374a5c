import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from './fixture.js';
import type { TestServer } from './fixture.js';

let server: TestServer;
let broken = false;
beforeAll(async () => {
  server = await startServer({ MAX_BODY_BYTES: '4096', MAX_TOKENS: '200' }, [
    {
      name: 'database',
      check: () => {
        if (broken) throw new Error('no connection to postgresql://secret');
      },
    },
  ]);
});
afterAll(() => server.close());

const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });

describe('the GraphQL endpoint', () => {
  it('answers without a token as nobody', async () => {
    expect(await server.ask('{ me }')).toEqual({ status: 200, body: { data: { me: null } } });
  });

  it('knows the bearer of a token', async () => {
    const { body } = await server.ask('{ me }', await server.issuer.issue('clinician.city'));
    expect(body.data).toEqual({ me: 'clinician.city' });
  });

  it('refuses a suspended member at its next request', async () => {
    const token = await server.issuer.issue('clinician.harbour');
    expect((await server.ask('{ me }', token)).status).toBe(200);
    server.suspended.add('clinician.harbour');
    const { status, body } = await server.ask('{ me }', token);
    expect(status).toBe(403);
    expect(body.errors).toEqual([{ message: 'the member is suspended', extensions: { code: 'FORBIDDEN' } }]);
  });

  it.each([
    ['malformed JSON', '{"query":', 400, 'BAD_USER_INPUT', 'the request body is not valid JSON'],
    ['an empty body', '', 400, 'BAD_USER_INPUT', 'the request body is empty'],
    [
      'invalid UTF-8',
      new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      400,
      'BAD_USER_INPUT',
      'the request body is not valid UTF-8',
    ],
    [
      'an oversized body',
      `{"query":"${'x'.repeat(5000)}"}`,
      413,
      'LIMIT_EXCEEDED',
      'the request body is too large',
    ],
  ] as const)('refuses %s', async (_what, body, status, code, message) => {
    const response = await post(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ errors: [{ message, extensions: { code } }] });
  });

  it('refuses another content type, so that no form of another site reaches it', async () => {
    const response = await post('{"query":"{ me }"}', { 'content-type': 'text/plain' });
    expect(response.status).toBe(415);
  });

  it('refuses a query by GET without a header that a browser would not send by itself', async () => {
    const response = await fetch(`${server.url}/graphql?query={me}`);
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain('BAD_USER_INPUT');
  });

  it.each([
    ['a syntax error', '{ me', 'BAD_USER_INPUT'],
    ['an unknown field', '{ nothing }', 'BAD_USER_INPUT'],
    ['too many tokens', `{ ${'me '.repeat(300)} }`, 'LIMIT_EXCEEDED'],
  ])('refuses %s with a code', async (_what, query, code) => {
    const { status, body } = await server.ask(query);
    expect(status).toBe(400);
    expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
  });

  it('refuses brackets that would use up the stack before anything is parsed', async () => {
    const { status, body } = await server.ask('{me'.repeat(1200));
    expect([status, body.errors?.[0]?.extensions.code]).toEqual([413, 'LIMIT_EXCEEDED']);
  });

  it('tells nobody what an unexpected error said, neither in the answer nor in the log', async () => {
    const { body } = await server.ask('{ fails }');
    expect(body.errors?.[0]?.extensions.code).toBe('INTERNAL');
    expect(JSON.stringify(body)).not.toContain('Jane');
    expect(JSON.stringify(body)).not.toContain('stack');
    expect(server.lines.join('')).not.toContain('Jane');
  });

  it('writes no token, variable or query text into the log', async () => {
    const token = await server.issuer.issue('registrar.city');
    await server.ask('query Hidden { echo(size: 4711) }', token);
    const log = server.lines.join('');
    expect(log).toContain('"fields":["echo"]');
    for (const secret of [token, '4711', 'Hidden', 'registrar.city']) expect(log).not.toContain(secret);
  });
});

describe('the operator’s addresses', () => {
  it('says that the process is alive', async () => {
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ alive: true });
  });

  it('is ready when every check holds, and names the one that does not', async () => {
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { ready: true, checks: { database: 'ok' }, stopping: false },
    ]);
    broken = true;
    const failed = await fetch(`${server.url}/readyz`);
    broken = false;
    expect(failed.status).toBe(503);
    const text = await failed.text();
    expect(JSON.parse(text)).toMatchObject({ ready: false, checks: { database: 'failed' } });
    expect(text).not.toContain('secret');
  });

  it('counts operations and errors by code', async () => {
    await server.ask('{ fails }');
    const text = await (await fetch(`${server.url}/metrics`)).text();
    expect(text).toMatch(/vitrine_errors_total\{code="INTERNAL"\} [1-9]/);
    expect(text).toMatch(/vitrine_operations_total\{type="query",outcome="ok"\} [1-9]/);
    expect(text).toMatch(/vitrine_http_requests_total\{route="\/graphql",status="200"\} [1-9]/);
  });

  it('sends security headers with every answer', async () => {
    const { headers } = await fetch(`${server.url}/healthz`);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('answers an unknown address in GraphQL’s shape', async () => {
    const response = await fetch(`${server.url}/nothing/here`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { errors: [{ message: 'there is nothing here', extensions: { code: 'NOT_FOUND' } }] },
    ]);
  });
});

describe('stopping', () => {
  it('finishes what was asked before', async () => {
    const other = await startServer();
    const answer = other.ask('{ slow }');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await other.close();
    expect((await answer).body.data).toEqual({ slow: 'late' });
    await expect(fetch(`${other.url}/healthz`)).rejects.toThrow();
  });
});

describe('introspection', () => {
  it('is for signed-in vendors only where the policy says so', async () => {
    const strict = await startServer({ INTROSPECTION: 'vendors' });
    try {
      const ask = '{ __schema { queryType { name } } }';
      expect((await strict.ask(ask)).body.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      const clinician = await strict.ask(ask, await strict.issuer.issue('clinician.city'));
      expect(clinician.body.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
      const vendor = await strict.ask(ask, await strict.issuer.issue('vendor'));
      expect(vendor.body.data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    } finally {
      await strict.close();
    }
  });
});
