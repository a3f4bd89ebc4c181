import { nestedPath } from '../../domain/rest.ts';
import type { FileTree } from '../../ports/workspace.ts';
import type { Resource } from './resource.ts';
import { childrenRoute, findRoute, listRoute } from './routes/read-routes.ts';
import { changeRoute, createRoute, removeRoute } from './routes/write-routes.ts';
import { importLine, quoted } from './source.ts';

/** The methods of a row. */
export function rowMethods({ patches }: Resource): readonly string[] {
  return ['GET', ...(patches.length > 0 ? ['PUT', 'PATCH'] : []), 'DELETE'];
}

/** The methods of a list. */
export function listMethods({ wall }: Resource): readonly string[] {
  return wall?.isAccounts ? ['GET'] : ['GET', 'POST'];
}

/** The route files of all tables: who asks, parse, call, answer. */
export function routeFiles(resource: Resource, others: readonly Resource[]): FileTree {
  const { path, key, patches, relations } = resource;
  const folder = `server/routes${path}`;
  const names = key.map((column) => `[${column.name}]`);
  const row = [folder, ...names].join('/');
  const up = '../'.repeat(key.length + 1);
  const methods = listMethods(resource);
  const files: Record<string, string> = {
    [`${folder}/index.get.ts`]: listRoute(resource),
    [`${folder}/index.ts`]: otherMethods('../../', methods),
    [`${row}.get.ts`]: findRoute(resource, up),
    [`${row}.delete.ts`]: removeRoute(resource, up),
    [`${row}.ts`]: otherMethods(up, rowMethods(resource)),
  };
  if (methods.includes('POST')) files[`${folder}/index.post.ts`] = createRoute(resource);
  if (patches.length > 0) {
    files[`${row}.patch.ts`] = changeRoute(resource, up, 'update');
    files[`${row}.put.ts`] = changeRoute(resource, up, 'replace');
  }
  for (const relation of relations.filter(({ nested }) => nested)) {
    const below = `${row}/${nestedPath(relation.embedding)}`;
    const child = others.find(({ table }) => table.name === relation.embedding.table);
    if (!child) continue;
    files[`${below}/index.get.ts`] = childrenRoute(resource, relation, child, `../../${up}`);
    files[`${below}/index.ts`] = otherMethods(`../../${up}`, ['GET']);
  }
  return files;
}

function otherMethods(up: string, methods: readonly string[]): string {
  return `${importLine(['methodNotAllowed'], `${up}lib/methods.ts`)}

export default methodNotAllowed(${methods.map(quoted).join(', ')});
`;
}
