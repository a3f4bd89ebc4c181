import type { FileTree } from '../../ports/workspace.ts';
import { importLine, listed, pascalCase, quoted } from './source.ts';

/** A route file: `server/routes/posts/[id].get.ts` answers GET of `/posts/:id`. */
interface RouteFile {
  readonly path: string;
  /** Null: every method that has no file of its own. */
  readonly method: string | null;
  /** Of the handler in the code. */
  readonly name: string;
  readonly file: string;
}

const PLUGIN_FILE = /^server\/plugins\/([\w-]+)\.ts$/;
const ROUTE_FILE = /^server\/routes\/(?<place>.+?)(?:\.(?<method>get|post|put|patch|delete))?\.ts$/;

/** `server/app.ts` of a Hono project: every route file at its path, those for other methods last. */
export function appModule(files: FileTree): string {
  const routes = namedRoutes(Object.keys(files).sort(byFolder));
  const hidden = routes.filter(({ path }) => routes.some((other) => hides(other.path, path)));
  const plain = routes.filter((route) => !hidden.includes(route));
  const imports = routes.map(({ name, file }) => `import ${name} from './routes/${file}';`);
  const plugins = Object.keys(files)
    .flatMap((path) => PLUGIN_FILE.exec(path)?.[1] ?? [])
    .sort();
  const pluginName = (file: string) => `${camelCase(file)}Plugin`;
  const ordered = [...othersLast(hidden).sort(fixedFirst), ...othersLast(plain)];
  const lines = ordered.map(({ method, path, name }) =>
    listed(`app.${method ?? 'all'}(`, [quoted(path), listed('toHono(', [quoted(path), name], ')', 2)], ');'),
  );
  return `${[
    importLine(['Hono'], 'hono'),
    importLine(['addRoutes'], './custom/routes.ts'),
    importLine(['answerError', 'answerNothing'], './error.ts'),
    importLine(['type App', 'type Plugin', 'toHono'], './lib/http.ts'),
    ...plugins.map((file) => `import ${pluginName(file)} from './plugins/${file}.ts';`),
    ...imports,
  ].join('\n')}

/** What starts and ends with the server. */
export const plugins: readonly Plugin[] = [${plugins.map(pluginName).join(', ')}];

/** The routes. */
export const app: App = new Hono({ strict: false });

app.onError(answerError);
app.notFound(answerNothing);
addRoutes(app);
${lines.join('\n')}
`;
}

function othersLast(routes: readonly RouteFile[]): RouteFile[] {
  return [...routes.filter(({ method }) => method !== null), ...routes.filter(({ method }) => method === null)];
}

/** Whether one path would be taken for another: `/books/:id` for `/books/search`. */
function hides(path: string, other: string): boolean {
  const [parts, others] = [path.split('/'), other.split('/')];
  const isSame = parts.every((part, at) => part === others[at] || part.startsWith(':'));
  return path !== other && parts.length === others.length && isSame;
}

function fixedFirst(one: RouteFile, other: RouteFile): number {
  const rank = ({ path }: RouteFile) =>
    path
      .split('/')
      .map((part) => (part.startsWith(':') ? '1' : '0'))
      .join('');
  return rank(one) < rank(other) ? -1 : rank(one) > rank(other) ? 1 : 0;
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

function namedRoutes(paths: readonly string[]): readonly RouteFile[] {
  const taken = new Set<string>();
  return paths.flatMap((whole): RouteFile[] => {
    const { place, method } = ROUTE_FILE.exec(whole)?.groups ?? {};
    if (place === undefined) return [];
    const parts = place.split('/').filter((part, at, all) => !(part === 'index' && at === all.length - 1));
    const wanted = `${method ?? 'other'}${pascalCase(parts.join('_'))}`;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}${number}`;
    taken.add(name);
    const path = `/${parts.map((part) => part.replace(/^\[(.*)\]$/, ':$1')).join('/')}`;
    return [{ path, method: method ?? null, name, file: whole.slice('server/routes/'.length) }];
  });
}
