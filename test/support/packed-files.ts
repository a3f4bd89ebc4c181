import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Folder of this checkout, with a slash at the end. */
export const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/** What `npm pack` would put into the package, relative to the root, sorted. Nothing is built or written. */
export function listPackedFiles(): readonly string[] {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  // On Windows npm is a script, which only a shell can start.
  const shell = process.platform === 'win32';
  const text = execFileSync('npm', args, {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    shell,
  });
  const [packed]: { files: { path: string }[] }[] = JSON.parse(text);
  return (packed?.files ?? []).map((file) => file.path).sort();
}
