import type { PlannedOperation } from '../../../domain/contract-plan.ts';
import type { Schema } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { commentText, importLine, quoted, templateText } from '../source.ts';
import { Parameters, type SqlScene } from './sql.ts';

/** What a route file is written from. */
export interface RouteScene {
  readonly schema: Schema;
  readonly resources: readonly Resource[];
  readonly operation: PlannedOperation;
  /** `../../../` */
  readonly up: string;
}

export const KEY_TYPE = '{ key: string | number }';

/** Where names of the libraries come from. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  'nitro/h3': ['noContent'],
  'node:crypto': ['randomUUID'],
  nanoid: ['nanoid'],
  zod: ['z'],
  'lib/accounts.ts': ['findAccount', 'findLogin', 'insertAccount', 'keyOf'],
  'lib/admins.ts': ['requireAdmin'],
  'lib/as-account.ts': ['readRowAs', 'readRowsAs'],
  'lib/auth.ts': ['readAccount', 'requireAccount', 'unauthorized'],
  'lib/budget.ts': ['MORE'],
  'lib/database.ts': ['readRow', 'readRows', 'type Statement'],
  'lib/failures.ts': ['failures'],
  'lib/form.ts': ['readForm'],
  'lib/formats.ts': ['formatted'],
  'lib/keys.ts': ['requireKey'],
  'lib/optional-key.ts': ['hasKey'],
  'lib/operation.ts': ['operation', 'placeOf', 'readQuery', 'slugOf', 'usualAddress', 'withoutNulls'],
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
  const { guard, admits } = operation;
  return { schema, isCertain: guard === 'account', isAdmin: admits === 'admins', parameters: new Parameters() };
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
