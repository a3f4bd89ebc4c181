import type { EnumType, Schema, SchemaInput } from '../schema.ts';
import { schemaShape } from '../schema.ts';
import { type ColumnInput, presetOf, storageOf, type TableInput } from './columns.ts';
import {
  type Entity,
  type EntityField,
  type Findings,
  isKeyOf,
  isVariable,
  parentOf,
  type Toggle,
} from './entities.ts';
import { keyTable } from './keys.ts';
import { columnName } from './names.ts';
import { type Shape, shapeOf } from './shape.ts';
import { isBelow, isKey, KEY, type Source, sourceOf } from './sources.ts';

/** Why a column is there: the place in the document, or a sentence. */
export interface ColumnReason {
  readonly pointer: string | null;
  readonly rule: string;
}

/** A table and what is known about each of its columns. */
export interface DesignedTable {
  readonly table: TableInput;
  readonly reasons: ReadonlyMap<string, ColumnReason>;
}

/** The tables of a contract, with what was assumed on the way. */
export interface DesignedTables {
  readonly schema: Schema;
  readonly reasons: ReadonlyMap<string, { readonly pointer: string; readonly columns: DesignedTable['reasons'] }>;
  readonly assumptions: readonly string[];
}

/** Puts tables together for everything a contract keeps. */
export function designTables(findings: Findings): DesignedTables {
  const enums: EnumType[] = [];
  const assumptions: string[] = [];
  const designed = findings.entities.map((entity) => ({
    entity,
    ...designTable(entity, findings, enums, assumptions),
  }));
  const toggles = findings.toggles.map((toggle) => ({ toggle, table: toggleTable(toggle, findings) }));
  const { accounts } = findings;
  const people = designed.find(({ entity }) => entity.isAccounts)?.table;
  const input: SchemaInput = {
    version: 1,
    tables: [
      ...withoutCircles(designed.map(({ table }) => table)),
      ...toggles.map(({ table }) => table),
      ...(findings.keys ? [keyTable(findings.keys)] : []),
    ],
    enums: enums.map(({ name, values }) => ({ name, values: [...values] })),
    accounts:
      accounts && people
        ? { table: people.name, login: columnName(accounts.loginField), password: 'password_hash' }
        : null,
  };
  const reasons = new Map([
    ...designed.map(
      ({ entity, table, reasons: columns }) => [table.name, { pointer: entity.pointer, columns }] as const,
    ),
    ...toggles.map(({ toggle, table }) => [table.name, { pointer: toggle.on.pointer, columns: new Map() }] as const),
  ]);
  if (findings.keys) {
    const asked = findings.operations.find(({ security }) => security === 'required');
    reasons.set(findings.keys.table, { pointer: asked?.pointer ?? '#', columns: new Map() });
    assumptions.push(
      'Nobody signs up by the document: who runs the backend makes keys, and those open its operations.',
    );
  }
  return { schema: schemaShape.parse(input), reasons, assumptions };
}

/** Of tables that need each other, the reference that closes the circle may be empty: some row has to be first. */
function withoutCircles(tables: readonly TableInput[]): readonly TableInput[] {
  const needs = new Map<string, Set<string>>();
  const leadsTo = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(needs.get(from) ?? [])].some((next) => leadsTo(next, to, seen));
  };
  return tables.map((table) => ({
    ...table,
    columns: table.columns.map((column) => {
      const target = column.references?.table;
      if (target === undefined || column.nullable) return column;
      if (leadsTo(target, table.name)) return { ...column, nullable: true };
      needs.set(table.name, (needs.get(table.name) ?? new Set()).add(target));
      return column;
    }),
  }));
}

function designTable(entity: Entity, findings: Findings, enums: EnumType[], assumptions: string[]): DesignedTable {
  const columns = new Map<string, ColumnInput>();
  const reasons = new Map<string, ColumnReason>();
  const put = (column: ColumnInput, pointer: string | null, rule: string) => {
    if (columns.has(column.name)) return;
    columns.set(column.name, column);
    reasons.set(column.name, { pointer, rule });
  };
  put(keyColumn(entity, findings), null, 'rows are addressed by a key');
  for (const parent of parentsOf(entity, findings)) {
    const reference = { table: parent.table, column: 'id', onDelete: 'cascade' as const };
    const column = { name: `${parent.singular}_id`, type: keyType(parent, findings), references: reference };
    put(column, entity.pointer, `it is listed below ${parent.singular}`);
  }
  for (const field of entity.fields.values()) {
    const column = columnOf(field, entity, findings, enums, assumptions);
    if (column) put(column, field.shape.pointer, '');
  }
  const access = accessFor(entity, findings, columns, put);
  for (const column of addressColumns(entity, findings)) {
    const found = columns.get(column);
    if (found && !found.primaryKey && !found.nullable) columns.set(column, { ...found, unique: true });
  }
  if (access?.assumption) assumptions.push(access.assumption);
  return {
    table: {
      name: entity.table,
      columns: [...columns.values()],
      ...(access?.input ? { access: access.input } : {}),
    },
    reasons,
  };
}

/** The entities whose rows those of another one are listed below. */
function parentsOf(entity: Entity, { entities }: Pick<Findings, 'entities'>): readonly Entity[] {
  return entities.filter((parent) => isBelow(entity, parent));
}

function keyField(entity: Entity): EntityField | undefined {
  return [...entity.fields.values()].find((field) => isKey(field, entity));
}

function keyShape(entity: Entity, findings: Findings): Shape | null {
  const field = keyField(entity);
  if (field) return field.shape;
  const items = [...entity.reads, ...entity.writes].filter(({ path }) => entity.prefixes.has(parentOf(path)));
  const [schema] = items.flatMap(({ parameters, path }) =>
    parameters.flatMap((param) =>
      path.endsWith(`{${param.name}}`) && isKeyOf(param.name, entity) && param.schema ? [param.schema] : [],
    ),
  );
  return schema ? shapeOf(findings.document, schema) : null;
}

function keyType(entity: Entity, findings: Findings): string {
  const isGiven = keyField(entity)?.createRequired === true;
  const shape = keyShape(entity, findings);
  if (shape?.kind === 'integer') return shape.format === 'int32' ? 'integer' : 'bigint';
  return shape?.kind === 'text' && shape.format === 'uuid' ? 'uuid' : isGiven ? 'text' : 'varchar(21)';
}

function keyColumn(entity: Entity, findings: Findings): ColumnInput {
  const type = keyType(entity, findings);
  if (keyField(entity)?.createRequired) {
    return { name: KEY, type, primaryKey: true };
  }
  const generate = type === 'uuid' ? 'uuid' : type === 'varchar(21)' ? 'id' : 'identity';
  return { name: KEY, type, primaryKey: true, default: { generate } };
}

function columnOf(
  field: EntityField,
  entity: Entity,
  findings: Findings,
  enums: EnumType[],
  assumptions: string[],
): ColumnInput | null {
  const source = sourceOf(field, entity, findings);
  switch (source.kind) {
    case 'password':
      return {
        name: source.column,
        type: 'text',
        sensitive: true,
        ...(isNeeded(field, entity) ? {} : { nullable: true }),
      };
    case 'reference':
    case 'embed':
      return referenceColumn(field, source, findings);
    case 'column':
      return source.column === KEY ? null : valueColumn(field, source, entity, findings, enums, assumptions);
    default:
      return null;
  }
}

function isNeeded(field: EntityField, entity: Entity): boolean {
  return entity.isAccounts || field.createRequired;
}

function referenceColumn(
  field: EntityField,
  source: Extract<Source, { kind: 'reference' | 'embed' }>,
  findings: Findings,
) {
  const reference = { table: source.entity.table, column: 'id' };
  const column = { name: source.column, type: keyType(source.entity, findings) };
  if (source.isOwner) {
    const cascade = { ...reference, onDelete: 'cascade' as const };
    return { ...column, references: cascade, default: { generate: 'owner' as const } };
  }
  const nullable = !field.createRequired;
  const onDelete = nullable ? ('set-null' as const) : ('restrict' as const);
  return { ...column, references: { ...reference, onDelete }, ...(nullable ? { nullable } : {}) };
}

function valueColumn(
  field: EntityField,
  source: Extract<Source, { kind: 'column' }>,
  entity: Entity,
  findings: Findings,
  enums: EnumType[],
  assumptions: string[],
): ColumnInput {
  const enumName = `${entity.singular}_${source.column}`.slice(0, 55);
  const { type, check } = storageOf(findings.document, field.shape, enumName, enums);
  const name = source.column;
  if (source.made === 'created' || source.made === 'updated') return { name, type, default: { generate: source.made } };
  if (source.made === 'slug') return { name, type: 'text', unique: true };
  const isLogin = entity.isAccounts && findings.accounts !== null && field.name === findings.accounts.loginField;
  if (isLogin) return { name, type, check, unique: true };
  const preset = presetOf(field, type);
  if (preset.isAssumed) {
    const shown = JSON.stringify(preset.value);
    assumptions.push(`${entity.table}.${name} is ${shown} until something else is said: answers always have it.`);
  }
  return {
    name,
    type,
    check,
    ...(preset.nullable ? { nullable: true } : {}),
    ...(preset.value === null ? {} : { default: { value: preset.value } }),
  };
}

/** Columns that paths find rows by; they are unique. */
function addressColumns(entity: Entity, findings: Findings): readonly string[] {
  const paths = [...entity.reads, ...entity.writes].map(({ path }) => path);
  const toggled = findings.toggles
    .filter((toggle) => toggle.entity === entity)
    .map(({ path }) => path.split('/').slice(0, -1).join('/'));
  return [...paths, ...toggled].flatMap((path) => {
    const last = path.split('/').at(-1);
    if (!isVariable(last) || !entity.prefixes.has(parentOf(path))) return [];
    const param = (last ?? '').slice(1, -1);
    return isKeyOf(param, entity) ? [] : [columnName(param)];
  });
}

type Access = NonNullable<TableInput['access']>;

/** Who sees and changes rows, by what operations ask for; adds the column of the owner where rows belong to somebody. */
function accessFor(
  entity: Entity,
  findings: Findings,
  columns: ReadonlyMap<string, ColumnInput>,
  put: (column: ColumnInput, pointer: string | null, rule: string) => void,
): { readonly input: Access; readonly assumption: string | null } | null {
  const people = findings.entities.find(({ isAccounts }) => isAccounts);
  if (!people || entity === people) return null;
  const isSecured = entity.create.length > 0 && entity.create.every(({ security }) => security === 'required');
  const isOpen = entity.reads.length === 0 || entity.reads.some(({ security }) => security !== 'required');
  const shown = [...columns.values()].find(
    ({ default: made }) => made && 'generate' in made && made.generate === 'owner',
  );
  const everyone = { write: 'everyone' as const, read: 'everyone' as const };
  if (!isSecured) {
    const isWritten = [...entity.create, ...entity.writes].some(({ security }) => security !== 'required');
    return {
      input: isWritten ? everyone : { read: isOpen ? 'everyone' : 'accounts', write: 'accounts' },
      assumption: null,
    };
  }
  if (shown) return { input: { read: isOpen ? 'everyone' : 'accounts', write: 'owner' }, assumption: null };
  const name = `${people.singular}_id`;
  const owner = columns.has(name) ? `owner_${name}` : name;
  put(
    {
      name: owner,
      type: keyType(people, findings),
      references: { table: people.table, column: 'id', onDelete: 'cascade' },
      default: { generate: 'owner' },
    },
    null,
    'who signs in owns what they make',
  );
  const assumption = isOpen
    ? `Rows of ${entity.table} are seen by everybody and changed by who made them; no answer tells who that is.`
    : `Rows of ${entity.table} are seen and changed by who made them: every operation on them asks who it is.`;
  return { input: { read: isOpen ? 'everyone' : 'owner', write: 'owner' }, assumption };
}

function toggleTable(toggle: Toggle, findings: Findings): TableInput {
  const people = findings.entities.find(({ isAccounts }) => isAccounts) ?? toggle.entity;
  const key = { primaryKey: true };
  return {
    name: toggle.table,
    description: `Who has switched on "${toggle.verb}".`,
    columns: [
      {
        ...{ name: `${people.singular}_id`, type: keyType(people, findings), ...key },
        references: { table: people.table, column: 'id', onDelete: 'cascade' },
        default: { generate: 'owner' },
      },
      {
        ...{ name: toggle.column, type: keyType(toggle.entity, findings), ...key },
        references: { table: toggle.entity.table, column: 'id', onDelete: 'cascade' },
      },
    ],
    indexes: [{ columns: [toggle.column] }],
    access: { read: 'everyone', write: 'owner' },
  };
}
