import type { Guard } from '../../domain/access.ts';
import { nestedPath } from '../../domain/rest.ts';
import type { FileTree } from '../../ports/workspace.ts';
import { referencesOf } from './data-module/references.ts';
import { explainsMore } from './data-module/write.ts';
import { hasBoundRelations } from './relations-module.ts';
import type { Resource, ResourceRelation } from './resource.ts';
import { importLine, listed, member, quoted } from './source.ts';

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

/** Imports in the order of their paths, and the handler. */
function route(lines: readonly string[], body: string): string {
  const [first = '', ...others] = lines;
  return `${[first, ...[...others].sort(byPath)].join('\n')}\n\nexport default ${body}\n`;
}

function handler(...names: readonly string[]): string {
  return importLine(['defineHandler', ...names], 'nitro/h3');
}

const GUARDS: Readonly<Record<Guard, string>> = {
  anybody: 'readAccount',
  account: 'requireAccount',
  admin: 'requireAdmin',
};

/** How a route finds out who asks; nothing where nobody signs in. */
interface Asking {
  readonly lines: readonly string[];
  /** The first line of the handler, with its line break. */
  readonly code: string;
}

function asking({ wall }: Resource, guard: Guard, up: string, isUsed: boolean): Asking {
  if (!wall) return { lines: [], code: '' };
  const name = GUARDS[guard];
  const call = `await ${name}(event);`;
  return {
    lines: [importLine([name], `${up}lib/${guard === 'admin' ? 'admins' : 'auth'}.ts`)],
    code: `  ${isUsed ? `const account = ${call}` : call}\n`,
  };
}

/** The import of a table's relations, if it has any, and what hands them on. */
function relationsOf(
  resource: Resource,
  up: string,
): { readonly lines: readonly string[]; readonly names: readonly string[] } {
  if (resource.relations.length === 0) return { lines: [], names: [] };
  return {
    lines: [importLine(['relations'], `${up}relations/${resource.table.name}.ts`)],
    names: [hasBoundRelations(resource) ? 'relations(account)' : 'relations'],
  };
}

function listRoute(resource: Resource): string {
  const { wall, table } = resource;
  const { lines, names } = relationsOf(resource, '../../');
  const isBound = wall?.isBound ?? false;
  const isUsed = isBound || hasBoundRelations(resource);
  const { lines: guard, code } = asking(resource, wall?.guards.read ?? 'anybody', '../../', isUsed);
  const call = `answerList(${['event', isBound ? 'collection(account)' : 'collection', ...names].join(', ')})`;
  return route(
    [
      handler(),
      importLine(['collection'], `../../data/${table.name}.ts`),
      importLine(['answerList'], '../../lib/lists.ts'),
      ...guard,
      ...lines,
    ],
    wall ? `defineHandler(async (event) => {\n${code}  return ${call};\n});` : `defineHandler((event) => ${call});`,
  );
}

function createRoute(resource: Resource): string {
  const { table, path, key, inputs, wall } = resource;
  const values = key.map((column) => member('row', column.name));
  const answer = listed('return answerCreated(', ['event', quoted(path), `[${values.join(', ')}]`, 'row'], ');', 2);
  const hasMany = inputs.length > 0;
  const guard = asking(resource, wall?.guards.create ?? 'anybody', '../../', true);
  const readOnce = wall ? 'readOwnOnce' : 'readOnce';
  const [account, asker] = wall ? ['account, ', ', account'] : ['', ''];
  const one = (body: string) => `${body}, ${account}${readOnce}(event, ${body}${asker})`;
  const body = hasMany
    ? `  const body = await readBodies(event, createSchema);
  if ('many' in body) {
    ${listed('const rows = await createAll(', one('body.many').split(/, (?![^(]*\))/), ');', 4)}
    return answerAllCreated(event, rows);
  }
  const row = await create(${one('body.one')});`
    : `  const body = await readBody(event, createSchema);
  const row = await create(${one('body')});`;
  return route(
    [
      handler(),
      importLine(['create', ...(hasMany ? ['createAll'] : [])], `../../data/${table.name}.ts`),
      ...guard.lines,
      importLine([readOnce], wall ? '../../lib/writes.ts' : '../../lib/idempotency.ts'),
      importLine([hasMany ? 'readBodies' : 'readBody'], '../../lib/request.ts'),
      importLine(['answerCreated', ...(hasMany ? ['answerAllCreated'] : [])], '../../lib/rows.ts'),
      importLine(['createSchema'], `../../schemas/${table.name}.ts`),
    ],
    `defineHandler(async (event) => {\n${guard.code}${body}\n  ${answer}\n});`,
  );
}

/** `key, account` where reading needs an account. */
function findArguments({ wall }: Resource, key = 'key'): string {
  return wall?.isBound ? `${key}, account` : key;
}

function findRoute(resource: Resource, up: string): string {
  const { table, wall } = resource;
  const { name } = table;
  const { lines, names } = relationsOf(resource, up);
  const isUsed = (wall?.isBound ?? false) || hasBoundRelations(resource);
  const guard = asking(resource, wall?.guards.read ?? 'anybody', up, isUsed);
  return route(
    [
      handler(),
      importLine(['find'], `${up}data/${name}.ts`),
      ...guard.lines,
      importLine(['readKey'], `${up}lib/request.ts`),
      importLine(['answerRow'], `${up}lib/rows.ts`),
      ...lines,
      importLine(['columns', 'keySchema'], `${up}schemas/${name}.ts`),
    ],
    `defineHandler(async (event) => {
${guard.code}  const row = await find(${findArguments(resource, 'readKey(event, keySchema)')});
  return answerRow(${['event', 'row', 'columns', ...names].join(', ')});
});`,
  );
}

/** What looks for a row that was not changed. */
function unchanged(resource: Resource, body: string | null): { readonly name: string; readonly call: string } {
  if (!explainsMore(resource)) return { name: 'find', call: `() => find(${findArguments(resource)})` };
  const hasLinks = body !== null && referencesOf(resource, resource.patches).length > 0;
  return { name: 'findUnchanged', call: `() => findUnchanged(key, account${hasLinks ? `, ${body}` : ''})` };
}

/** What a change may say. */
function bodySchemaOf({ adminPatches, wall }: Resource, verb: 'update' | 'replace') {
  if (verb === 'replace') return { names: ['replaceSchema'], code: 'replaceSchema' };
  if (adminPatches.length === 0) return { names: ['patchSchema'], code: 'patchSchema' };
  if (wall?.guards.change === 'admin') return { names: ['adminPatchSchema'], code: 'adminPatchSchema' };
  const isAdmin = wall?.guards.change === 'account' ? 'account.isAdmin' : 'account?.isAdmin';
  return { names: ['adminPatchSchema', 'patchSchema'], code: `${isAdmin} ? adminPatchSchema : patchSchema` };
}

function changeRoute(resource: Resource, up: string, verb: 'update' | 'replace'): string {
  const { table, wall } = resource;
  const { names, code } = bodySchemaOf(resource, verb);
  const guard = asking(resource, wall?.guards.change ?? 'anybody', up, true);
  const why = unchanged(resource, 'body');
  const given = ['key', 'body', ...(wall ? ['account'] : []), 'versionsToChange(event)'].join(', ');
  return route(
    [
      handler(),
      importLine([why.name, verb], `${up}data/${table.name}.ts`),
      ...guard.lines,
      importLine(['readBody', 'readKey'], `${up}lib/request.ts`),
      importLine(['answerChanged', 'versionsToChange'], `${up}lib/rows.ts`),
      importLine([...names, 'keySchema'].sort(), `${up}schemas/${table.name}.ts`),
    ],
    `defineHandler(async (event) => {
${guard.code}  const key = readKey(event, keySchema);
  const body = await readBody(event, ${code});
  const row = await ${verb}(${given});
  return answerChanged(event, row, ${why.call});
});`,
  );
}

function removeRoute(resource: Resource, up: string): string {
  const { table, wall } = resource;
  const guard = asking(resource, wall?.guards.change ?? 'anybody', up, true);
  const why = unchanged(resource, null);
  const given = ['key', ...(wall ? ['account'] : []), 'versionsToChange(event)'].join(', ');
  return route(
    [
      handler('noContent'),
      importLine([why.name, 'remove'], `${up}data/${table.name}.ts`),
      ...guard.lines,
      importLine(['readKey'], `${up}lib/request.ts`),
      importLine(['versionsToChange', 'whyNot'], `${up}lib/rows.ts`),
      importLine(['keySchema'], `${up}schemas/${table.name}.ts`),
    ],
    `defineHandler(async (event) => {
${guard.code}  const key = readKey(event, keySchema);
  if (await remove(${given})) return noContent();
  throw await whyNot(event, ${why.call});
});`,
  );
}

function childrenRoute(
  resource: Resource,
  { embedding, source }: ResourceRelation,
  child: Resource,
  up: string,
): string {
  const { table, wall } = resource;
  const isSame = child.table.name === table.name;
  const [own, theirs] = [hasBoundRelations(resource), hasBoundRelations(child)];
  const isParentBound = wall?.isBound ?? false;
  const guard: Guard = isParentBound || source.isBound ? 'account' : 'anybody';
  const asked = asking(resource, guard, up, isParentBound || own || theirs);
  // A child has a parent, so that there are relations to hand on.
  const [parentName, childName] = ['relations', isSame ? 'relations' : 'childRelations'];
  const find = isParentBound ? 'async () => row' : '() => find(key)';
  const call = listed(
    'return answerChildren(',
    [
      'event',
      member(own ? `${parentName}(account)` : parentName, embedding.name),
      'key',
      find,
      theirs ? `${childName}(account)` : childName,
    ],
    ');',
    2,
  );
  const parent = isParentBound ? '  const row = found(await find(key, account));\n' : '';
  return route(
    [
      handler(),
      importLine(['find'], `${up}data/${table.name}.ts`),
      ...asked.lines,
      importLine(['answerChildren'], `${up}lib/lists.ts`),
      importLine([...(isParentBound ? ['found'] : []), 'readKey'], `${up}lib/request.ts`),
      importLine(['relations'], `${up}relations/${table.name}.ts`),
      ...(isSame ? [] : [`import { relations as childRelations } from '${up}relations/${child.table.name}.ts';`]),
      importLine(['keySchema'], `${up}schemas/${table.name}.ts`),
    ],
    `defineHandler(${wall ? 'async ' : ''}(event) => {
${asked.code}  const key = readKey(event, keySchema);
${parent}  ${call}
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
