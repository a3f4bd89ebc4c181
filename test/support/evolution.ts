import { renameSchema } from '../../src/domain/diff/rename-schema.ts';
import type { ChangeOptions } from '../../src/domain/diff.ts';
import type { Column, EnumType, Schema, Table } from '../../src/domain/schema.ts';
import { findProblems } from '../../src/domain/schema-rules.ts';
import { schemaWithout } from '../../src/domain/schema-without.ts';
import { PLAIN_COLUMN } from './plain-column.ts';

/** A change of a schema as a person might want it, with what they would answer when asked. */
export interface Evolution {
  readonly label: string;
  readonly before: Schema;
  readonly after: Schema;
  readonly options: ChangeOptions;
}

export type Random = (below: number) => number;

/** Random numbers that are the same in every run (Park–Miller). */
export function seeded(seed: number): Random {
  let state = (seed * 7919 + 17) % 2_147_483_647 || 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * below);
  };
}

interface Draft {
  schema: Schema;
  readonly tables: Map<string, string>;
  readonly columns: Map<string, string>;
  readonly enums: Map<string, string>;
  readonly values: Map<string, string>;
  readonly fills: Map<string, string>;
  readonly moved: Map<string, string>;
}

type Change = (draft: Draft, random: Random) => boolean;

const pick = <T>(items: readonly T[], random: Random): T | undefined => items[random(items.length)];

function withTable(draft: Draft, table: Table, change: Partial<Table>): void {
  const tables = draft.schema.tables.map((other) => (other.name === table.name ? { ...other, ...change } : other));
  draft.schema = { ...draft.schema, tables };
}

function withColumn(draft: Draft, table: Table, column: Column, change: Partial<Column>): void {
  const columns = table.columns.map((other) => (other.name === column.name ? { ...other, ...change } : other));
  withTable(draft, table, { columns });
}

const PLAIN: Column = { ...PLAIN_COLUMN, name: '', type: 'text' };

const plainColumns = (table: Table, { accounts }: Schema): readonly Column[] =>
  table.columns.filter(
    ({ name, primaryKey, references }) =>
      !primaryKey &&
      !references &&
      !(accounts?.table === table.name && [accounts.login, accounts.password, accounts.role].includes(name)),
  );

function add(draft: Draft, random: Random, change: Partial<Column>, fill?: string): boolean {
  const table = pick(draft.schema.tables, random);
  if (!table) return false;
  const name = `${pick(['note', 'rank', 'order', 'extra', 'select'], random)}_${random(90)}`;
  withTable(draft, table, { columns: [...table.columns, { ...PLAIN, name, ...change }] });
  if (fill !== undefined) draft.fills.set(`${table.name}.${name}`, fill);
  return true;
}

function onPlain(draft: Draft, random: Random, suits: (column: Column, table: Table) => boolean) {
  const found = draft.schema.tables.flatMap((table) =>
    plainColumns(table, draft.schema)
      .filter((column) => suits(column, table))
      .map((column) => ({ table, column })),
  );
  return pick(found, random);
}

const TYPE_WAYS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^varchar/, ['text', 'varchar(255)', 'varchar(1000)', 'varchar(60)']],
  [/^text$/, ['varchar(4000)', 'varchar(255)', 'jsonb']],
  [/^(integer|smallint)$/, ['bigint', 'numeric(12, 2)', 'text', 'double precision', 'smallint']],
  [/^bigint$/, ['timestamptz', 'numeric', 'text', 'integer', 'timestamp']],
  [/^numeric/, ['numeric(14, 4)', 'double precision', 'text', 'numeric(8, 1)', 'integer']],
  [/^(real|double)/, ['numeric(12, 3)', 'text', 'double precision']],
  [/^boolean$/, ['integer', 'text']],
  [/^date$/, ['timestamptz', 'bigint', 'text']],
  [/^timestamp/, ['bigint', 'date', 'text', 'timestamptz']],
  [/^jsonb?$/, ['jsonb', 'json', 'text']],
  [/^uuid$/, ['text', 'varchar(36)']],
];

function retype(draft: Draft, random: Random): boolean {
  const found = onPlain(draft, random, ({ default: made, check }) => made === null && check === null);
  const ways = TYPE_WAYS.find(([pattern]) => found && pattern.test(found.column.type))?.[1];
  const type = ways && pick(ways, random);
  if (!found || !type || type === found.column.type) return false;
  withColumn(draft, found.table, found.column, { type });
  return true;
}

function enumToText(draft: Draft, random: Random): boolean {
  const type = pick(draft.schema.enums, random);
  if (!type) return false;
  const tables = draft.schema.tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => (column.type === type.name ? { ...column, type: 'text' } : column)),
  }));
  draft.schema = { ...draft.schema, tables, enums: draft.schema.enums.filter((other) => other !== type) };
  return true;
}

function keyType(draft: Draft): boolean {
  const isKey = (column: Column) => column.type === 'varchar(32)';
  const tables = draft.schema.tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => (isKey(column) ? { ...column, type: 'varchar(40)' } : column)),
  }));
  draft.schema = { ...draft.schema, tables };
  return true;
}

function withEnum(draft: Draft, type: EnumType, values: readonly string[]): boolean {
  const enums = draft.schema.enums.map((other) => (other === type ? { ...type, values } : other));
  draft.schema = { ...draft.schema, enums };
  return true;
}

function addValue(draft: Draft, random: Random): boolean {
  const type = pick(draft.schema.enums, random);
  if (!type) return false;
  const at = random(type.values.length + 1);
  withEnum(draft, type, [...type.values.slice(0, at), "it's new", ...type.values.slice(at)]);
  if (random(2) === 0) return true;
  const found = onPlain(draft, random, (column) => column.type === type.name);
  if (found) withColumn(draft, found.table, found.column, { default: { value: "it's new" } });
  return true;
}

function removeValue(draft: Draft, random: Random): boolean {
  const type = pick(draft.schema.enums, random);
  const value = type && pick(type.values, random);
  if (!type || value === undefined || type.values.length < 2) return false;
  const left = type.values.filter((other) => other !== value);
  withEnum(draft, type, left);
  draft.moved.set(`${type.name}.${value}`, left[0] ?? '');
  return true;
}

function rename(
  draft: Draft,
  names: { tables?: [string, string]; columns?: [string, string]; enums?: [string, string]; values?: [string, string] },
): boolean {
  const one = (pair?: [string, string]) => new Map(pair ? [pair] : []);
  const renames = {
    tables: one(names.tables),
    columns: one(names.columns),
    enums: one(names.enums),
    values: one(names.values),
  };
  draft.schema = renameSchema(draft.schema, renames);
  if (names.tables) draft.tables.set(...names.tables);
  if (names.columns) draft.columns.set(...names.columns);
  if (names.enums) draft.enums.set(...names.enums);
  if (names.values) draft.values.set(...names.values);
  return true;
}

const id: Column = { ...PLAIN, name: 'id', type: 'varchar(32)', primaryKey: true, default: { generate: 'id' } };
const newTable = (name: string, columns: readonly Column[]): Table => ({
  name,
  description: '',
  columns,
  uniques: [],
  indexes: [],
  foreignKeys: [],
  checks: [],
  access: null,
});

function linkTo(table: Table, name: string, change: Partial<Column> = {}): Column | null {
  const [key, more] = table.columns.filter((column) => column.primaryKey);
  if (!key || more) return null;
  const references = { table: table.name, column: key.name, onDelete: 'cascade', onUpdate: 'no-action' } as const;
  return { ...PLAIN, name, type: key.type, references, ...change };
}

function append(draft: Draft, table: Table): boolean {
  draft.schema = { ...draft.schema, tables: [...draft.schema.tables, table] };
  return true;
}

/** By name; each changes one thing, and says whether it found something to change. */
const CHANGES: Readonly<Record<string, Change>> = {
  'add optional column': (draft, random) =>
    add(draft, random, {
      nullable: true,
      type: pick(['text', 'numeric(10, 2)', 'boolean', 'jsonb', 'text[]', 'date'], random) ?? 'text',
    }),
  'add required column': (draft, random) =>
    add(draft, random, { type: 'varchar(80)', description: 'What it is about' }, "it's"),
  'add column with default': (draft, random) =>
    add(draft, random, { type: 'integer', default: { value: 7 }, check: { min: 0, max: 90 } }),
  'add column with time': (draft, random) => add(draft, random, { type: 'bigint', default: { generate: 'created' } }),
  'add column with uuid': (draft, random) =>
    add(draft, random, { type: 'uuid', unique: true, default: { generate: 'uuid' } }),
  'add column with enum': (draft, random) => {
    const name = `kind_${random(99)}`;
    draft.schema = { ...draft.schema, enums: [...draft.schema.enums, { name, values: ['one', "two's", 'three'] }] };
    return add(draft, random, { type: name, default: { value: "two's" } });
  },
  'drop column': (draft, random) => {
    const found = onPlain(draft, random, () => true);
    if (!found) return false;
    draft.schema = schemaWithout(draft.schema, {
      tables: new Set(),
      columns: new Set([`${found.table.name}.${found.column.name}`]),
      accounts: false,
    });
    return true;
  },
  'rename column': (draft, random) => {
    const table = pick(draft.schema.tables, random);
    const column = table && pick(table.columns, random);
    return Boolean(
      table &&
        column &&
        rename(draft, {
          columns: [
            `${table.name}.${column.name}`,
            column.name.endsWith('_hash') ? `other_${column.name}` : `user_${random(9)}`,
          ],
        }),
    );
  },
  'rename table': (draft, random) => {
    const table = pick(draft.schema.tables, random);
    return Boolean(table && rename(draft, { tables: [table.name, `order_${random(9)}`] }));
  },
  'rename enum': (draft, random) => {
    const type = pick(draft.schema.enums, random);
    return Boolean(type && rename(draft, { enums: [type.name, `level_${random(9)}`] }));
  },
  'rename value': (draft, random) => {
    const type = pick(draft.schema.enums, random);
    const value = type && pick(type.values, random);
    return Boolean(type && value && rename(draft, { values: [`${type.name}.${value}`, `other ${value}`] }));
  },
  'change type': retype,
  'enum to text': enumToText,
  'change all keys': keyType,
  'require column': (draft, random) => {
    const found = onPlain(
      draft,
      random,
      ({ nullable, type }) => nullable && /^(varchar|text|integer|bigint|numeric)/.test(type) && !type.includes('['),
    );
    if (!found) return false;
    withColumn(draft, found.table, found.column, { nullable: false });
    draft.fills.set(`${found.table.name}.${found.column.name}`, '5');
    return true;
  },
  'free column': (draft, random) => {
    const found = onPlain(draft, random, ({ nullable, default: made }) => !nullable && made === null);
    if (found) withColumn(draft, found.table, found.column, { nullable: true });
    return Boolean(found);
  },
  'change default': (draft, random) => {
    const found = onPlain(draft, random, ({ type }) => /^(varchar\(\d{2,}\)|text|integer)$/.test(type));
    if (!found) return false;
    const { default: made, type } = found.column;
    withColumn(draft, found.table, found.column, { default: made ? null : { value: type === 'integer' ? 3 : "it's" } });
    return true;
  },
  'add value': addValue,
  'remove value': removeValue,
  'reorder values': (draft, random) => {
    const type = pick(draft.schema.enums, random);
    return Boolean(type && withEnum(draft, type, [...type.values].reverse()));
  },
  'add table': (draft, random) => {
    const parent = pick(draft.schema.tables, random);
    const link = parent && linkTo(parent, 'parent_id');
    if (!link) return false;
    const columns = [
      id,
      link,
      { ...PLAIN, name: 'label', type: 'varchar(50)', unique: true },
      { ...PLAIN, name: 'user', type: 'integer', check: { min: 1 } },
    ];
    return append(draft, {
      ...newTable(`things_${random(9)}`, columns),
      description: "It's new",
      indexes: [{ columns: ['user'] }],
    });
  },
  'add many-to-many': (draft, random) => {
    const [one, other] = [pick(draft.schema.tables, random), pick(draft.schema.tables, random)];
    const links = [
      one && linkTo(one, 'left_id', { primaryKey: true }),
      other && linkTo(other, 'right_id', { primaryKey: true }),
    ];
    const columns = links.filter((column) => column !== null && column !== undefined);
    return columns.length === 2 && append(draft, newTable(`links_${random(9)}`, columns));
  },
  'drop table': (draft, random) => {
    const table = pick(draft.schema.tables, random);
    if (!table) return false;
    const next = schemaWithout(draft.schema, { tables: new Set([table.name]), columns: new Set(), accounts: false });
    const isChanged = next.tables.length < draft.schema.tables.length;
    draft.schema = next;
    return isChanged;
  },
  'add reference': (draft, random) => {
    const [table, parent] = [pick(draft.schema.tables, random), pick(draft.schema.tables, random)];
    const link = parent && linkTo(parent, `ref_${random(99)}`, { nullable: true });
    if (!table || !link) return false;
    withTable(draft, table, {
      columns: [...table.columns, link],
      indexes: [...table.indexes, { columns: [link.name] }],
    });
    return true;
  },
  'change reference': (draft, random) => {
    const table = pick(draft.schema.tables, random);
    const column =
      table &&
      pick(
        table.columns.filter(({ references }) => references),
        random,
      );
    if (!table || !column?.references) return false;
    const onDelete = column.references.onDelete === 'cascade' ? 'restrict' : 'cascade';
    withColumn(draft, table, column, { references: random(3) === 0 ? null : { ...column.references, onDelete } });
    return true;
  },
  'make unique': (draft, random) => {
    const found = onPlain(draft, random, ({ unique, type }) => !unique && /^(varchar|text|integer|bigint)/.test(type));
    if (found) withColumn(draft, found.table, found.column, { unique: true });
    return Boolean(found);
  },
  'free unique': (draft, random) => {
    const found = onPlain(draft, random, ({ unique }) => unique);
    if (found) withColumn(draft, found.table, found.column, { unique: false });
    return Boolean(found);
  },
  'add unique pair': (draft, random) => {
    const table = pick(
      draft.schema.tables.filter(({ columns }) => columns.length > 2),
      random,
    );
    if (!table) return false;
    const columns = [table.columns[0]?.name ?? '', table.columns[1 + random(table.columns.length - 1)]?.name ?? ''];
    withTable(draft, table, { uniques: [...table.uniques, columns] });
    return true;
  },
  'change index': (draft, random) => {
    const table = pick(draft.schema.tables, random);
    const column =
      table &&
      pick(
        table.columns.filter(({ type }) => type !== 'json'),
        random,
      );
    if (!table || !column) return false;
    withTable(draft, table, {
      indexes: table.indexes.length > 0 && random(2) === 0 ? [] : [...table.indexes, { columns: [column.name] }],
    });
    return true;
  },
  'change check': (draft, random) => {
    const found = onPlain(
      draft,
      random,
      ({ type, default: made }) => made === null && /^(varchar|text|integer|bigint|numeric)[^[]*$/.test(type),
    );
    if (!found) return false;
    const isText = /^(varchar|text)/.test(found.column.type);
    withColumn(draft, found.table, found.column, {
      check: found.column.check ? null : isText ? { minLength: 1 } : { min: -5 },
    });
    return true;
  },
  'add comparison': (draft, random) => {
    const table = pick(draft.schema.tables, random);
    const [one, other] = table?.columns.filter(({ type }) => type === 'bigint') ?? [];
    if (!table || !one || !other) return false;
    withTable(draft, table, { checks: [...table.checks, { left: one.name, operator: '<=', right: other.name }] });
    return true;
  },
  describe: (draft, random) => {
    const table = pick(draft.schema.tables, random);
    const column = table && pick(table.columns, random);
    if (!table || !column) return false;
    withColumn(draft, table, column, { description: column.description === '' ? `It's\\n ${random(9)}` : '' });
    return true;
  },
  'accounts off': (draft) => {
    if (!draft.schema.accounts) return false;
    draft.schema = schemaWithout(draft.schema, { tables: new Set(), columns: new Set(), accounts: true });
    return true;
  },
  'change access': (draft, random) => {
    const tables = draft.schema.tables.filter(
      ({ name }) => draft.schema.accounts && name !== draft.schema.accounts.table,
    );
    const table = pick(tables, random);
    if (!table) return false;
    const reader = pick(['everyone', 'accounts', 'owner'] as const, random) ?? 'everyone';
    const writer = pick(['accounts', 'owner', 'admins', 'everyone'] as const, random) ?? 'accounts';
    withTable(draft, table, {
      access: { through: null, sharedWith: [], ...table.access, read: reader, write: writer },
    });
    return true;
  },
};

export const CHANGE_NAMES: readonly string[] = Object.keys(CHANGES);

/** A valid change of a schema by one to three random steps, the first of the wanted kind; null when there is none. */
export function randomEvolution(before: Schema, random: Random, kind: string, more: number): Evolution | null {
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const draft: Draft = {
      schema: before,
      tables: new Map(),
      columns: new Map(),
      enums: new Map(),
      values: new Map(),
      fills: new Map(),
      moved: new Map(),
    };
    const labels: string[] = [];
    if (!CHANGES[kind]?.(draft, random)) continue;
    labels.push(kind);
    // What was said about names holds for the names before all changes, so only one renames.
    const hasRenamed = () => draft.tables.size + draft.columns.size + draft.enums.size + draft.values.size > 0;
    for (let step = 0; step < more; step += 1) {
      const next =
        pick(
          CHANGE_NAMES.filter((name) => !name.startsWith('rename')),
          random,
        ) ?? '';
      if (!hasRenamed() && CHANGES[next]?.(draft, random)) labels.push(next);
    }
    const used = new Set(draft.schema.tables.flatMap(({ columns }) => columns.map(({ type }) => type)));
    const after = { ...draft.schema, enums: draft.schema.enums.filter(({ name }) => used.has(name)) };
    if (findProblems(after).length > 0 || JSON.stringify(after) === JSON.stringify(before)) continue;
    const { tables, columns, enums, values, fills, moved } = draft;
    return {
      label: labels.join(' + '),
      before,
      after,
      options: { renames: { tables, columns, enums, values }, fills, moved },
    };
  }
  return null;
}
