import { referencesOf } from '../data-module/references.ts';
import { explainsMore } from '../data-module/write.ts';
import type { Resource } from '../resource.ts';
import { importLine, listed, member, quoted } from '../source.ts';
import { asking, findArguments, handler, route } from './parts.ts';

/** `POST /posts` */
export function createRoute(resource: Resource): string {
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

/** `PATCH` or `PUT /posts/{id}` */
export function changeRoute(resource: Resource, up: string, verb: 'update' | 'replace'): string {
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

/** `DELETE /posts/{id}` */
export function removeRoute(resource: Resource, up: string): string {
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
