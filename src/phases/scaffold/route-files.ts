import type { FileTree } from '../../ports/workspace.ts';
import type { Resource } from './resource.ts';
import { importLine, listed, member, quoted } from './source.ts';

/** The route files of one table: parse, call, answer. */
export function routeFiles(resource: Resource): FileTree {
  const { table, path, key, patches } = resource;
  const folder = `server/routes${path}`;
  const names = key.map((column) => `[${column.name}]`);
  const row = [folder, ...names].join('/');
  const up = '../'.repeat(key.length + 1);
  const rowMethods = ['GET', ...(patches.length > 0 ? ['PATCH'] : []), 'DELETE'];
  return {
    [`${folder}/index.get.ts`]: listRoute(table.name),
    [`${folder}/index.post.ts`]: createRoute(resource),
    [`${folder}/index.ts`]: otherMethods('../../', ['GET', 'POST']),
    [`${row}.get.ts`]: findRoute(table.name, up),
    ...(patches.length > 0 ? { [`${row}.patch.ts`]: updateRoute(table.name, up) } : {}),
    [`${row}.delete.ts`]: removeRoute(table.name, up),
    [`${row}.ts`]: otherMethods(up, rowMethods),
  };
}

const HANDLER = "import { defineHandler } from 'nitro/h3';";

function listRoute(table: string): string {
  const query = listed('const query = readPageQuery(', ['event', quoted(table), 'cursorSchema'], ');', 2);
  return `${HANDLER}
${importLine(['list'], `../../data/${table}.ts`)}
${importLine(['readPageQuery', 'toPage'], '../../lib/pagination.ts')}
${importLine(['cursorOf', 'cursorSchema'], `../../schemas/${table}.ts`)}

export default defineHandler(async (event) => {
  ${query}
  return toPage(await list(query), query, cursorOf);
});
`;
}

function createRoute({ table, path, key }: Resource): string {
  const values = key.map((column) => member('row', column.name));
  const answer = listed('return answerCreated(', ['event', quoted(path), `[${values.join(', ')}]`, 'row'], ');', 2);
  return `${HANDLER}
${importLine(['create'], `../../data/${table.name}.ts`)}
${importLine(['answerCreated', 'readBody'], '../../lib/request.ts')}
${importLine(['createSchema'], `../../schemas/${table.name}.ts`)}

export default defineHandler(async (event) => {
  const row = await create(await readBody(event, createSchema));
  ${answer}
});
`;
}

function findRoute(table: string, up: string): string {
  return `${HANDLER}
${importLine(['find'], `${up}data/${table}.ts`)}
${importLine(['found', 'readKey'], `${up}lib/request.ts`)}
${importLine(['keySchema'], `${up}schemas/${table}.ts`)}

export default defineHandler(async (event) => found(await find(readKey(event, keySchema))));
`;
}

function updateRoute(table: string, up: string): string {
  return `${HANDLER}
${importLine(['update'], `${up}data/${table}.ts`)}
${importLine(['found', 'readBody', 'readKey'], `${up}lib/request.ts`)}
${importLine(['keySchema', 'patchSchema'], `${up}schemas/${table}.ts`)}

export default defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  return found(await update(key, await readBody(event, patchSchema)));
});
`;
}

function removeRoute(table: string, up: string): string {
  return `${importLine(['defineHandler', 'noContent'], 'nitro/h3')}
${importLine(['remove'], `${up}data/${table}.ts`)}
${importLine(['notFound', 'readKey'], `${up}lib/request.ts`)}
${importLine(['keySchema'], `${up}schemas/${table}.ts`)}

export default defineHandler(async (event) => {
  if (!(await remove(readKey(event, keySchema)))) throw notFound();
  return noContent();
});
`;
}

function otherMethods(up: string, methods: readonly string[]): string {
  return `${importLine(['methodNotAllowed'], `${up}lib/methods.ts`)}

export default methodNotAllowed(${methods.map(quoted).join(', ')});
`;
}
