import type { ContractFilter, ContractSort } from '../contract-list.ts';
import type { ContractCheck } from '../contract-values.ts';
import type { Column, Table } from '../schema.ts';
import { plainCheck } from './addresses.ts';
import { checkOf } from './checks.ts';
import type { Entity } from './entity.ts';
import { columnName, singularOf } from './names.ts';
import { NotPlain } from './not-plain.ts';
import type { ApiOperation, ApiParameter } from './operations.ts';
import { isPaging } from './paging.ts';
import { type Scene, tableOf, toggleOf } from './scene.ts';
import { shapeOf } from './shape.ts';
import { isSorting } from './sorting.ts';
import type { Toggle } from './toggles.ts';

/** What a list can be narrowed by. Throws `NotPlain` for a parameter that is not understood. */
export function filtersOf(
  scene: Scene,
  operation: ApiOperation,
  entity: Entity,
  sort: ContractSort | null,
): readonly ContractFilter[] {
  const others = operation.parameters.filter(
    (param) => param.in === 'query' && !isPaging(scene, param) && !isSorting(param, sort),
  );
  return others.map((param) => filterOf(scene, param, entity));
}

/** A filter without what is true of all of them. */
type Narrowing = ContractFilter extends infer One
  ? One extends ContractFilter
    ? Omit<One, keyof Given>
    : never
  : never;

type Given = Pick<ContractFilter, 'param' | 'check' | 'isRequired' | 'hasCommas'>;

function filterOf(scene: Scene, parameter: ApiParameter, entity: Entity): ContractFilter {
  const { name: param, schema, pointer, required: isRequired, hasCommas } = parameter;
  const check = plainCheck(
    schema
      ? checkOf(scene.document, shapeOf(scene.document, schema))
      : { nullable: false, kind: 'text', min: undefined, max: undefined },
  );
  const item = check.kind === 'list' ? check.item : check;
  if (item.kind === 'list' || item.kind === 'object' || item.kind === 'any') {
    throw new NotPlain(`the parameter ${param} is no plain value (${pointer})`);
  }
  const name = columnName(filterName(param));
  const found =
    switchedBy(scene, entity, name, check) ??
    ofColumn(scene, tableOf(scene, entity), name, check, item) ??
    referenceBy(scene, entity, name, check) ??
    (check.kind === 'list'
      ? null
      : (boundOf(tableOf(scene, entity), name, check) ?? searchIn(scene, entity, name, check)));
  if (!found) throw new NotPlain(`nothing is known about the parameter ${param} (${pointer})`);
  return { param, check: fittedCheck(scene, entity, check, found), isRequired, hasCommas, ...found };
}

/** `filter[status]`, `filter[price][gte]`: what stands inside is the name. */
function filterName(param: string): string {
  const [, inner, more = ''] = /^filters?\[([^[\]]+)\](.*)$/i.exec(param) ?? [];
  return `${inner ?? param}${inner ? more : ''}`.replace(/\[\]$/, '').replaceAll(/[[\]]+/g, '_');
}

/** A number that a whole one is compared with is a whole one. */
function fittedCheck(scene: Scene, entity: Entity, check: ContractCheck, found: Narrowing): ContractCheck {
  if (check.kind !== 'number' || found.kind !== 'equal') return check;
  const column = tableOf(scene, entity).columns.find(({ name }) => name === found.column);
  return column?.type === 'double precision' ? check : { ...check, kind: 'integer' };
}

function switchedBy(scene: Scene, entity: Entity, name: string, check: ContractCheck): Narrowing | null {
  const toggle = scene.toggles.find((candidate) => candidate.entity === entity && isSwitched(name, candidate));
  const people = scene.entities.find(({ isAccounts }) => isAccounts);
  if (!toggle || !people || check.kind !== 'text') return null;
  return { kind: 'switchedBy', toggle: toggleOf(scene, toggle), table: people.table, by: nameColumn(scene, people) };
}

/** The value of a column, or one of the values of a list. */
function ofColumn(
  { schema }: Scene,
  table: Table,
  name: string,
  check: ContractCheck,
  item: ContractCheck,
): Narrowing | null {
  const open = table.columns.filter(({ sensitive }) => !sensitive);
  const wanted = check.kind === 'list' ? [name, singularOf(name)] : [name];
  const column = open.find((own) =>
    wanted.some(
      (one) => own.name === one || own.name === `${one}_slug` || (item.kind !== 'text' && own.name === `${one}_id`),
    ),
  );
  const values = schema.enums.find((own) => own.name === column?.type)?.values;
  const isKnown = !values || (item.kind === 'choice' && item.values.every((value) => values.includes(value)));
  if (column && isKnown && isComparable(column.type, item)) return { kind: 'equal', column: column.name };
  const list = open.find(
    ({ name: own, type }) =>
      type === 'text[]' && [name, `${name}_list`].some((one) => own === one || singularOf(own) === one),
  );
  return list && item.kind === 'text' ? { kind: 'member', column: list.name } : null;
}

function referenceBy(scene: Scene, entity: Entity, name: string, check: ContractCheck): Narrowing | null {
  const { columns } = tableOf(scene, entity);
  const reference = columns.find((candidate) => candidate.name === `${name}_id` && candidate.references);
  const target = scene.entities.find((candidate) => candidate.table === reference?.references?.table);
  if (!reference || !target || check.kind !== 'text') return null;
  return { kind: 'reference', column: reference.name, table: target.table, by: nameColumn(scene, target) };
}

const BOUNDS = [
  { operator: '>=', pattern: /^(?:min|from|since|start)_(.+)$|^(.+)_(?:min|gte|from|since|start)$/ },
  { operator: '<=', pattern: /^(?:max|to|until|end)_(.+)$|^(.+)_(?:max|lte|to|until|end)$/ },
  { operator: '>', pattern: /^(?:after|newer_than)_(.+)$|^(.+)_(?:after|gt)$/ },
  { operator: '<', pattern: /^(?:before|older_than)_(.+)$|^(.+)_(?:before|lt)$/ },
] as const;
const MOMENTS = [
  { operator: '>=', pattern: /^(?:from|since|start|from_date|start_date|date_from)$/ },
  { operator: '<=', pattern: /^(?:to|until|till|end|to_date|end_date|date_to)$/ },
  { operator: '>', pattern: /^after$/ },
  { operator: '<', pattern: /^before$/ },
] as const;

/** `min_price`, `created_before`, `since`. */
function boundOf(table: Table, name: string, check: ContractCheck): Narrowing | null {
  const fits = ({ type, sensitive }: Column) => !sensitive && isOrdered(type, check);
  for (const { operator, pattern } of BOUNDS) {
    const [, before, behind] = pattern.exec(name) ?? [];
    const stem = before ?? behind;
    const column = table.columns.find(
      (own) => stem !== undefined && fits(own) && [stem, `${stem}_at`, `${stem}_on`, `${stem}_date`].includes(own.name),
    );
    if (column) return { kind: 'bound', column: column.name, operator };
  }
  const moment = MOMENTS.find(({ pattern }) => pattern.test(name));
  if (!moment || (check.kind !== 'date' && check.kind !== 'instant')) return null;
  const dated = table.columns.filter(fits);
  const said = dated.filter(({ default: made }) => !(made && 'generate' in made));
  const [column] = said.length === 1 ? said : dated.length === 1 ? dated : dated.filter((own) => isCreated(own));
  return column ? { kind: 'bound', column: column.name, operator: moment.operator } : null;
}

function isCreated({ default: made }: Column): boolean {
  return made !== null && 'generate' in made && made.generate === 'created';
}

function isOrdered(type: string, check: ContractCheck): boolean {
  if (check.kind === 'date') return type === 'date' || type === 'timestamptz';
  if (check.kind === 'instant') return type === 'timestamptz';
  if (check.kind === 'number') return /^(?:bigint|integer|double precision)$/.test(type);
  return check.kind === 'integer' && isComparable(type, check);
}

const SEARCH = /^(?:q|s|query|search|search_?(?:term|query|text)|term|keywords?|text)$/;
const MOST_SEARCHED = 8;

/** A text that stands somewhere in the row. */
function searchIn(scene: Scene, entity: Entity, name: string, check: ContractCheck): Narrowing | null {
  if (!SEARCH.test(name) || check.kind !== 'text') return null;
  const columns = tableOf(scene, entity).columns.filter(
    ({ type, sensitive, references, primaryKey }) => type === 'text' && !sensitive && !references && !primaryKey,
  );
  if (columns.length === 0) return null;
  return { kind: 'search', columns: columns.slice(0, MOST_SEARCHED).map((column) => column.name) };
}

function isSwitched(name: string, { verb }: Toggle): boolean {
  const stem = columnName(verb).replace(/e$/, '');
  return new RegExp(`^${stem}e?d(?:_by)?$`).test(name);
}

/** Only what the column can be compared with. */
function isComparable(type: string, check: ContractCheck): boolean {
  switch (check.kind) {
    case 'integer':
      return /^(?:bigint|integer|double precision)$/.test(type);
    case 'number':
      return /^(?:bigint|integer|double precision)$/.test(type);
    case 'boolean':
    case 'uuid':
    case 'date':
      return type === check.kind;
    case 'instant':
      return type === 'timestamptz';
    case 'text':
    case 'email':
      return /^(?:text|varchar)/.test(type) && !type.endsWith('[]');
    case 'choice':
      return !/^(?:bigint|integer|boolean|uuid|date|timestamptz|jsonb|double precision)$|\[\]$/.test(type);
    default:
      return false;
  }
}

/** The column that paths name rows of an entity by; of accounts also what they are called. */
function nameColumn(scene: Scene, entity: Entity): string {
  const table = tableOf(scene, entity);
  const addressed = [...entity.prefixes].length > 0;
  const found = table.columns.find(
    ({ name, unique }) => unique && /^(?:slug|user_?name|handle|login|name)$/.test(name),
  );
  if (!found || !addressed) throw new NotPlain(`rows of ${entity.table} have no name to be found by`);
  return found.name;
}
