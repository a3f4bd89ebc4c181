import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { renderDdl } from '../../src/domain/ddl.ts';
import { identifier } from '../../src/domain/identifier.ts';
import { inputFields } from '../../src/domain/rest.ts';
import { insertionOrder, parentLinks, sampleChange, sampleInput } from '../../src/domain/sample.ts';
import type { Schema, Table } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';

const database = `tb_sample_${randomBytes(6).toString('hex')}`;
let client: pg.Client;

async function asAdmin(sql: string): Promise<void> {
  const admin = new pg.Client({ ...inject('cluster'), database: 'postgres' });
  await admin.connect();
  await admin.query(sql).finally(() => admin.end());
}

beforeAll(async () => {
  await asAdmin(`CREATE DATABASE ${identifier(database)}`);
  client = new pg.Client({ ...inject('cluster'), database });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await asAdmin(`DROP DATABASE IF EXISTS ${identifier(database)} WITH (FORCE)`);
});

/** What a backend does with a body: ids are made, json is serialised, bytes are decoded. */
async function insert(table: Table, body: Record<string, unknown>): Promise<Record<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const { name, column } of inputFields(table)) {
    if (!Object.hasOwn(body, name)) continue;
    const value = body[name];
    if (column.type.startsWith('json')) values.set(column.name, JSON.stringify(value));
    else if (column.type === 'bytea') values.set(column.name, Buffer.from(String(value), 'base64'));
    else values.set(column.name, value);
  }
  for (const column of table.columns) {
    const generator = column.default && 'generate' in column.default ? column.default.generate : null;
    if (generator === 'id') values.set(column.name, randomBytes(10).toString('hex'));
  }
  const names = [...values.keys()].map(identifier).join(', ');
  const marks = [...values.keys()].map((_, index) => `$${index + 1}`).join(', ');
  const rest = values.size > 0 ? `(${names}) VALUES (${marks})` : 'DEFAULT VALUES';
  const result = await client.query(`INSERT INTO ${identifier(table.name)} ${rest} RETURNING *`, [...values.values()]);
  return result.rows[0];
}

async function fill(schema: Schema, seeds: readonly number[]): Promise<void> {
  const rows = new Map<string, Record<string, unknown>[]>();
  for (const table of insertionOrder(schema)) {
    const made: Record<string, unknown>[] = [];
    for (const [index, seed] of seeds.entries()) {
      const parents: Record<string, unknown> = {};
      const uses = new Map<string, number>();
      for (const link of parentLinks(table)) {
        // A second link to the same parent gets another row of it, as a comparison may ask for.
        const use = uses.get(link.table) ?? 0;
        uses.set(link.table, use + 1);
        const candidates = rows.get(link.table) ?? [];
        const parent = candidates[(index + use) % Math.max(1, candidates.length)];
        for (const [at, column] of link.columns.entries()) {
          if (parent) parents[column] = parent[link.parentColumns[at] ?? ''];
        }
      }
      made.push(await insert(table, sampleInput(table, schema, seed, parents)));
    }
    rows.set(table.name, made);
  }
}

describe.each(Object.entries(SAMPLE_SCHEMAS))('for %s', (_name, input) => {
  const schema = parseSchema(input);

  test('PostgreSQL accepts the bodies of many seeds side by side', async () => {
    const space = identifier(`s${randomBytes(4).toString('hex')}`);
    await client.query(`CREATE SCHEMA ${space}; SET search_path = ${space}; ${renderDdl(schema)}`);
    await fill(schema, [0, 1, 2, 3, 9, 10, 99, 1000, 7001, 99_999, 1_000_000]);
    await client.query(`DROP SCHEMA ${space} CASCADE`);
  });

  test('a body holds every field but the parents that were not given', () => {
    for (const table of schema.tables) {
      const linked = new Set(parentLinks(table).flatMap((link) => link.columns));
      const wanted = inputFields(table).filter((field) => !linked.has(field.column.name));
      expect(Object.keys(sampleInput(table, schema, 5, {}))).toEqual(wanted.map((field) => field.name));
    }
  });

  test('the same seed gives the same body', () => {
    for (const table of schema.tables) {
      expect(sampleInput(table, schema, 41, {})).toEqual(sampleInput(table, schema, 41, {}));
    }
  });

  test('a change is one plain field with another value than the row has', () => {
    for (const table of schema.tables) {
      const change = sampleChange(table, schema, 8);
      if (!change) continue;
      const [[name, value] = ['', null], ...more] = Object.entries(change);
      expect(more).toEqual([]);
      const field = inputFields(table).find((candidate) => candidate.name === name);
      expect(field?.column.primaryKey).toBe(false);
      expect(field?.column.references).toBeNull();
      expect(sampleInput(table, schema, 7, {})[name]).not.toEqual(value);
    }
  });
});

test('a table without a plain field has no change', () => {
  const schema = parseSchema(SAMPLE_SCHEMAS['composite keys']);
  const change = (name: string) => {
    const table = schema.tables.find((candidate) => candidate.name === name);
    return table && sampleChange(table, schema, 1);
  };
  expect(change('follows')).toBeNull();
  expect(change('memberships')).toEqual({ role: 'member' });
});

test('passwords are plain words of a password, whatever the column of the hash is like', () => {
  const schema = parseSchema(SAMPLE_SCHEMAS['a blog']);
  const [users] = schema.tables;
  expect(users && sampleInput(users, schema, 3, {})).toMatchObject({
    email: 'ada.3@example.com',
    password: 'correct-horse-battery-3',
  });
});

test('given parents are used as they are, also placeholders and null', () => {
  const schema = parseSchema(SAMPLE_SCHEMAS['a blog']);
  const posts = schema.tables.find((table) => table.name === 'posts');
  expect(posts && sampleInput(posts, schema, 1, { author_id: null })).toHaveProperty('author_id', null);
  expect(posts && sampleInput(posts, schema, 1, {})).not.toHaveProperty('author_id');
});
