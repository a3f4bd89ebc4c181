import type { Guard } from '../../../domain/access.ts';
import { hasBoundRelations } from '../relations-module.ts';
import type { Resource, ResourceRelation } from '../resource.ts';
import { importLine, listed, member } from '../source.ts';
import { asking, findArguments, handler, relationsOf, route } from './parts.ts';

/** `GET /posts` */
export function listRoute(resource: Resource): string {
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

/** `GET /posts/{id}` */
export function findRoute(resource: Resource, up: string): string {
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

/** `GET /posts/{id}/comments` */
export function childrenRoute(
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
