import type { ContractAddress, ContractView, PlannedOperation } from '../../../domain/contract-plan.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { commentText, importLine, LINE_WIDTH, listed, property, quoted, templateText } from '../source.ts';
import { textCode } from './check-code.ts';
import { opensCode } from './key-files.ts';
import { keysOf, Parameters, type SqlScene } from './sql.ts';

/** What a route file is written from. */
export interface RouteScene {
  readonly schema: Schema;
  readonly resources: readonly Resource[];
  readonly operation: PlannedOperation;
  /** `../../../` */
  readonly up: string;
}

export const KEY_TYPE = '{ key: string | number }';

/** Of the lines in a handler. */
const HANDLER_INDENT = 2;

/** Where names of the libraries come from. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  'nitro/h3': ['noContent'],
  'node:crypto': ['randomUUID'],
  nanoid: ['nanoid'],
  zod: ['z'],
  'lib/accounts.ts': ['findAccount', 'findLogin', 'insertAccount', 'keyOf'],
  'lib/as-account.ts': ['readRowAs', 'readRowsAs'],
  'lib/auth.ts': ['readAccount', 'requireAccount', 'unauthorized'],
  'lib/budget.ts': ['MORE'],
  'lib/database.ts': ['readRow', 'readRows', 'type Statement'],
  'lib/failures.ts': ['failures'],
  'lib/keys.ts': ['requireKey'],
  'lib/operation.ts': ['operation', 'readQuery', 'slugOf', 'usualAddress', 'withoutNulls'],
  'lib/list-parts.ts': ['offsetOf', 'partOf'],
  'lib/page-cursor.ts': ['cursorAt', 'offsetAt'],
  'lib/password.ts': ['hashPassword', 'verifyPassword'],
  'lib/patterns.ts': ['containing', 'matching'],
  'lib/request.ts': ['found', 'notFound', 'readBody', 'readKey'],
  'lib/sessions.ts': ['endOtherSessions', 'endSession', 'startSession'],
  'lib/system.ts': ['asSystem'],
  'lib/throttle.ts': ['countingFailures', 'countRegistration'],
  'lib/tokens.ts': ['makeToken'],
  'lib/types.ts': ['toJson'],
  'lib/writes.ts': ['forbidden', 'writeRow'],
};

/** A whole route file: what it uses, its parts, and what it does. */
export function routeFile({ operation, up }: RouteScene, parts: readonly string[], handler: readonly string[]): string {
  const event = handler.some((line) => /\bevent\b/.test(line)) ? 'event' : '';
  const body = [
    ...parts.filter((part) => part !== ''),
    [
      `/** ${commentText(`${operation.id}${operation.summary === '' ? '' : `: ${operation.summary}`}`)} */`,
      `export default operation(failures.${operation.id}, async (${event}) => {`,
      ...handler.filter((line) => line !== '').map((line) => `  ${line}`.replaceAll('\n', '\n  ')),
      '});',
    ].join('\n'),
  ].join('\n\n');
  const lines = Object.entries(HOMES).flatMap(([home, names]) => {
    const used = names.filter((name) =>
      // Behind a dot it is a member, behind three it is spread.
      new RegExp(`(?<![\\w'])(?<!(?<!\\.\\.)\\.)${name.replace('type ', '')}\\b(?!['\\w]|: )`).test(body),
    );
    const from = home.startsWith('lib/') ? `${up}${home}` : home;
    return used.length > 0 ? [{ from, line: importLine(used, from) }] : [];
  });
  const values = `${up}lib/values.ts`;
  if (/\bvalue\./.test(body)) lines.push({ from: values, line: `import * as value from '${values}';` });
  const rank = (from: string) => (from.startsWith('node:') ? 0 : from.startsWith('.') ? 2 : 1);
  const sorted = lines.sort((one, other) => rank(one.from) - rank(other.from) || (one.from < other.from ? -1 : 1));
  return `${sorted.map(({ line }) => line).join('\n')}\n\n${body}\n`;
}

/** What statements of the operation are told, in the order they ask for it. */
export function sqlScene({ schema, operation }: RouteScene): SqlScene {
  return { schema, isCertain: operation.guard === 'account', parameters: new Parameters() };
}

/** A statement with a fixed text. */
export function statement(constant: string, title: string, lines: readonly string[]): string {
  const sql = lines.map((line) => `\n    ${templateText(line)}`).join('');
  return [
    `const ${constant}: Statement = {`,
    `  name: ${quoted(title.slice(0, 63))},`,
    `  text: \`${sql}\`,`,
    '};',
  ].join('\n');
}

export function where(conditions: readonly string[]): readonly string[] {
  return conditions.map((condition, at) => (at === 0 ? `where ${condition}` : `  and ${condition}`));
}

export function items(lead: string, all: readonly string[]): readonly string[] {
  return [lead, ...all.map((item, at) => `  ${item}${at < all.length - 1 ? ',' : ''}`)];
}

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

/** Who asks: nobody is refused where nobody has to be signed in. */
export function askerLine({ schema, operation }: RouteScene): string {
  if (operation.guard === 'key') return `await requireKey(event, ${opensCode(operation)});`;
  if (!schema.accounts) return '';
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
  return view.wrap === null ? `return ${row};` : `return { ${property(view.wrap)}: ${row} };`;
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
