import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { templateSums } from '../src/adapters/templates/local/template-sums.ts';
import { bundle } from './bundle.ts';

/**
 * `npm run build`: bundles and type declarations side by side, in a folder of this run's own that becomes `dist` only
 * when all of it is there. A build that fails, is killed or runs twice at once leaves the former `dist` as it was.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const cache = join(root, 'node_modules/.cache/turbobackend');

function emitTypes(directory: string): Promise<void> {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript7/package.json')), 'bin/tsc');
  const project = join(root, '.config/tsconfig.types.json');
  const child = spawn(process.execPath, [compiler, '-p', project, '--outDir', directory], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error('the public types do not compile'))));
  });
}

/** Takes away the declarations that the public ones do not lead to: the compiler writes one for every module. */
function keepPublicTypes(directory: string): void {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?['"](\.[^'"]+)\.ts['"]/g)) {
      visit(join(dirname(file), `${target}.d.ts`));
    }
  };
  visit(join(directory, 'index.d.ts'));
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) rmSync(file);
  }
}

/** Writes down what the program says about itself, so that saying it needs no program (see bin/turbobackend.js). */
function writeAnswers(directory: string): void {
  const cli = JSON.stringify(pathToFileURL(join(directory, 'cli.js')).href);
  for (const question of ['help', 'version']) {
    const script = `import { run } from ${cli}; process.exitCode = await run(['--${question}']);`;
    const answer = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: {}, encoding: 'utf8' });
    writeFileSync(join(directory, `${question}.txt`), answer);
  }
}

/** Puts the finished folder in place; a second builder that is faster by a hair is overtaken, not mixed with. */
function publish(finished: string): void {
  for (let attempt = 0; ; attempt += 1) {
    rmSync(dist, { recursive: true, force: true });
    try {
      renameSync(finished, dist);
      return;
    } catch (error) {
      if (attempt === 10) throw error;
    }
  }
}

const startedAt = performance.now();
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'dist-'));
try {
  const bundled = build({ ...bundle, cwd: root, output: { ...bundle.output, dir: folder } });
  const [output] = await Promise.all([bundled, emitTypes(join(folder, 'types'))]);
  keepPublicTypes(join(folder, 'types'));
  writeAnswers(folder);
  const sums = await templateSums(join(root, 'templates'));
  writeFileSync(join(folder, 'templates.json'), `${JSON.stringify(sums, null, 1)}\n`);
  // The folder was private while it was being made; what is installed must be readable by other users.
  chmodSync(folder, 0o755);
  publish(folder);
  const chunks = output.output.filter((file) => file.type === 'chunk');
  const kilobytes = Math.round(chunks.reduce((sum, chunk) => sum + chunk.code.length, 0) / 1000);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`dist: ${chunks.length} files, ${kilobytes} kB, built in ${seconds} s\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
