import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { listPackedFiles, packageRoot } from './packed-files.ts';

/**
 * Lays the packed files and their dependencies, those at run time only, into `folder` as an installation would,
 * without a network. Not by links to folders: through such a link the program would find what only this checkout has.
 * Gives back the program, for `runCli`.
 */
export function installPackage(folder: string): string {
  const installed = join(folder, 'node_modules', 'turbobackend');
  for (const path of listPackedFiles()) cpSync(join(packageRoot, path), join(installed, path));
  for (const path of runtimePackages()) laySame(join(packageRoot, path), join(folder, path));
  return join(installed, 'bin/turbobackend.js');
}

/** The same files under another folder: a hundred megabytes are linked in no time, and copied where that is refused. */
function laySame(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) cpSync(source, target, { verbatimSymlinks: true });
    else if (entry.isDirectory()) laySame(source, target);
    // Packages within a package are laid with it, and again when they are in the list themselves.
    else if (entry.isFile() && !existsSync(target)) layFile(source, target);
  }
}

function layFile(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/** Folders below the root, like `node_modules/nitro`. */
function runtimePackages(): readonly string[] {
  const args = ['ls', '--omit=dev', '--all', '--parseable'];
  // On Windows npm is a script, which only a shell can start.
  const shell = process.platform === 'win32';
  const text = execFileSync('npm', args, {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
  });
  const paths = text.split(/\r?\n/).map((path) => relative(packageRoot, path));
  return paths.filter((path) => path.startsWith('node_modules'));
}
