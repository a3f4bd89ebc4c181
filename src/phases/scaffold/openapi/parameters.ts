import { isComparable } from '../../../domain/rest.ts';
import type { Column } from '../../../domain/schema.ts';
import { type Operator, operatorsOf } from '../column-kind.ts';
import type { Resource } from '../resource.ts';
import { textRule, type ValueRule } from '../value-rule.ts';
import { shape } from './row-schemas.ts';
import type { Scene } from './scene.ts';
import { componentRef, described, type Json, textSchema } from './value-schema.ts';

function inQuery(name: string, description: string, schema: Json): Json {
  return { name, in: 'query', description, schema };
}

function inHeader(name: string, description: string, schema: Json): Json {
  return { name, in: 'header', description, schema };
}

/** Parameters that are the same everywhere. */
export const SHARED_PARAMETERS: Readonly<Record<string, Json>> = {
  Limit: inQuery('limit', 'The most rows to answer; fewer, and `nextCursor`, when they are more than 8 MB.', {
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 20,
  }),
  Offset: inQuery('offset', 'Rows to leave out at the beginning; not with `cursor`.', {
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    default: 0,
  }),
  Cursor: inQuery('cursor', 'The `nextCursor` of the page before, asked for in the same order.', { type: 'string' }),
  Count: inQuery('count', 'Whether to answer `total`.', { type: 'boolean', default: false }),
  IdempotencyKey: inHeader(
    'Idempotency-Key',
    'The request takes effect once, however often it is sent with this key within a day. A UUID for example.',
    { type: 'string', minLength: 16, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  ),
  IfMatch: inHeader('If-Match', 'The `ETag` of the version that may be changed; 412 when it is another by now.', {
    type: 'string',
  }),
  IfNoneMatch: inHeader('If-None-Match', 'The `ETag` of the version that is known; 304 when it is still the same.', {
    type: 'string',
  }),
  RequestId: inHeader('X-Request-Id', 'Names the request in the log and in the answer.', {
    type: 'string',
    pattern: '^[\\w.-]{1,64}$',
  }),
};

const LIST_SETTINGS = ['limit', 'offset', 'cursor', 'sort', 'fields', 'include', 'count'] as const;

/** What a row is asked for in a path. */
export function keyParameters(resource: Resource): readonly Json[] {
  return resource.key.map((column) => ({
    name: column.name,
    in: 'path',
    required: true,
    ...described(column.description),
    schema: textSchema(textRule(resource, column)),
  }));
}

/** Parameters of the lists of a table, as components by name. */
export function tableParameters(scene: Scene, resource: Resource): Json {
  const { one } = scene.namesOf(resource.table.name);
  const comparable = resource.table.columns.filter((column) => isComparable(column));
  const sortable = comparable.flatMap(({ name }) => [name, `-${name}`]);
  const choices = (values: readonly string[]) => ({ type: 'array', items: { enum: values } });
  const unexploded = { style: 'form', explode: false };
  const fields = resource.output.map(({ name }) => name);
  const include = resource.relations.map(({ embedding }) => embedding.name);
  const settings: Record<string, Json> = {
    [`${one}Fields`]: {
      ...inQuery('fields', 'The only fields to answer.', { ...choices(fields), minItems: 1 }),
      ...unexploded,
    },
  };
  if (sortable.length > 0) {
    const about = 'What to order by, `-` downwards.';
    settings[`${one}Sort`] = { ...inQuery('sort', about, { ...choices(sortable), maxItems: 5 }), ...unexploded };
  }
  if (include.length > 0) {
    const about = 'What belongs to a row and is answered with it: a parent, or the first 20 children.';
    settings[`${one}Include`] = { ...inQuery('include', about, choices(include)), ...unexploded };
  }
  const filters = comparable.flatMap((column) => filterParameters(scene, resource, column));
  return { ...settings, ...Object.fromEntries(filters) };
}

/** References to what a list of a table can be asked. */
export function listParameters(scene: Scene, resource: Resource): readonly Json[] {
  const shared = ['Limit', 'Offset', 'Cursor', 'Count'];
  return [...shared, ...Object.keys(tableParameters(scene, resource))].map((name) => componentRef('parameters', name));
}

/** References to what a single row can be asked. */
export function rowParameters(scene: Scene, resource: Resource): readonly Json[] {
  const { one } = scene.namesOf(resource.table.name);
  const include = resource.relations.length > 0 ? [`${one}Include`] : [];
  return [`${one}Fields`, ...include, 'IfNoneMatch'].map((name) => componentRef('parameters', name));
}

function filterParameters(scene: Scene, resource: Resource, column: Column): [string, Json][] {
  const { one } = scene.namesOf(resource.table.name);
  const { name } = column;
  const settings: readonly string[] = LIST_SETTINGS;
  if (!settings.includes(name)) {
    const about = `\`${name}=…\` is short for \`${name}[eq]=…\`.`;
    const schema = componentRef('schemas', filterName(resource, column));
    return [[`${one}.${name}`, { ...inQuery(name, about, schema), style: 'deepObject', explode: true }]];
  }
  // A parameter of that name means something else.
  const schemas = operatorSchemas(resource, column);
  return Object.entries(schemas).map(([operator, schema]) => [
    `${one}.${name}.${operator}`,
    inQuery(`${name}[${operator}]`, `Rows by \`${name}\`.`, schema),
  ]);
}

/** Lengths and ranges do not count in a filter, so that columns of a kind share one. */
function looseRule(rule: ValueRule): ValueRule {
  if (rule.kind === 'decimal') return { kind: 'decimal', bounds: {} };
  return 'bounds' in rule ? { kind: rule.kind, bounds: {} } : rule;
}

function operatorSchemas(resource: Resource, column: Column): Readonly<Record<string, Json>> {
  const value = textSchema(looseRule(textRule(resource, column)));
  const schemaOf = (operator: Operator): Json => {
    if (operator === 'in') return { type: 'string', description: 'Up to 100 values, separated by commas.' };
    if (operator === 'like') return { type: 'string', description: 'With `%` and `_`; `\\` takes them literally.' };
    return operator === 'null' ? { type: 'boolean' } : value;
  };
  return Object.fromEntries(operatorsOf(resource, column).map((operator) => [operator, schemaOf(operator)]));
}

const FILTER_NAMES = {
  text: 'Text',
  email: 'Text',
  integer: 'Integer',
  float: 'Number',
  decimal: 'Decimal',
  boolean: 'Boolean',
  date: 'Date',
  time: 'Time',
  instant: 'DateTime',
  localDateTime: 'LocalDateTime',
  interval: 'Interval',
  uuid: 'Uuid',
  bytes: 'Bytes',
  network: 'Network',
  json: 'Text',
  list: 'Text',
} as const;

function filterName(resource: Resource, column: Column): string {
  const rule = textRule(resource, column);
  const kind = rule.kind === 'enum' ? rule.name : FILTER_NAMES[rule.kind];
  return `${column.nullable ? 'Optional' : ''}${kind}Filter`;
}

/** The filters of all columns, as components by name. */
export function filterSchemas({ resources }: Scene): Json {
  const columns = resources.flatMap((resource) =>
    resource.table.columns.filter((column) => isComparable(column)).map((column) => ({ resource, column })),
  );
  const entries = columns.map(({ resource, column }): [string, Json] => [
    filterName(resource, column),
    shape(operatorSchemas(resource, column), []),
  ]);
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
