import { profileColumns } from '../../../domain/access.ts';
import type { Embedding } from '../../../domain/embedding.ts';
import type { InputField } from '../../../domain/rest.ts';
import type { Column } from '../../../domain/schema.ts';
import type { Resource } from '../resource.ts';
import { columnRule, defaultValue, fieldRule } from '../value-rule.ts';
import type { Scene } from './scene.ts';
import { answerSchema, componentRef, described, inputSchema, type Json, nullable } from './value-schema.ts';

/** A shape of which no other fields are known. */
export function shape(properties: Json, required: readonly string[] = Object.keys(properties), about = ''): Json {
  return {
    type: 'object',
    ...described(about),
    ...(required.length > 0 && { required }),
    properties,
    additionalProperties: false,
  };
}

/** The components of a table: what is answered, and what is taken. */
export function rowSchemas(scene: Scene, resource: Resource): Json {
  const { table, inputs } = resource;
  const { one } = scene.namesOf(table.name);
  const columns = columnSchemas(resource, resource.output);
  const relations = relationSchemas(scene, resource);
  const names = Object.keys(columns);
  const changes = resource.patches;
  const isAccounts = scene.isAccounts(table.name);
  const part = shape({ ...columns, ...relations }, [], 'What `fields` and `include` asked for.');
  return {
    [one]: shape(columns, names, table.description),
    [`${one}Part`]: part,
    [`${one}Page`]: pageSchema(one),
    [`${one}PartPage`]: pageSchema(`${one}Part`),
    ...(isAccounts ? profileSchema(scene, resource) : { [`${one}Create`]: bodySchema(resource, inputs) }),
    ...(changes.length > 0 && {
      [`${one}Replace`]: bodySchema(resource, changes),
      [`${one}Patch`]: patchSchema(resource, changes),
    }),
  };
}

/** The body of a POST or PUT. */
export function bodySchema(resource: Resource, fields: readonly InputField[], about = ''): Json {
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return shape(fieldSchemas(resource, fields, true), required, about);
}

/** The body of a PATCH. */
export function patchSchema(resource: Resource, fields: readonly InputField[], about = ''): Json {
  return shape(fieldSchemas(resource, fields, false), [], about);
}

function pageSchema(item: string): Json {
  const data = { type: 'array', items: componentRef('schemas', item) };
  const nextCursor = { type: ['string', 'null'], description: 'For `cursor` of the next request; null at the end.' };
  const total = { type: 'integer', minimum: 0, description: 'With `count=true`: how many rows there are in all.' };
  return shape({ data, nextCursor, total }, ['data', 'nextCursor']);
}

function columnSchemas(resource: Resource, columns: readonly Column[]): Json {
  const entries = columns.map((column) => {
    const own = answerSchema(columnRule(resource, column));
    return [column.name, withAbout(column.nullable ? nullable(own) : own, column.description)];
  });
  return Object.fromEntries(entries);
}

function fieldSchemas(resource: Resource, fields: readonly InputField[], withDefaults: boolean): Json {
  const entries = fields.map((field) => {
    const { name, column } = field;
    const rule = inputSchema(fieldRule(resource, field));
    const about = field.hashed ? 'Kept as a hash, and never shown.' : column.description;
    const own = withAbout(column.nullable ? nullable(rule) : rule, about);
    const constant = column.default !== null && 'value' in column.default ? column.default.value : null;
    if (constant === null || !withDefaults) return [name, own];
    return [name, { ...own, default: defaultValue(resource, column, constant) }];
  });
  return Object.fromEntries(entries);
}

function withAbout(schema: Json, about: string): Json {
  return { ...schema, ...described(about) };
}

/** Rows that are there when `include` asked for them. */
function relationSchemas(scene: Scene, resource: Resource): Json {
  const entries = resource.relations.map(({ embedding }) => [embedding.name, relationSchema(scene, embedding)]);
  return Object.fromEntries(entries);
}

function relationSchema(scene: Scene, { kind, table }: Embedding): Json {
  const { one } = scene.namesOf(table);
  // Others see of an account what it is called by.
  if (scene.isAccounts(table)) return kind === 'parent' ? nullable(componentRef('schemas', `${one}Profile`)) : {};
  return kind === 'parent' ? nullable(componentRef('schemas', one)) : componentRef('schemas', `${one}Page`);
}

function profileSchema(scene: Scene, resource: Resource): Json {
  const { one } = scene.namesOf(resource.table.name);
  const columns = columnSchemas(resource, profileColumns(scene.schema));
  return { [`${one}Profile`]: shape(columns, Object.keys(columns), 'What others see of an account.') };
}
