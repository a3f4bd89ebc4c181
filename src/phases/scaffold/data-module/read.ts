import type { Column } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { entry, listed, quoted } from '../source.ts';
import { AskerPlaces, anyOf, Places } from './places.ts';
import { keyValues, outputList, sqlNames, statement, tableName, whereKey } from './statements.ts';

/** The usual lists, and what all others are made of. */
export function collectionPart(resource: Resource): string {
  const { table, key, wall } = resource;
  const order = sqlNames(resource.order);
  const names = (columns: readonly Column[]) => columns.map(({ name }) => quoted(name));
  const isBound = wall?.isBound ?? false;
  const indent = isBound ? 4 : 2;
  const list = listStatement(resource, order);
  const after = afterStatement(resource, order);
  const visible = visiblePart(resource);
  const read = (name: string, values: readonly string[], head: string) => {
    const lead = `${isBound ? 'readPageAs(account, ' : 'readPage('}${name}, limit`;
    const call = values.length === 0 ? `${lead})` : listed(`${lead}, [`, values, '])', indent + 2);
    const line = `${head} ${call},`;
    return indent + line.length <= 100 && !call.includes('\n') ? line : `${head}\n${' '.repeat(indent + 2)}${call},`;
  };
  const find = !isBound ? 'find: findRows' : visible === '' ? FIND_AS : FIND_VISIBLE;
  const lines = [
    `${entry('name', quoted(table.name))},`,
    `${entry('from', quoted(visible === '' ? tableName(resource) : 'visible'))},`,
    'columns,',
    listed('key: [', names(key), '],', indent),
    listed('order: [', names(resource.order), '],', indent),
    read('LIST', list.values, 'first: (limit, offset) =>'),
    read('LIST_AFTER', after.values, 'after: (limit, position) =>'),
    `${find},`,
  ];
  return [
    list.code,
    '',
    after.code,
    '',
    ...(visible === '' ? [] : [visible, '']),
    isBound ? '/** How the rows are listed that an account may see. */' : '/** How the rows are listed. */',
    isBound
      ? `export function collection(account: Account | null): Collection {\n  return {`
      : 'export const collection: Collection = {',
    ...lines.map((line) => ' '.repeat(indent) + line),
    isBound ? '  };\n}' : '};',
  ].join('\n');
}

const FIND_AS = 'find: (query, read) => findRowsAs(account, query, read)';
const FIND_VISIBLE = 'find: (query, read) => findVisible(account, visible, query, read)';

interface ListStatement {
  readonly code: string;
  readonly values: readonly string[];
}

function listStatement(resource: Resource, order: readonly string[]): ListStatement {
  const places = new Places(['limit', 'offset']);
  const mine = readLine(resource, places, 'where', false);
  const code = statement('LIST', resource, 'list', [
    outputList(resource, 'select', null),
    `from ${tableName(resource)}`,
    ...mine,
    `order by ${order.join(', ')}`,
    'limit $1 offset $2',
  ]);
  return { code, values: places.values.slice(1) };
}

function afterStatement(resource: Resource, order: readonly string[]): ListStatement {
  const places = new Places(['limit', ...order.map(() => '')]);
  const behind = order.map((_, index) => `$${index + 2}`);
  const together = (items: readonly string[]) => (items.length === 1 ? items.join() : `(${items.join(', ')})`);
  const mine = readLine(resource, places, '  and', false);
  const code = statement('LIST_AFTER', resource, 'after', [
    outputList(resource, 'select', null),
    `from ${tableName(resource)}`,
    `where ${together(order)} > ${together(behind)}`,
    ...mine,
    `order by ${order.join(', ')}`,
    'limit $1',
  ]);
  return { code, values: ['...position', ...places.values.slice(order.length + 1)] };
}

/** The line that leaves only rows that the account may see; none where everybody sees all. */
function readLine(resource: Resource, places: Places, lead: 'where' | '  and', isSignedIn: boolean): readonly string[] {
  const asker = new AskerPlaces(places, resource, isSignedIn);
  const conditions = asker.guard((account) => resource.wall?.readConditions(account) ?? null);
  if (!conditions) return [];
  return [`${lead} ${lead === 'where' ? conditions.join(' or ') : anyOf(conditions)}`];
}

/** A value in a text of the generated code. */
function bound(value: string): string {
  return `$\{bind(${value})}`;
}

/** The rows of all other lists, where there is a condition on them. */
function visiblePart(resource: Resource): string {
  const { wall } = resource;
  const own = wall?.readConditions(bound('account?.id'));
  if (!wall || !own) return '';
  const conditions = wall.hasAdmins ? [...own, bound('account?.isAdmin')] : own;
  return [
    '/** The rows that all other lists are made of. */',
    'const visible = (account: Account | null, bind: Bind) => `',
    '    select *',
    `    from ${tableName(resource)}`,
    `    where ${conditions.join(' or ')}\`;`,
  ].join('\n');
}

/** One row by its key. */
export function findPart(resource: Resource): string {
  const { wall } = resource;
  const places = new Places(keyValues(resource));
  const mine = readLine(resource, places, '  and', true);
  const lines = [outputList(resource, 'select'), `from ${tableName(resource)}`, whereKey(resource), ...mine];
  const [parameters, call] = wall?.isBound
    ? ['key: Key, account: Account', 'return readRowAs(account, FIND, [']
    : ['key: Key', 'return readRow(FIND, ['];
  return [
    statement('FIND', resource, 'find', lines),
    '',
    `export function find(${parameters}): Promise<Stored<Row> | undefined> {`,
    `  ${listed(call, places.values, ']);', 2)}`,
    '}',
  ].join('\n');
}
