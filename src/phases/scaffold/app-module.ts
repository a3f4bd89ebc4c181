import type { FileTree } from '../../ports/workspace.ts';
import { importLine, listed, pascalCase, quoted } from './source.ts';

/** A route file: `server/routes/posts/[id].get.ts` answers GET of `/posts/:id`. */
interface RouteFile {
  /** Parts of its path: `posts`, `:id`. */
  readonly parts: readonly string[];
  /** Null: every method that has no file of its own. */
  readonly method: string | null;
  readonly file: string;
}

const PLUGIN_FILE = /^server\/plugins\/([\w-]+)\.ts$/;
const ROUTE_FILE = /^server\/routes\/(?<place>.+?)(?:\.(?<method>get|post|put|patch|delete))?\.ts$/;

/**
 * What a Hono project has instead of file routes: a router for each folder of `server/routes/`, which lists its files,
 * and `server/app.ts`, which mounts them and lists the files that lie in no folder.
 */
export function appModules(files: FileTree): FileTree {
  const routes = Object.keys(files).sort(byFolder).flatMap(routeFile);
  const isLoose = ({ file }: RouteFile) => !file.includes('/');
  const groups = new Map<string, RouteFile[]>();
  for (const route of routes.filter((one) => !isLoose(one))) {
    const [folder = ''] = route.file.split('/');
    groups.set(folder, [...(groups.get(folder) ?? []), route]);
  }
  const plugins = Object.keys(files).flatMap((path) => PLUGIN_FILE.exec(path)?.[1] ?? []);
  const routers = [...groups].map(([folder, own]) => [`server/routes/${folder}/router.ts`, routerModule(folder, own)]);
  return {
    'server/app.ts': appModule(routes.filter(isLoose), [...groups.keys()].sort(inOrder), plugins.sort()),
    ...Object.fromEntries(routers),
  };
}

function appModule(loose: readonly RouteFile[], folders: readonly string[], plugins: readonly string[]): string {
  const taken = new Set<string>();
  const pluginNames = new Map(plugins.map((file) => [file, freeName(`${camelCase(file)}Plugin`, taken)]));
  const routers = new Map(folders.map((folder) => [folder, freeName(`${camelCase(folder)}Router`, taken)]));
  const handlers = new Map(loose.map((route) => [route, freeName(handlerName(route.parts, route.method), taken)]));
  const imported = new Map([
    ...[...routers].map(([folder, name]): [string, string] => [`${folder}/router.ts`, name]),
    ...[...handlers].map(([{ file }, name]): [string, string] => [file, name]),
  ]);
  return `${[
    importLine(['Hono'], 'hono'),
    importLine(['addRoutes'], './custom/routes.ts'),
    importLine(['answerError', 'answerNothing'], './error.ts'),
    importLine(['type App', 'type Plugin', ...(loose.length > 0 ? ['toHono'] : [])], './lib/http.ts'),
    ...[...pluginNames].map(([file, name]) => `import ${name} from './plugins/${file}.ts';`),
    ...[...imported.keys()].sort(byFolder).map((file) => `import ${imported.get(file)} from './routes/${file}';`),
  ].join('\n')}

/** What starts and ends with the server. */
export const plugins: readonly Plugin[] = [${[...pluginNames.values()].join(', ')}];

/** The routes. */
export const app: App = new Hono({ strict: false });

app.onError(answerError);
app.notFound(answerNothing);
addRoutes(app);
${[
  ...inTurn(loose).map((route) => routeLine('app', '', route, handlers.get(route) ?? '')),
  ...[...routers].map(([folder, name]) => listed('app.route(', [quoted(`/${folder}`), name], ');')),
].join('\n')}
`;
}

/** All that is answered below one folder. */
function routerModule(folder: string, routes: readonly RouteFile[]): string {
  const taken = new Set(['router']);
  const names = new Map(
    routes.map((route) => [route, freeName(handlerName(route.parts.slice(1), route.method), taken)]),
  );
  return `${[
    importLine(['Hono'], 'hono'),
    importLine(['type App', 'toHono'], '../../lib/http.ts'),
    ...routes.map((route) => `import ${names.get(route)} from './${route.file.slice(folder.length + 1)}';`),
  ].join('\n')}

/** What is answered below \`/${folder}\`. */
const router: App = new Hono({ strict: false });

${inTurn(routes)
  .map((route) => routeLine('router', `/${folder}`, route, names.get(route) ?? ''))
  .join('\n')}

export default router;
`;
}

function routeLine(router: string, base: string, { parts, method }: RouteFile, name: string): string {
  const path = `/${parts.join('/')}`;
  const below = path.slice(base.length) || '/';
  return listed(
    `${router}.${method ?? 'all'}(`,
    [quoted(below), listed('toHono(', [quoted(path), name], ')', 2)],
    ');',
  );
}

/** The first that fits answers: fixed paths before those that they would be taken for, other methods last. */
function inTurn(routes: readonly RouteFile[]): readonly RouteFile[] {
  const hidden = routes.filter(({ parts }) => routes.some((other) => hides(other.parts, parts)));
  const plain = routes.filter((route) => !hidden.includes(route));
  return [...othersLast(hidden).sort(fixedFirst), ...othersLast(plain)];
}

function othersLast(routes: readonly RouteFile[]): RouteFile[] {
  return [...routes.filter(({ method }) => method !== null), ...routes.filter(({ method }) => method === null)];
}

/** Whether one path would be taken for another: `/books/:id` for `/books/search`. */
function hides(parts: readonly string[], others: readonly string[]): boolean {
  const isSame = parts.every((part, at) => part === others[at] || part.startsWith(':'));
  return parts.join('/') !== others.join('/') && parts.length === others.length && isSame;
}

function fixedFirst(one: RouteFile, other: RouteFile): number {
  const rank = ({ parts }: RouteFile) => parts.map((part) => (part.startsWith(':') ? '1' : '0')).join('');
  return inOrder(rank(one), rank(other));
}

function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Folder by folder, as the formatter sorts imports. */
function byFolder(one: string, other: string): number {
  const [parts, others] = [one.split('/'), other.split('/')];
  const at = parts.findIndex((part, index) => part !== others[index]);
  return (parts[at] ?? '') < (others[at] ?? '') ? -1 : 1;
}

function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** `getIdComments`, and `other…` for the methods that have no file. */
function handlerName(parts: readonly string[], method: string | null): string {
  const rest = pascalCase(parts.join('_'));
  return `${method ?? 'other'}${rest === '' ? 'All' : rest}`;
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}${number}`;
  taken.add(name);
  return name;
}

function routeFile(whole: string): readonly RouteFile[] {
  const { place, method } = ROUTE_FILE.exec(whole)?.groups ?? {};
  if (place === undefined) return [];
  const names = place.split('/').filter((part, at, all) => !(part === 'index' && at === all.length - 1));
  const parts = names.map((part) => part.replace(/^\[(.*)\]$/, ':$1'));
  return [{ parts, method: method ?? null, file: whole.slice('server/routes/'.length) }];
}
