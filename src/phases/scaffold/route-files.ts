import { nestedPath } from '../../domain/rest.ts';
import type { FileTree } from '../../ports/workspace.ts';
import type { Resource, ResourceRelation } from './resource.ts';
import { importLine, listed, member, quoted } from './source.ts';

/** The methods of a row. */
export function rowMethods({ patches }: Resource): readonly string[] {
  return ['GET', ...(patches.length > 0 ? ['PUT', 'PATCH'] : []), 'DELETE'];
}

/** The route files of one table: parse, call, answer. */
export function routeFiles(resource: Resource): FileTree {
  const { table, path, key, patches, relations } = resource;
  const folder = `server/routes${path}`;
  const names = key.map((column) => `[${column.name}]`);
  const row = [folder, ...names].join('/');
  const up = '../'.repeat(key.length + 1);
  const files: Record<string, string> = {
    [`${folder}/index.get.ts`]: listRoute(resource),
    [`${folder}/index.post.ts`]: createRoute(resource),
    [`${folder}/index.ts`]: otherMethods('../../', ['GET', 'POST']),
    [`${row}.get.ts`]: findRoute(resource, up),
    [`${row}.delete.ts`]: removeRoute(table.name, up),
    [`${row}.ts`]: otherMethods(up, rowMethods(resource)),
  };
  if (patches.length > 0) {
    files[`${row}.patch.ts`] = changeRoute(table.name, up, 'update');
    files[`${row}.put.ts`] = changeRoute(table.name, up, 'replace');
  }
  for (const relation of relations.filter(({ nested }) => nested)) {
    const below = `${row}/${nestedPath(relation.embedding)}`;
    files[`${below}/index.get.ts`] = childrenRoute(resource, relation, `../../${up}`);
    files[`${below}/index.ts`] = otherMethods(`../../${up}`, ['GET']);
  }
  return files;
}

function route(lines: readonly string[], body: string): string {
  return `${lines.join('\n')}\n\nexport default ${body}\n`;
}

function handler(...names: readonly string[]): string {
  return importLine(['defineHandler', ...names], 'nitro/h3');
}

/** The import of a table's relations, if it has any, and what hands them on. */
function relationsOf(
  resource: Resource,
  up: string,
): { readonly lines: readonly string[]; readonly names: readonly string[] } {
  if (resource.relations.length === 0) return { lines: [], names: [] };
  return { lines: [importLine(['relations'], `${up}relations/${resource.table.name}.ts`)], names: ['relations'] };
}

function listRoute(resource: Resource): string {
  const { lines, names } = relationsOf(resource, '../../');
  return route(
    [
      handler(),
      importLine(['collection'], `../../data/${resource.table.name}.ts`),
      importLine(['answerList'], '../../lib/lists.ts'),
      ...lines,
    ],
    `defineHandler((event) => answerList(${['event', 'collection', ...names].join(', ')}));`,
  );
}

function createRoute({ table, path, key, inputs }: Resource): string {
  const values = key.map((column) => member('row', column.name));
  const answer = listed('return answerCreated(', ['event', quoted(path), `[${values.join(', ')}]`, 'row'], ');', 2);
  const hasMany = inputs.length > 0;
  const data = importLine(['create', ...(hasMany ? ['createAll'] : [])], `../../data/${table.name}.ts`);
  const once = importLine(['readOnce'], '../../lib/idempotency.ts');
  const request = importLine([hasMany ? 'readBodies' : 'readBody'], '../../lib/request.ts');
  const rows = importLine(['answerCreated', ...(hasMany ? ['answerAllCreated'] : [])], '../../lib/rows.ts');
  const schema = importLine(['createSchema'], `../../schemas/${table.name}.ts`);
  const body = hasMany
    ? `  const body = await readBodies(event, createSchema);
  if ('many' in body) {
    const rows = await createAll(body.many, readOnce(event, body.many));
    return answerAllCreated(event, rows);
  }
  const row = await create(body.one, readOnce(event, body.one));`
    : `  const body = await readBody(event, createSchema);
  const row = await create(body, readOnce(event, body));`;
  return route(
    [handler(), data, once, request, rows, schema],
    `defineHandler(async (event) => {\n${body}\n  ${answer}\n});`,
  );
}

function findRoute(resource: Resource, up: string): string {
  const { name } = resource.table;
  const { lines, names } = relationsOf(resource, up);
  return route(
    [
      handler(),
      importLine(['find'], `${up}data/${name}.ts`),
      importLine(['readKey'], `${up}lib/request.ts`),
      importLine(['answerRow'], `${up}lib/rows.ts`),
      ...lines,
      importLine(['columns', 'keySchema'], `${up}schemas/${name}.ts`),
    ],
    `defineHandler(async (event) => {
  const row = await find(readKey(event, keySchema));
  return answerRow(${['event', 'row', 'columns', ...names].join(', ')});
});`,
  );
}

function changeRoute(table: string, up: string, verb: 'update' | 'replace'): string {
  const schema = verb === 'update' ? 'patchSchema' : 'replaceSchema';
  return route(
    [
      handler(),
      importLine(['find', verb], `${up}data/${table}.ts`),
      importLine(['readBody', 'readKey'], `${up}lib/request.ts`),
      importLine(['answerChanged', 'versionsToChange'], `${up}lib/rows.ts`),
      importLine(['keySchema', schema], `${up}schemas/${table}.ts`),
    ],
    `defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  const body = await readBody(event, ${schema});
  const row = await ${verb}(key, body, versionsToChange(event));
  return answerChanged(event, row, () => find(key));
});`,
  );
}

function removeRoute(table: string, up: string): string {
  return route(
    [
      handler('noContent'),
      importLine(['find', 'remove'], `${up}data/${table}.ts`),
      importLine(['readKey'], `${up}lib/request.ts`),
      importLine(['versionsToChange', 'whyNot'], `${up}lib/rows.ts`),
      importLine(['keySchema'], `${up}schemas/${table}.ts`),
    ],
    `defineHandler(async (event) => {
  const key = readKey(event, keySchema);
  if (await remove(key, versionsToChange(event))) return noContent();
  throw await whyNot(event, () => find(key));
});`,
  );
}

function childrenRoute({ table }: Resource, { embedding }: ResourceRelation, up: string): string {
  const isSame = embedding.table === table.name;
  // A child has a parent, so that there are relations to hand on.
  const theirs = isSame ? 'relations' : 'childRelations';
  const child = isSame ? [] : [`import { relations as childRelations } from '${up}relations/${embedding.table}.ts';`];
  const own = importLine(['relations'], `${up}relations/${table.name}.ts`);
  const call = listed(
    'return answerChildren(',
    ['event', member('relations', embedding.name), 'key', '() => find(key)', theirs],
    ');',
    2,
  );
  return route(
    [
      handler(),
      importLine(['find'], `${up}data/${table.name}.ts`),
      importLine(['answerChildren'], `${up}lib/lists.ts`),
      importLine(['readKey'], `${up}lib/request.ts`),
      ...[own, ...child].sort(byPath),
      importLine(['keySchema'], `${up}schemas/${table.name}.ts`),
    ],
    `defineHandler((event) => {
  const key = readKey(event, keySchema);
  ${call}
});`,
  );
}

function byPath(one: string, other: string): number {
  const path = (line: string) => line.slice(line.indexOf(" from '"));
  return path(one) < path(other) ? -1 : 1;
}

function otherMethods(up: string, methods: readonly string[]): string {
  return `${importLine(['methodNotAllowed'], `${up}lib/methods.ts`)}

export default methodNotAllowed(${methods.map(quoted).join(', ')});
`;
}
