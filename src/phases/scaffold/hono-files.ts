import type { FileTree } from '../../ports/workspace.ts';
import { appModules } from './app-module.ts';
import { importLine } from './source.ts';

/** What only Nitro reads. */
const NITRO_ONLY: ReadonlySet<string> = new Set(['nitro.config.mjs']);

/**
 * The same project for Hono: handlers, statements and schemas stay what they are, `#http` (server/lib/http.ts) stands
 * where Nitro stood, and `server/app.ts` with its routers does what Nitro's file routes did. `own` are the files that Hono has instead.
 */
export function honoFiles(files: FileTree, own: FileTree): FileTree {
  const shared = Object.entries(files)
    .filter(([path]) => !NITRO_ONLY.has(path))
    .map(([path, text]) => [
      path,
      path.startsWith('server/') ? withoutNitro(text) : text.replaceAll('nitro.config', 'rolldown.config'),
    ]);
  const tree: FileTree = { ...Object.fromEntries(shared), ...own };
  return { ...tree, ...appModules(tree) };
}

const IMPORTS = /^(?:import [^;]*? from '[^']+';\n)+/m;
const ONE_IMPORT = /import [^;]*? from '([^']+)';\n/g;

/** The names are as long as those of Nitro, so that lines break where they did. */
function withoutNitro(text: string): string {
  const block = IMPORTS.exec(text)?.[0] ?? '';
  const lines = [...block.matchAll(ONE_IMPORT)].map(([line, from = '']) => ({ line, from }));
  const isNitro = ({ from }: { from: string }) => /^nitro(?:\/|$)/.test(from);
  if (!lines.some(isNitro)) return text;
  const nitro = lines.filter(isNitro).map(({ line }) => fromHttp(line));
  const others = lines.filter((line) => !isNitro(line));
  // Names of our own come after those of packages and before paths.
  const packages = others.filter(({ from }) => !from.startsWith('.'));
  const paths = others.filter(({ from }) => from.startsWith('.'));
  const sorted = [...packages.map(({ line }) => line), ...nitro, ...paths.map(({ line }) => line)].join('');
  return text.replace(block, () => sorted).replaceAll('H3Event', 'ApiCall');
}

/** Its names in the order that theirs here have. */
function fromHttp(line: string): string {
  const [, isType = '', names = ''] = /^import (type )?\{([^}]*)\}/.exec(line) ?? [];
  const here = names
    .replaceAll('H3Event', 'ApiCall')
    .split(',')
    .map((name) => `${isType}${name.trim()}`);
  return `${importLine(
    here.filter((name) => name.trim() !== isType.trim()),
    '#http',
  )}\n`;
}
