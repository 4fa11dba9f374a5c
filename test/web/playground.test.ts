import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { TestVitrine } from '../support/vitrine.js';
import { parseReadyQuery, playgroundAsset, playgroundPage, readyQueries } from '../../src/web/index.js';

describe('the playground page', () => {
  it('loads nothing from elsewhere and holds no script of its own', async () => {
    const page = await playgroundPage({ endpoint: '/graphql', personaSwitch: true });
    for (const [, source] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
      expect(source).toMatch(/^(\/playground\/[a-z.]+|data:,)$/);
    }
    const scripts = [...page.matchAll(/<script([^>]*)>([^<]*)</g)];
    expect(scripts.length).toBe(3);
    for (const [, attributes, body] of scripts) {
      if (body) expect(attributes).toContain('type="application/json"');
    }
  });

  it('offers personas only where it may', async () => {
    expect(await playgroundPage({ endpoint: '/graphql', personaSwitch: true })).toContain('id="persona"');
    expect(await playgroundPage({ endpoint: '/graphql', personaSwitch: false })).not.toContain(
      'id="persona"',
    );
  });

  it('carries the ready queries: four resources, a subsidy’s life, tampering, the feed, permission, links', async () => {
    const names = (await readyQueries()).map(({ name }) => name.replace(/^\d+-/, ''));
    for (const name of [
      'patients',
      'encounters',
      'reports',
      'subsidies',
      'subsidy-life',
      'tampering',
      'feed',
      'permission',
      'linked-files',
      'who-looked',
      'oversight',
    ]) {
      expect(names).toContain(name);
    }
    const page = await playgroundPage({ endpoint: '/graphql', personaSwitch: false });
    const json = /<script id="settings"[^>]*>([^<]*)</.exec(page)?.[1] ?? '';
    const settings = JSON.parse(json) as { queries: unknown[] };
    expect(settings.queries).toEqual(await readyQueries());
  });

  it('cannot be broken out of by a query’s text', () => {
    expect(parseReadyQuery('x', '# A </script><b>\n{ me }').title).toBe('A </script><b>');
  });

  it.each(['graphiql.js', 'graphiql.css', 'editor.worker.js', 'json.worker.js', 'graphql.worker.js'])(
    'serves %s out of the package',
    async (name) => {
      const asset = await playgroundAsset(name);
      expect(asset?.body.length).toBeGreaterThan(10_000);
      expect(asset?.etag).toMatch(/^"[\w-]{22}"$/);
    },
  );

  it.each(['nothing.js', '../package.json', 'constructor', '__proto__'])('has no asset %s', async (name) => {
    expect(await playgroundAsset(name)).toBeNull();
  });

  it('loads no fonts, styles or scripts from other hosts in GraphiQL’s styles', async () => {
    const css = (await playgroundAsset('graphiql.css'))?.body ?? '';
    expect(css.match(/url\(\s*["']?(?!data:|#)[^)]*/g) ?? []).toEqual([]);
    expect(css).not.toContain('@import');
  });
});

describe('a ready query', () => {
  it('opens with its title, persona and variables', () => {
    const text =
      '# The patients\n# persona: registrar.city\n# variables: {"first": 3}\n#\n# Words.\nquery { me }\n';
    expect(parseReadyQuery('1-patients', text)).toEqual({
      name: '1-patients',
      title: 'The patients',
      persona: 'registrar.city',
      variables: '{"first": 3}',
      query: text,
    });
  });
});

describe('the playground’s own questions', () => {
  it('for permission are asked within the schema, and answered', async () => {
    const vitrine = await TestVitrine.start({ sample: false });
    try {
      const ready = (await readyQueries()).find(({ name }) => name === '8-permission');
      const { data, errors } = await vitrine.ask('regulator.one', ready?.query ?? '');
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ uploadRequests: { edges: expect.any(Array) as unknown } });
    } finally {
      await vitrine.stop();
    }
  });

  it('for the schema are within the limits of a server with the defaults', async () => {
    const vitrine = await TestVitrine.start({ sample: false });
    try {
      const { errors, status } = await vitrine.ask(
        'regulator.one',
        getIntrospectionQuery({
          descriptions: true,
          specifiedByUrl: true,
          schemaDescription: true,
          inputValueDeprecation: true,
        }),
      );
      expect([status, errors]).toEqual([200, []]);
    } finally {
      await vitrine.stop();
    }
  });
});
