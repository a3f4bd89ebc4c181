import { checkSql, columnSql, constant, defaultSql } from './column-sql.ts';
import { readableIdentifier as name } from './identifier.ts';
import { type NameObject, nameObjects } from './object-names.ts';
import { inParentOrder, type Relation, relationsOf } from './relations.ts';
import { type Column, type EnumType, primaryKey, type ReferentialAction, type Schema, type Table } from './schema.ts';

const ACTIONS: Readonly<Record<ReferentialAction, string>> = {
  'no-action': 'NO ACTION',
  restrict: 'RESTRICT',
  cascade: 'CASCADE',
  'set-null': 'SET NULL',
};

const list = (columns: readonly string[]): string => `(${columns.map(name).join(', ')})`;
/** A constraint or an index, apart from the table it stands in. */
export interface TablePart {
  readonly kind: 'primary' | 'unique' | 'foreign' | 'check' | 'index';
  readonly name: string;
  readonly columns: readonly string[];
  /** What stands behind its name: `UNIQUE (slug)`; of an index the list of its columns. */
  readonly rule: string;
  /** Of a foreign key. */
  readonly relation: Relation | null;
}

function foreignKeyPart(table: Table, relation: Relation, nameObject: NameObject): TablePart {
  const { columns, target, onDelete, onUpdate } = relation;
  const actions = [
    onDelete === 'no-action' ? '' : ` ON DELETE ${ACTIONS[onDelete]}`,
    onUpdate === 'no-action' ? '' : ` ON UPDATE ${ACTIONS[onUpdate]}`,
  ].join('');
  const rule = `FOREIGN KEY ${list(columns)} REFERENCES ${name(target.table)} ${list(target.columns)}${actions}`;
  return { kind: 'foreign', name: nameObject([table.name, ...columns], 'fkey'), columns, rule, relation };
}

function constraintParts(table: Table, relations: readonly Relation[], nameObject: NameObject): TablePart[] {
  const key = primaryKey(table).map((column) => column.name);
  const uniques = [...table.columns.filter((column) => column.unique).map((column) => [column.name]), ...table.uniques];
  const part = (kind: TablePart['kind'], columns: readonly string[], suffix: string, rule: string): TablePart => {
    const parts = kind === 'primary' ? [] : columns;
    return { kind, name: nameObject([table.name, ...parts], suffix), columns, rule, relation: null };
  };
  return [
    ...(key.length > 0 ? [part('primary', key, 'pkey', `PRIMARY KEY ${list(key)}`)] : []),
    ...uniques.map((columns) => part('unique', columns, 'key', `UNIQUE ${list(columns)}`)),
    ...relations.map((relation) => foreignKeyPart(table, relation, nameObject)),
    ...table.columns.flatMap((column) => {
      const condition = checkSql(column);
      return condition === null ? [] : [part('check', [column.name], 'check', `CHECK (${condition})`)];
    }),
    ...table.checks.map(({ left, operator, right }) =>
      part('check', [left, right], 'check', `CHECK (${name(left)} ${operator} ${name(right)})`),
    ),
  ];
}

function indexParts(table: Table, nameObject: NameObject): TablePart[] {
  return table.indexes.map(({ columns }) => {
    const title = nameObject([table.name, ...columns], 'idx');
    return { kind: 'index', name: title, columns, rule: list(columns), relation: null };
  });
}

/** What adds a constraint or makes an index, apart from CREATE TABLE. */
export function addPartSql(table: string, part: TablePart): string {
  if (part.kind === 'index') return `CREATE INDEX ${name(part.name)} ON ${name(table)} ${part.rule};`;
  return `ALTER TABLE ${name(table)}\n  ADD ${constraintSql(part)};`;
}

const constraintSql = (part: TablePart): string => `CONSTRAINT ${name(part.name)} ${part.rule}`;

function renderTable(table: Table, relations: readonly Relation[], nameObject: NameObject): string[] {
  const columns = table.columns.map((column) => columnSql(column, defaultSql(column, table, nameObject)));
  const lines = [...columns, ...constraintParts(table, relations, nameObject).map(constraintSql)];
  const indexes = indexParts(table, nameObject).map((part) => addPartSql(table.name, part));
  const comments = [
    ...(table.description ? [commentSql(table, null)] : []),
    ...table.columns.filter((column) => column.description).map((column) => commentSql(table, column)),
  ];
  return [
    `CREATE TABLE ${name(table.name)} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n);`,
    ...indexes,
    ...comments,
  ];
}

/** What says, or takes back, the description of a table or of one of its columns. */
export function commentSql(table: Table, column: Column | null): string {
  const { description } = column ?? table;
  const text = description === '' ? 'NULL' : constant(description);
  const object = column ? `COLUMN ${name(table.name)}.${name(column.name)}` : `TABLE ${name(table.name)}`;
  return `COMMENT ON ${object} IS ${text};`;
}

function namesOf(schema: Schema): NameObject {
  return nameObjects([...schema.tables, ...schema.enums].map((item) => item.name));
}

/** What makes an enum. */
export function enumSql(type: EnumType): string {
  const values = type.values.map(constant);
  const line = `CREATE TYPE ${name(type.name)} AS ENUM (${values.join(', ')});`;
  return line.length <= 100 ? line : `CREATE TYPE ${name(type.name)} AS ENUM (\n  ${values.join(',\n  ')}\n);`;
}

/** A table taken apart, with the names `renderDdl` gives. */
export interface TableParts {
  readonly table: Table;
  /** By column: the DEFAULT or IDENTITY clause with a blank before it, or nothing. */
  readonly defaults: ReadonlyMap<string, string>;
  /** Constraints first, then indexes. */
  readonly parts: readonly TablePart[];
  /** CREATE TABLE with everything but foreign keys, then its indexes and comments. */
  readonly statements: readonly string[];
}

/** The tables of a schema taken apart, by name, parents first; for whoever changes one into another. */
export function tableParts(schema: Schema): ReadonlyMap<string, TableParts> {
  const given: string[] = [];
  const nameObject = namesOf(schema);
  renderGroups(schema, (parts, suffix) => {
    const title = nameObject(parts, suffix);
    given.push(JSON.stringify([parts, suffix]), title);
    return title;
  });
  // Each of them again: the same parts are asked for in the same order.
  const replay = (): NameObject => {
    const left = [...given];
    return (parts, suffix) => {
      const at = left.indexOf(JSON.stringify([parts, suffix]));
      return left.splice(at, 2)[1] ?? '';
    };
  };
  const [names, again] = [replay(), replay()];
  const found = inParentOrder(schema).map((table): [string, TableParts] => {
    const defaults = new Map(table.columns.map((column) => [column.name, defaultSql(column, table, names)]));
    const parts = [...constraintParts(table, relationsOf(table), names), ...indexParts(table, names)];
    return [table.name, { table, defaults, parts, statements: renderTable(table, [], again) }];
  });
  return new Map(found);
}

/** Statements in groups that belong together: one for the enums, one for each table, one for what closes circles. */
function renderGroups(schema: Schema, nameObject: NameObject): string[][] {
  const enums = schema.enums.map(enumSql);
  const there = new Set<string>();
  const late: { table: Table; relation: Relation }[] = [];
  const tables = inParentOrder(schema).map((table) => {
    const relations = relationsOf(table);
    const now = relations.filter((relation) => there.has(relation.target.table));
    for (const relation of relations) if (!now.includes(relation)) late.push({ table, relation });
    there.add(table.name);
    return renderTable(table, now, nameObject);
  });
  const closing = late.map(({ table, relation }) =>
    addPartSql(table.name, foreignKeyPart(table, relation, nameObject)),
  );
  return [enums, ...tables, closing].filter((group) => group.length > 0);
}

/**
 * The statements that make a schema, in an order that loads: enums, tables with their indexes and comments, then the
 * foreign keys that refer to a later table or to their own. Names are not qualified: they land in the first schema of
 * the search path. The schema must have passed `parseSchema`. Pure: the same schema gives the same text.
 */
export function renderDdlStatements(schema: Schema): string[] {
  return renderGroups(schema, namesOf(schema)).flat();
}

/** `renderDdlStatements` as one script, formatted to be read; empty for a schema without tables. */
export function renderDdl(schema: Schema): string {
  const groups = renderGroups(schema, namesOf(schema)).map((group) => group.join('\n'));
  return groups.length === 0 ? '' : `${groups.join('\n\n')}\n`;
}

/** A constraint as `renderDdl` names it. */
export interface Constraint {
  readonly name: string;
  readonly table: string;
  /** Of a check one column with its limits, or the left and the right one of a comparison. */
  readonly columns: readonly string[];
}

/** All check constraints of a schema, in the order they are made. */
export function checkConstraints(schema: Schema): readonly Constraint[] {
  return constraintsOf(schema, ['check']);
}

/** All primary, unique and foreign keys of a schema, in the order they are made. */
export function keyConstraints(schema: Schema): readonly Constraint[] {
  return constraintsOf(schema, ['pkey', 'key', 'fkey']);
}

function constraintsOf(schema: Schema, suffixes: readonly string[]): readonly Constraint[] {
  const nameObject = namesOf(schema);
  const found: Constraint[] = [];
  renderGroups(schema, (parts, suffix) => {
    const name = nameObject(parts, suffix);
    const [table = '', ...columns] = parts;
    const key = schema.tables.find((candidate) => candidate.name === table);
    const own = suffix === 'pkey' && key ? primaryKey(key).map((column) => column.name) : columns;
    if (suffixes.includes(suffix)) found.push({ name, table, columns: own });
    return name;
  });
  return found;
}
