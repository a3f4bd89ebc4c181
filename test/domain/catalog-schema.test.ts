import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { postgresSql } from '../../src/adapters/sql/postgres/postgres-sql.ts';
import { schemaOfCatalog } from '../../src/domain/catalog-schema.ts';
import { diffSchemas } from '../../src/domain/diff.ts';
import { initialMigration } from '../../src/domain/migration.ts';
import { EMPTY_SCHEMA, type Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';
import type { SqlSession } from '../../src/ports/sql.ts';
import { readCatalogAfter } from '../support/catalog-of.ts';
import { makeProjectDatabase, type ProjectDatabase } from '../support/project-database.ts';
import { SAMPLE_SCHEMAS } from '../support/sample-schemas.ts';
import { schemaFile } from '../support/schema-file.ts';

let database: ProjectDatabase;
let owner: SqlSession;
beforeAll(async () => {
  database = await makeProjectDatabase(inject('cluster'));
  owner = await postgresSql().connect(database.login('mig'));
});
afterAll(async () => {
  await owner.close();
  await database.drop();
});

const catalogOf = (script: string) => readCatalogAfter(owner, script);

const templates = fileURLToPath(new URL('../../templates/schemas/', import.meta.url));
const schemas: [string, () => Schema][] = [
  ...Object.entries(SAMPLE_SCHEMAS).map(([name, input]): [string, () => Schema] => [name, () => parseSchema(input)]),
  ...['hostile', 'hostile-accounts', 'types', 'tasks', 'forum', 'shop'].map((name): [string, () => Schema] => [
    name,
    () => schemaFile(name),
  ]),
  ...readdirSync(templates).map((file): [string, () => Schema] => [
    `template ${file}`,
    () => parseSchema(JSON.parse(readFileSync(`${templates}${file}`, 'utf8')).schema),
  ]),
];

test.each(schemas)('a database of %s gives its schema back', async (_name, make) => {
  const schema = make();
  const read = schemaOfCatalog(await catalogOf(initialMigration(schema, 0).content), schema);
  expect(read.beyond).toEqual([]);
  expect(diffSchemas(read.schema, schema).flatMap(({ up }) => up.flatMap(({ sql }) => sql))).toEqual([]);
});

test('what no schema can say is named, and the rest is read without a hint', async () => {
  const catalog = await catalogOf(`CREATE TABLE "Odd" (a int);
    CREATE TABLE plain (id bigint PRIMARY KEY, twice bigint GENERATED ALWAYS AS (id * 2) STORED, place point,
      n int CHECK (n % 2 = 0), t text DEFAULT lower('X'));
    CREATE INDEX part ON plain (n) WHERE n > 3; CREATE INDEX whole ON plain (t); CREATE VIEW seen AS SELECT 1 AS one;`);
  const { schema, beyond } = schemaOfCatalog(catalog, EMPTY_SCHEMA);
  expect(beyond).toEqual(['Odd', 'plain: twice', 'plain: place', 'plain: plain_n_check', 'plain: part', 'seen']);
  expect(schema.tables).toMatchObject([
    {
      name: 'plain',
      columns: [
        { name: 'id', type: 'bigint', primaryKey: true, nullable: false },
        { name: 'n', type: 'integer', nullable: true, check: null },
        { name: 't', type: 'text', default: null },
      ],
      indexes: [{ columns: ['t'] }],
    },
  ]);
});
