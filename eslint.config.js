/** Lint rules: typescript-eslint's type-checked set, and the layering of design/architecture.md. */
import { readdirSync } from 'node:fs';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The rooms, highest first. A room may import what stands below it, never above. `main.ts`, `cli`, `peer` and `web` are
 * leaves, with one exception: `server` serves the pages of `web`, which itself imports nothing.
 */
const ROOMS = [
  'cli',
  'peer',
  'server',
  'web',
  'federation',
  'audit',
  'viewing',
  'erasure',
  'finance',
  'reporting',
  'clinical',
  'registry',
  'uploads',
  'standing',
  'access',
  'api',
  'records',
  'ledger',
  'database',
  'client',
  'fhir',
  'documents',
];
const DOMAINS = ['audit', 'viewing', 'erasure', 'finance', 'reporting', 'clinical', 'registry'];

const here = import.meta.dirname;

/** Files of rooms that `room` may not import. */
const above = ROOMS.flatMap((room, place) => {
  const higher = ROOMS.slice(0, place);
  if (higher.length === 0) return [];
  return [
    {
      target: `./src/${room}`,
      from: higher.map((name) => `./src/${name}`),
      message: `${room} may import only rooms below it (design/architecture.md)`,
    },
  ];
});

/** What a domain shows to the others is its index.ts. */
const doors = DOMAINS.flatMap((domain) => ({
  target: ROOMS.filter((room) => room !== domain).map((room) => `./src/${room}`),
  from: `./src/${domain}`,
  except: ['./index.ts'],
  message: `import the domain "${domain}" through its index.ts`,
}));

/** ledger/core stands at the bottom and runs in browsers. */
const core = [
  {
    target: './src/ledger/core',
    from: ['./src/*', ...ROOMS.map((room) => `./src/${room}`)],
    except: ['**/ledger/core/**'],
    message: 'ledger/core imports nothing of Vitrine',
  },
];

/** Rooms that sit below `ledger` may still use its pure core. */
const zones = [
  ...above.map((zone) =>
    zone.from.includes('./src/ledger')
      ? { ...zone, from: zone.from.filter((name) => name !== './src/ledger').concat(ledgerNode()) }
      : zone,
  ),
  ...doors,
  ...core.map(({ except: _except, ...zone }) => ({
    ...zone,
    from: ROOMS.filter((room) => room !== 'ledger')
      .map((room) => `./src/${room}`)
      .concat(ledgerNode()),
  })),
  {
    target: ROOMS.map((room) => `./src/${room}`),
    from: ['./src/main.ts'],
    message: 'main.ts is the process entry',
  },
  {
    target: ROOMS.filter((room) => room !== 'cli').map((room) => `./src/${room}`),
    from: './src/config.ts',
    message: 'settings are passed down as data (types may be imported)',
  },
];

/** Everything of `src/ledger` but its core. */
function ledgerNode() {
  return readdirSync(`${here}/src/ledger`)
    .filter((name) => name !== 'core')
    .map((name) => `./src/ledger/${name}`);
}

const noEnvironment = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'only src/config.ts reads the environment',
};

export default tseslint.config(
  { ignores: ['dist/**', 'data/**', 'coverage/**', 'src/**/generated/**', 'node_modules/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', '*.ts', 'prisma/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: here,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [importX.createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Rows of a raw query are `unknown` until they are text.
      '@typescript-eslint/no-base-to-string': 'off',
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-default-export': 'error',
      'max-lines': ['error', { max: 500 }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: here, zones }],
      'no-restricted-syntax': ['error', noEnvironment],
    },
  },
  { files: ['src/config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    // A resolver calls one service function; it never reaches for rows.
    files: ['src/**/*.resolver.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/database/**', '@prisma/*', 'pg'], message: 'resolvers never import the database' },
          ],
        },
      ],
    },
  },
  {
    // Pure and browser-safe: verification must run where nothing of ours is trusted.
    files: ['src/ledger/core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\.|@noble/hashes/)',
              message: 'ledger/core takes @noble/hashes alone',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'Buffer', 'process'],
    },
  },
  {
    files: ['src/client/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'the client runs in browsers' }] },
      ],
      'no-restricted-globals': ['error', 'Buffer', 'process'],
    },
  },
  {
    // Tools that demand a default export.
    files: ['*.ts', 'prisma/**/*.ts', 'test/support/**/*.ts', 'test/**/*.setup.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
);
