import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { TurboError } from '../../../domain/errors.ts';
import { shellWord } from '../../../domain/shell-word.ts';

/** Says that a node_modules folder is made of our links, and may be made again. */
const MARKER = '.turbobackend';
/** How a folder of links is called while it is made: this, the pid of who makes it, and something random. */
export const NEW_LINKS = '.output.links-';

interface PackageFile {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

async function readPackage(folder: string): Promise<PackageFile> {
  const data: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const fields: Readonly<Record<string, unknown>> = typeof data === 'object' && data !== null ? { ...data } : {};
  const { name, version, bin } = fields;
  const ownName = typeof name === 'string' ? name.replace(/^.*\//, '') : '';
  return {
    version: typeof version === 'string' ? version : '',
    bin: typeof bin === 'string' ? { [ownName]: bin } : texts(bin),
    dependencies: texts(fields.dependencies),
    devDependencies: texts(fields.devDependencies),
  };
}

/** Where a package lies, looked up as Node does from a folder; null when it is nowhere. */
async function findPackage(name: string, from: string): Promise<string | null> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (await exists(join(candidate, 'package.json'))) return realpath(candidate);
    if (folder === dirname(folder)) return null;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

interface Link {
  readonly name: string;
  readonly target: string;
  readonly bin: Readonly<Record<string, string>>;
}

/**
 * Gives a project without node_modules links to the packages that turbobackend itself has, so that the first build
 * downloads nothing; `npm ci` replaces them. A node_modules folder of the person's own is left alone. Throws
 * `build.failed` when the project wants other versions than are there. What somebody has installed in `packagesOf`, of
 * which this is a copy, is taken from there.
 */
export async function linkPackages(directory: string, packageRoot: string, packagesOf?: string): Promise<void> {
  const modules = join(directory, 'node_modules');
  const there = await lstat(modules).catch(() => null);
  const ours = await readOurLinks(modules);
  if (there && ours === null) return;
  const installed = packagesOf === undefined ? null : join(packagesOf, 'node_modules');
  if (installed !== null && !there && (await exists(installed)) && (await readOurLinks(installed)) === null) {
    return symlink(installed, modules, 'junction');
  }
  const links = await findLinks(directory, packageRoot);
  const wanted = JSON.stringify(links);
  if (ours === wanted) return;
  const fresh = join(directory, `${NEW_LINKS}${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    for (const link of links) await makeLink(fresh, link);
    await writeFile(join(fresh, MARKER), wanted);
    if (there) await rm(modules, { recursive: true, force: true });
    await rename(fresh, modules);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another build of the same project was quicker.
    if (await exists(join(modules, MARKER))) return;
    throw error;
  }
}

/** What the marker says, when the folder is still as we made it: `npm install` puts its own things around a marker. */
async function readOurLinks(modules: string): Promise<string | null> {
  const text = await readFile(join(modules, MARKER), 'utf8').catch(() => null);
  if (text === null || (await exists(join(modules, '.package-lock.json')))) return null;
  const names = (await readdir(modules)).filter((name) => !name.startsWith('.') && !name.startsWith('@'));
  const kinds = await Promise.all(names.map((name) => lstat(join(modules, name))));
  return kinds.every((kind) => kind.isSymbolicLink()) ? text : null;
}

async function findLinks(directory: string, packageRoot: string): Promise<Link[]> {
  const project = await readPackage(directory);
  const links: Link[] = [];
  for (const [name, version] of Object.entries({ ...project.devDependencies, ...project.dependencies })) {
    const target = await findPackage(name, packageRoot);
    const found = target === null ? null : await readPackage(target);
    if (target !== null && found?.version === version) links.push({ name, target, bin: found.bin });
    else if (Object.hasOwn(project.dependencies, name)) {
      const here = found ? `${found.version} is at hand` : 'it is not at hand';
      throw new TurboError('build.failed', `The project needs ${name} ${version}; ${here}.`, {
        hint: `cd ${shellWord(directory)} && npm ci`,
      });
    }
  }
  return links;
}

async function makeLink(modules: string, { name, target, bin }: Link): Promise<void> {
  const path = join(modules, name);
  await mkdir(dirname(path), { recursive: true });
  // Windows lets everybody make junctions, but only administrators make links.
  await symlink(target, path, 'junction');
  if (process.platform === 'win32') return;
  for (const [command, file] of Object.entries(bin)) {
    const folder = join(modules, '.bin');
    await mkdir(folder, { recursive: true });
    await symlink(relative(folder, join(path, file)), join(folder, command));
  }
}
