import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { installPackage } from './support/install-package.ts';
import { packageRoot } from './support/packed-files.ts';
import { runCli } from './support/run-cli.ts';
import { withTemporaryFolder } from './support/temporary-folder.ts';

const dist = join(packageRoot, 'dist');
const manifest: { version: string; dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(packageRoot, 'package.json'), 'utf8'),
);

/** Packages whose absence their caller expects: tried inside try/catch by what we bundle. */
const OPTIONAL =
  /^(@opentelemetry\/.*|winston(-transport)?|@dbos-inc\/(otel|dbos-enterprise)|pg-native|pg-cloudflare)$/;

/** What is loaded before the first command has been chosen. */
const MAY_BE_LOADED_AT_ONCE = ['commander', 'env-paths', 'is-safe-filename'];

const read = (file: string) => readFileSync(join(dist, file), 'utf8');
const bundles = () => readdirSync(dist).filter((file) => file.endsWith('.js'));

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Specifiers of every import, dynamic import and require in a file of dist. */
function importsOf(file: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && 'source' in node && /^(Import|Export)/.test(String(node.type)))
      found.push(...textOf(node.source));
    if ('callee' in node && 'arguments' in node && isRequire(node.callee)) {
      found.push(...textOf(Object.values(node.arguments ?? {})[0]));
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseAst(read(file)));
  return found;
}

function textOf(node: unknown): readonly string[] {
  const isText = typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string';
  return isText ? [String(node.value)] : [];
}

function isRequire(callee: unknown): boolean {
  return (
    typeof callee === 'object' && callee !== null && 'name' in callee && /^(__)?require$/.test(String(callee.name))
  );
}

/** The packages whose code is in a bundle, by the comments the bundler leaves. */
function bundledPackages(file: string): readonly string[] {
  return [...read(file).matchAll(/^\/\/ .*?node_modules\/((@[^/]+\/)?[^/\s]+)/gm)].flatMap(([, name]) => name ?? []);
}

/** A file and all it loads by static imports. */
function loadedWith(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, next] of read(file).matchAll(/^(?:import|export)\b[^;]*?["']\.\/([^"']+)["'];/gm)) {
    if (next) loadedWith(next, seen);
  }
  return seen;
}

test('what the bundle imports is declared as a dependency', () => {
  const wanted = bundles()
    .flatMap(importsOf)
    .filter((name) => !name.startsWith('.') && !isBuiltin(name));
  const undeclared = [...new Set(wanted.map(packageName))].filter(
    (name) => !Object.hasOwn(manifest.dependencies, name) && !OPTIONAL.test(name),
  );
  expect(undeclared).toEqual([]);
});

test('saying what the program is loads no heavy package', () => {
  const packages = [...loadedWith('cli.js')].flatMap(bundledPackages);
  expect([...new Set(packages)].filter((name) => !MAY_BE_LOADED_AT_ONCE.includes(name))).toEqual([]);
  expect(packages).toContain('commander');
});

test('what is said without loading the program is what the program would say', async () => {
  await withTemporaryFolder(async (home) => {
    for (const question of ['--help', '--version']) {
      const told = await runCli([question], { home });
      // A second option makes it a case for the real command line.
      expect(told).toEqual(await runCli([question, '--no-color'], { home }));
      expect(told.stdout).not.toBe('');
    }
  });
});

test('the public types lead to declared packages only, and to no file that is missing', () => {
  const types = join(dist, 'types');
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
  const missing = files.flatMap((file) => {
    const targets = [...readFileSync(join(types, file), 'utf8').matchAll(/(?:from|import\() ?['"]([^'"]+)['"]/g)];
    return targets
      .flatMap(([, target]) => target ?? [])
      .filter((target) =>
        target.startsWith('.')
          ? !existsSync(join(types, dirname(file), target.replace(/\.ts$/, '.d.ts')))
          : !isBuiltin(target) && !Object.hasOwn(manifest.dependencies, packageName(target)),
      )
      .map((target) => `${file}: ${target}`);
  });
  expect(missing).toEqual([]);
});

test('the licence of every package in the bundle is shipped with it', () => {
  const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES'), 'utf8');
  const packages = new Set(bundles().flatMap(bundledPackages));
  expect([...packages].filter((name) => !notices.includes(`\n${name} `))).toEqual([]);
  expect(notices).not.toMatch(/no licence named/);
});

test('the packed files run from any folder, with nothing beside them but the declared dependencies', async () => {
  await withTemporaryFolder(async (folder) => {
    const options = { home: join(folder, 'home'), program: installPackage(join(folder, 'with space')) };
    const version = await runCli(['--version'], options);
    expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    const help = await runCli(['--help'], options);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('create');
    const unknown = await runCli(['no-such-command'], options);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    const designed = await runCli(['design-schema', 'blog API', '--json'], options);
    expect(designed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(designed.stdout)).toMatchObject({ needsDatabase: true });
  });
});

test('a program that imports turbobackend gets its types', async () => {
  await withTemporaryFolder((folder) => {
    const installed = join(folder, 'node_modules', 'turbobackend');
    for (const path of ['package.json', 'dist'])
      cpSync(join(packageRoot, path), join(installed, path), { recursive: true });
    for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(packageRoot, 'node_modules', name), link, 'junction');
    }
    const file = join(folder, 'program.ts');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      file,
      `import { TurboError } from 'turbobackend';\nexport const code: number = new TurboError('request.empty', 'x').code;\n`,
    );
    const program = ts.createProgram([file], {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(folder, 'node_modules', '@types')],
      skipLibCheck: true,
    });
    const errors = ts.getPreEmitDiagnostics(program).map((problem) => {
      return `${problem.file?.fileName.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`;
    });
    // The one mistake that was planted: so the types are there, and they are the right ones.
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^\/program.ts: Type '.*string.*' is not assignable to type 'number'/s);
  });
});
