import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { listPackedFiles, packageRoot } from './support/packed-files.ts';
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
  const found = ts.preProcessFile(read(file), true, true).importedFiles.map((imported) => imported.fileName);
  const required = [...read(file).matchAll(/\b__require\("([^"]+)"\)/g)].flatMap(([, name]) => (name ? [name] : []));
  return [...found, ...required];
}

/** The packages whose code is in a bundle, by the comments the bundler leaves. */
function bundledPackages(file: string): readonly string[] {
  return [...read(file).matchAll(/^\/\/ .*?node_modules\/((@[^/]+\/)?[^/\s]+)/gm)].flatMap(
    ([, name]) => name ?? [],
  );
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

test('the licence of every package in the bundle is shipped with it', () => {
  const notices = readFileSync(join(dist, 'THIRD-PARTY-NOTICES'), 'utf8');
  const packages = new Set(bundles().flatMap(bundledPackages));
  expect([...packages].filter((name) => !notices.includes(`\n${name} `))).toEqual([]);
  expect(notices).not.toMatch(/no licence named/);
});

test('the packed files run from any folder, with nothing beside them but the declared dependencies', async () => {
  await withTemporaryFolder(async (folder) => {
    const installed = join(folder, 'with space', 'turbobackend');
    for (const path of listPackedFiles()) cpSync(join(packageRoot, path), join(installed, path));
    for (const name of Object.keys(manifest.dependencies)) {
      const link = join(installed, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(packageRoot, 'node_modules', name), link, 'junction');
    }
    const options = { home: join(folder, 'home'), program: join(installed, 'bin/turbobackend.js') };
    const version = await runCli(['--version'], options);
    expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
    const help = await runCli(['--help'], options);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('create');
    const unknown = await runCli(['no-such-command'], options);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
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
      skipLibCheck: false,
    });
    const errors = ts.getPreEmitDiagnostics(program).map((problem) => {
      return `${problem.file?.fileName.slice(folder.length)}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`;
    });
    // The one mistake that was planted: so the types are there, and they are the right ones.
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^\/program.ts: Type '.*string.*' is not assignable to type 'number'/s);
  });
});
