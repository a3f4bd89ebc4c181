import type { SchemaInput } from '../../src/domain/schema.ts';

/** Schemas that together hold everything a schema may hold; each must survive being filled, served and verified. */

const id = { name: 'id', type: 'varchar(32)', primaryKey: true, default: { generate: 'id' } } as const;
const created = { name: 'created_at', type: 'bigint', default: { generate: 'created' } } as const;
const updated = { name: 'updated_at', type: 'bigint', default: { generate: 'updated' } } as const;

type ColumnInput = SchemaInput['tables'][number]['columns'][number];

function link(name: string, table: string, more: Partial<ColumnInput> = {}): ColumnInput {
  return { name, type: 'varchar(32)', references: { table, column: 'id', onDelete: 'cascade' }, ...more };
}

const blog: SchemaInput = {
  version: 1,
  tables: [
    {
      name: 'users',
      columns: [
        id,
        { name: 'email', type: 'varchar(255)', unique: true },
        { name: 'username', type: 'varchar(50)', unique: true },
        { name: 'password_hash', type: 'varchar(255)', sensitive: true },
        { name: 'api_token', type: 'varchar(64)', sensitive: true, nullable: true, unique: true },
        created,
        updated,
      ],
    },
    {
      name: 'posts',
      columns: [
        id,
        link('author_id', 'users', {
          nullable: true,
          references: { table: 'users', column: 'id', onDelete: 'set-null' },
        }),
        { name: 'title', type: 'varchar(200)', check: { minLength: 3 } },
        { name: 'slug', type: 'varchar(200)', unique: true },
        { name: 'body', type: 'text' },
        { name: 'status', type: 'post_status', default: { value: 'draft' } },
        { name: 'published_at', type: 'bigint', nullable: true },
        created,
        updated,
      ],
      indexes: [{ columns: ['author_id', 'created_at'] }],
    },
    {
      name: 'comments',
      columns: [
        id,
        link('post_id', 'posts'),
        link('parent_id', 'comments', { nullable: true }),
        { name: 'content', type: 'text' },
        { name: 'stars', type: 'smallint', check: { min: 1, max: 5 } },
        created,
      ],
    },
    { name: 'tags', columns: [id, { name: 'name', type: 'varchar(50)', unique: true }, created] },
    {
      name: 'post_tags',
      columns: [link('post_id', 'posts', { primaryKey: true }), link('tag_id', 'tags', { primaryKey: true })],
    },
  ],
  enums: [{ name: 'post_status', values: ['draft', 'published', 'archived'] }],
};

const compositeKeys: SchemaInput = {
  version: 1,
  tables: [
    { name: 'people', columns: [id, { name: 'name', type: 'text' }] },
    {
      name: 'follows',
      columns: [
        link('follower_id', 'people', { primaryKey: true }),
        link('followee_id', 'people', { primaryKey: true }),
        created,
      ],
      checks: [{ left: 'follower_id', operator: '<>', right: 'followee_id' }],
    },
    {
      name: 'tenants',
      columns: [
        { name: 'code', type: 'char(4)', primaryKey: true },
        { name: 'country', type: 'char(2)' },
      ],
    },
    {
      name: 'accounts',
      columns: [
        { name: 'tenant', type: 'char(4)', primaryKey: true, references: { table: 'tenants', column: 'code' } },
        { name: 'number', type: 'integer', primaryKey: true },
        { name: 'owner', type: 'varchar(80)' },
      ],
    },
    {
      name: 'memberships',
      columns: [
        { name: 'tenant', type: 'char(4)', primaryKey: true },
        { name: 'account', type: 'integer', primaryKey: true },
        link('person_id', 'people', { primaryKey: true }),
        { name: 'role', type: 'member_role', default: { value: 'owner' } },
      ],
      foreignKeys: [
        { columns: ['tenant', 'account'], references: { table: 'accounts', columns: ['tenant', 'number'] } },
      ],
    },
    {
      name: 'profiles',
      columns: [link('person_id', 'people', { primaryKey: true }), { name: 'bio', type: 'text', nullable: true }],
    },
  ],
  enums: [{ name: 'member_role', values: ['owner', 'member'] }],
};

const everyType: SchemaInput = {
  version: 1,
  tables: [
    {
      name: 'things',
      columns: [
        { name: 'id', type: 'bigint', primaryKey: true, default: { generate: 'identity' } },
        { name: 'public_id', type: 'uuid', unique: true, default: { generate: 'uuid' } },
        { name: 'a_text', type: 'text' },
        { name: 'one_letter', type: 'char' },
        { name: 'two_letters', type: 'varchar(2)', nullable: true },
        { name: 'a_small', type: 'smallint' },
        { name: 'an_integer', type: 'integer', unique: true },
        { name: 'a_big', type: 'bigint' },
        { name: 'a_numeric', type: 'numeric' },
        { name: 'price', type: 'numeric(10, 2)', check: { min: 0.01 } },
        { name: 'ratio', type: 'numeric(3, 3)' },
        { name: 'whole', type: 'numeric(5)', check: { min: -3, max: -1 } },
        { name: 'a_real', type: 'real' },
        { name: 'a_double', type: 'double precision', check: { min: 0.5, max: 0.75 } },
        { name: 'a_boolean', type: 'boolean', default: { value: true } },
        { name: 'a_date', type: 'date' },
        { name: 'a_time', type: 'time' },
        { name: 'a_timestamp', type: 'timestamp' },
        { name: 'a_timestamptz', type: 'timestamptz' },
        { name: 'an_interval', type: 'interval' },
        { name: 'a_uuid', type: 'uuid' },
        { name: 'a_json', type: 'json' },
        { name: 'a_jsonb', type: 'jsonb', nullable: true },
        { name: 'some_bytes', type: 'bytea' },
        { name: 'an_address', type: 'inet' },
        { name: 'texts', type: 'text[]' },
        { name: 'numbers', type: 'integer[]' },
        { name: 'moods', type: 'mood' },
        { name: 'made_at', type: 'timestamptz', default: { generate: 'created' } },
      ],
    },
    { name: 'nothing', columns: [{ name: 'id', type: 'uuid', primaryKey: true, default: { generate: 'uuid' } }] },
  ],
  enums: [{ name: 'mood', values: ['so-so', "it's fine", 'très bien'] }],
};

const comparisons: SchemaInput = {
  version: 1,
  tables: [
    {
      name: 'bookings',
      columns: [
        id,
        { name: 'starts_at', type: 'bigint' },
        { name: 'ends_at', type: 'bigint' },
        { name: 'cancelled_at', type: 'bigint', nullable: true },
        { name: 'expires_at', type: 'bigint' },
        { name: 'recorded_at', type: 'bigint' },
        { name: 'check_in', type: 'date' },
        { name: 'check_out', type: 'date' },
        { name: 'opens', type: 'time' },
        { name: 'closes', type: 'time' },
        { name: 'guests', type: 'integer', check: { min: 1, max: 4 } },
        { name: 'beds', type: 'integer', check: { min: 1, max: 4 } },
        { name: 'low', type: 'numeric(6, 2)' },
        { name: 'high', type: 'numeric(6, 2)' },
        { name: 'from_city', type: 'varchar(40)' },
        { name: 'to_city', type: 'varchar(40)' },
        { name: 'first_code', type: 'varchar(5)' },
        { name: 'last_code', type: 'varchar(5)' },
        { name: 'least', type: 'level' },
        { name: 'most', type: 'level' },
        { name: 'copy_of_low', type: 'numeric(6, 2)' },
        created,
      ],
      checks: [
        { left: 'ends_at', operator: '>', right: 'starts_at' },
        { left: 'cancelled_at', operator: '>=', right: 'ends_at' },
        { left: 'expires_at', operator: '>', right: 'created_at' },
        { left: 'recorded_at', operator: '<=', right: 'created_at' },
        { left: 'check_in', operator: '<', right: 'check_out' },
        { left: 'opens', operator: '<', right: 'closes' },
        { left: 'guests', operator: '<', right: 'beds' },
        { left: 'low', operator: '<=', right: 'high' },
        { left: 'copy_of_low', operator: '=', right: 'low' },
        { left: 'from_city', operator: '<>', right: 'to_city' },
        { left: 'first_code', operator: '<', right: 'last_code' },
        { left: 'most', operator: '>', right: 'least' },
      ],
    },
  ],
  enums: [{ name: 'level', values: ['low', 'middle', 'high'] }],
};

const circles: SchemaInput = {
  version: 1,
  tables: [
    {
      name: 'teams',
      columns: [
        id,
        { name: 'name', type: 'text' },
        link('lead_id', 'members', {
          nullable: true,
          references: { table: 'members', column: 'id', onDelete: 'set-null' },
        }),
      ],
    },
    { name: 'members', columns: [id, link('team_id', 'teams'), link('mentor_id', 'members', { nullable: true })] },
    {
      name: 'badges',
      columns: [
        id,
        link('member_id', 'members', { unique: true }),
        { name: 'currency', type: 'varchar(3)', unique: true },
      ],
    },
  ],
};

const hostileNames: SchemaInput = {
  version: 1,
  tables: [
    {
      name: 'class',
      columns: [
        { name: 'package', type: 'varchar(20)', primaryKey: true },
        { name: 'function', type: 'text' },
        { name: 'prototype', type: 'integer' },
        { name: 'arguments', type: 'integer' },
        { name: 'constructor', type: 'integer', nullable: true },
      ],
    },
    {
      name: 'files',
      columns: [
        id,
        { name: 'await', type: 'varchar(20)', references: { table: 'class', column: 'package' } },
        { name: 'value', type: 'boolean', default: { value: false } },
      ],
    },
  ],
};

export const SAMPLE_SCHEMAS = {
  'a blog': blog,
  'composite keys': compositeKeys,
  'every type': everyType,
  'comparisons between columns': comparisons,
  'circles of tables': circles,
  'hostile names': hostileNames,
} as const satisfies Readonly<Record<string, SchemaInput>>;
