import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Schema } from '../../src/domain/schema.ts';
import { parseSchema } from '../../src/domain/schema-rules.ts';

const folder = fileURLToPath(new URL('../phases/scaffold/schemas/', import.meta.url));

/** A schema of test/phases/scaffold/schemas, as the rules accept it; also for programs outside the test runner. */
export function schemaFile(name: string): Schema {
  return parseSchema(JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')));
}
