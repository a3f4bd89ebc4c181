import type { PlannedOperation } from '../../../domain/contract-plan.ts';
import type { ContractAddress, ContractView } from '../../../domain/contract-rows.ts';
import { LINE_WIDTH, listed, property, quoted } from '../source.ts';
import { textCode } from './check-code.ts';
import { opensCode } from './key-files.ts';
import { KEY_TYPE, type RouteScene, sqlScene, statement } from './route-module.ts';
import { keysOf } from './sql.ts';

/** Lines of handlers, and the parts that belong to them. */

/** Of the lines in a handler. */
const HANDLER_INDENT = 2;

/** Reads rows as whoever asks. */
export function read(
  { schema }: RouteScene,
  kind: 'readRow' | 'readRows',
  type: string,
  constant: string,
  values: readonly string[],
) {
  return schema.accounts
    ? `await ${kind}As<${type}>(account, ${constant}, [${values.join(', ')}])`
    : `await ${kind}<${type}>(${constant}, [${values.join(', ')}])`;
}

export function write({ schema }: RouteScene, type: string, constant: string): string {
  return `await writeRow<${type}>(${schema.accounts ? 'account, ' : ''}${constant}, values)`;
}

/** Looks at the key of a request; null where no key counts. */
export function keyLine(operation: PlannedOperation): string | null {
  const asked = `(event, ${opensCode(operation)});`;
  if (operation.guard === 'key') return `await requireKey${asked}`;
  return operation.guard === 'optional' && Object.keys(operation.opens).length > 0 ? `await hasKey${asked}` : null;
}

/** Who asks: nobody is refused where nobody has to be signed in. */
export function askerLine({ schema, operation }: RouteScene): string {
  const key = keyLine(operation);
  if (key !== null) return key;
  if (!schema.accounts) return '';
  if (operation.admits === 'admins') return 'const account = await requireAdmin(event);';
  return operation.guard === 'account'
    ? 'const account = await requireAccount(event);'
    : 'const account = await readAccount(event);';
}

/** Parts and line for the parameters in the path. */
export function pathParts(address: ContractAddress | null): { readonly part: string; readonly line: string } {
  const all: ContractAddress[] = [];
  for (let next = address; next; next = next.parent?.address ?? null) all.unshift(next);
  if (all.length === 0) return { part: '', line: '' };
  const entries = all.map(({ param, check }) => `${property(param)}: ${textCode(check)}`);
  return {
    part: listed('const pathSchema = z.object({', entries, '});'),
    line: 'const path = readKey(event, pathSchema);',
  };
}

/** The statement that finds the key of the row a path leads to, and the line that asks it. */
export function keyParts(scene: RouteScene, address: ContractAddress, constant: string) {
  const sql = sqlScene(scene);
  const lines = keysOf(sql, address).split(/ (?=from |where |and )/);
  const text = lines.map((line, at) => (at === 0 ? `${line} as key` : line.startsWith('and ') ? `  ${line}` : line));
  const values = sql.parameters.values;
  const reading = read(scene, 'readRow', KEY_TYPE, constant, values);
  return {
    part: statement(constant, `${address.table}.${scene.operation.id}.key`, text),
    reading,
    line: foundLine('{ key }', reading),
  };
}

/** The value a handler gives back: the row in what holds it. */
export function answer(view: ContractView | null, row: string): string {
  if (!view) return '';
  if (view.wrap === null) return `return ${row};`;
  return handlerList('return {', [...constantMembers(view), `${property(view.wrap)}: ${row}`], '};');
}

/** `success: true` */
export function constantMembers({ constants }: Pick<ContractView, 'constants'>): readonly string[] {
  return constants.map(({ name, value }) => `${property(name)}: ${constantCode(value)}`);
}

/** A value as it stands in code. */
export function constantCode(value: string | number | boolean): string {
  return typeof value === 'string' ? quoted(value) : String(value);
}

/** `const row = found(…);` of what reads a row. */
export function foundLine(target: string, reading: string): string {
  const line = `const ${target} = found(${reading});`;
  if (HANDLER_INDENT + line.length <= LINE_WIDTH) return line;
  const isLong = 2 * HANDLER_INDENT + reading.length + 1 > LINE_WIDTH;
  const inner = isLong
    ? reading.replace(/\[(.*)\]\)$/, (_all, values: string) => `[\n    ${values.replaceAll(', ', ',\n    ')},\n  ])`)
    : reading;
  return `const ${target} = found(\n  ${inner},\n);`;
}

/** `open` items `close` as a statement of a handler. */
export function handlerList(open: string, items: readonly string[], close: string): string {
  return listed(open, items, close, HANDLER_INDENT).replaceAll(`\n${' '.repeat(HANDLER_INDENT)}`, '\n');
}

/** What a statement is given, as `values`. */
export function valuesLine(values: readonly string[]): string {
  return handlerList('const values = [', values, '];');
}

/** Sets the status, where it is not 200. */
export function statusLine({ operation }: RouteScene): string {
  return operation.status === 200 ? '' : `event.res.status = ${operation.status};`;
}

/** An answer without a body. */
export function emptyAnswer({ operation }: RouteScene): string {
  return operation.status === 204
    ? 'return noContent();'
    : `return new Response(null, { status: ${operation.status} });`;
}
