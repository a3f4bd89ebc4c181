import { singular } from '../../src/adapters/model/planner/words.ts';
import type { Schema } from '../../src/domain/schema.ts';
import type { ColumnLabel, EntityLabel, Label, RelationLabel } from './request-labels.ts';

type Table = Schema['tables'][number];
type Column = Table['columns'][number];

/** How well a design does what a label asks for, from 0 to 1, and what is missing or too much. */
export interface RequestScore {
  readonly score: number;
  readonly parts: Readonly<Record<Part, readonly [got: number, of: number]>>;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly forbidden: readonly string[];
}

const WEIGHTS = { entities: 0.3, columns: 0.2, relations: 0.25, uniques: 0.15, nullability: 0.1 } as const;
type Part = keyof typeof WEIGHTS;
const FORBIDDEN_COST = 0.1;

const UNITS = /(?<=.)_(cents|minor|at|on|kg|km|m2|minutes|seconds|hash|id)$/;
const AFFIXES = /^(is|has|was)_(?=.)/;
const SAME = [
  ['name', 'title', 'label', 'full_name', 'first_name', 'last_name', 'display_name'],
  ['body', 'content', 'text', 'message'],
  ['note', 'notes', 'remark', 'remarks', 'comment'],
  ['quantity', 'qty'],
];
const FAMILIES: Readonly<Record<string, RegExp>> = {
  text: /^(text|varchar|uuid)/,
  integer: /^(integer|bigint|smallint|numeric)/,
  number: /^(integer|bigint|smallint|numeric|double|real)/,
  money: /^(integer|bigint|numeric)/,
  boolean: /^boolean/,
  timestamp: /^(timestamp|bigint|date)/,
  date: /^(date|timestamp|bigint)/,
  json: /^(json|text)/,
};

/** Compares a design with its label. Names are matched with their aliases; tables nobody asked for cost precision. */
export function scoreDesign(label: Label, schema: Schema): RequestScore {
  const of = matchTables(label, schema);
  const sheet = new Sheet();
  for (const entity of label.entities.filter(({ optional }) => !optional)) {
    const table = of.get(entity.name);
    sheet.add('entities', table ? 1 : 0, entity.name);
    for (const column of entity.columns) scoreColumn(sheet, entity, column, table, schema);
  }
  const joins = new Set<Table>();
  const used = new Set<Column>();
  for (const alternatives of label.relations) {
    const tried = alternatives.map((relation) => ({ relation, ...findRelation(relation, label, schema, of, used) }));
    const best = [...tried].sort((a, b) => b.points - a.points)[0];
    if (!best) continue;
    const { relation, points, column, join } = best;
    const what = `${relation.from} ${relation.many ? '<>' : '>'} ${relation.to}`;
    if (column) used.add(column);
    if (join) joins.add(join);
    sheet.add('relations', points, what);
    if (relation.required !== null && !relation.many)
      sheet.add('nullability', column?.nullable === !relation.required ? 1 : 0, `${what} ${need(relation.required)}`);
  }
  for (const { entity, parts } of label.uniques)
    sheet.add('uniques', isUnique(of.get(entity), parts, label, of) ? 1 : 0, `${entity}(${parts.join(' + ')})`);
  const claimed = new Set(of.values());
  const extra = schema.tables.filter((table) => !claimed.has(table) && !joins.has(table) && !isJoin(table));
  return sheet.total({ claimed: claimed.size, extra, forbidden: hitsOf(label, schema, of) });
}

class Sheet {
  readonly parts: Record<Part, [number, number]> = {
    entities: [0, 0],
    columns: [0, 0],
    relations: [0, 0],
    uniques: [0, 0],
    nullability: [0, 0],
  };
  readonly missing: string[] = [];

  add(part: Part, got: number, what: string): void {
    this.parts[part][0] += got;
    this.parts[part][1] += 1;
    if (got < 1) this.missing.push(`${part}: ${what}${got > 0 ? ' (half)' : ''}`);
  }

  total(tables: { claimed: number; extra: readonly Table[]; forbidden: readonly string[] }): RequestScore {
    const recall = this.parts.entities[0] / Math.max(1, this.parts.entities[1]);
    const precision = tables.claimed / Math.max(1, tables.claimed + tables.extra.length);
    const found = recall + precision === 0 ? 0 : (2 * recall * precision) / (recall + precision);
    const names: readonly Part[] = ['entities', 'columns', 'relations', 'uniques', 'nullability'];
    const asked = names.filter((part) => this.parts[part][1] > 0);
    const weights = asked.reduce((sum, part) => sum + WEIGHTS[part], 0);
    const value = (part: Part) => (part === 'entities' ? found : this.parts[part][0] / this.parts[part][1]);
    const mean = asked.reduce((sum, part) => sum + WEIGHTS[part] * value(part), 0) / weights;
    const score = Math.max(0, mean - FORBIDDEN_COST * tables.forbidden.length);
    const extra = tables.extra.map(({ name }) => name);
    return { score, parts: this.parts, missing: this.missing, extra, forbidden: tables.forbidden };
  }
}

function need(required: boolean): string {
  return required ? 'not null' : 'nullable';
}

function matchTables(label: Label, { tables }: Schema): Map<string, Table> {
  const of = new Map<string, Table>();
  const claimed = new Set<Table>();
  const entities = [...label.entities].sort((a, b) => Number(a.optional) - Number(b.optional));
  const pass = (fits: (table: Table, entity: EntityLabel) => boolean, share = false) => {
    for (const entity of entities) {
      if (of.has(entity.name)) continue;
      const table = tables.find((one) => (share || !claimed.has(one)) && fits(one, entity));
      if (table) of.set(entity.name, table);
      if (table) claimed.add(table);
    }
  };
  pass((table, entity) => singular(table.name) === entity.name);
  pass((table, entity) => entity.names.includes(singular(table.name)));
  pass((table, entity) => entity.names.some((name) => singular(table.name).endsWith(`_${name}`)));
  pass((table, entity) => !entity.optional && entity.names.includes(singular(table.name)), true);
  // A join table stands for the entity between both its sides.
  pass((table, entity) => {
    const sides = label.relations.flat().filter(({ from, many }) => from === entity.name && !many);
    return isJoin(table) && sides.length > 1 && sides.every(({ to }) => pointsTo(table, of.get(to)).length > 0);
  });
  return of;
}

/** Two references and hardly anything else. */
function isJoin({ columns }: Table): boolean {
  const own = columns.filter((one) => !one.references && !/^(id|position|created_at|updated_at)$/.test(one.name));
  return columns.filter(({ references }) => references).length >= 2 && own.length <= 1;
}

function forms(name: string, own: readonly string[]): readonly string[] {
  const base = name.replace(AFFIXES, '');
  const bare = own.reduce((text, owner) => (text.startsWith(`${owner}_`) ? text.slice(owner.length + 1) : text), base);
  return [base, bare, base.replace(UNITS, ''), bare.replace(UNITS, '')];
}

function findColumn(label: ColumnLabel, entity: EntityLabel, table: Table): Column | undefined {
  const own = [...entity.names, singular(table.name)];
  const wanted = label.names.flatMap((name) => forms(name, own));
  const like = wanted.flatMap((name) => SAME.find((group) => group.includes(name)) ?? []);
  for (const names of [label.names, wanted, like]) {
    const fits = table.columns.filter((column) => forms(column.name, own).some((form) => names.includes(form)));
    const found = fits.find((column) => hasType(label, column)) ?? fits[0];
    if (found) return found;
  }
  return undefined;
}

function hasType({ types }: ColumnLabel, { type, references }: Column): boolean {
  if (references) return types.some((want) => want === 'text' || want === 'enum');
  return types.some((want) => {
    const isNamed = !Object.values(FAMILIES).some((family) => family.test(type));
    return want === 'enum' ? isNamed || /^(text|varchar)/.test(type) : (FAMILIES[want]?.test(type) ?? false);
  });
}

function scoreColumn(sheet: Sheet, entity: EntityLabel, label: ColumnLabel, table: Table | undefined, schema: Schema) {
  const [name = ''] = label.names;
  const what = `${entity.name}.${name}`;
  const column = table && findColumn(label, entity, table);
  const child =
    !column &&
    table &&
    schema.tables.some((one) => pointsTo(one, table).length > 0 && label.names.includes(singular(one.name)));
  sheet.add('columns', column ? (hasType(label, column) ? 1 : 0.5) : child ? 1 : 0, what);
  if (label.unique) sheet.add('uniques', table && column && isKey(table, [column.name]) ? 1 : 0, what);
  if (label.required !== null)
    sheet.add('nullability', column?.nullable === !label.required || child ? 1 : 0, `${what} ${need(label.required)}`);
}

function isKey(table: Table, names: readonly string[]): boolean {
  const primary = table.columns.filter(({ primaryKey }) => primaryKey).map(({ name }) => name);
  const singles = table.columns.filter(({ unique }) => unique).map(({ name }) => [name]);
  return [primary, ...singles, ...table.uniques].some(
    (key) => key.length === names.length && names.every((name) => key.includes(name)),
  );
}

function pointsTo(table: Table | undefined, target: Table | undefined): readonly Column[] {
  return table?.columns.filter(({ references }) => target && references?.table === target.name) ?? [];
}

interface Found {
  readonly points: number;
  readonly column?: Column | undefined;
  readonly join?: Table | undefined;
}

function findRelation(
  relation: RelationLabel,
  label: Label,
  schema: Schema,
  of: ReadonlyMap<string, Table>,
  used: ReadonlySet<Column>,
): Found {
  const [from, to] = [of.get(relation.from), of.get(relation.to)];
  if (!from || !to) return { points: 0 };
  const asked = new Set(label.entities.flatMap((one) => (one.optional ? [] : (of.get(one.name) ?? []))));
  const join = schema.tables.find((table) => {
    const sides = [pointsTo(table, from), pointsTo(table, to)] as const;
    const both = from === to ? sides[0].length > 1 : sides[0].length > 0 && sides[1].length > 0;
    return both && table !== from && table !== to && !asked.has(table);
  });
  const free = pointsTo(from, to).filter((column) => !used.has(column));
  if (relation.many) return { points: join ? 1 : free.length > 0 || pointsTo(to, from).length > 0 ? 0.5 : 0, join };
  const role = free.find(({ name }) => relation.roles.some((one) => name.split('_').includes(one)));
  const column = role ?? free[0];
  if (column) return { points: isKey(from, [column.name]) ? 0.5 : 1, column };
  return { points: join ? 0.5 : 0, join };
}

function isUnique(table: Table | undefined, parts: readonly string[], label: Label, of: ReadonlyMap<string, Table>) {
  if (!table) return false;
  const names = parts.map((part) => {
    const entity = label.entities.find(({ name }) => name === part);
    if (entity) return pointsTo(table, of.get(part))[0]?.name;
    return table.columns.find(({ name }) => name === part || name === `${part}_id`)?.name;
  });
  const found = names.filter((name) => name !== undefined);
  return (
    found.length === parts.length &&
    isKey(table, found) &&
    (found.length === 1 || !found.some((name) => isKey(table, [name])))
  );
}

function hitsOf(label: Label, schema: Schema, of: ReadonlyMap<string, Table>): readonly string[] {
  return label.forbidden.filter((text) => {
    const [table = '', column] = text.split('.');
    if (column !== undefined) return of.get(table)?.columns.some(({ name }) => name === column) === true;
    return schema.tables.some(({ name }) => singular(name) === table);
  });
}
