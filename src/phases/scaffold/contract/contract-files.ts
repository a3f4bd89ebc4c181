import type { Json } from '../../../domain/api-document.ts';
import { servedPlace } from '../../../domain/contract-place.ts';
import type { ContractAction, PlannedOperation } from '../../../domain/contract-plan.ts';
import { handlerFile, operationName } from '../../../domain/endpoint-path.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { FileTree } from '../../../ports/workspace.ts';
import { formatJson } from '../openapi/format-json.ts';
import type { Resource } from '../resource.ts';
import { commentText, quoted } from '../source.ts';
import { changeMeRoute, loginRoute, logoutRoute, meRoute, registerRoute } from './account-routes.ts';
import { createRoute } from './create-route.ts';
import { failureModule } from './failure-module.ts';
import { linkRoute } from './link-routes.ts';
import { listRoute } from './list-routes.ts';
import { readRoute, valuesRoute } from './read-routes.ts';
import { keyLine } from './route-lines.ts';
import type { RouteScene } from './route-module.ts';
import { toggleRoute } from './toggle-route.ts';
import { changeRoute, removeRoute } from './write-routes.ts';

/**
 * The files of the operations of a contract, and the document they are from. `written`: the ids of those that somebody
 * wrote, whose handlers are theirs.
 */
export function contractFiles(
  document: Json,
  operations: readonly PlannedOperation[],
  schema: Schema,
  resources: readonly Resource[],
  written: ReadonlySet<string>,
): FileTree {
  const served = operations.flatMap((operation) => {
    const place = servedPlace(operation);
    return place === null ? [] : [{ operation, place }];
  });
  const isOpen = ({ id, action }: PlannedOperation) => action.kind === 'custom' && !written.has(id);
  const told = served.map(({ operation }) => operation).filter((operation) => !isOpen(operation));
  const files: Record<string, string> = { 'server/openapi.json': formatJson(document) };
  if (told.length > 0) files['server/lib/failures.ts'] = failureModule(told);
  for (const place of new Set(served.map((one) => one.place))) {
    const methods = served.filter((one) => one.place === place).map(({ operation }) => operation.method);
    const [file, up] = fileOf(
      place,
      served.map((one) => one.place),
    );
    files[`${file}.ts`] = otherMethods(up, methods);
  }
  for (const { operation, place } of served) {
    const [file, up] = fileOf(
      place,
      served.map((one) => one.place),
    );
    const scene = { schema, resources, operation, up };
    files[`${file}.${operation.method}.ts`] = routeText(scene, operation.action, isOpen(operation));
    if (operation.action.kind === 'custom' && isOpen(operation))
      files[customPath(operation)] = customText(operation, operation.action.reason);
  }
  return files;
}

/** A place with others below it is a folder. */
function fileOf(place: string, all: readonly string[]): readonly [file: string, up: string] {
  const isFolder = place === '' || all.some((other) => other.startsWith(`${place}/`));
  const file = `server/routes/${place === '' ? '' : place}${isFolder ? `${place === '' ? '' : '/'}index` : ''}`;
  return [file, '../'.repeat(file.split('/').length - 2)];
}

/** Where an operation is written that is not plain handling of rows. */
export function customPath({ id }: PlannedOperation): string {
  return handlerFile(operationName(id));
}

function otherMethods(up: string, methods: readonly string[]): string {
  const order = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  const own = order.filter((method) => methods.includes(method.toLowerCase()));
  return `import { methodNotAllowed } from '${up}lib/methods.ts';\n\nexport default methodNotAllowed(${own.map(quoted).join(', ')});\n`;
}

/** Written once: what somebody made of it stays. */
function customText({ id, method, path, summary }: PlannedOperation, reason: string): string {
  const about = commentText(summary);
  return `import { notWritten } from '../../lib/operation.ts';

/**
 * ${commentText(`${id}: ${method.toUpperCase()} ${path}`)}
${about === '' ? '' : ` * ${about}\n`} * Not written yet, because ${commentText(reason)}.
 */
export default notWritten(${quoted(id)});
`;
}

/** Whoever writes an operation need not think of the key it asks for, nor of the account while nobody wrote it. */
function customRoute({ up, operation }: RouteScene, isOpen: boolean): string {
  const file = `${up}custom/operations/${operation.id}.ts`;
  const key = keyLine(operation);
  // Models are held to asking for accounts by themselves: they need to know whose they are.
  const isForAdmins = operation.admits === 'admins';
  const account = isForAdmins ? 'await requireAdmin(event);' : isOpen ? 'await requireAccount(event);' : null;
  const asking = key ?? (operation.guard === 'account' ? account : null);
  if (asking === null) return `export { default } from '${file}';\n`;
  // What refuses has to look as the document says as soon as somebody answers.
  const lead = isOpen ? 'defineHandler(' : `operation(failures.${operation.id}, `;
  const home = key === null ? (isForAdmins ? 'admins' : 'auth') : operation.guard === 'key' ? 'keys' : 'optional-key';
  const asker = `import { ${asking.split(/[ (]/)[1]} } from '${up}lib/${home}.ts';`;
  const imports = [
    ...(isOpen ? ["import { defineHandler } from 'nitro/h3';"] : []),
    `import handle from '${file}';`,
    ...(home === 'admins' ? [asker] : []),
    ...(isOpen ? [] : [`import { failures } from '${up}lib/failures.ts';`]),
    ...(home === 'auth' || home === 'keys' ? [asker] : []),
    ...(isOpen ? [] : [`import { operation } from '${up}lib/operation.ts';`]),
    ...(home === 'optional-key' ? [asker] : []),
  ];
  return `${imports.join('\n')}

export default ${lead}async (event) => {
  ${asking}
  return handle(event);
});
`;
}

function routeText(scene: RouteScene, action: ContractAction, isOpen: boolean): string {
  switch (action.kind) {
    case 'custom':
      return customRoute(scene, isOpen);
    case 'list':
      return listRoute(scene, action);
    case 'values':
      return valuesRoute(scene, action);
    case 'read':
      return readRoute(scene, action);
    case 'create':
      return createRoute(scene, action);
    case 'change':
      return changeRoute(scene, action);
    case 'remove':
      return removeRoute(scene, action);
    case 'link':
      return linkRoute(scene, action);
    case 'toggle':
      return toggleRoute(scene, action);
    case 'register':
      return registerRoute(scene, action);
    case 'login':
      return loginRoute(scene, action);
    case 'me':
      return meRoute(scene, action);
    case 'changeMe':
      return changeMeRoute(scene, action);
    case 'logout':
      return logoutRoute(scene);
  }
}
