import { type ConditionText, changeCondition, isAccountsTable, readCondition } from '../../../domain/access.ts';
import type { ContractAddress, ContractParent, ContractToggle, ViewField } from '../../../domain/contract-rows.ts';
import { APP_SCHEMA } from '../../../domain/database.ts';
import { literal, readableIdentifier as name } from '../../../domain/identifier.ts';
import { PROFILES_VIEW } from '../../../domain/policies.ts';
import { type Column, primaryKey, type Schema, type Table } from '../../../domain/schema.ts';

/** What a statement is given: code of the values, in the order of their parameters. */
export class Parameters {
  readonly values: string[] = [];

  /** `$1` for a value that was not there yet; the same one again for one that was. */
  of(code: string): string {
    const known = this.values.indexOf(code);
    if (known >= 0) return `$${known + 1}`;
    return this.next(code);
  }

  next(code: string): string {
    this.values.push(code);
    return `$${this.values.length}`;
  }

  /** Whoever asks. */
  account(isCertain: boolean): string {
    return this.of(isCertain ? 'account.id' : 'account?.id');
  }
}

/** What the statements of one operation know. */
export interface SqlScene {
  readonly schema: Schema;
  /** Somebody is signed in. */
  readonly isCertain: boolean;
  /** It is an administrator, who may see and change every row. */
  readonly isAdmin: boolean;
  readonly parameters: Parameters;
}

export function tableIn({ schema }: Pick<SqlScene, 'schema'>, wanted: string): Table {
  const table = schema.tables.find((candidate) => candidate.name === wanted);
  if (!table) throw new RangeError(`there is no table ${wanted}`);
  return table;
}

export function keyOf(table: Table): string {
  return name(primaryKey(table)[0]?.name ?? '');
}

const inApp = (table: string): string => `${APP_SCHEMA}.${name(table)}`;

/** Other people's accounts are read where everybody may see them. */
export function sourceOf({ schema }: Pick<SqlScene, 'schema'>, table: string): string {
  return inApp(isAccountsTable({ name: table }, schema) ? PROFILES_VIEW : table);
}

function conditionText(scene: SqlScene, prefix: string): ConditionText {
  return { account: scene.parameters.account(scene.isCertain), table: inApp, prefix };
}

/** Conditions under which a row may be seen by who asks; none where everybody sees it. */
export function visible(scene: SqlScene, table: Table, row: string): readonly string[] {
  if (scene.isAdmin || isAccountsTable(table, scene.schema) || !needsAccount(scene.schema, table, 'read')) return [];
  return [readCondition(table, scene.schema, conditionText(scene, `${row}.`)) ?? 'true'];
}

/** Conditions under which a row may be changed by who asks. */
export function changeable(scene: SqlScene, table: Table, row: string): readonly string[] {
  if (scene.isAdmin || !needsAccount(scene.schema, table, 'change')) return [];
  return [changeCondition(table, scene.schema, conditionText(scene, `${row}.`)) ?? 'true'];
}

function needsAccount(schema: Schema, table: Table, use: 'read' | 'change'): boolean {
  const condition = use === 'read' ? readCondition : changeCondition;
  return condition(table, schema, { account: '', table: inApp }) !== null;
}

/** Conditions that find the row of a path. */
export function addressed(scene: SqlScene, address: ContractAddress, row: string): readonly string[] {
  const own = `${row}.${name(address.column)} = ${scene.parameters.of(`path.${address.param}`)}`;
  const { parent } = address;
  if (!parent) return [own];
  return [own, belonging(tableIn(scene, address.table), parent, row, `in (${keysOf(scene, parent.address)})`)];
}

/** The condition that rows belong to a row whose key compares so. */
export function belonging(
  table: Table,
  { column, link }: Pick<ContractParent, 'column' | 'link'>,
  row: string,
  compared: string,
): string {
  if (!link) return `${row}.${name(column)} ${compared}`;
  return `${row}.${keyOf(table)} in (select ${name(link.other)} from ${inApp(link.table)} where ${name(link.column)} ${compared})`;
}

/** `select articles.id from app.articles where …`. */
export function keysOf(scene: SqlScene, address: ContractAddress): string {
  const table = tableIn(scene, address.table);
  const row = rowName(table.name, scene);
  const conditions = [...addressed(scene, address, row), ...visible(scene, table, row)];
  return `select ${row}.${keyOf(table)} from ${sourceOf(scene, table.name)} where ${conditions.join(' and ')}`;
}

/** What a row of a table is called in a statement. */
export function rowName(table: string, { schema }: Pick<SqlScene, 'schema'>): string {
  return name(isAccountsTable({ name: table }, schema) ? PROFILES_VIEW : table);
}

/** The items of a SELECT that shows a row, and the members that are left out when they are null. */
export function viewItems(
  scene: SqlScene,
  table: Table,
  fields: readonly ViewField[],
  row: string,
): { readonly items: readonly string[]; readonly omitted: readonly string[] } {
  const shown = fields.filter(({ kind }) => kind !== 'token' && kind !== 'self' && kind !== 'constant');
  const items = shown.map((field) => {
    const value = fieldSql(scene, table, field, row, 1);
    return value === `${row}.${name(field.name)}` ? value : `${value} as ${label(field.name)}`;
  });
  const omitted = shown.filter((field) => field.omitsNull && mayBeNull(table, field)).map((field) => field.name);
  return { items, omitted };
}

/** Names of an answer keep their capitals; they are no longer than PostgreSQL lets them be. */
function label(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) ? name(text) : `"${text.replaceAll('"', '""')}"`;
}

function columnOf(table: Table, wanted: string): Column | undefined {
  return table.columns.find((column) => column.name === wanted);
}

function mayBeNull(table: Table, field: ViewField): boolean {
  return (field.kind === 'column' || field.kind === 'embed') && columnOf(table, field.column)?.nullable === true;
}

function fieldSql(scene: SqlScene, table: Table, field: ViewField, row: string, depth: number): string {
  switch (field.kind) {
    case 'column':
      return `${row}.${name(field.column)}`;
    case 'flag':
      return `exists (${switched(field.toggle, table, row, '1')} and ${account(scene, field.toggle)})`;
    case 'switched':
      return `(${switched(field.toggle, table, row, 'count(*)::integer')})`;
    case 'children':
      return `(select count(*)::integer from ${inApp(field.table)} as child where child.${name(field.column)} = ${row}.${keyOf(table)})`;
    case 'rows':
      return rowsSql(scene, table, field, row, depth);
    case 'embed': {
      const target = tableIn(scene, field.table);
      const inner = depth === 1 ? 'other' : `other_${depth}`;
      const key = keyOf(target);
      const object = objectSql(scene, target, field.fields, inner, depth + 1);
      return `(select ${object} from ${sourceOf(scene, target.name)} as ${inner} where ${inner}.${key} = ${row}.${name(field.column)})`;
    }
    default:
      return 'null';
  }
}

const MOST_ROWS = 1000;

function rowsSql(
  scene: SqlScene,
  table: Table,
  field: Extract<ViewField, { kind: 'rows' }>,
  row: string,
  depth: number,
): string {
  const target = tableIn(scene, field.table);
  const inner = depth === 1 ? 'item' : `item_${depth}`;
  const key = keyOf(target);
  const conditions = [
    belonging(target, field, inner, `= ${row}.${keyOf(table)}`),
    ...visible(scene, target, inner),
  ].join(' and ');
  const object = objectSql(scene, target, field.fields, inner, depth + 1);
  return `to_jsonb(array(select ${object} from ${inApp(target.name)} as ${inner} where ${conditions} order by ${inner}.${key} limit ${MOST_ROWS}))`;
}

function objectSql(scene: SqlScene, table: Table, fields: readonly ViewField[], row: string, depth: number): string {
  const pairs = (some: readonly ViewField[]) =>
    some.map((field) => `${literal(field.name)}, ${fieldSql(scene, table, field, row, depth)}`).join(', ');
  const isOmitted = (field: ViewField) =>
    field.omitsNull &&
    field.kind === 'column' &&
    mayBeNull(table, field) &&
    columnOf(table, field.column)?.type !== 'jsonb';
  const [omitted, kept] = [fields.filter(isOmitted), fields.filter((field) => !isOmitted(field))];
  const whole = `jsonb_build_object(${pairs(kept)})`;
  return omitted.length === 0 ? whole : `${whole} || jsonb_strip_nulls(jsonb_build_object(${pairs(omitted)}))`;
}

function switched(toggle: ContractToggle, table: Table, row: string, items: string): string {
  return `select ${items} from ${inApp(toggle.table)} as switched where switched.${name(toggle.column)} = ${row}.${keyOf(table)}`;
}

function account(scene: SqlScene, toggle: ContractToggle): string {
  return `switched.${name(toggle.accountColumn)} = ${scene.parameters.account(scene.isCertain)}`;
}
