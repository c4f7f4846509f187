import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The rooms of src/ and what each may import besides itself (docs/ARCHITECTURE.md draws the same table).
 * A room that is not named in another's list is out of its reach.
 */
const rooms = {
  base: [],
  query: [],
  contract: ['base'],
  xml: ['base'],
  libvirt: ['base'],
  transport: ['base', 'libvirt'],
  model: ['base', 'xml', 'libvirt'],
  inventory: ['base', 'libvirt', 'model'],
  demo: ['base', 'libvirt', 'model'],
  operations: ['base', 'xml', 'libvirt', 'model', 'inventory'],
  metrics: ['base', 'libvirt', 'transport', 'model', 'inventory', 'operations'],
  extension: [
    'demo',
    'query',
    'contract',
    'base',
    'libvirt',
    'transport',
    'model',
    'inventory',
    'operations',
  ],
};

const zones = Object.entries(rooms).map(([room, allowed]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [room, ...allowed].map((name) => `./${name}`),
  message: `src/${room} may import ${allowed.length > 0 ? allowed.map((name) => `src/${name}`).join(', ') : 'nothing else'}. Take what you need as an interface and let a composition root pass it in (docs/ARCHITECTURE.md).`,
}));

/** What runs in webviews is another world: it shares messages with the extension, and what only reckons. */
zones.push({
  target: './webview',
  from: './src',
  except: ['base', 'contract', 'query'].map((name) => `./${name}`),
  message:
    'A page may import src/contract, src/query and src/base: everything else runs in the extension, which is asked by a message.',
});

const projects = [
  'tsconfig.test.json',
  'tsconfig.extension.json',
  'tsconfig.vscode.json',
  'tsconfig.webview.json',
  'tsconfig.webviewTest.json',
];

const noVscode = {
  name: 'vscode',
  message: 'The core also runs headless: only src/extension may import vscode, types included.',
};

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', '.cache/', 'node_modules/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        project: projects,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({ project: projects, noWarnOnMultipleProjects: true }),
      ],
    },
    rules: {
      eqeqeq: 'error',
      curly: 'error',
      complexity: ['error', { max: 15, variant: 'modified' }],
      'max-depth': ['error', 4],
      'max-lines': ['error', { max: 500, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
        {
          selector:
            "CallExpression[callee.property.name='includes'][callee.object.property.name='message']",
          message: 'Errors are told apart by kind or code, never by their text.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/extension/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: [noVscode] }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/extension/**', 'src/base/clock.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance'].map((name) => ({
          name,
          message: 'Use the injected clock (src/base/clock.ts), so that tests rule the time.',
        })),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // A test's body is a list of steps: long is not complex there.
      complexity: 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {
    files: ['test/bench/**/*.ts', 'test/tools/**/*.ts', 'src/metrics/exporterMain.ts'],
    rules: { 'no-console': 'off' },
  },
);
