import { describe, expect, it } from 'vitest';
import { SETTINGS, parseConfig } from '../../src/config.js';
import { VitrineError } from '../../src/ledger/core/error.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  OIDC_ISSUER: 'https://id.example',
  OIDC_AUDIENCE: 'vitrine',
  DATABASE_URL: 'postgresql://app:secret@db/vitrine',
  TRUST_PROXY: '10.0.0.0/8',
  PUBLIC_URL: 'https://vitrine.example',
  LOG_ORIGIN: 'vitrine.example/log',
};

const refusal = (environment: Record<string, string>): VitrineError => {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof VitrineError) return error;
  }
  throw new Error('it was not refused');
};

const named = (environment: Record<string, string>): unknown[] =>
  refusal(environment).problems.map(({ path }) => path[0]);

describe('the settings', () => {
  it('all have a default in development', () => {
    const config = parseConfig({});
    expect(config).toMatchObject({
      mode: 'development',
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: null,
      identity: { kind: 'development' },
      sample: true,
      playground: true,
      personaSwitch: true,
      introspection: 'all',
      logLevel: 'warn',
    });
    expect(config.dataDir).toMatch(/[\\/]data$/);
    expect(config.keysDir).toMatch(/[\\/]data[\\/]keys$/);
  });

  it('say their default and what they do', () => {
    for (const { standard, about } of Object.values(SETTINGS)) {
      expect(standard).not.toBe('');
      expect(about.length).toBeGreaterThan(10);
    }
  });

  it('count an empty value as none', () =>
    expect(parseConfig({ PORT: '', DATABASE_URL: '' }).port).toBe(4000));

  it('report every bad value together, without repeating it', () => {
    const error = refusal({
      PORT: 'http',
      MAX_DEPTH: '0',
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      LOG_LEVEL: 'loud',
    });
    expect(error.code).toBe('NOT_CONFIGURED');
    expect(error.problems.map(({ path }) => path[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'LOG_LEVEL',
      'MAX_DEPTH',
    ]);
    expect(error.message).not.toContain('hunter2');
  });

  it.each(['-1', '65536', '4000.5', '0x10', ' 4000', '1e3'])('refuse %s as a port', (PORT) => {
    expect(named({ PORT })).toEqual(['PORT']);
  });

  it('want certificate and key together', () => expect(named({ TLS_CERT: 'a.pem' })).toEqual(['TLS_CERT']));

  it('take an OpenID provider in development too, and then no development issuer', () => {
    const config = parseConfig({ OIDC_ISSUER: 'http://localhost:8080/realms/x' });
    expect(config).toMatchObject({
      identity: { kind: 'openid', jwksUrl: null },
      personaSwitch: false,
      sample: false,
    });
    expect(named({ OIDC_ISSUER: 'https://id.example', DEV_ISSUER: 'true' })).toEqual(['DEV_ISSUER']);
  });
});

describe('production', () => {
  it('starts when everything is given', () => {
    expect(parseConfig(PRODUCTION)).toMatchObject({
      mode: 'production',
      host: '0.0.0.0',
      identity: { kind: 'openid', issuer: 'https://id.example', audience: 'vitrine' },
      sample: false,
      playground: false,
      personaSwitch: false,
      introspection: 'vendors',
      logLevel: 'info',
      trustProxy: ['10.0.0.0/8'],
    });
  });

  it.each([
    ['DEV_ISSUER', { DEV_ISSUER: 'true' }],
    ['PERSONA_SWITCH', { PERSONA_SWITCH: 'true' }],
    ['SAMPLE', { SAMPLE: 'true' }],
    ['OIDC_ISSUER', { OIDC_ISSUER: '' }],
    ['OIDC_ISSUER', { OIDC_ISSUER: 'http://id.example' }],
    ['OIDC_JWKS_URL', { OIDC_JWKS_URL: 'http://id.example/keys' }],
    ['OIDC_AUDIENCE', { OIDC_AUDIENCE: '' }],
    ['DATABASE_URL', { DATABASE_URL: '' }],
    ['TLS_CERT', { TRUST_PROXY: '' }],
    ['PUBLIC_URL', { PUBLIC_URL: '' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'http://vitrine.example' }],
    ['PUBLIC_URL', { PUBLIC_URL: 'vitrine' }],
    ['DPOP', { DPOP: 'optional' }],
    ['LOG_ORIGIN', { LOG_ORIGIN: '' }],
    ['LOG_ORIGIN', { LOG_ORIGIN: 'vitrine.localhost/log' }],
    ['INTROSPECTION', { INTROSPECTION: 'all' }],
    ['NODE_TLS_REJECT_UNAUTHORIZED', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
  ])('refuses to start and names %s', (setting, change) => {
    expect(named({ ...PRODUCTION, ...change })).toContain(setting);
  });

  it('takes the embedded PostgreSQL only by explicit permission', () => {
    const config = parseConfig({ ...PRODUCTION, DATABASE_URL: '', ALLOW_EMBEDDED_DATABASE: 'true' });
    expect(config.databaseUrl).toBeNull();
  });
});
