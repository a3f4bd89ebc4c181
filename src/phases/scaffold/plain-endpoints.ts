import type { FileTree } from '../../ports/workspace.ts';

const REQUEST = 'server/lib/request.ts';
const PACKAGE = 'zod';

/** How endpoints without a database read and check what comes in: as those with one do. */
export function requestModule(template: FileTree): FileTree {
  return { [REQUEST]: template[`database/${REQUEST}`] ?? '' };
}

/** The package that bodies are checked with, for a project that has no tables. */
export function withChecks(files: FileTree, template: FileTree): FileTree {
  const wanted = membersOf(parse(template['database/package.json']), 'dependencies')[PACKAGE];
  const own = parse(files['package.json']);
  const lock = parse(files['package-lock.json']);
  const packages = membersOf(lock, 'packages');
  const place = `node_modules/${PACKAGE}`;
  const known = membersOf(parse(template['database/package-lock.json']), 'packages')[place];
  const withPackage = (owner: Members) => ({
    ...owner,
    dependencies: sorted({ ...membersOf(owner, 'dependencies'), [PACKAGE]: wanted }),
  });
  const { '': root, ...others } = packages;
  const locked = { '': withPackage(asMembers(root)), ...sorted({ ...others, [place]: known }) };
  return {
    ...files,
    'package.json': written(withPackage(own)),
    'package-lock.json': written({ ...lock, packages: locked }),
  };
}

type Members = Readonly<Record<string, unknown>>;

const parse = (text = '{}') => asMembers(JSON.parse(text));
const written = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
const membersOf = (value: Members, name: string) => asMembers(value[name]);

function asMembers(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function sorted(members: Members): Members {
  return Object.fromEntries(Object.entries(members).sort(([one], [other]) => (one < other ? -1 : 1)));
}
