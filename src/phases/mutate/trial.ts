import { resourcePath } from '../../domain/rest.ts';
import type { Schema } from '../../domain/schema.ts';
import type { FileTree } from '../../ports/workspace.ts';
import type { DatabaseMutant } from './database-mutants.ts';
import { lineOf, type Mutant } from './mutant.ts';

/** The tests of the second wall, past the server. */
const WALL_TESTS = 'test/row-level-security.test.mjs';

const SIGN_IN_TESTS = 'test/sign-in.test.mjs';
const WHOLE_TESTS = 'test/whole-server.test.mjs';

/** What is tried: a fault, and the files of tests that should notice it, most likely ones first. */
export interface Trial {
  /** `file:line fault`. */
  readonly name: string;
  /** The number a server is told; empty for a fault of the database. */
  readonly choice: string;
  readonly mutant: DatabaseMutant | null;
  /** It is tried with row-level security switched off. */
  readonly isFirstWall: boolean;
  readonly tests: readonly string[];
  /** Faults that share one of these are mostly noticed by tests of the same name; the closest kin first. */
  readonly kin: readonly string[];
}

interface Project {
  readonly files: FileTree;
  readonly schema: Schema;
}

/** The trial of a fault in the code, which servers know by its number. */
export function codeTrial(number: number, mutant: Mutant, project: Project): Trial {
  const { file, fault, start } = mutant;
  return {
    name: `${file}:${lineOf(project.files[file] ?? '', start)} ${fault}`,
    choice: String(number),
    mutant: null,
    isFirstWall: mutant.isFirstWall && project.schema.accounts !== null,
    tests: withoutWall(testsFor(file, project)),
    kin: kinOf(file, fault),
  };
}

/** The trial of a fault in the database. */
export function databaseTrial(mutant: DatabaseMutant, project: Project): Trial {
  const all = testsFor(`server/data/${mutant.table}.ts`, project);
  return {
    name: `${mutant.file}:${mutant.line} ${mutant.fault}`,
    choice: '',
    mutant,
    isFirstWall: false,
    tests: mutant.isPolicy ? all.filter((file) => file === WALL_TESTS) : all,
    kin: [mutant.fault.replace(/\b\w*_\w*\b/g, '*')],
  };
}

/** Routes of the same method, statements and schemas are alike for all tables; files of `lib` are like themselves. */
function kinOf(file: string, fault: string): readonly string[] {
  const [, room = '', rest = ''] = /^server\/([^/]+)\/(.*)$/.exec(file) ?? [];
  if (room === 'routes') return [`${rest.replace(/^[^/]+|\w+(?=\.get)/g, '*')} ${fault}`, `routes ${fault}`];
  return room === 'lib' ? [file] : [`${room} ${fault}`];
}

export function withoutWall(tests: readonly string[]): readonly string[] {
  return tests.filter((file) => file !== WALL_TESTS);
}

/** All files of tests; those of the table that a file belongs to come first, large ones before small ones. */
export function testsFor(file: string, { files, schema }: Project): readonly string[] {
  const tests = Object.keys(files).filter((path) => /^test\/[^/]+\.test\.mjs$/.test(path));
  const table = schema.tables.find(
    ({ name }) =>
      file === `server/data/${name}.ts` ||
      file === `server/schemas/${name}.ts` ||
      file.startsWith(`server/routes${resourcePath({ name })}/`),
  );
  const isAuth =
    /^server\/(?:routes\/auth|lib\/(?:auth|tokens|sessions|throttle|password|accounts|sign-in|secret)\b)/.test(file);
  const isEntry = file === 'server/lib/serve.ts';
  const rank = (path: string): number => {
    if (table && path === `test/${table.name}.test.mjs`) return 0;
    if (isAuth && path === SIGN_IN_TESTS) return 0;
    if (isEntry && path === WHOLE_TESTS) return 0;
    return path === SIGN_IN_TESTS || path === WHOLE_TESTS ? 3 : 1;
  };
  const size = (path: string) => files[path]?.length ?? 0;
  // The richest file of a table knows most of what all tables have in common.
  return tests.sort((one, other) => rank(one) - rank(other) || size(other) - size(one));
}
